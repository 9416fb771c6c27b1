import { expect, it } from 'vitest';
import { readTrust, storedTrust, type Trust } from '../../src/inbox/trust.ts';

const TRUSTS: [Trust, string | null][] = [
  [{ method: 'unsigned', keyId: null }, null],
  [{ method: 'hmac', keyId: null }, 'hmac'],
  [{ method: 'bearer', keyId: null }, 'bearer'],
  [{ method: 'signature', keyId: 'crvs|key-1|ed25519' }, 'crvs|key-1|ed25519'],
  // Kids that would read as something else.
  [{ method: 'signature', keyId: 'hmac' }, 'key:hmac'],
  [{ method: 'signature', keyId: 'key:hmac' }, 'key:key:hmac'],
];

it.each(TRUSTS)('%j is kept as %s, and read again', (trust, stored) => {
  expect(storedTrust(trust)).toBe(stored);
  expect(readTrust(stored)).toEqual(trust);
});
