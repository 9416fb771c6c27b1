import { generateKeyPairSync, type JsonWebKey, X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { partnerKeys } from '../../src/connectors/mosip/decrypt.ts';
import { ALGORITHM_NAMES } from '../../src/dci/algorithms.ts';
import { privateKeyFrom } from '../../src/dci/encryption.ts';
import { answersTo, KeyError, keyFromJwk, keyFromPem, keysFromJwks } from '../../src/dci/keys.ts';
import { pairOf, pemOf } from './support.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof KeyError) return error.code;
    throw error;
  }
  return 'accepted';
}

const jwkOf = (algorithm: (typeof ALGORITHM_NAMES)[number]): JsonWebKey =>
  pairOf(algorithm).publicKey.export({ format: 'jwk' });

/** Of a key made for it: `openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=crvs.test`. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBPjCB8aADAgECAhR/isDxRmcdoJVcPezq89RKPaWg8TAFBgMrZXAwFDESMBAG
A1UEAwwJY3J2cy50ZXN0MCAXDTI2MTEyMTA0MzcwMVoYDzIxMjYxMDI4MDQzNzAx
WjAUMRIwEAYDVQQDDAljcnZzLnRlc3QwKjAFBgMrZXADIQBzXDsFtlW1PHRmr7KX
yzJ6gpty7smcnYIlDI+bCpskuqNTMFEwHQYDVR0OBBYEFNaAopz+adbmEPClxudC
PXmGEGQUMB8GA1UdIwQYMBaAFNaAopz+adbmEPClxudCPXmGEGQUMA8GA1UdEwEB
/wQFMAMBAf8wBQYDK2VwA0EAIXzjdatK1bBKJrBSJYVmPJ4VQ0Oo3wREgbq4arGI
0jHDHcnyqLo5IaEqMHb6eeY388YYTLsjK9wyHnGFvPrQDg==
-----END CERTIFICATE-----
`;

describe('keyFromPem', () => {
  it('takes a key as it is pasted into a form: indented, or with other line ends', () => {
    const pem = pemOf(pairOf('rs256').publicKey);
    const { thumbprint } = keyFromPem(pem, 'rs256');
    for (const pasted of [pem.replaceAll('\n', '\r\n'), pem.replace(/^/gm, '    '), `\n\n${pem}\n\n`]) {
      expect(keyFromPem(pasted, 'rs256').thumbprint).toBe(thumbprint);
    }
  });

  it.each([
    ['blanks', ' '],
    ['\\n as two characters', '\\n'],
    ['\\r\\n as four', '\\r\\n'],
    ['nothing', ''],
    ['tabs', '\t'],
  ])('takes a key whose line breaks became %s', (_what, instead) => {
    for (const algorithm of ['rs256', 'ed25519'] as const) {
      const pem = pemOf(pairOf(algorithm).publicKey);
      const { thumbprint } = keyFromPem(pem, algorithm);
      expect(keyFromPem(pem.replaceAll('\n', instead), algorithm).thumbprint).toBe(thumbprint);
    }
    expect(keyFromPem(CERTIFICATE.replaceAll('\n', instead), 'ed25519').algorithm).toBe('ed25519');
    const { privateKey } = pairOf('rs256');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(privateKeyFrom(pem.replaceAll('\n', instead)).equals(privateKey)).toBe(true);
    expect(partnerKeys(`${pem}${pem}`.replaceAll('\n', instead))).toHaveLength(2);
  });

  it('says that line breaks are missing where they left something else behind', () => {
    const pem = pemOf(pairOf('rs256').publicKey);
    expect(() => keyFromPem(pem.trim().replaceAll('\n', 'n'), 'rs256')).toThrow(
      'its line breaks are missing',
    );
    expect(() => keyFromPem(pem.replaceAll('\n', 'n'), 'rs256')).toThrow('its line breaks are missing');
    expect(() => keyFromPem(pem.replace(/[A-Za-z]{4}\n/, '\n'), 'rs256')).toThrow(/^the key cannot be read$/);
  });

  it.each(ALGORITHM_NAMES)('imports a key of %s', async (algorithm) => {
    const key = keyFromPem(pemOf(pairOf(algorithm).publicKey), algorithm.toUpperCase());
    expect(key).toMatchObject({ kid: null, algorithm });
    expect(key.thumbprint).toBe(await calculateJwkThumbprint(jwkOf(algorithm) as never));
  });

  it('imports PKCS#1', () => {
    const pem = pairOf('rs256').publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(keyFromPem(pem, 'rs256').algorithm).toBe('rs256');
  });

  it('imports the key of a certificate', () => {
    const { keyObject } = keyFromPem(CERTIFICATE, 'ed25519');
    expect(keyObject.equals(new X509Certificate(CERTIFICATE).publicKey)).toBe(true);
  });

  it.each([
    [
      'a private key',
      () => pairOf('rs256').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'rs256',
      'key.private',
    ],
    ['another algorithm’s key', () => pemOf(pairOf('rs256').publicKey), 'ed25519', 'key.algorithm'],
    ['another curve', () => pemOf(pairOf('es384').publicKey), 'es256', 'key.algorithm'],
    ['an unknown algorithm', () => pemOf(pairOf('rs256').publicKey), 'hs256', 'key.algorithm'],
    [
      'an algorithm by a name of Object',
      () => pemOf(pairOf('rs256').publicKey),
      'constructor',
      'key.algorithm',
    ],
    [
      'RSA of 1024 bits',
      () => pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      'rs256',
      'key.size',
    ],
    [
      'RSA of 2047 bits',
      () => pemOf(generateKeyPairSync('rsa', { modulusLength: 2047 }).publicKey),
      'rs256',
      'key.size',
    ],
    ['two keys', () => pemOf(pairOf('rs256').publicKey).repeat(2), 'rs256', 'key.unreadable'],
    ['no PEM', () => 'secret', 'rs256', 'key.unreadable'],
    ['a broken certificate', () => CERTIFICATE.replace(/\nMIIB/, '\nMIIC'), 'ed25519', 'key.unreadable'],
  ])('refuses %s', (_name, pem, algorithm, code) => {
    expect(codeOf(() => keyFromPem(pem(), algorithm))).toBe(code);
  });
});

describe('keyFromJwk', () => {
  it.each(ALGORITHM_NAMES)('imports a key of %s by its alg, with its thumbprint for a kid', (algorithm) => {
    const alg = { ed25519: 'EdDSA', rs256: 'RS256', ps256: 'PS256', es256: 'ES256', es384: 'ES384' }[
      algorithm
    ];
    const key = keyFromJwk({ ...jwkOf(algorithm), alg, use: 'sig', key_ops: ['verify'] });
    expect(key.algorithm).toBe(algorithm);
    expect(key.kid).toBe(key.thumbprint);
    expect(keyFromJwk({ ...jwkOf(algorithm), alg, kid: 'k' }).kid).toBe('k');
  });

  it('finds the algorithm without alg', () => {
    expect(keyFromJwk(jwkOf('ed25519')).algorithm).toBe('ed25519');
    expect(keyFromJwk(jwkOf('es384')).algorithm).toBe('es384');
    expect(keyFromJwk(jwkOf('rs256')).algorithm).toBe('rs256');
    expect(keyFromJwk(jwkOf('rs256'), 'ps256').algorithm).toBe('ps256');
  });

  it.each([
    ['oct', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }, 'key.symmetric'],
    ['private', () => pairOf('rs256').privateKey.export({ format: 'jwk' }), 'key.private'],
    ['for encryption', () => ({ ...jwkOf('rs256'), use: 'enc' }), 'key.use'],
    ['for wrapping', () => ({ ...jwkOf('rs256'), key_ops: ['wrapKey'] }), 'key.use'],
    ['of alg none', () => ({ ...jwkOf('rs256'), alg: 'none' }), 'key.algorithm'],
    ['of alg HS256', () => ({ ...jwkOf('rs256'), alg: 'HS256' }), 'key.algorithm'],
    ['of alg RS512', () => ({ ...jwkOf('rs256'), alg: 'RS512' }), 'key.algorithm'],
    ['of another key’s alg', () => ({ ...jwkOf('rs256'), alg: 'ES256' }), 'key.algorithm'],
    ['of an unknown curve', { kty: 'OKP', crv: 'Ed448', x: 'AA' }, 'key.algorithm'],
    ['broken', { kty: 'RSA', n: 'AA' }, 'key.unreadable'],
    ['no object', 'x', 'key.unreadable'],
    ['with a kid that is no string', () => ({ ...jwkOf('rs256'), kid: 7 }), 'key.unreadable'],
    [
      'RSA of 1024 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
      'key.size',
    ],
    ['RSA with exponent 1', () => ({ ...jwkOf('rs256'), e: 'AQ' }), 'key.size'],
    ['RSA with a huge exponent', () => ({ ...jwkOf('rs256'), e: 'AQAAAAAAAAAB' }), 'key.size'],
  ])('refuses one %s', (_name, jwk, code) => {
    expect(codeOf(() => keyFromJwk(typeof jwk === 'function' ? jwk() : jwk))).toBe(code);
  });
});

describe('keysFromJwks', () => {
  it('keeps the good keys and says what is wrong with the others', () => {
    const { keys, refused } = keysFromJwks({
      keys: [
        { ...jwkOf('rs256'), kid: 'a' },
        { ...jwkOf('ps256'), kid: 'b', use: 'enc' },
        { kty: 'oct', k: 'AA', kid: 'c' },
        { ...jwkOf('es256'), kid: 'd' },
        { ...jwkOf('es256'), kid: 'd' },
      ],
    });
    expect(keys.map((key) => key.kid)).toEqual(['a', 'd']);
    expect(refused.map(({ kid, error }) => [kid, error.code])).toEqual([
      ['b', 'key.use'],
      ['c', 'key.symmetric'],
    ]);
  });

  it('refuses both of two keys with one kid', () => {
    const { keys, refused } = keysFromJwks({
      keys: [
        { ...jwkOf('rs256'), kid: 'a' },
        { ...jwkOf('es256'), kid: 'a' },
      ],
    });
    expect(keys).toEqual([]);
    expect(refused.map(({ error }) => error.code)).toEqual(['key.duplicate_kid', 'key.duplicate_kid']);
  });

  it.each([null, 'x', [], {}, { keys: {} }])('refuses %j as a set', (jwks) => {
    expect(codeOf(() => keysFromJwks(jwks))).toBe('key.unreadable');
  });
});

describe('answersTo', () => {
  it('goes by kid and thumbprint; a key without a name answers to any', () => {
    const key = keyFromJwk({ ...jwkOf('es256'), kid: 'k' });
    expect(answersTo(key, ['k'])).toBe(true);
    expect(answersTo(key, ['x', key.thumbprint])).toBe(true);
    expect(answersTo(key, ['x'])).toBe(false);
    expect(answersTo(keyFromPem(pemOf(pairOf('es256').publicKey), 'es256'), ['x'])).toBe(true);
  });
});
