import { readIdentityChange } from '../events/identity-event.ts';
import { keptContent, rawDataOf } from '../events/raw-data.ts';
import type { Inbox, UnmatchedEvent } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { Capabilities, CapabilityCache } from '../openspp/capabilities.ts';
import type { BatchHooks, EventToMatch, Found } from '../openspp/hooks.ts';
import { isSharedNumber, type Match, type MatchingSettings, matchEvents } from '../openspp/matching.ts';
import { type Doubt, withPerson } from './person-of-transaction.ts';

export interface LateMatchSettings {
  /** Milliseconds between two looks, and until an event is looked at again at least. */
  intervalMs: number;
  /** Milliseconds until it is looked at again at most. */
  maximumIntervalMs: number;
  /** Milliseconds after its error that it is looked at. */
  forMs: number;
}

export interface LateMatchDependencies {
  inbox: Pick<Inbox, 'dueMatches' | 'matchAgain' | 'retry' | 'show' | 'find'>;
  client: OdooClient;
  capabilities: Pick<CapabilityCache, 'get'>;
  matching: MatchingSettings;
  /** A country's extensions, where there are any. */
  hooks?: BatchHooks | undefined;
}

/** The longer an event has been in error, the longer it may wait: a tenth of that time, within the bounds. */
const PART_OF_AGE = 10;
const SLICE = 500;

/**
 * When an event that is still unmatched is looked at again.
 *
 * @param settledAt when it ended in error, and `now`: milliseconds since the epoch
 * @returns milliseconds since the epoch; null where its time is over
 */
export function nextMatchAt(settledAt: number, now: number, settings: LateMatchSettings): number | null {
  const { intervalMs, maximumIntervalMs, forMs } = settings;
  const age = now - settledAt;
  const wait = Math.max(intervalMs, Math.min(maximumIntervalMs, age / PART_OF_AGE));
  return age + wait > forMs ? null : Math.round(now + wait);
}

/**
 * Matches the events again whose time has come: two calls for up to 500 of them. Those whose registrant turned up are
 * delivered again.
 *
 * @returns how many were looked at, and how many found their registrant
 * @throws OdooError, InboxUnavailableError: the next look takes them up
 */
export async function matchLate(
  settings: LateMatchSettings,
  deps: LateMatchDependencies,
  clock: () => number = Date.now,
): Promise<{ looked: number; matched: number }> {
  const { inbox, client, capabilities, matching } = deps;
  const total = { looked: 0, matched: 0 };
  for (;;) {
    const now = clock();
    const due = await withPersons(await inbox.dueMatches(SLICE, now), deps);
    if (due.length === 0) return total;
    const openspp = await capabilities.get(now);
    const own = await matchedByExtension(due, openspp, deps);
    const left = due.filter(({ id }) => (own.get(id)?.kind ?? 'bridge') === 'bridge');
    const matches = await matchEvents(left, { client, openspp, matching });
    const found = new Set(
      left.filter((event, position) => hasTurnedUp(event, matches[position], matching)).map(({ id }) => id),
    );
    for (const [id, { kind }] of own) if (kind === 'one') found.add(id);
    // Delivered once more, so that its error says what a person has to decide.
    for (const { id, doubt } of due) if (doubt) found.add(id);
    const matched = due.filter(({ id }) => found.has(id));
    const others = due.filter(({ id }) => !found.has(id));
    await inbox.matchAgain(
      others.map(({ id, settledAt }) => ({ id, at: nextMatchAt(settledAt, now, settings) })),
    );
    await inbox.retry(matched.map(({ id }) => ({ id, outcome: 'error' })));
    total.looked += due.length;
    total.matched += matched.length;
    if (due.length < SLICE) return total;
  }
}

/** What contradicts a number that several people may share is known by the delivery: it takes another identifier. */
function hasTurnedUp(event: UnmatchedEvent, match: Match | undefined, matching: MatchingSettings): boolean {
  if (match?.kind !== 'one') return false;
  const byShared = match.by !== undefined && isSharedNumber(event, { type: match.by, value: '' }, matching);
  return !(byShared && event.reason === 'match.contradiction');
}

/** Identities may be known by their transactions alone, whose births may have come since. */
async function withPersons(
  due: readonly UnmatchedEvent[],
  { inbox, matching }: LateMatchDependencies,
): Promise<(UnmatchedEvent & { doubt?: Doubt | null })[]> {
  const found: (UnmatchedEvent & { doubt?: Doubt | null })[] = [];
  for (const event of due) {
    const details = event.type === 'identity' ? await inbox.show(event.id) : null;
    if (!details) {
      found.push(event);
      continue;
    }
    const change = readIdentityChange(keptContent(details.body).message);
    const { receivedAt } = details;
    found.push(await withPerson({ ...event, receivedAt }, change, { inbox, matching }));
  }
  return found;
}

/** What a country's own matching says of these events now, by event; it may look at the whole message. */
async function matchedByExtension(
  due: readonly UnmatchedEvent[],
  openspp: Capabilities,
  { inbox, client, hooks }: LateMatchDependencies,
): Promise<Map<number, Found>> {
  if (!hooks?.findPersons) return new Map();
  const events: EventToMatch[] = [];
  for (const { id } of due) {
    const event = await inbox.show(id);
    // An identity is matched by its numbers alone.
    if (!event || event.type === 'identity') continue;
    events.push({
      ...event,
      type: event.type,
      rawData: rawDataOf(keptContent(event.body), event.position),
      source: event.senderId,
    });
  }
  const found = await hooks.findPersons(events, { client, openspp });
  return new Map(events.map(({ id }, position) => [id, found[position] ?? { kind: 'none' }]));
}
