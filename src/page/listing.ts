import type { EventAction, SkipReason } from '../inbox/event-actions.ts';
import { SKIP_REASONS } from '../inbox/event-actions.ts';
import type { ActionResult } from '../operations/events.ts';
import { type EventQuery, FilterError, parseFilter, queryText } from '../operations/filter.ts';
import { understood } from './page-error.ts';

/** What a list of events shows: its filter, its order, and where the page begins. */
export interface Listing {
  query: EventQuery;
  /** The newest come first where it is left out. */
  order?: 'oldest' | undefined;
  before?: number | undefined;
  after?: number | undefined;
}

/** Reads a listing from the fields of an address or a form. @throws {PageError} 400 */
export function listingOf(fields: Readonly<Record<string, string>>): Listing {
  const { order, before, after } = fields;
  return understood(() => {
    if (order && order !== 'oldest') throw new FilterError('order', 'expected oldest');
    return {
      query: parseFilter(fields),
      order: order ? 'oldest' : undefined,
      before: idOf(before, 'before'),
      after: idOf(after, 'after'),
    };
  });
}

function idOf(text: string | undefined, field: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new FilterError(field, 'expected an id');
  return Number(text);
}

/** The listing as the query of an address, with its question mark where there is one. */
export function addressQuery({ query, ...page }: Listing, more: Record<string, string> = {}): string {
  const text = queryText({ ...query, ...page, ...more });
  return text === '' ? '' : `?${text}`;
}

/** What an action did, as the query of the page that shows it. */
export function doneQuery(action: EventAction, { changed, skipped }: ActionResult): Record<string, string> {
  const left = Object.entries(skipped).map(([reason, count]) => `${reason}.${count}`);
  return {
    done: action,
    count: String(changed),
    ...(left.length === 0 ? {} : { skipped: left.join('~') }),
  };
}

/** What the last form did. */
export interface Done {
  action: EventAction;
  count: number;
  skipped: [SkipReason, number][];
}

/** Reads what `doneQuery` wrote; null where there is nothing, or it was made up. */
export function doneOf({ done, count, skipped }: Readonly<Record<string, string>>): Done | null {
  if ((done !== 'retry' && done !== 'set_aside') || !/^\d{1,9}$/.test(count ?? '')) return null;
  const left = (skipped ?? '').split('~').flatMap((part): [SkipReason, number][] => {
    const [, reason, number] = /^(\w+)\.(\d{1,9})$/.exec(part) ?? [];
    const known = SKIP_REASONS.find((one) => one === reason);
    return known ? [[known, Number(number)]] : [];
  });
  return { action: done, count: Number(count), skipped: left };
}
