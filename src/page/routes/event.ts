import type { Context } from 'hono';
import type { AppEnv } from '../../http/app-env.ts';
import type { EventDetails } from '../../inbox/inbox.ts';
import type { Page } from '../../operations/events.ts';
import type { PageContext } from '../context.ts';
import { redirect } from '../guard.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { addressQuery, doneOf, doneQuery, listingOf, sortOf } from '../listing.ts';
import { PageError } from '../page-error.ts';
import type { View } from '../view.ts';
import { type EventPage, eventLive, eventPage, setAsidePage } from '../views/event.ts';
import { inTime } from './in-time.ts';

const TRAIL_LIMIT = 50;

/** One event, and what can be done with it. */
export function addEvent(context: PageContext): void {
  const { app, guard, operations, operatorOf } = context;
  const path = '/events/:id{[0-9]{1,15}}';
  const eventOf = async (c: Context<AppEnv>): Promise<EventDetails> => {
    const event = await context.deps.inbox.show(Number(c.req.param('id')));
    if (!event) throw new PageError(404, 'noEvent');
    return event;
  };
  const answer = async (c: Context<AppEnv>, view: View, shown: EventPage['shown'] = 'nothing') => {
    const page = await readPage(context, c, view, await eventOf(c), shown);
    const { id } = page.event;
    const here = `/events/${id}${addressQuery(page.listing)}`;
    const title = view.texts.event.number(id);
    return guard.answer(c, { ...view, here }, title, 'events', eventPage(view, page));
  };
  app.get(
    path,
    guard.page((c, view) => answer(c, view)),
  );
  app.get(
    `${path}/live`,
    guard.part(async (c, view) => {
      const page = await readPage(context, c, view, await eventOf(c), 'nothing');
      return c.html(eventLive(view, page), 200, PAGE_HEADERS);
    }),
  );
  for (const [name, action, shown] of [
    ['show', 'show', 'person'],
    ['message', 'show_message', 'message'],
  ] as const) {
    app.get(`${path}/${name}`, (c) => redirect(c, back(c)));
    app.post(
      `${path}/${name}`,
      guard.form(async (c, view) => {
        const { id } = await eventOf(c);
        // Before anything is shown: without a trace there is nothing to see.
        await operations.auditor.note(operatorOf(c, view), { action, eventId: id });
        return answer(c, view, shown);
      }),
    );
  }
  app.get(
    `${path}/set-aside`,
    guard.page(async (c, view) => {
      const { id } = await eventOf(c);
      const content = setAsidePage(view, id, addressQuery(listingOf(c.req.query())));
      return guard.answer(c, view, view.texts.confirm.setAside(id), 'events', content);
    }),
  );
  for (const [name, action] of [
    ['retry', 'retry'],
    ['set-aside', 'set_aside'],
  ] as const) {
    app.post(
      `${path}/${name}`,
      guard.form(async (c, view) => {
        const ids = [Number(c.req.param('id'))];
        const result = await operations.act(action, { ids }, operatorOf(c, view));
        return redirect(c, back(c, doneQuery(action, result)));
      }),
    );
  }
}

/** The event's own page, in the list that it was opened from. */
function back(c: Context<AppEnv>, more: Record<string, string> = {}): string {
  return `/events/${c.req.param('id')}${addressQuery(listingOf(c.req.query()), more)}`;
}

async function readPage(
  context: PageContext,
  c: Context<AppEnv>,
  { now }: View,
  event: EventDetails,
  shown: EventPage['shown'],
): Promise<EventPage> {
  const { deps, operations } = context;
  const listing = listingOf(c.req.query());
  const { query, order, sort } = listing;
  const beside = async (page: Page) => (await operations.list(query, { ...page, limit: 1 }))[0]?.id ?? null;
  const sorted = sort && sortOf(sort, now, event);
  const [newer, older, trail, requests, isOther] = await Promise.all([
    beside(sorted ? { sort: { ...sorted, reversed: true } } : { after: event.id, order: 'oldest' }),
    beside(sorted ? { sort: sorted } : { before: event.id }),
    deps.inbox.auditTrail({ eventId: event.id, limit: TRAIL_LIMIT }),
    requestsOf(context, event),
    deps.otherOpenspp?.() ?? false,
  ]);
  return {
    event,
    listing,
    previous: order === 'oldest' ? older : newer,
    next: order === 'oldest' ? newer : older,
    senderName: deps.nameOf(event.senderId),
    adopted: event.senderId === deps.adoptedFrom,
    // In another OpenSPP it is another row.
    link: isOther ? null : inOdoo(context, 'spp.dci.crvs.event', event.odooEventId),
    requests,
    // Numbers of events that were deleted may be given again.
    trail: trail.filter(({ at }) => at >= event.receivedAt),
    shown,
    done: doneOf(c.req.query()),
  };
}

/** The change requests of an event; null where Odoo does not say. */
async function requestsOf(
  context: PageContext,
  { odooEventId }: EventDetails,
): Promise<EventPage['requests']> {
  const { changeRequests, odooHealth } = context.deps;
  if (odooEventId === null || !changeRequests) return [];
  if (odooHealth().reachable === false) return null;
  const found = await inTime(changeRequests(odooEventId));
  return (
    found?.map(({ id, name, standing }) => ({
      name,
      standing,
      link: inOdoo(context, 'spp.change.request', id),
    })) ?? null
  );
}

/** The address of a record for browsers; null where there is none, or no Odoo that they can open. */
function inOdoo({ settings: { odooUrl } }: PageContext, model: string, id: number | null): string | null {
  return id === null || odooUrl === null ? null : `${odooUrl.replace(/\/+$/, '')}/odoo/${model}/${id}`;
}
