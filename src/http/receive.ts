import type { Logger } from 'pino';
import type { DecryptionKey } from '../dci/encryption.ts';
import { bodyText, type Envelope, parseEnvelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import { printJson } from '../dci/json-print.ts';
import { openEnvelope } from '../dci/sealed.ts';
import { isUnsigned, type VerifyResult } from '../dci/verify.ts';
import { type ReadNotification, readEvents } from '../events/read-events.ts';
import type { Inbox, Receipt } from '../inbox/inbox.ts';
import { TooManyWaitingError } from '../senders/jwks/key-sets.ts';
import { assertEncrypted, assertEventTypes, NO_LIMITS } from '../senders/limits.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { TrustedSender } from '../senders/trusted-sender.ts';
import { verifyBySender } from '../senders/verify-by-sender.ts';
import { ConflictError, TooManyRequestsError, UnreadyError } from './http-error.ts';

export interface ReceiveSettings {
  allowUnsigned: boolean;
  clockSkewSeconds: number;
  maxWindowSeconds: number;
  /** The `receiver_id`s that are meant for us; empty for any. */
  receiverIds: readonly string[];
}

export interface ReceiveDependencies {
  inbox: Pick<Inbox, 'accept'>;
  /** Our keys that messages may be sealed to now. */
  decryptionKeys(): readonly DecryptionKey[];
  senders: Pick<SenderDirectory, 'find' | 'size' | 'refreshForUnknown' | 'fetchForUnknownKey'>;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** `notify` messages carry events; `callback` messages answer what we asked. */
export type MessageKind = 'notify' | 'callback';

/**
 * Takes a message: reads it, verifies who signed it, opens it where it is sealed, reads its events, and commits it.
 * Resolves only once it is on disk.
 *
 * @param log gives a logger of this request; gets no content of the message
 * @throws {DciError} where the message is refused
 * @throws {ConflictError} where its `message_id` was used with another content
 * @throws {InboxUnavailableError | UnreadyError} where nothing could be committed; the sender is to try again
 */
export async function receive(
  body: Uint8Array,
  kind: MessageKind,
  settings: ReceiveSettings,
  deps: ReceiveDependencies,
  log: () => Logger,
): Promise<Receipt> {
  // Decoded once: the inbox keeps the text that was read.
  const text = bodyText(body);
  const envelope = parseEnvelope(text);
  const { header } = envelope;
  if (settings.receiverIds.length > 0 && !settings.receiverIds.includes(header.receiverId ?? '')) {
    throw new DciError(
      'err.receiver_id.invalid',
      'header.receiver_id',
      'header.receiver_id: this message is meant for another receiver',
    );
  }
  const { kid, sender } = await verify(envelope, settings, deps, log);
  const limits = sender?.limits ?? NO_LIMITS;
  assertEncrypted(limits, header.isMsgEncrypted);
  // After the signature, which covers the message as sent: nobody but a sender makes us decrypt.
  const opened = await openEnvelope(envelope, deps.decryptionKeys());
  const read = kind === 'notify' ? readNotification(opened) : null;
  assertEventTypes(limits, read?.events ?? []);
  const receipt = await deps.inbox.accept({
    // Under whichever of its names a sender sends a message, it is the same message.
    senderId: sender?.senderId ?? header.senderId,
    messageId: header.messageId,
    // Of what the message says: sealed anew, it is the same.
    contentDigest: opened.contentDigest(),
    action: header.action,
    dialect: read?.dialect ?? null,
    kid,
    receivedAt: deps.clock(),
    // What was opened: it must reach OpenSPP after the key is gone, too.
    body: opened === envelope ? text : printJson(opened.root, 0),
    events: read?.events ?? [],
  });
  if (receipt.kind === 'conflict') {
    throw new ConflictError(
      'header.message_id: this sender has used it before, for another message; give each message its own',
    );
  }
  return receipt;
}

function readNotification(envelope: Envelope): ReadNotification {
  if (envelope.header.action.toLowerCase() !== 'notify') {
    throw new DciError('err.request.bad', 'header.action', 'header.action: expected "notify" on this route');
  }
  return readEvents(envelope.message);
}

/** Who sent a message, and the kid of the key that its signature verified with. */
interface Origin {
  /** Null for an unsigned message. */
  kid: string | null;
  /** Null for an unsigned message of somebody who is not registered. */
  sender: TrustedSender | null;
}

async function verify(
  envelope: Envelope,
  settings: ReceiveSettings,
  { senders, clock }: ReceiveDependencies,
  log: () => Logger,
): Promise<Origin> {
  const { senderId } = envelope.header;
  const sender = senders.find(senderId);
  if (isUnsigned(envelope.signature)) {
    if (settings.allowUnsigned) return { kid: null, sender: sender ?? null };
    throw new DciError(
      'err.signature.missing',
      'signature',
      'signature: missing; sign the message with the key of header.sender_id',
    );
  }
  if (!sender) {
    senders.refreshForUnknown();
    if (senders.size === null) throw new UnreadyError('the registry of senders was not read yet');
    throw new DciError(
      'err.sender_id.invalid',
      'header.sender_id',
      'header.sender_id: not an active sender of this registry; ask its operator to register it',
    );
  }
  const result = await verifyBySender(envelope, sender, senders, {
    now: Math.floor(clock() / 1000),
    maxWindowSeconds: sender.limits.maxWindowSeconds ?? settings.maxWindowSeconds,
    skewSeconds: settings.clockSkewSeconds,
  }).catch(unready);
  if (!result.ok) throw refusal(result, senderId, sender, log);
  // Counted only now: nobody else can use up what a sender may send.
  const waitSeconds = sender.rate?.take(clock()) ?? 0;
  if (waitSeconds > 0) throw new TooManyRequestsError(waitSeconds);
  return { kid: result.kid, sender };
}

function unready(error: unknown): never {
  if (error instanceof TooManyWaitingError)
    throw new UnreadyError("the sender's keys are being fetched; send the message again");
  throw error;
}

function refusal(
  { reason, failed, details, code, message }: Extract<VerifyResult, { ok: false }>,
  senderId: string,
  sender: TrustedSender,
  log: () => Logger,
): DciError {
  log().warn(
    {
      sender: senderId,
      reason,
      failed,
      problem: sender.problem,
      digests: details.digests,
      clockDifferenceSeconds: details.clockDifferenceSeconds,
    },
    'a signature was refused',
  );
  return new DciError(code, 'signature', message);
}
