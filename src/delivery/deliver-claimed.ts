import { readIdentityChange } from '../events/identity-event.ts';
import { type KeptContent, keptContent, rawDataOf } from '../events/raw-data.ts';
import { fieldInRecord, fixOf, readRawData } from '../events/read-raw-data.ts';
import { mayBeRevoked } from '../events/status.ts';
import type { VitalEventType } from '../events/vital-event.ts';
import { type ClaimedEvent, type Inbox, InboxUnavailableError, type Settlement } from '../inbox/inbox.ts';
import { OdooError } from '../odoo/errors.ts';
import { APPLY_AUTO, FUTURE_DATE, modeInForce, REQUEST_UNDECIDED } from '../openspp/apply-mode.ts';
import type { BatchContext } from '../openspp/batch.ts';
import type { EventToDeliver } from '../openspp/event-row.ts';
import { withoutPersonalData } from '../openspp/privacy.ts';
import { processBatch } from '../openspp/process-batch.ts';
import { type IdentityToDeliver, processIdentities } from '../openspp/process-identities.ts';
import type { Provenance } from '../openspp/provenance.ts';
import type { Outcome } from '../openspp/stages.ts';
import { textsIn } from '../openspp/texts/index.ts';
import { showUnreadable } from '../openspp/unreadable.ts';
import { isTooEarly, nextUtcDay } from './future-date.ts';
import { withPerson } from './person-of-transaction.ts';
import { type ReadClaims, readUnreadable } from './read-again.ts';

/** What a batch is delivered with. */
export interface DeliveryContext extends BatchContext {
  /** The name of a sender, for `verification_source`. */
  nameOf(senderId: string): string;
  /** Where the births are that say whose an identity is; such identities wait where left out. */
  births?: Pick<Inbox, 'find' | 'show'> | undefined;
  /** Milliseconds until an event that nobody was matched to is matched again; null for never. */
  matchAgainAfterMs: number | null;
}

/** The same, with the claimed events that are records which cannot be read. */
type Context = DeliveryContext & Pick<ReadClaims, 'refused'>;

export interface Delivered {
  settlements: Settlement[];
  /** How many events found their registrant, or their row, in work in another batch. */
  blocked: number;
  /** How many went through Odoo. */
  asked: number;
  /** Events that the bridge itself failed on, each alone: their neighbours are through. */
  failed: ClaimedEvent[];
}

/**
 * Delivers claimed events and says what becomes of each in the inbox.
 *
 * @throws OdooError where Odoo cannot be asked, or InboxUnavailableError: all of them are to be tried again
 */
export async function deliverClaimed(
  waiting: readonly ClaimedEvent[],
  delivery: DeliveryContext,
): Promise<Delivered> {
  const { claimed, refused } = readUnreadable(waiting, delivery.readNotification);
  const context = { ...delivery, refused };
  const early = claimed.filter(({ date }) => isTooEarly(date, context.now));
  const settlements: Settlement[] = early.map(({ id }) => released(id, nextUtcDay(context.now), FUTURE_DATE));
  const { due, locked } = applicable(
    claimed.filter((event) => !early.includes(event)),
    context,
  );
  settlements.push(...locked);
  if (due.length === 0) return { settlements, blocked: 0, asked: 0, failed: [] };
  const failed: ClaimedEvent[] = [];
  const outcomes = await processIsolating(due, context, failed);
  settlements.push(...outcomes.map((outcome) => settlementOf(outcome, context)));
  const blocked = outcomes.filter(({ kind }) => kind === 'blocked').length;
  return { settlements, blocked, asked: due.length, failed };
}

/** What becomes of an event in the inbox. */
function settlementOf(outcome: Outcome, { now, matchAgainAfterMs }: DeliveryContext): Settlement {
  switch (outcome.kind) {
    case 'delivered': {
      const { kind: _delivered, unmatched, ...event } = outcome;
      const after = unmatched ? matchAgainAfterMs : null;
      return { kind: 'settled', ...event, matchAgainAt: after === null ? null : now + after };
    }
    case 'blocked':
      return released(outcome.id, null, 'event.person_in_work');
    case 'changed':
      return released(outcome.id, now + CHANGED_MS, 'event.row_changed');
    case 'undecided': {
      const { id, odooEventId } = outcome;
      return { ...released(id, now + WAITING_MS, REQUEST_UNDECIDED), odooEventId };
    }
  }
}

/**
 * Milliseconds until an event is decided on again whose row or registrant changed meanwhile. Something in OpenSPP may
 * change it every time; then it must not go round as fast as it can.
 */
const CHANGED_MS = 1000;

/**
 * Milliseconds after which an event that waits for people is looked at in any case; whatever it waits for is watched
 * apart from that (see `takeUpWaiting`).
 */
const WAITING_MS = 24 * 3_600_000;

/**
 * What can be applied now, by the mode in force for each type. The others go back before anything is written, and cost
 * no call; nobody's attempts are used up. Identities change no registrant, and are never locked.
 */
function applicable(
  claimed: readonly ClaimedEvent[],
  { apply = APPLY_AUTO, openspp, now, readNotification, refused }: Context,
): { due: ClaimedEvent[]; locked: Settlement[] } {
  const due: ClaimedEvent[] = [];
  const locked: Settlement[] = [];
  for (const event of claimed) {
    const mode = isVital(event) ? modeInForce(apply, openspp, event.type) : null;
    // What is taken back or cannot be read changes no registrant, and must be seen at once.
    if (mode?.kind === 'wait' && !refused.has(event.id) && !takesBack(event, readNotification))
      locked.push(released(event.id, now + WAITING_MS, mode.reason));
    else due.push(event);
  }
  return { due, locked };
}

/**
 * A batch that Odoo refuses as a whole (a value that it cannot even search for), or that the bridge itself stumbles
 * over, is halved until the event that is to blame is alone.
 *
 * @param failed gets the events that the bridge stumbles over
 */
async function processIsolating(
  claimed: readonly ClaimedEvent[],
  context: Context,
  failed: ClaimedEvent[],
): Promise<Outcome[]> {
  try {
    return await process(claimed, context);
  } catch (error) {
    const refused = error instanceof OdooError && error.code === 'odoo.refused';
    if (!refused && !isOwnFault(error, context.signal)) throw error;
    const [only] = claimed;
    if (only && claimed.length === 1) {
      if (refused) return [refusedEvent(only, error, context)];
      context.onInternalError(error, only.id);
      failed.push(only);
      return [];
    }
    const middle = Math.ceil(claimed.length / 2);
    const first = await processIsolating(claimed.slice(0, middle), context, failed);
    return [...first, ...(await processIsolating(claimed.slice(middle), context, failed))];
  }
}

/**
 * Vital events first: the birth that gives a registrant the number by which an identity system knows it may be in the
 * same batch.
 */
async function process(claimed: readonly ClaimedEvent[], context: Context): Promise<Outcome[]> {
  const vital = eventsToDeliver(claimed.filter(isVital), context);
  const readable = vital.filter(({ id }) => !context.refused.has(id));
  const unreadable = vital.flatMap((event) => {
    const why = context.refused.get(event.id);
    return why ? [{ ...event, field: fieldInRecord(why), fix: fixOf(why) }] : [];
  });
  const identities = await identitiesToDeliver(
    claimed.filter((event) => !isVital(event)),
    context,
  );
  const outcomes: Outcome[] = [];
  if (readable.length > 0) outcomes.push(...(await processBatch(readable, context)));
  if (unreadable.length > 0) outcomes.push(...(await showUnreadable(unreadable, context)));
  if (identities.length > 0) outcomes.push(...(await processIdentities(identities, context)));
  return outcomes;
}

function isVital(event: ClaimedEvent): event is ClaimedEvent & { type: VitalEventType } {
  return event.type !== 'identity';
}

function identitiesToDeliver(
  claimed: readonly ClaimedEvent[],
  { nameOf, births, matching }: DeliveryContext,
): Promise<IdentityToDeliver[]> {
  return Promise.all(
    claimed.map(({ id, identifiers, body, senderId, messageId, receivedAt }) => {
      const change = readIdentityChange(keptContent(body).message);
      const provenance = provenanceOf({ senderId, messageId });
      const event = {
        id,
        type: 'identity' as const,
        provenance,
        identifiers,
        change,
        source: nameOf(senderId),
        receivedAt,
      };
      return withPerson(event, change, births && { inbox: births, matching });
    }),
  );
}

/** Neither Odoo nor the inbox nor a stop is the reason: some event trips the bridge's own code. */
function isOwnFault(error: unknown, signal: AbortSignal): boolean {
  return !(error instanceof OdooError) && !(error instanceof InboxUnavailableError) && !signal.aborted;
}

function refusedEvent(event: ClaimedEvent, error: OdooError, { openspp }: DeliveryContext): Outcome {
  return {
    kind: 'delivered',
    id: event.id,
    outcome: 'error',
    odooEventId: event.odooEventId,
    errorMessage: withoutPersonalData(
      error.sentence ?? error.code,
      { identifiers: event.identifiers, names: [] },
      textsIn(openspp.language).theRegistrant,
    ),
    notes: null,
    reason: 'openspp.refused',
    unmatched: false,
  };
}

/** A dialect of an extension may say that a registration is not in force in any words. */
function takesBack(event: ClaimedEvent, read: DeliveryContext['readNotification']): boolean {
  if (!isVital(event) || (!read?.hasExtensions && !mayBeRevoked(event.body))) return false;
  return readAgain(event, rawDataOf(keptContent(event.body), event.position), read).revoked === true;
}

/** What the inbox does not keep of an event is read again from its own record: why it has no day, and its status. */
function readAgain(
  { date, type }: Pick<ClaimedEvent, 'date' | 'type'>,
  rawData: string,
  read: DeliveryContext['readNotification'],
): Pick<EventToDeliver, 'dateNote' | 'revoked'> {
  if (date !== null && !read?.hasExtensions && !mayBeRevoked(rawData)) return {};
  const said = readRawData(rawData, read)?.find((one) => one.type === type);
  return {
    ...(said?.dateNote && date === null ? { dateNote: said.dateNote } : {}),
    ...(said?.status === 'revoked' ? { revoked: true } : {}),
  };
}

function eventsToDeliver(
  claimed: readonly (ClaimedEvent & { type: VitalEventType })[],
  { nameOf, readNotification }: DeliveryContext,
): EventToDeliver[] {
  // A message of many records is read once, not once for each.
  const contents = new Map<number, KeptContent>();
  return claimed.map((event) => {
    const content = contents.get(event.messageInboxId) ?? keptContent(event.body);
    contents.set(event.messageInboxId, content);
    const rawData = rawDataOf(content, event.position);
    return {
      ...event,
      ...readAgain(event, rawData, readNotification),
      rawData,
      source: nameOf(event.senderId),
      provenance: provenanceOf(event),
    };
  });
}

function provenanceOf({ senderId, messageId }: Pick<ClaimedEvent, 'senderId' | 'messageId'>): Provenance {
  return { system: senderId, reference: messageId };
}

/** An event that goes back to the inbox. */
export function released(
  id: number,
  dueAt: number | null,
  reason: string,
  failure?: 'shared' | 'own',
): Extract<Settlement, { kind: 'released' }> {
  return { kind: 'released', id, dueAt, reason, ...(failure ? { failure } : {}) };
}
