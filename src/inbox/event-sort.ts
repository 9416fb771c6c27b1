import type { EventSort, EventSummary } from './event-records.ts';

/** The states as the page lists them. */
const RANKS = {
  waiting: 0,
  deferred: 1,
  delivering: 2,
  processed: 3,
  error: 4,
  settled: 4,
  dead: 5,
} as const;

/** Above every date and every reason code, which are ASCII; a text that is below them is the empty one. */
const [HIGHEST_TEXT, LOWEST_TEXT] = ['~', ''];
const [HIGHEST_MS, LOWEST_MS] = [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];

/** What an event is sorted by: as `sortKeySql` has it. */
export function sortKeyOf(event: EventSummary, { by, descending, now }: EventSort): string | number {
  const noText = descending ? LOWEST_TEXT : HIGHEST_TEXT;
  switch (by) {
    case 'type':
      return event.type;
    case 'date':
      return event.date ?? noText;
    case 'state':
      return RANKS[event.outcome ?? event.state];
    case 'reason':
      return event.reason ?? noText;
    case 'sender':
      return event.senderId;
    case 'attempts':
      return event.attempts;
    case 'took':
      if (event.settledAt !== null) return event.settledAt - event.receivedAt;
      if (event.state !== 'dead') return now - event.receivedAt;
      return descending ? LOWEST_MS : HIGHEST_MS;
  }
}

/**
 * The same as an expression over the columns of `events e`.
 *
 * @param sender the expression of the sender's id
 * @param now the placeholder of `sort.now`; it is in the expression once where `by` is `took`, else never
 */
export function sortKeySql({ by, descending }: EventSort, sender: string, now: string): string {
  const noText = descending ? LOWEST_TEXT : HIGHEST_TEXT;
  switch (by) {
    case 'type':
      return 'e.type';
    case 'date':
      return `coalesce(e.date, '${noText}')`;
    case 'state':
      return `CASE coalesce(e.outcome, e.state) ${Object.entries(RANKS)
        .map(([state, rank]) => `WHEN '${state}' THEN ${rank}`)
        .join(' ')} END`;
    case 'reason':
      return `coalesce(e.reason, '${noText}')`;
    case 'sender':
      return sender;
    case 'attempts':
      return 'e.attempts';
    case 'took':
      return `CASE WHEN e.settled_at IS NOT NULL THEN e.settled_at - e.received_at
                   WHEN e.state <> 'dead' THEN ${now} - e.received_at
                   ELSE ${descending ? LOWEST_MS : HIGHEST_MS} END`;
  }
}

/** Whether the keys, and the ids, go down. */
export function directions({ descending, reversed = false }: EventSort): { keys: boolean; ids: boolean } {
  return { keys: descending !== reversed, ids: !reversed };
}

/** Negative where `a` comes first. */
export function compareEvents(a: EventSummary, b: EventSummary, sort: EventSort): number {
  const { keys, ids } = directions(sort);
  const order = compareKeys(sortKeyOf(a, sort), sortKeyOf(b, sort));
  return order === 0 ? (ids ? b.id - a.id : a.id - b.id) : keys ? -order : order;
}

/** Texts by their bytes in UTF-8, as both storages compare them. */
function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return a === b ? 0 : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
