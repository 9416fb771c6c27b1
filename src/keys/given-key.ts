import { privateKeyFrom } from '../dci/encryption.ts';
import { KeyError, thumbprintOf } from '../dci/keys.ts';
import { type KeyUse, kindOf } from './kinds.ts';
import { type OwnKey, OwnKeyError } from './own-key.ts';

/**
 * A key that a setting gives, PEM or JWK.
 *
 * @param setting how an error names it
 * @throws {OwnKeyError} that holds no key material
 */
export function givenKey(text: string, use: KeyUse, setting: string): OwnKey {
  try {
    const privateKey = privateKeyFrom(text);
    return {
      kid: thumbprintOf(privateKey),
      kind: kindOf(use, privateKey),
      createdAt: 0,
      privateKey,
      file: null,
    };
  } catch (error) {
    if (error instanceof KeyError) throw new OwnKeyError(`${setting}: ${error.message}`);
    throw error;
  }
}
