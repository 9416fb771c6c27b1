import { describe, expect, it } from 'vitest';
import { type HeldKeys, takeUp } from '../../src/registry-keys/held-keys.ts';
import type { SenderKeys } from '../../src/registry-keys/key-sets.ts';
import { trustedSender } from '../../src/senders/trusted-sender.ts';
import { pair } from '../registry-keys/support.ts';
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

describe('a row with a JWKS URL', () => {
  const jwksUrl = 'https://crvs.example/jwks.json';
  const rsa = pair('rsa', 'RS256');
  const ec = pair('ec', 'ES256');
  const pem = rsa.key.keyObject.export({ type: 'spki', format: 'pem' }).toString();

  function fetched(held: HeldKeys, problem: string | null = null): SenderKeys {
    const state = {
      senderId: 'crvs.a',
      url: jwksUrl,
      fetchedAt: 0,
      dueAt: 1,
      problem,
      failedAt: null,
      ...held,
    };
    const keys = held.keys.filter(({ leftAt }) => leftAt === null).map(({ key }) => key);
    return { state, keys, until: Number.POSITIVE_INFINITY };
  }
  const set = (...keys: (typeof rsa.key)[]) => takeUp({ keys: [], retired: [] }, keys, 0, 0);

  it('is verified by every key of the set with its own algorithm, whatever the row says', () => {
    const row = senderRow('crvs.a', { jwksUrl, publicKey: null, algorithm: 'ed25519' });
    const sender = trustedSender(row, fetched(set(rsa.key, ec.key)));
    expect([sender.algorithm, sender.problem]).toEqual([undefined, null]);
    expect(sender.keys).toEqual([rsa.key, ec.key]);
  });

  it('has the key of the row besides, once where it is in both', () => {
    const row = senderRow('crvs.a', { jwksUrl, publicKey: pem, algorithm: 'rs256' });
    const kids = (held: HeldKeys) => trustedSender(row, fetched(held)).keys.map(({ kid }) => kid);
    expect(kids(set(ec.key))).toEqual([null, 'ec']);
    expect(kids(set(rsa.key, ec.key))).toEqual([null, 'ec']);
  });

  it('has it no longer once it left the set, and never with another algorithm than the set says', () => {
    const row = senderRow('crvs.a', { jwksUrl, publicKey: pem, algorithm: 'rs256' });
    const left = takeUp(set(rsa.key, ec.key), [ec.key], 1, 0);
    expect(trustedSender(row, fetched(left)).keys).toEqual([ec.key]);
    const pss = { ...rsa.key, algorithm: 'ps256' as const };
    expect(trustedSender(row, fetched(set(pss))).keys).toEqual([pss]);
  });

  it('says why there is no key', () => {
    const row = senderRow('crvs.a', { jwksUrl, publicKey: null });
    expect(trustedSender(row).problem).toBe('its keys were not fetched yet');
    expect(trustedSender(row, fetched(set(), 'jwks.html')).problem).toBe(
      'its keys could not be fetched: jwks.html',
    );
  });
});
