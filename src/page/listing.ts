import type { EventAction, SkipReason } from '../inbox/event-actions.ts';
import { SKIP_REASONS } from '../inbox/event-actions.ts';
import { type EventSort, type EventSummary, SORT_COLUMNS, type SortColumn } from '../inbox/event-records.ts';
import type { ActionResult } from '../operations/events.ts';
import { type EventQuery, FilterError, parseFilter, queryText } from '../operations/filter.ts';
import { understood } from './page-error.ts';

/** A column that a list is sorted by; downwards with the sign. */
export type ListSort = SortColumn | `-${SortColumn}`;

/** What a list of events shows: its filter, its order, and where the page begins. */
export interface Listing {
  query: EventQuery;
  /** The newest come first where it is left out. */
  order?: 'oldest' | undefined;
  /** Another order than by when they were received. */
  sort?: ListSort | undefined;
  before?: number | undefined;
  after?: number | undefined;
}

/** Every order of the page by a column, upwards first. */
export const LIST_SORTS: readonly ListSort[] = SORT_COLUMNS.flatMap((by): ListSort[] => [by, `-${by}`]);

/** What a listing is sorted by, as the inbox takes it. @param after the event that the page comes after */
export function sortOf(sort: ListSort, now: number, after?: EventSummary): EventSort {
  const by = SORT_COLUMNS.find((one) => sort.endsWith(one)) ?? 'type';
  return { by, descending: sort.startsWith('-'), now, after };
}

/** Reads a listing from the fields of an address or a form. @throws {PageError} 400 */
export function listingOf(fields: Readonly<Record<string, string>>): Listing {
  const { order, sort, before, after } = fields;
  return understood(() => {
    if (order && order !== 'oldest') throw new FilterError('order', 'expected oldest');
    const known = LIST_SORTS.find((one) => one === sort);
    // The page's own form has one field for both.
    if (sort && sort !== 'oldest' && !known)
      throw new FilterError('sort', `expected oldest, ${LIST_SORTS.join(', ')}`);
    return {
      query: parseFilter(fields),
      order: !known && (order || sort) ? 'oldest' : undefined,
      sort: known,
      before: known ? undefined : idOf(before, 'before'),
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
