import type { Logger } from 'pino';
import { type EventAction, type SkipReason, whyNot } from '../inbox/event-actions.ts';
import type { EventDetails, EventListing, EventSummary, Inbox } from '../inbox/inbox.ts';
import { Auditor, type Operator } from './auditor.ts';
import { type EventQuery, inboxFilter, queryText } from './filter.ts';

/** Which events an action is about: these, or all that a filter matches. */
export type Selection = { ids: readonly number[] } | { query: EventQuery };

/** What an action did. */
export interface ActionResult {
  /** How many events it changed. */
  changed: number;
  /** Their ids, the first thousand of them. */
  ids: number[];
  /** How many it left as they are, and why. */
  skipped: Partial<Record<SkipReason, number>>;
  /** The first thousand of those. */
  unchanged: { id: number; reason: SkipReason }[];
  /** The entry of the audit log; null where nothing was changed. */
  auditId: number | null;
}

/** A page of a list. */
export type Page = Pick<EventListing, 'limit' | 'before' | 'after' | 'order' | 'sort' | 'ids'>;

type OperationsInbox = Pick<
  Inbox,
  'list' | 'count' | 'show' | 'find' | 'retry' | 'setAside' | 'audit' | 'extendAudit'
>;

/** One commit changes so many events: notifications are committed in between. */
const SLICE = 500;
const IDS_TOLD = 1000;

/**
 * What operators do with events: the page, the API and the commands translate to this and from it. Whatever shows
 * personal data or changes what becomes of an event leaves one trace in the audit log.
 *
 * Every method rejects with `InboxUnavailableError` where the inbox does not answer.
 */
export class EventOperations {
  readonly auditor: Auditor;
  readonly #inbox: OperationsInbox;

  /** @param log null where there is none, as in a command */
  constructor(inbox: OperationsInbox, log: Logger | null, clock: () => number) {
    this.#inbox = inbox;
    this.auditor = new Auditor(inbox, log, clock);
  }

  /** Events without personal data. */
  list(query: EventQuery, page: Page = {}): Promise<EventSummary[]> {
    return this.#inbox.list({ ...inboxFilter(query), ...page });
  }

  /** How many events a filter matches; counting ends at `limit`. */
  count(query: EventQuery, limit: number): Promise<number> {
    return this.#inbox.count(inboxFilter(query), limit);
  }

  /** One event whole, with personal data; null where there is none. */
  async show(id: number, by: Operator): Promise<EventDetails | null> {
    const event = await this.#inbox.show(id);
    if (event) await this.auditor.note(by, { action: 'show', eventId: id });
    return event;
  }

  /** The events that a text names, newest first. What was searched for is kept nowhere. */
  async find(text: string, limit: number, by: Operator): Promise<EventSummary[]> {
    const found = await this.#inbox.find(text, limit);
    await this.auditor.note(by, { action: 'search', count: found.length });
    return found;
  }

  /**
   * Delivers events again, or sets them aside. What it may change is one rule (`whyNot`); the rest is skipped.
   *
   * @param onProgress called with how many were changed so far
   */
  async act(
    action: EventAction,
    selection: Selection,
    by: Operator,
    onProgress?: (changed: number) => void,
  ): Promise<ActionResult> {
    const result: ActionResult = { changed: 0, ids: [], skipped: {}, unchanged: [], auditId: null };
    const skip = (reason: SkipReason, id: number) => {
      result.skipped[reason] = (result.skipped[reason] ?? 0) + 1;
      if (result.unchanged.length < IDS_TOLD) result.unchanged.push({ id, reason });
    };
    const about = {
      action,
      ...('query' in selection ? { filter: queryText(selection.query) } : {}),
      ...('ids' in selection && selection.ids.length === 1 ? { eventId: selection.ids[0] ?? 0 } : {}),
    };
    try {
      for await (const { events, missing } of this.#slices(selection)) {
        const able = events.filter((event) => {
          const why = whyNot(action, event);
          if (why) skip(why, event.id);
          return why === null;
        });
        for (const id of missing) skip('not_found', id);
        const ids = await (action === 'retry' ? this.#inbox.retry(able) : this.#inbox.setAside(able));
        const done = new Set(ids);
        for (const { id } of able) if (!done.has(id)) skip('changed', id);
        if (ids.length === 0) continue;
        result.changed += ids.length;
        result.ids.push(...ids.slice(0, IDS_TOLD - result.ids.length));
        if (result.auditId === null)
          result.auditId = await this.auditor.keep(by, { ...about, count: ids.length }, ids);
        else await this.#inbox.extendAudit(result.auditId, ids);
        onProgress?.(result.changed);
      }
    } finally {
      if (result.changed > 0) this.auditor.log(by, { ...about, count: result.changed });
    }
    return result;
  }

  /** The chosen events, oldest first, each once. */
  async *#slices(selection: Selection): AsyncGenerator<{ events: EventSummary[]; missing: number[] }> {
    if ('ids' in selection) {
      const ids = [...new Set(selection.ids)].sort((a, b) => a - b);
      for (let at = 0; at < ids.length; at += SLICE) {
        const some = ids.slice(at, at + SLICE);
        const events = await this.#inbox.list({ ids: some, order: 'oldest', limit: some.length });
        const found = new Set(events.map(({ id }) => id));
        yield { events, missing: some.filter((id) => !found.has(id)) };
      }
      return;
    }
    for (let after = 0; ; ) {
      const events = await this.list(selection.query, { after, order: 'oldest', limit: SLICE });
      const last = events.at(-1);
      if (!last) return;
      yield { events, missing: [] };
      after = last.id;
    }
  }
}
