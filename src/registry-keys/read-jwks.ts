import { KeyError, keysFromJwks, type RefusedKey, type VerificationKey } from '../dci/keys.ts';
import { JwksError } from './jwks-error.ts';

/** No registry has so many; each is imported, and looked through for each message. */
const MAX_KEYS = 100;

/**
 * Reads the body of a JWKS answer. Keys that are not for verifying, such as those for encryption, are left out.
 * A set with different keys under one kid is refused whole: it is broken, and the keys held before are better.
 *
 * @throws {JwksError}
 */
export function readJwks(
  body: Buffer,
  contentType: string | undefined,
): { keys: VerificationKey[]; refused: RefusedKey[] } {
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  if (/^\s*(text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '') || /^\s*</.test(text)) {
    throw new JwksError('jwks.html');
  }
  const read = imported(parsed(text));
  if (read.refused.some(({ error }) => error.code === 'key.duplicate_kid')) {
    throw new JwksError('jwks.duplicate_kid');
  }
  if (read.keys.length === 0) throw new JwksError('jwks.no_keys');
  return read;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JwksError('jwks.not_json');
  }
}

function imported(jwks: unknown): { keys: VerificationKey[]; refused: RefusedKey[] } {
  const list = (jwks as { keys?: unknown } | null)?.keys;
  if (Array.isArray(list) && list.length > MAX_KEYS) throw new JwksError('jwks.too_many_keys');
  try {
    return keysFromJwks(jwks);
  } catch (error) {
    if (error instanceof KeyError) throw new JwksError('jwks.no_keys');
    throw error;
  }
}
