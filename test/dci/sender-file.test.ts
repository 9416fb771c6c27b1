import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSenderFile, SenderFileError, verdictOf } from '../../src/dci/sender-file.ts';
import { printEnvelope } from '../../src/dci/sign.ts';
import { contentOf, httpSignature, NOW, pairOf, pemOf, SENDER_ID } from './support.ts';

const pem = () => ({
  sender_id: SENDER_ID,
  algorithm: 'ed25519',
  public_key: pemOf(pairOf('ed25519').publicKey),
});
const body = async () => printEnvelope(await httpSignature(), contentOf());

describe('verdictOf', () => {
  it('accepts, with the digest in the reason', async () => {
    const { verdict, error_code, reason } = await verdictOf(await body(), pem(), NOW);
    expect({ verdict, error_code }).toEqual({ verdict: 'accept', error_code: null });
    expect(reason).toContain('digest as-sent');
  });

  it('accepts by a JWKS', async () => {
    const jwk = { ...pairOf('ed25519').publicKey.export({ format: 'jwk' }), kid: 'key-1' };
    const sender = { sender_id: SENDER_ID, jwks: { keys: [jwk] } };
    expect(await verdictOf(await body(), sender, NOW)).toMatchObject({ verdict: 'accept' });
    expect(await verdictOf(await body(), { ...sender, algorithm: 'rs256' }, NOW)).toMatchObject({
      verdict: 'reject',
    });
  });

  it.each([
    ['another sender', { sender_id: 'crvs.other.gov' }, 'err.sender_id.invalid', 'sender.mismatch'],
    ['an algorithm that we do not have', { algorithm: 'hs256' }, 'err.signature.invalid', 'not supported'],
    ['a key that cannot be read', { public_key: 'x' }, 'err.signature.invalid', 'unusable key'],
    ['a JWKS that is none', { jwks: [] }, 'err.signature.invalid', 'unusable key'],
  ])('rejects by a file with %s', async (_name, change, code, reason) => {
    const verdict = await verdictOf(await body(), { ...pem(), ...change }, NOW);
    expect(verdict).toMatchObject({ verdict: 'reject', error_code: code });
    expect(verdict.reason).toContain(reason);
  });

  it('rejects by an RSA key of 1024 bits, even a good signature', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const sender = { sender_id: SENDER_ID, algorithm: 'rs256', public_key: pemOf(publicKey) };
    const signature = (await httpSignature()).replaceAll('ed25519', 'rs256');
    expect(await verdictOf(printEnvelope(signature, contentOf()), sender, NOW)).toMatchObject({
      verdict: 'reject',
      error_code: 'err.signature.invalid',
    });
  });

  it.each([
    ['x', 'err.request.bad'],
    ['[]', 'err.request.bad'],
    ['{"header":{"version":"2.0.0"},"message":{}}', 'err.version.not_supported'],
  ])('rejects what is no envelope: %s', async (text, code) => {
    expect(await verdictOf(text, pem(), NOW)).toMatchObject({ verdict: 'reject', error_code: code });
  });
});

describe('readSenderFile', () => {
  it.each([
    null,
    'x',
    [],
    {},
    { sender_id: '' },
    { sender_id: 's' },
    { sender_id: 's', public_key: 'x' },
    { sender_id: 's', algorithm: 'ed25519' },
    { sender_id: 's', algorithm: 7, jwks: { keys: [] } },
  ])('refuses %j', (content) => {
    expect(() => readSenderFile(content)).toThrow(SenderFileError);
  });
});
