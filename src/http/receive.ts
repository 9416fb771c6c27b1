import type { Logger } from 'pino';
import { bodyText, type Envelope, parseEnvelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import { unixSeconds } from '../dci/timestamp.ts';
import { isUnsigned, verifyEnvelope } from '../dci/verify.ts';
import { type ReadNotification, readEvents } from '../events/read-events.ts';
import type { Inbox, Receipt } from '../inbox/inbox.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import { ConflictError, UnreadyError } from './http-error.ts';

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
  senders: Pick<SenderDirectory, 'find' | 'size' | 'refreshForUnknown'>;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** `notify` messages carry events; `callback` messages answer what we asked. */
export type MessageKind = 'notify' | 'callback';

/**
 * Takes a message: reads it, verifies who signed it, reads its events, and commits it. Resolves only once it is on
 * disk.
 *
 * @param log gives a logger of this request; gets no content of the message
 * @param clientNames the names of the client's certificate, one of which must be the sender's; null where it need not
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
  if (clientNames !== null && !clientNames.includes(header.senderId)) {
    throw new DciError(
      'err.sender_id.invalid',
      'header.sender_id',
      'header.sender_id: the certificate of this connection is not for this sender',
    );
  }
  const kid = await verify(envelope, settings, deps, log);
  if (header.isMsgEncrypted) {
    throw new DciError(
      'err.encryption.invalid',
      'header.is_msg_encrypted',
      'header.is_msg_encrypted: this service has published no encryption key; send the message unencrypted',
    );
  }
  const read = kind === 'notify' ? readNotification(envelope) : readCallback(envelope);
  const receipt = await deps.inbox.accept({
    senderId: header.senderId,
    messageId: header.messageId,
    contentDigest: envelope.contentDigest(),
    action: header.action,
    dialect: read?.dialect ?? null,
    kid,
    receivedAt: deps.clock(),
    body: text,
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

/** @returns the kid of the key that the signature verified with; null for an unsigned message */
async function verify(
  envelope: Envelope,
  settings: ReceiveSettings,
  { senders, clock }: ReceiveDependencies,
  log: () => Logger,
): Promise<string | null> {
  const { senderId } = envelope.header;
  if (isUnsigned(envelope.signature)) {
    if (settings.allowUnsigned) return null;
    throw new DciError(
      'err.signature.missing',
      'signature',
      'signature: missing; sign the message with the key of header.sender_id',
    );
  }
  const sender = senders.find(senderId);
  if (!sender) {
    senders.refreshForUnknown();
    if (senders.size === null) throw new UnreadyError('the registry of senders was not read yet');
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
  const result = await verifyEnvelope(envelope, sender, {
    now: Math.floor(clock() / 1000),
    maxWindowSeconds: settings.maxWindowSeconds,
    skewSeconds: settings.clockSkewSeconds,
  });
  if (result.ok && result.form === 'jws' && !isRecent(envelope, clock() / 1000, settings.memorySeconds)) {
    log().warn(
      { sender: senderId, reason: 'time.message_ts', failed: 'time', kid: result.kid },
      'a signature was refused',
    );
    throw new DciError(
      'err.signature.invalid',
      'header.message_ts',
      'header.message_ts: too long ago, or ahead of our clock, for a signature that names no end; stamp and sign anew',
    );
  }
  if (result.ok) return result.kid;
  const { reason, failed, details } = result;
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
  throw new DciError(result.code, 'signature', result.message);
}
