import { hash } from 'node:crypto';
import { CALLBACK_ACTIONS, type CallbackAction } from '../../dci/client/answers.ts';
import { plainObject } from '../../dci/client/plain.ts';
import type { DecryptionKey } from '../../dci/encryption.ts';
import { bodyText, type Envelope, readEnvelope } from '../../dci/envelope.ts';
import { DciError } from '../../dci/errors.ts';
import { printJson } from '../../dci/json-print.ts';
import { openEnvelope } from '../../dci/sealed.ts';
import { unixSeconds } from '../../dci/timestamp.ts';
import { isUnsigned, type VerifyResult } from '../../dci/verify.ts';
import type { NotificationReader, ReadNotification } from '../../events/read-events.ts';
import { because, UnreadyError } from '../../http/http-error.ts';
import type { Trust } from '../../inbox/trust.ts';
import type { Authenticated, IncomingMessage, ReadMessage, Receiver } from '../../intake/intake.ts';
import type { ReceivedCallback } from '../../registries/callback-service.ts';
import { KeysPendingError } from '../../registry-keys/key-sets.ts';
import type { SenderDirectory } from '../../senders/sender-directory.ts';
import type { TrustedSender } from '../../senders/trusted-sender.ts';
import { verifyBySender } from '../../senders/verify-by-sender.ts';

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
  /** Our keys that messages may be sealed to now. */
  decryptionKeys(): readonly DecryptionKey[];
  senders: Pick<SenderDirectory, 'find' | 'size' | 'refreshForUnknown' | 'fetchForUnknownKey'> &
    Partial<Pick<SenderDirectory, 'namesOf'>>;
  /** Reads the events of a notification in every dialect. */
  readNotification: NotificationReader;
  /** Takes callbacks to what they answer, before they are acknowledged. */
  onCallback?: ((callback: ReceivedCallback) => Promise<void>) | undefined;
  /** Milliseconds since the epoch. */
  clock(): number;
}

/** `notify` messages carry events; the others answer what we asked. */
export type MessageKind = 'notify' | CallbackAction;

/** An envelope whose sender is known. */
interface Received {
  /** As it came, as far as it was signed. */
  text: string;
  /** What its signature covers. */
  envelope: Envelope;
  /** Opened where it was sealed; the same envelope where it was not, or as long as it was not read. */
  opened: Envelope;
}

/** Takes DCI messages of one kind: verifies who signed the envelope, opens it where it is sealed, reads its events. */
export function dciReceiver(
  kind: MessageKind,
  settings: ReceiveSettings,
  deps: ReceiveDependencies,
): Receiver<Received> {
  const { onCallback } = deps;
  return {
    connector: 'dci',
    messageIdField: 'header.message_id',
    authenticate: (message) => authenticate(message, settings, deps),
    read: ({ content }) => read(content, kind, deps),
    // A notification has nothing to be done, and so keeps nothing of itself in memory until it is committed.
    ...(kind === 'notify' || !onCallback ? {} : { committed: takerOf(kind, onCallback, deps) }),
  };
}

/** Takes an answer to what it answers. */
function takerOf(
  kind: CallbackAction,
  onCallback: NonNullable<ReceiveDependencies['onCallback']>,
  { senders }: ReceiveDependencies,
): NonNullable<Receiver<Received>['committed']> {
  return async (receipt, { senderId, content: { envelope, opened } }) => {
    const { header } = envelope;
    await onCallback({
      inboxId: receipt.inboxId,
      action: callbackAction(header.action) ?? kind,
      senderNames: [...new Set([senderId, header.senderId, ...(senders.namesOf?.(senderId) ?? [])])],
      header: plainObject(opened.headerNode),
      message: plainObject(opened.message),
      receivedAt: receipt.receivedAt,
    });
  };
}

async function authenticate(
  message: IncomingMessage,
  settings: ReceiveSettings,
  deps: ReceiveDependencies,
): Promise<Authenticated<Received>> {
  // Decoded once: the inbox keeps the text that was read.
  const text = bodyText(message.body);
  const envelope = readEnvelope(text);
  const { header } = envelope;
  const claimed = deps.senders.find(header.senderId);
  message.claims(claimed?.senderId ?? null);
  if (settings.receiverIds.length > 0 && !settings.receiverIds.includes(header.receiverId ?? '')) {
    throw new DciError(
      'err.receiver_id.invalid',
      'header.receiver_id',
      'header.receiver_id: this message is meant for another receiver',
    );
  }
  message.assertCertificate([header.senderId, ...(claimed ? [claimed.senderId] : [])], 'header.sender_id');
  message.verifying();
  const { trust, sender, signed } = await verify(envelope, claimed, settings, deps, message);
  return {
    // Under whichever of its names a sender sends a message, it is the same message.
    senderId: sender?.senderId ?? header.senderId,
    sender,
    trust,
    encrypted: signed.header.isMsgEncrypted,
    content: {
      // What no signature covers is not kept either: anyone who reads the message later acts on it.
      text: signed === envelope ? text : printJson(signed.root, 0),
      envelope: signed,
      opened: signed,
    },
  };
}

async function read(
  content: Received,
  kind: MessageKind,
  { decryptionKeys, readNotification: reader }: ReceiveDependencies,
): Promise<ReadMessage> {
  const { text, envelope } = content;
  const { header } = envelope;
  // After the signature, which covers the message as sent: nobody but a sender makes us decrypt.
  const opened = await openEnvelope(envelope, decryptionKeys());
  content.opened = opened;
  const notified = kind === 'notify' ? readNotification(opened, reader) : readCallback(envelope);
  return {
    messageId: header.messageId,
    // Of what the message says: sealed a second time, it is the same.
    contentDigest: opened.contentDigest(),
    action: header.action,
    dialect: notified?.dialect ?? null,
    // What was opened: it must reach OpenSPP after the key is gone, too.
    body: opened === envelope ? text : printJson(opened.root, 0),
    readAs: opened,
    events: notified?.events ?? [],
    refused: notified?.refused ?? [],
  };
}

function readNotification(envelope: Envelope, read: NotificationReader): ReadNotification {
  if (envelope.header.action.toLowerCase() !== 'notify') {
    throw new DciError('err.request.bad', 'header.action', 'header.action: expected "notify" on this route');
  }
  return read(envelope.message, envelope.headerNode);
}

/** Who sent a message, and how that was proved. */
interface Origin {
  trust: Trust;
  /** Null for an unsigned message of somebody who is not registered. */
  sender: TrustedSender | null;
  /** What the signature covers of the envelope; all of it where there is none. */
  signed: Envelope;
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

/**
 * A kid for the log: as sent where a key of the sender has it as its name, else a short hash of it, since anybody can
 * write a name or a number there. The hash distinguishes them, and can be calculated by the sender.
 */
function loggableKid(kid: string | null, { keys }: TrustedSender): string | null {
  if (kid === null) return null;
  const names = [kid, kid.split('|')[1]];
  if (keys.some((key) => names.includes(key.kid ?? key.thumbprint))) return kid;
  return `sha256:${hash('sha256', kid, 'hex').slice(0, 16)}`;
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
  message: IncomingMessage,
): Promise<Origin> {
  const { senderId } = envelope.header;
  if (isUnsigned(envelope.signature)) {
    if (settings.allowUnsigned) {
      return { trust: { method: 'unsigned', keyId: null }, sender: sender ?? null, signed: envelope };
    }
    throw new DciError(
      'err.signature.missing',
      'signature',
      'signature: missing; sign the message with the key of header.sender_id',
    );
  }
  if (!sender) {
    senders.refreshForUnknown();
    if (senders.size === null) throw new UnreadyError('the registry of senders was not read yet');
    message.signatureRefused('sender.unknown');
    message
      .log()
      .warn(
        { sender: loggableSender(senderId), reason: 'sender.unknown', failed: 'sender' },
        'a signature was refused',
      );
    throw because(
      'sender.unknown',
      new DciError(
        'err.sender_id.invalid',
        'header.sender_id',
        'header.sender_id: not an active sender of this registry; ask its operator to register it',
      ),
    );
  }
  const result = await verifyBySender(envelope, sender, senders, {
    now: Math.floor(clock() / 1000),
    maxWindowSeconds: sender.limits.maxWindowSeconds ?? settings.maxWindowSeconds,
    skewSeconds: settings.clockSkewSeconds,
  }).catch(unready);
  if (!result.ok) {
    message.signatureRefused(result.reason);
    throw refusal(result, senderId, sender, message);
  }
  if (result.form === 'jws' && !isRecent(envelope, clock() / 1000, settings.memorySeconds)) {
    message.signatureRefused('time.message_ts');
    message
      .log()
      .warn(
        { sender: senderId, reason: 'time.message_ts', failed: 'time', kid: loggableKid(result.kid, sender) },
        'a signature was refused',
      );
    throw because(
      'time.message_ts',
      new DciError(
        'err.signature.invalid',
        'header.message_ts',
        'header.message_ts: too long ago, or ahead of our clock, for a signature that names no end; stamp and sign it again',
      ),
    );
  }
  return { trust: { method: 'signature', keyId: result.kid }, sender, signed: result.signed };
}

function unready(error: unknown): never {
  if (error instanceof KeysPendingError) {
    const fix =
      'signature: names a key that is not known yet; the keys of its sender are being fetched, send it again';
    throw because('kid.pending', new UnreadyError(fix, error.retryAfterSeconds));
  }
  throw error;
}

function refusal(
  { reason, failed, details, code, message: fix }: Extract<VerifyResult, { ok: false }>,
  senderId: string,
  sender: TrustedSender,
  message: IncomingMessage,
): DciError {
  message.log().warn(
    {
      sender: senderId,
      reason,
      failed,
      problem: sender.problem,
      ...details,
      kid: loggableKid(details.kid, sender),
    },
    'a signature was refused',
  );
  return because(reason, new DciError(code, 'signature', fix));
}
