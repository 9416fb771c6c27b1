import { algorithmNamed } from './algorithms.ts';
import { diagnose, type Hint } from './diagnose.ts';
import { parseEnvelope } from './envelope.ts';
import { DciError, type DciErrorCode } from './errors.ts';
import { explain } from './explain.ts';
import { KeyError, keyFromPem, keysFromJwks, type RefusedKey } from './keys.ts';
import { type RefusalReason, type Refused, type Sender, type TriedDigest, verifyEnvelope } from './verify.ts';

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

/** All that is known of a message's signature; no content of the message but names of fields. */
export interface Examination extends Verdict {
  /** Stable, such as `kid.unknown`; null where the message was accepted, or is no envelope. */
  reason_code: RefusalReason | null;
  failed: Refused['failed'] | null;
  kid: string | null;
  algorithm: string | null;
  /** The canonical forms that were tried; base64 of SHA-256. */
  digests: readonly TriedDigest[];
  /** Our clock minus `created`. */
  clock_difference_seconds: number | null;
  /** From `created` to `expires`. */
  window_seconds: number | null;
  /** The keys that the sender's signatures are held against. */
  keys: { kid: string | null; algorithm: string; thumbprint: string }[];
  /** What the sender's engineer should look at. */
  hints: Hint[];
}

/**
 * The verdict on a message, as the bridge would give it.
 *
 * @param now seconds since the epoch
 * @throws {SenderFileError}
 */
export async function verdictOf(
  body: Uint8Array | string,
  senderFile: unknown,
  now: number,
): Promise<Verdict> {
  const { verdict, error_code, reason } = await examine(body, senderFile, now);
  return { verdict, error_code, reason };
}

/**
 * The verdict with all that led to it, for two engineers who look for why theirs disagree.
 *
 * @param now seconds since the epoch
 * @throws {SenderFileError}
 */
export async function examine(
  body: Uint8Array | string,
  senderFile: unknown,
  now: number,
): Promise<Examination> {
  const sender = readSenderFile(senderFile);
  const keys = sender.keys.map(({ kid, algorithm, thumbprint }) => ({ kid, algorithm, thumbprint }));
  try {
    const envelope = parseEnvelope(body);
    const result = await verifyEnvelope(envelope, sender, { now });
    const unusable = sender.refused.map(({ error }) => `; unusable key: ${error.message}`).join('');
    const hints = result.ok ? [] : await diagnose(envelope, sender, result);
    const told = hints.map(({ message }) => `; hint: ${message}`).join('');
    const { kid, algorithm, digests, clockDifferenceSeconds, windowSeconds } = result.details;
    return {
      verdict: result.ok ? 'accept' : 'reject',
      error_code: result.ok ? null : result.code,
      reason: explain(result) + (result.ok ? '' : unusable + told),
      reason_code: result.ok ? null : result.reason,
      failed: result.ok ? null : result.failed,
      kid,
      algorithm,
      digests,
      clock_difference_seconds: clockDifferenceSeconds,
      window_seconds: windowSeconds,
      keys,
      hints,
    };
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    return {
      verdict: 'reject',
      error_code: error.code,
      reason: error.message,
      reason_code: null,
      failed: null,
      kid: null,
      algorithm: null,
      digests: [],
      clock_difference_seconds: null,
      window_seconds: null,
      keys,
      hints: [],
    };
  }
}
