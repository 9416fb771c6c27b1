import type { AlgorithmName } from '../dci/algorithms.ts';
import { KeyError, keyFromPem, keysFromJwks, type VerificationKey } from '../dci/keys.ts';

/**
 * The keys in the text of a key file: one public key in PEM, or a key set (JWKS) in JSON.
 *
 * @param algorithm how the key is used; PEM does not say it
 * @returns at least one key
 * @throws {KeyError} saying what is wrong, without a part of the text
 */
export function keysInFile(text: string, algorithm: AlgorithmName | undefined): VerificationKey[] {
  const content = text.trim();
  if (!content.startsWith('{')) {
    if (algorithm === undefined) {
      throw new KeyError('key.algorithm', 'a key in PEM does not say its algorithm');
    }
    return [keyFromPem(content, algorithm)];
  }
  let set: unknown;
  try {
    set = JSON.parse(content);
  } catch {
    throw new KeyError('key.unreadable', 'it is neither PEM nor JSON');
  }
  const { keys } = keysFromJwks(set, algorithm);
  if (keys.length === 0) throw new KeyError('key.unreadable', 'it holds no key that can verify');
  return keys;
}
