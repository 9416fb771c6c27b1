import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { Envelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import type { InboxEvent } from '../events/identity-event.ts';
import type { NotificationReader } from '../events/read-events.ts';
import { type RefusedRecord, unreadableEvents } from '../events/spdci-dialect.ts';
import type { VitalEvent } from '../events/vital-event.ts';
import { type AppEnv, requestIdOf, requestLog } from '../http/app-env.ts';
import type { Clients } from '../http/client.ts';
import { because, ConflictError, TooManyRequestsError } from '../http/http-error.ts';
import type { Inbox, NewMessage, Receipt } from '../inbox/inbox.ts';
import type { Refusal as KeptRefusal } from '../inbox/refusals.ts';
import { storedTrust, type Trust } from '../inbox/trust.ts';
import { assertEncrypted, assertEventTypes, NO_LIMITS } from '../senders/limits.ts';
import type { TrustedSender } from '../senders/trusted-sender.ts';
import { NO_SIGNALS, type Signals } from '../signals/signals.ts';
import { readBody } from './body.ts';
import type { BodyBudget } from './body-budget.ts';
import { ALWAYS_TAKEN_BYTES, type Failures } from './failures.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { assertDeliverable } from './stored-text.ts';
import { withdrawTakenBack } from './taken-back.ts';

export interface IntakeSettings {
  maxBodyBytes: number;
  /** Whether a message is taken only from a client whose certificate names its sender. */
  clientIsSender: boolean;
}

export interface IntakeDependencies {
  inbox: Pick<Inbox, 'accept' | 'find' | 'show' | 'withdraw'>;
  clients: Pick<Clients, 'certificateNamesOf' | 'addressOf'>;
  /** The memory that all bodies together may take. */
  bodies: Pick<BodyBudget, 'open'>;
  /** Counts what is refused, by address and sender. */
  failures: Pick<Failures, 'add' | 'waitSeconds'>;
  log: Logger;
  /** Milliseconds since the epoch. */
  clock(): number;
  /** Reads a kept notification again. */
  readNotification: NotificationReader;
  /** The upper-case types of registration numbers, which many people may share; none where left out. */
  registrationNumbers?: Readonly<Record<string, ReadonlySet<string>>> | undefined;
  /** Nothing is measured where left out. */
  signals?: Pick<Signals, 'message'> | undefined;
  /** Keeps a refusal of which no message is kept. */
  refused?: ((refusal: KeptRefusal) => void) | undefined;
}

/** One request, as a connector sees it. */
export interface IncomingMessage {
  body: Uint8Array;
  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined;
  /** A logger of this request; give it no content of the message. */
  log(): Logger;
  /**
   * The message claims this sender, by a signature or a token of any kind. What carries neither comes from somebody who
   * knows only the address, and is no fault of the sender's.
   *
   * @param senderId as registered or configured; null where no sender of that name is known
   */
  claims(senderId: string | null): void;
  /** Where certificates name senders: checks that the connection's has one of these names. @throws {DciError} */
  assertCertificate(names: readonly string[], field: string | null): void;
  /** The proof of the sender is checked from here on. */
  verifying(): void;
  /** @param reason a code of what is wrong with the signature or the token */
  signatureRefused(reason: string): void;
}

/** What a connector found out of a message before it read its content. */
export interface Authenticated<Content> {
  /** As registered, else as configured or as the header says. */
  senderId: string;
  /** Null where no sender is registered under that name. */
  sender: Pick<TrustedSender, 'limits' | 'rate'> | null;
  trust: Trust;
  /** Whether the content came encrypted. */
  encrypted: boolean;
  content: Content;
}

/** A message that a connector read. */
export interface ReadMessage {
  messageId: string;
  /** SHA-256 of what the message says, hex. */
  contentDigest: string;
  /** DCI action: `notify`, `on-search`, … */
  action: string;
  /** Null for a message without events. */
  dialect: string | null;
  /** What the inbox keeps: an envelope. */
  body: string;
  /** The envelope that the connector read, where that text is the body: it need not be read a second time. */
  readAs?: Pick<Envelope, 'text'>;
  /** Those with the status `revoked` are not applied: the delivery makes visible what they take back. */
  events: readonly InboxEvent[];
  /**
   * Records that could not be read, of a message that has others: the delivery shows each as an event in error, where it
   * is known what happened.
   */
  refused?: readonly RefusedRecord[];
}

/** A connector's half of the way of a message; the intake does the rest. */
export interface Receiver<Content> {
  /** Its name in refusals and logs. */
  connector: string;
  /** Where the operator has not set what the route needs. @throws {HttpError} */
  assertOpen?(): void;
  /** Finds out who sent a message, and checks the proof. @throws {DciError | HttpError} */
  authenticate(message: IncomingMessage): Authenticated<Content> | Promise<Authenticated<Content>>;
  /** Reads an authenticated message; null where there is nothing to keep. @throws {DciError | HttpError} */
  read(
    authenticated: Authenticated<Content>,
    message: IncomingMessage,
  ): ReadMessage | null | Promise<ReadMessage | null>;
  /** The field that must be new with each message, for a sender that used one twice. */
  messageIdField: string;
  /** Does what must be done before the acknowledgement, once the message is committed. */
  committed?(receipt: Receipt, authenticated: Authenticated<Content>): Promise<void>;
}

/** A message that was read, without what it was read from. */
interface MessageToKeep extends Pick<ReadMessage, 'events'>, Pick<Taken, 'incomplete'> {
  kept: NewMessage;
  refusals: readonly Refusal[];
  /** See `Receiver`; null where there is nothing to be done. */
  committed: ((receipt: Receipt) => Promise<void> | undefined) | null;
}

/** What became of a message that was taken. */
export interface Taken {
  /** Null where there was nothing to keep. */
  receipt: Receipt | null;
  /** For the sender: which records could not be read, of a message that has others; null for none. */
  incomplete: string | null;
}

/**
 * Takes the message of a request, whatever connector it comes by: body and size, the sender's proof (the connector's),
 * its rate and limits, the content (the connector's), the commit, repeats and conflicts, and the telemetry of all this.
 * Resolves only once the message is on disk. Whatever is refused at any stage is counted, logged and kept.
 *
 * @throws {DciError | HttpError} where it is refused
 * @throws {InboxUnavailableError} where it could not be committed; the sender is to try again
 */
export async function takeMessage<Content>(
  c: Context<AppEnv>,
  receiver: Receiver<Content>,
  settings: IntakeSettings,
  deps: IntakeDependencies,
): Promise<Taken> {
  const { signals: meter = NO_SIGNALS, clock } = deps;
  const correlationId = requestIdOf(c);
  const signals = meter.message(correlationId, c.req.header('traceparent'));
  let claimed: string | null = null;
  const log = () => requestLog(c, deps.log);
  const from = (): Origin => ({
    connector: receiver.connector,
    route: c.req.routePath,
    senderId: claimed,
    correlationId,
  });
  const address = () => deps.clients.addressOf(c) ?? '';
  const account = deps.bodies.open();
  /**
   * All before the commit; null where there is nothing to keep. By itself, so that nothing of it is in memory while the
   * commit is waited for: what was read is many times as large as what is kept.
   */
  const readMessage = async (): Promise<MessageToKeep | null> => {
    receiver.assertOpen?.();
    const bytes = await readBody(c.req, settings.maxBodyBytes, account);
    const message: IncomingMessage = {
      body: bytes,
      header: (name) => c.req.header(name),
      log,
      claims(senderId) {
        claimed = senderId;
        signals.from(senderId);
        if (bytes.length <= ALWAYS_TAKEN_BYTES) return;
        // Before the costly part: reading it to the letter, and verifying it.
        const seconds = deps.failures.waitSeconds(address(), senderId ?? '', bytes.length, clock());
        if (seconds > 0) throw because('message.too_many_refused', new TooManyRequestsError(seconds));
      },
      assertCertificate(names, field) {
        if (settings.clientIsSender) assertCertificate(deps.clients.certificateNamesOf(c), names, field);
      },
      verifying: () => signals.verifying(),
      signatureRefused: (reason) => signals.signatureRefused(reason),
    };
    const authenticated = await receiver.authenticate(message);
    signals.verified();
    const { senderId, sender, trust, encrypted } = authenticated;
    const limits = sender?.limits ?? NO_LIMITS;
    // Counted only for a proven sender: nobody else can use up what it may send.
    const waitSeconds = trust.method === 'unsigned' ? 0 : (sender?.rate?.take(clock()) ?? 0);
    if (waitSeconds > 0) throw new TooManyRequestsError(waitSeconds);
    assertEncrypted(limits, encrypted);
    const read = await receiver.read(authenticated, message);
    const events = [...(read?.events ?? []), ...unreadableEvents(read?.refused ?? [])];
    assertEventTypes(limits, events.filter(isVital));
    signals.committing(read?.dialect ?? null);
    if (!read) return null;
    assertDeliverable(read);
    const { messageId, contentDigest, action, dialect, body } = read;
    const refusals = refusalsIn(read);
    const kid = storedTrust(trust);
    const receivedAt = clock();
    return {
      kept: {
        correlationId,
        senderId,
        messageId,
        contentDigest,
        action,
        dialect,
        kid,
        receivedAt,
        body,
        events,
        // With the message: once it is acknowledged, nobody sends these records again.
        ...(refusals.length > 0
          ? { refusals: refusals.map((one) => keptRefusal(one, from(), receivedAt)) }
          : {}),
      },
      events: read.events,
      refusals,
      incomplete: incompleteOf(read),
      committed: receiver.committed ? (receipt) => receiver.committed?.(receipt, authenticated) : null,
    };
  };
  try {
    const taken = await signals.run(async (): Promise<Taken> => {
      const read = await readMessage();
      if (!read) return { receipt: null, incomplete: null };
      const kept = await deps.inbox.accept(read.kept);
      signals.committed();
      if (kept.kind === 'conflict') throw conflict(receiver.messageIdField);
      await read.committed?.(kept);
      // A repeat as well: the first time may have been cut off in between.
      await withdraw(read, read.kept.senderId, kept, deps, log);
      // A repeat is the same message: it was said already.
      if (kept.kind === 'created') for (const refusal of read.refusals) logRefusal(refusal, from(), log);
      if (deps.log.isLevelEnabled('debug')) {
        const { correlationId: correlation, inboxId, kind } = kept;
        log().debug(
          { connector: receiver.connector, correlation, message: inboxId, events: kept.events.length, kind },
          'a message was committed',
        );
      }
      return { receipt: kept, incomplete: read.incomplete };
    });
    signals.accepted(taken.receipt?.kind === 'repeated' ? 'repeated' : 'created');
    return taken;
  } catch (error) {
    const refusal = refusalOf(error);
    signals.refused(refusal.code, refusal.status >= 500 && refusal.reason === refusal.code);
    if (error instanceof DciError) deps.failures.add(address(), claimed ?? '', clock());
    logRefusal(refusal, from(), log);
    deps.refused?.(keptRefusal(refusal, from(), clock()));
    throw error;
  } finally {
    account.close();
  }
}

/** Withdraws what a message takes back, as far as that was not delivered yet. */
async function withdraw(
  { events }: Pick<ReadMessage, 'events'>,
  senderId: string,
  receipt: Receipt,
  deps: IntakeDependencies,
  log: () => Logger,
): Promise<void> {
  const revoked = events.filter(isVital).filter(({ status }) => status === 'revoked');
  if (revoked.length === 0) return;
  const ids = await withdrawTakenBack(deps, senderId, revoked, receipt);
  if (ids.length > 0) log().info({ events: ids }, 'events that the registry took back are not delivered');
}

/** Of a message that is kept, although a part of it is refused. */
const KEPT_STATUS = 202;

/** So many of one message are reported one by one; a message may have tens of thousands of records. */
const TOLD_OF_ONE_MESSAGE = 100;

/** What is not applied of a message that is kept: records that cannot be read. */
function refusalsIn({ refused = [] }: ReadMessage): Refusal[] {
  return refused.slice(0, TOLD_OF_ONE_MESSAGE).map(({ error }) => ({
    ...refusalOf(because('record.unreadable', error)),
    status: KEPT_STATUS,
  }));
}

/** The sentence for the sender, with the first field at fault. */
function incompleteOf({ events, refused = [] }: ReadMessage): string | null {
  const [first] = refused;
  if (!first) return null;
  return `${refused.length} of ${events.length + refused.length} records could not be read; send them again, corrected. The others are delivered. The first: ${first.error.message}`;
}

function isVital(event: InboxEvent): event is VitalEvent {
  return event.type !== 'identity';
}

/** Where a refusal comes from. */
type Origin = Pick<KeptRefusal, 'connector' | 'route' | 'senderId' | 'correlationId'>;

function logRefusal(
  { code, reason, field, fix, status }: Refusal,
  { connector, senderId }: Origin,
  log: () => Logger,
): void {
  // A failure of the bridge has a line of its own, where the answer is made.
  if (status >= 500) return;
  const entry = { connector, sender: senderId ?? undefined, reason, code };
  log().warn(
    { ...entry, field: field ?? undefined, fix: fix ?? undefined },
    status === KEPT_STATUS ? 'a part of a message was refused' : 'a message was refused',
  );
}

/** A refusal as the inbox keeps it: without the fix, which is for the log. */
function keptRefusal({ code, reason, field, status }: Refusal, origin: Origin, at: number): KeptRefusal {
  return { ...origin, at, code, reason, field, status };
}

function assertCertificate(shown: readonly string[], names: readonly string[], field: string | null): void {
  if (names.some((name) => shown.includes(name))) return;
  throw because(
    'certificate.other_sender',
    new DciError(
      'err.sender_id.invalid',
      field,
      `${field === null ? '' : `${field}: `}the certificate of this connection is not for this sender`,
    ),
  );
}

function conflict(field: string): ConflictError {
  return because(
    'message_id.conflict',
    new ConflictError(
      `${field}: this sender has used it before, for another message; give each message its own`,
    ),
  );
}
