import { Readable } from 'node:stream';
import type { EventAction } from '../../inbox/event-actions.ts';
import type { InboxCounts } from '../../inbox/inbox.ts';
import type { Selection } from '../../operations/events.ts';
import { isNarrow, queryText } from '../../operations/filter.ts';
import { PAGE_SIZE, type PageContext } from '../context.ts';
import { eventCsv } from '../event-csv.ts';
import { redirect } from '../guard.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { addressQuery, doneOf, doneQuery, type Listing, listingOf, sortOf } from '../listing.ts';
import { PageError } from '../page-error.ts';
import { actPage, eventsLive, eventsPage, foundPage, type QuickFilter } from '../views/events.ts';

const FOUND_LIMIT = 100;
/** Matching events that are counted. */
const COUNT_LIMIT = 10_000;
/** What one form may name: more do not fit on a page. */
const CHOSEN_LIMIT = 1000;

/** The list of events, the search, and what is done with many of them. */
export function addEvents(context: PageContext): void {
  const { app, guard, deps, operations, operatorOf } = context;
  /** @param ids those of a page that is shown already, newest first */
  const listOf = async (listing: Listing, now: number, ids?: readonly number[]) => {
    const { query, sort, before, after, order } = listing;
    const limit = PAGE_SIZE + 1;
    // One that is no longer there begins the list again.
    const last =
      sort === undefined || after === undefined ? [] : await operations.list({}, { ids: [after], limit: 1 });
    const events = ids
      ? await operations.list({}, { ids, limit })
      : await operations.list(
          query,
          sort ? { sort: sortOf(sort, now, last[0]), limit } : { before, after, order, limit },
        );
    // A first page that holds all that match need not be counted again.
    const isWhole = !ids && events.length < limit && before === undefined && after === undefined;
    const count = isWhole ? events.length : await operations.count(query, COUNT_LIMIT);
    return {
      listing,
      events: events.slice(0, PAGE_SIZE),
      more: events.length > PAGE_SIZE,
      ...counted(count),
    };
  };
  app.get(
    '/events',
    guard.page(async (c, view) => {
      const listing = listingOf(c.req.query());
      const [list, counts] = await Promise.all([listOf(listing, view.now), context.counts()]);
      const content = eventsPage(view, {
        ...list,
        newer: 0,
        senders: deps.senders.list().map(({ sender }) => sender.senderId),
        quick: quickFilters(counts),
        done: doneOf(c.req.query()),
      });
      return guard.answer(c, view, view.texts.events.title, 'events', content);
    }),
  );
  app.get(
    '/events/live',
    guard.part(async (c, view) => {
      const { shown = '', newest = '', ...fields } = c.req.query();
      const listing = listingOf(fields);
      const list = await listOf(listing, view.now, idsIn(shown));
      const after = Number(/^\d{1,15}$/.test(newest) ? newest : 0);
      const newer = (await operations.list(listing.query, { after, limit: PAGE_SIZE })).length;
      return c.html(eventsLive(view, { ...list, newer }), 200, PAGE_HEADERS);
    }),
  );
  app.get(
    '/events.csv',
    guard.page(async (c, view) => {
      const listing = listingOf(c.req.query());
      await operations.auditor.note(operatorOf(c, view), {
        action: 'export',
        filter: queryText(listing.query),
      });
      const lines = Readable.toWeb(
        Readable.from(eventCsv(operations, listing, view.now)),
      ) as ReadableStream<string>;
      return new Response(lines.pipeThrough(new TextEncoderStream()), {
        headers: {
          ...PAGE_HEADERS,
          'Content-Type': 'text/csv; charset=utf-8; header=present',
          'Content-Disposition': 'attachment; filename="events.csv"',
        },
      });
    }),
  );
  app.get('/events/search', (c) => redirect(c, '/events'));
  app.post(
    '/events/search',
    guard.form(async (c, view, fields) => {
      const text = (fields.text ?? '').trim();
      if (text === '') return redirect(c, '/events');
      const found = await operations.find(text, FOUND_LIMIT, operatorOf(c, view));
      const content = foundPage(view, found, found.length === FOUND_LIMIT);
      return guard.answer(c, view, view.texts.search.title, 'events', content);
    }),
  );
  app.get('/events/act', (c) => redirect(c, '/events'));
  app.post(
    '/events/act',
    guard.form(async (c, view, fields) => {
      const listing = listingOf(fields);
      const { action, isAll } = actionOf(fields.action);
      const selection = isAll ? all(listing.query) : chosen(fields.id);
      // Retrying what was chosen one by one harms nothing; for the rest there is a question first.
      if (fields.sure !== 'yes' && (isAll || action === 'set_aside')) {
        const count =
          'ids' in selection ? selection.ids.length : await operations.count(selection.query, COUNT_LIMIT);
        const content = actPage(view, { action, listing, selection, ...counted(count) });
        return guard.answer(c, view, view.texts.confirm.titles[action], 'events', content);
      }
      const result = await operations.act(action, selection, operatorOf(c, view));
      const done = doneQuery(action, result);
      // What matched may match no longer: those that were changed are shown.
      return isAll && result.auditId !== null
        ? redirect(c, `/events${addressQuery({ query: { audit: result.auditId } }, done)}`)
        : redirect(c, `/events${addressQuery(listing, done)}`);
    }),
  );
}

function actionOf(text: string | undefined): { action: EventAction; isAll: boolean } {
  const isAll = text?.endsWith('_all') ?? false;
  const action = isAll ? text?.slice(0, -'_all'.length) : text;
  if (action !== 'retry' && action !== 'set_aside') throw new PageError(400, 'badRequest');
  return { action, isAll };
}

/** An empty filter would be everything there ever was. */
function all(query: Parameters<typeof isNarrow>[0]): Selection {
  if (!isNarrow(query)) throw new PageError(400, 'noFilter');
  return { query };
}

function chosen(texts: string | undefined): Selection {
  const ids = idsIn(texts ?? '');
  if (ids.length === 0) throw new PageError(400, 'noneChosen');
  return { ids };
}

function idsIn(texts: string): number[] {
  const ids = texts.split(',').filter((text) => text !== '');
  if (ids.length > CHOSEN_LIMIT || !ids.every((text) => /^[1-9]\d{0,14}$/.test(text)))
    throw new PageError(400, 'badRequest');
  return ids.map(Number);
}

const counted = (count: number) => ({ count, isCountWhole: count < COUNT_LIMIT });

/** Reasons that have a quick filter, at most. */
const QUICK_REASONS = 8;

/** The states in which events are, but for the processed, and the reasons that most of them have. */
function quickFilters(counts: InboxCounts): QuickFilter[] {
  const states = (['waiting', 'delivering', 'deferred', 'error', 'dead'] as const).map((state) => ({
    query: { state },
    count: counts[state],
  }));
  const reasons = counts.byReason.slice(0, QUICK_REASONS);
  return [...states, ...reasons.map(({ reason, count }) => ({ query: { reason }, count }))].filter(
    ({ count }) => count > 0,
  );
}
