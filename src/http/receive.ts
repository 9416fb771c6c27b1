import type { Logger } from 'pino';
import { CALLBACK_ACTIONS, type CallbackAction } from '../dci/client/answers.ts';
import { plainObject } from '../dci/client/plain.ts';
import type { DecryptionKey } from '../dci/encryption.ts';
import { bodyText, type Envelope, parseEnvelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import { printJson } from '../dci/json-print.ts';
import { openEnvelope } from '../dci/sealed.ts';
import { unixSeconds } from '../dci/timestamp.ts';
import { isUnsigned, type VerifyResult } from '../dci/verify.ts';
import { type NotificationReader, type ReadNotification, readEvents } from '../events/read-events.ts';
import type { Inbox, Receipt } from '../inbox/inbox.ts';
import type { HeardCallback } from '../registries/callback-desk.ts';
import { TooManyWaitingError } from '../senders/jwks/key-sets.ts';
import { assertEncrypted, assertEventTypes, NO_LIMITS } from '../senders/limits.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { TrustedSender } from '../senders/trusted-sender.ts';
import { verifyBySender } from '../senders/verify-by-sender.ts';
import type { MessageSignals } from '../signals/signals.ts';
import { because, ConflictError, TooManyRequestsError, UnreadyError } from './http-error.ts';
import type { RequestSeen } from './watch-message.ts';

export interface ReceiveSettings {
  allowUnsigned: boolean;
  clockSkewSeconds: number;
  maxWindowSeconds: number;
  /**
   * For how long a repeat is known as one, in seconds, which bounds the life of a signature that names no end (JWS):
   * its message must have been stamped within it.
   */
  memorySeconds: number;
  /** The `receiver_id`s that are meant for us; empty for any. */
  receiverIds: readonly string[];
}

export interface ReceiveDependencies {
  inbox: Pick<Inbox, 'accept'>;
  /** Our keys that messages may be sealed to now. */
  decryptionKeys(): readonly DecryptionKey[];
  senders: Pick<SenderDirectory, 'find' | 'size' | 'refreshForUnknown' | 'fetchForUnknownKey'> &
    Partial<Pick<SenderDirectory, 'namesOf'>>;
  /** Reads the events of a notification, where extensions have dialects of their own. */
  readNotification?: NotificationReader | undefined;
  /** Takes callbacks to what they answer, before they are acknowledged. */
  heard?: ((callback: HeardCallback) => Promise<void>) | undefined;
  /** Milliseconds since the epoch. */
  clock(): number;
  /** Told of each message that is refused. @param senderId as registered; null for whoever is not */
  refused?(senderId: string | null, reason: string): void;
}

/** `notify` messages carry events; the others answer what we asked. */
export type MessageKind = 'notify' | CallbackAction;

/**
 * Takes a message: reads it, verifies who signed it, opens it where it is sealed, reads its events, and commits it.
 * Resolves only once it is on disk.
 *
 * @param log gives a logger of this request; gets no content of the message
 * @param clientNames the names of the client's certificate, one of which must be the sender's; null where it need not
 * @param seen makes the message's correlation id that of its request; the inbox makes one where left out
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
  clientNames: readonly string[] | null = null,
  seen: RequestSeen | null = null,
): Promise<Receipt> {
  // Decoded once: the inbox keeps the text that was read.
  const text = bodyText(body);
  const envelope = parseEnvelope(text);
  try {
    return await take(envelope, text, kind, settings, deps, log, clientNames, seen);
  } catch (error) {
    const { reason, code } = error as { reason?: string; code?: string };
    deps.refused?.(
      deps.senders.find(envelope.header.senderId)?.senderId ?? null,
      reason ?? code ?? 'err.service.unavailable',
    );
    throw error;
  }
}

async function take(
  envelope: Envelope,
  text: string,
  kind: MessageKind,
  settings: ReceiveSettings,
  deps: ReceiveDependencies,
  log: () => Logger,
  clientNames: readonly string[] | null,
  seen: RequestSeen | null,
): Promise<Receipt> {
  const { header } = envelope;
  if (settings.receiverIds.length > 0 && !settings.receiverIds.includes(header.receiverId ?? '')) {
    throw new DciError(
      'err.receiver_id.invalid',
      'header.receiver_id',
      'header.receiver_id: this message is meant for another receiver',
    );
  }
  const claimed = deps.senders.find(header.senderId);
  seen?.signals.from(claimed?.senderId ?? null);
  const known = claimed?.senderId ?? header.senderId;
  if (clientNames !== null && !clientNames.includes(header.senderId) && !clientNames.includes(known)) {
    throw new DciError(
      'err.sender_id.invalid',
      'header.sender_id',
      'header.sender_id: the certificate of this connection is not for this sender',
    );
  }
  seen?.signals.verifying();
  const { kid, sender } = await verify(envelope, claimed, settings, deps, log, seen?.signals);
  seen?.signals.verified();
  const limits = sender?.limits ?? NO_LIMITS;
  assertEncrypted(limits, header.isMsgEncrypted);
  // After the signature, which covers the message as sent: nobody but a sender makes us decrypt.
  const opened = await openEnvelope(envelope, deps.decryptionKeys());
  const read = kind === 'notify' ? readNotification(opened, deps.readNotification) : readCallback(envelope);
  assertEventTypes(limits, read?.events ?? []);
  seen?.signals.committing(read?.dialect ?? null);
  const receipt = await deps.inbox.accept({
    ...(seen ? { correlationId: seen.id } : {}),
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
  seen?.signals.committed();
  if (receipt.kind === 'conflict') {
    throw new ConflictError(
      'header.message_id: this sender has used it before, for another message; give each message its own',
    );
  }
  if (kind !== 'notify' && deps.heard) {
    const senderId = sender?.senderId ?? header.senderId;
    await deps.heard({
      inboxId: receipt.inboxId,
      action: callbackAction(header.action) ?? kind,
      senderNames: [...new Set([senderId, header.senderId, ...(deps.senders.namesOf?.(senderId) ?? [])])],
      header: plainObject(opened.headerNode),
      message: plainObject(opened.message),
      receivedAt: receipt.receivedAt,
    });
  }
  return receipt;
}

function readNotification(envelope: Envelope, read: NotificationReader = readEvents): ReadNotification {
  if (envelope.header.action.toLowerCase() !== 'notify') {
    throw new DciError('err.request.bad', 'header.action', 'header.action: expected "notify" on this route');
  }
  return read(envelope.message, envelope.headerNode);
}

/** Who sent a message, and the kid of the key that its signature verified with. */
interface Origin {
  /** Null for an unsigned message. */
  kid: string | null;
  /** Null for an unsigned message of somebody who is not registered. */
  sender: TrustedSender | null;
}

/**
 * An answer to what we asked has no events. A notification that came here would be acknowledged without them, and its
 * repeat on the right route would then be known already, and lost.
 */
function readCallback({ header }: Envelope): null {
  if (header.action.toLowerCase() !== 'notify') return null;
  throw new DciError(
    'err.request.bad',
    'header.action',
    'header.action: "notify" is not taken on this route; post it to /registry/notify',
  );
}

/** What a callback says that it answers; some registries post all of them to one address. Null where it is none. */
function callbackAction(action: string): CallbackAction | null {
  const asSaid = action.toLowerCase();
  return CALLBACK_ACTIONS.find((one) => one === asSaid) ?? null;
}

/** Names and addresses of registries; anybody can write here, so nothing that could be somebody's number. */
const SENDER_NAME = /^(?!.*\d{5})[\w.:/@-]{1,128}$/;

function loggableSender(senderId: string): string | undefined {
  return SENDER_NAME.test(senderId) ? senderId : undefined;
}

const DAY_SECONDS = 86_400;

/**
 * Whether a message was stamped so lately that its repeat would still be known. A day of leeway at both ends, because
 * a stamp may have no zone: so nothing that the inbox has forgotten can pass as new.
 */
function isRecent({ header }: Envelope, now: number, memorySeconds: number): boolean {
  const stamped = unixSeconds(header.messageTs);
  return stamped !== null && stamped <= now + DAY_SECONDS && stamped > now - memorySeconds + DAY_SECONDS;
}

async function verify(
  envelope: Envelope,
  sender: TrustedSender | undefined,
  settings: ReceiveSettings,
  { senders, clock }: ReceiveDependencies,
  log: () => Logger,
  signals: MessageSignals | undefined,
): Promise<Origin> {
  const { senderId } = envelope.header;
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
    signals?.signatureRefused('sender.unknown');
    log().warn(
      { sender: loggableSender(senderId), reason: 'sender.unknown', failed: 'sender' },
      'a signature was refused',
    );
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
  if (!result.ok) {
    signals?.signatureRefused(result.reason);
    throw refusal(result, senderId, sender, log);
  }
  if (result.form === 'jws' && !isRecent(envelope, clock() / 1000, settings.memorySeconds)) {
    signals?.signatureRefused('time.message_ts');
    log().warn(
      { sender: senderId, reason: 'time.message_ts', failed: 'time', kid: result.kid },
      'a signature was refused',
    );
    throw because(
      'time.message_ts',
      new DciError(
        'err.signature.invalid',
        'header.message_ts',
        'header.message_ts: too long ago, or ahead of our clock, for a signature that names no end; stamp and sign anew',
      ),
    );
  }
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
      ...details,
    },
    'a signature was refused',
  );
  return because(reason, new DciError(code, 'signature', message));
}
