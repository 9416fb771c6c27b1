import { describe, expect, it } from 'vitest';
import { trustedSender } from '../../src/senders/trusted-sender.ts';
import { ED25519, pemOf, RSA, senderRow } from './support.ts';

describe('a row of the registry', () => {
  it.each([
    ['ed25519', ED25519],
    ['rs256', RSA],
  ])('with a key for %s can be verified', (algorithm, pair) => {
    const sender = trustedSender(senderRow('crvs.a', { algorithm, publicKey: pemOf(pair) }));
    expect(sender).toMatchObject({ senderId: 'crvs.a', name: 'Registry crvs.a', algorithm, problem: null });
    expect(sender.keys.map((key) => key.algorithm)).toEqual([algorithm]);
  });

  it.each([
    ['line breaks around it', `\n\n${pemOf(ED25519)}\n\n`],
    ['the line breaks of Windows', pemOf(ED25519).replaceAll('\n', '\r\n')],
    ['no line break at the end', pemOf(ED25519).trimEnd()],
  ])('is taken as people paste it: %s', (_what, publicKey) => {
    expect(trustedSender(senderRow('crvs.a', { publicKey })).problem).toBeNull();
  });

  it.each([
    ['no key', { publicKey: null }, 'no public key is entered'],
    ['no algorithm', { algorithm: null }, 'no algorithm is chosen'],
    ['text for a key', { publicKey: 'not a key' }, /./],
    ['a broken key', { publicKey: pemOf(ED25519).replace('MCow', 'MCoX') }, /./],
    ['a key for another algorithm', { publicKey: pemOf(RSA) }, /./],
    ['an algorithm that there is not', { algorithm: 'hs256' }, /./],
    [
      'a private key',
      { publicKey: ED25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      /./,
    ],
  ])('with %s has a problem and no key, and stays known', (_what, over, problem) => {
    const row = senderRow('crvs.a', over);
    const sender = trustedSender(row);
    expect(sender).toMatchObject({ senderId: 'crvs.a', keys: [] });
    expect(sender.problem).toMatch(problem);
    for (const secret of [row.publicKey ?? '-----', 'MC']) expect(sender.problem).not.toContain(secret);
  });
});
