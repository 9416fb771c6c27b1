import { algorithmNamed } from './algorithms.ts';
import { parseEnvelope } from './envelope.ts';
import { DciError, type DciErrorCode } from './errors.ts';
import { explain } from './explain.ts';
import { KeyError, keyFromPem, keysFromJwks, type RefusedKey } from './keys.ts';
import { type Sender, verifyEnvelope } from './verify.ts';

/** A file that describes no sender. */
export class SenderFileError extends Error {
  override readonly name = 'SenderFileError';
}

/** A sender as a file describes it. Keys that cannot be used are told apart, so that a verdict can say why. */
export interface FiledSender extends Sender {
  refused: RefusedKey[];
}

/**
 * Reads `{"sender_id", "algorithm", "public_key"}` (PEM) or `{"sender_id", "jwks"}`, the form of the shared vectors.
 *
 * @throws {SenderFileError} where it is neither
 */
export function readSenderFile(content: unknown): FiledSender {
  if (typeof content !== 'object' || content === null)
    throw new SenderFileError('the sender must be an object');
  const { sender_id, algorithm, public_key, jwks } = content as Record<string, unknown>;
  if (typeof sender_id !== 'string' || sender_id === '') {
    throw new SenderFileError('sender_id must be a string that is not empty');
  }
  if (algorithm !== undefined && typeof algorithm !== 'string') {
    throw new SenderFileError('algorithm must be a string');
  }
  const name = algorithm === undefined ? undefined : algorithmNamed(algorithm);
  if (name === null) {
    const error = new KeyError('key.algorithm', 'the algorithm of the sender is not supported');
    return { senderId: sender_id, keys: [], refused: [{ kid: null, error }] };
  }
  const sender = { senderId: sender_id, algorithm: name };
  if (jwks !== undefined) return { ...sender, ...orRefused(() => keysFromJwks(jwks, name)) };
  if (typeof public_key !== 'string' || algorithm === undefined) {
    throw new SenderFileError('the sender must have algorithm and public_key, or jwks');
  }
  return {
    ...sender,
    ...orRefused(() => ({ keys: [keyFromPem(public_key, algorithm)], refused: [] })),
  };
}

type Keys = Pick<FiledSender, 'keys' | 'refused'>;

function orRefused(read: () => Keys): Keys {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return { keys: [], refused: [{ kid: null, error }] };
  }
}

export interface Verdict {
  verdict: 'accept' | 'reject';
  error_code: DciErrorCode | null;
  reason: string;
}

/**
 * What the bridge would say of a body from this sender at this moment; the `verify` command prints it.
 *
 * @param now whole seconds since the epoch
 * @throws {SenderFileError}
 */
export async function verdictOf(
  body: Uint8Array | string,
  senderFile: unknown,
  now: number,
): Promise<Verdict> {
  const sender = readSenderFile(senderFile);
  try {
    const result = await verifyEnvelope(parseEnvelope(body), sender, { now });
    if (result.ok) return { verdict: 'accept', error_code: null, reason: explain(result) };
    const unusable = sender.refused.map(({ error }) => `; unusable key: ${error.message}`).join('');
    return { verdict: 'reject', error_code: result.code, reason: explain(result) + unusable };
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    return { verdict: 'reject', error_code: error.code, reason: error.message };
  }
}
