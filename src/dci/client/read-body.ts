import { bodyText, type Envelope, parseEnvelope } from '../envelope.ts';
import { DciError } from '../errors.ts';
import { isJsonObject, JsonSyntaxError, parseJson } from '../json.ts';
import { type Sender, verifyEnvelope } from '../verify.ts';
import { isPlain, type Plain, plainObject, textOf } from './plain.ts';

/** A body that is no DCI answer; `message` says why, without quoting it. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
}

/** The body of an answer as ordinary values. */
export function readRoot(body: Uint8Array): Plain {
  let text: string;
  try {
    text = bodyText(body);
  } catch {
    throw new BodyError('the answer is not UTF-8');
  }
  try {
    const root = parseJson(text);
    if (isJsonObject(root)) return plainObject(root);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    if (error.code === 'json.too_many_values')
      throw new BodyError('the answer has more values than one may have: ask for fewer records at once');
  }
  throw new BodyError('the answer is no JSON object: check the base address and the endpoint');
}

/** What a registry says that it did not do. */
export interface Complaint {
  code: string | undefined;
  message: string | undefined;
}

/**
 * What the body of a refusal says: an acknowledgement's `message.error`, a bare `error` (OpenCRVS), the specification's
 * `errors`, a callback header's reason, or a framework's `detail`. Both are undefined where it says nothing known.
 */
export function complaintOf(body: Uint8Array): Complaint {
  let root: Plain;
  try {
    root = readRoot(body);
  } catch {
    return { code: undefined, message: undefined };
  }
  const message = isPlain(root.message) ? root.message : {};
  const header = isPlain(root.header) ? root.header : {};
  const first = Array.isArray(root.errors) ? root.errors[0] : undefined;
  for (const error of [message.error, root.error, first, root.detail]) {
    if (isPlain(error)) return { code: text(error.code), message: text(error.message) };
  }
  return {
    code: text(header.status_reason_code),
    message: text(header.status_reason_message) ?? text(root.detail) ?? text(root.message),
  };
}

const text = (value: unknown) => textOf(value) ?? undefined;

/** Why the signature of an answer does not hold. */
export class AnswerSignatureError extends Error {
  override readonly name = 'AnswerSignatureError';
  /** Whether it may be that the registry has a key that is not known yet. */
  readonly maybeNewKey: boolean;

  constructor(message: string, maybeNewKey = false) {
    super(message);
    this.maybeNewKey = maybeNewKey;
  }
}

/** A key without a name of its own answers to any name, and so hides that the signature names another. */
const NEW_KEY: readonly string[] = ['kid.unknown', 'signature.mismatch', 'algorithm.not_the_keys'];

/**
 * Verifies the signature of an answer.
 *
 * @param echoed our own `sender_id`, where the registry puts that into its answers instead of its own (OpenCRVS)
 * @param now whole seconds since the epoch
 * @returns what the signature covers of it
 * @throws {AnswerSignatureError} with the reason, quoting nothing
 */
export async function verifyAnswer(
  body: Uint8Array,
  registry: Sender,
  echoed: string | null,
  now: number,
): Promise<Envelope> {
  let envelope: Envelope;
  try {
    envelope = parseEnvelope(body);
  } catch (error) {
    if (!(error instanceof DciError)) throw error;
    throw new AnswerSignatureError(error.message);
  }
  const { senderId } = envelope.header;
  const sender = senderId === echoed ? { ...registry, senderId } : registry;
  const result = await verifyEnvelope(envelope, sender, { now });
  if (!result.ok) throw new AnswerSignatureError(result.message, NEW_KEY.includes(result.reason));
  return result.signed;
}
