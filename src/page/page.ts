import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { AppEnv } from '../http/app-env.ts';
import { Auditor, type Deed } from '../http/audit.ts';
import { sameSecret } from '../http/bearer.ts';
import type { Clients } from '../http/client.ts';
import type { EventFilter, Inbox } from '../inbox/inbox.ts';
import type { RefusalCounts } from '../intake/refusal-counts.ts';
import type { ListedSource } from '../registries/sources.ts';
import type { ScreeningService } from '../screening/service.ts';
import type { ListedSender } from '../senders/sender-directory.ts';
import { addAssets } from './assets.ts';
import { Desk, localPath, PageError, redirect } from './desk.ts';
import { type Asked, askedOf, filterOf, isNarrow } from './filter.ts';
import { PAGE_HEADERS } from './headers.ts';
import { OverviewReader, type OverviewSources } from './overview.ts';
import { addScreenings } from './screenings.ts';
import { Sessions } from './session.ts';
import { SignInLimit } from './sign-in-limit.ts';
import type { View } from './view.ts';
import { type EventPage, eventLive, eventPage, setAsidePage } from './views/event.ts';
import { eventsPage, foundPage, retryAllPage } from './views/events.ts';
import {
  auditPage,
  type ListedSubscription,
  sendersPage,
  setUpPage,
  signInPage,
  sourcesPage,
} from './views/others.ts';
import { overviewLive, overviewPage } from './views/overview.ts';

export interface PageSettings {
  /** Null closes the page; it then says how to set one. */
  adminToken: string | null;
  sessionMs: number;
  /** Such as `Africa/Lagos`. */
  timeZone: string;
  /** Where browsers find the Odoo that has the events; null where none can be opened. */
  odooUrl: string | null;
  receiver: boolean;
  allowUnsigned: boolean;
}

export interface PageDependencies extends OverviewSources {
  inbox: Pick<
    Inbox,
    | 'tally'
    | 'rates'
    | 'counts'
    | 'list'
    | 'find'
    | 'show'
    | 'retry'
    | 'retryAll'
    | 'setAside'
    | 'lastMessages'
    | 'audit'
    | 'auditTrail'
  >;
  senders: { list(): ListedSender[]; readonly size: number | null };
  sources: { list(): Promise<ListedSource[]> };
  /** Left out where no subscriptions are kept. */
  subscriptions?: { list(): Promise<ListedSubscription[]> };
  /** Left out where nothing is screened: then there are no such pages. */
  screenings?: ScreeningService;
  refusals: RefusalCounts;
  clients: Pick<Clients, 'addressOf'>;
  /** The name of a sender, for people. */
  nameOf(senderId: string): string;
  /** The sender of events that were read from rows in OpenSPP. */
  adoptedFrom: string;
  log: Logger;
}

/** Events on one page. */
const PAGE_SIZE = 50;
const FOUND_LIMIT = 100;
/** Matching events that are counted before they are all retried. */
const COUNTED_LIMIT = 1000;
/** Milliseconds that Odoo may take for the list of sources. */
const SOURCES_MS = 3000;

/** The operator's page at `/`, for browsers with or without scripts. */
export function addPage(app: Hono<AppEnv>, settings: PageSettings, deps: PageDependencies): void {
  const assets = addAssets(app);
  const { adminToken } = settings;
  const sessions = adminToken === null ? null : new Sessions(adminToken, settings.sessionMs, deps.clock);
  const desk = new Desk(sessions, assets, settings.timeZone, deps.clock, deps.log);
  app.post(
    '/preferences',
    desk.openForm((c, _view, { language, theme, back }) => {
      desk.prefer(c, language, theme);
      return redirect(c, localPath(back));
    }),
  );
  if (adminToken === null || sessions === null) {
    app.get(
      '/',
      desk.open((c, view) => desk.answer(c, view, view.texts.setUp.title, null, setUpPage(view))),
    );
    return;
  }
  const auditor = new Auditor(deps.inbox, deps.log, deps.clock);
  const note: Note = (c, view, deed) =>
    auditor.note({
      ...deed,
      actor: `session ${view.session.id.slice(0, 8)}`,
      address: deps.clients.addressOf(c),
    });
  addSignIn(app, desk, sessions, adminToken, auditor, deps);
  addOverview(app, desk, settings, deps);
  addEvents(app, desk, deps, note);
  addEvent(app, desk, settings, deps, note);
  addLists(app, desk, deps);
  if (deps.screenings) addScreenings(app, desk, deps.screenings, note);
}

type SignedIn = View & { session: { id: string } };
type Note = (c: Context<AppEnv>, view: SignedIn, deed: Omit<Deed, 'actor' | 'address'>) => Promise<void>;

function addSignIn(
  app: Hono<AppEnv>,
  desk: Desk,
  sessions: Sessions,
  token: string,
  auditor: Auditor,
  { clients, clock }: PageDependencies,
): void {
  const limit = new SignInLimit(clock);
  app.get(
    '/sign-in',
    desk.open((c, view) => {
      const next = localPath(c.req.query('next'));
      if (view.session) return redirect(c, next);
      const said = c.req.query('done') === 'signed-out' ? view.texts.signIn.signedOut : null;
      return desk.answer(c, view, view.texts.signIn.title, null, signInPage(view, next, null, said));
    }),
  );
  app.post(
    '/sign-in',
    desk.openForm(async (c, view, fields) => {
      const { texts, format } = view;
      const next = localPath(fields.next);
      const address = clients.addressOf(c);
      const refused = (problem: string, status: 403 | 429) =>
        desk.answer(
          c,
          { ...view, here: '/sign-in' },
          texts.signIn.title,
          null,
          signInPage(view, next, problem, null),
          status,
        );
      // The right token always opens: behind a proxy, whoever guesses has the address of everybody else.
      if (!sameSecret((fields.token ?? '').trim(), token)) {
        const waitMs = limit.waitMs(address ?? '');
        if (waitMs > 0) {
          c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
          return refused(texts.signIn.tooMany(format.duration(Math.max(1000, waitMs))), 429);
        }
        limit.failed(address ?? '');
        await auditor.note({ actor: 'page', address, action: 'sign_in_refused' });
        return refused(texts.signIn.wrong, 403);
      }
      const session = sessions.begin();
      await auditor.note({ actor: `session ${session.id.slice(0, 8)}`, address, action: 'sign_in' });
      desk.signIn(c, session);
      return redirect(c, next);
    }),
  );
  app.post(
    '/sign-out',
    desk.form(async (c, { session }) => {
      sessions.end(session);
      desk.signOut(c);
      await auditor.note({
        actor: `session ${session.id.slice(0, 8)}`,
        address: clients.addressOf(c),
        action: 'sign_out',
      });
      return redirect(c, '/sign-in?done=signed-out');
    }),
  );
}

function addOverview(app: Hono<AppEnv>, desk: Desk, settings: PageSettings, deps: PageDependencies): void {
  const reader = new OverviewReader(deps);
  const notes = { receiver: settings.receiver, unsigned: settings.allowUnsigned };
  app.get(
    '/',
    desk.page(async (c, view) =>
      desk.answer(
        c,
        view,
        view.texts.overview.title,
        'overview',
        overviewPage(view, await reader.read(), notes),
      ),
    ),
  );
  app.get(
    '/live',
    desk.part(async (c, view) => c.html(overviewLive(view, await reader.read(), notes), 200, PAGE_HEADERS)),
  );
}

function addEvents(app: Hono<AppEnv>, desk: Desk, { inbox, senders }: PageDependencies, note: Note): void {
  app.get(
    '/events',
    desk.page(async (c, view) => {
      const asked = checked(c.req.query());
      const found = await inbox.list({ ...filterOf(asked), limit: PAGE_SIZE + 1 });
      const page = {
        asked,
        events: found.slice(0, PAGE_SIZE),
        more: found.length > PAGE_SIZE,
        senders: senders.list().map(({ sender }) => sender.senderId),
        done: doneOf(c, view),
      };
      return desk.answer(c, view, view.texts.events.title, 'events', eventsPage(view, page));
    }),
  );
  app.get('/events/search', (c) => redirect(c, '/events'));
  app.post(
    '/events/search',
    desk.form(async (c, view, fields) => {
      const text = (fields.text ?? '').trim();
      if (text === '') return redirect(c, '/events');
      const found = await inbox.find(text, FOUND_LIMIT);
      await note(c, view, { action: 'search', count: found.length });
      const content = foundPage(view, found, found.length === FOUND_LIMIT);
      return desk.answer(c, view, view.texts.search.title, 'events', content);
    }),
  );
  app.get(
    '/events/retry',
    desk.page(async (c, view) => {
      const asked = narrow(c.req.query());
      const found = await inbox.list({ ...matching(asked), limit: COUNTED_LIMIT + 1 });
      const count = Math.min(found.length, COUNTED_LIMIT);
      const content = retryAllPage(view, asked, count, found.length > COUNTED_LIMIT);
      return desk.answer(c, view, view.texts.confirm.retryAll, 'events', content);
    }),
  );
  app.post(
    '/events/retry',
    desk.form(async (c, view, fields) => {
      const count = await inbox.retryAll(matching(narrow(fields)));
      await note(c, view, { action: 'retry_all', count });
      return redirect(c, `/events?done=retried&count=${count}`);
    }),
  );
}

const checked = (fields: Record<string, string>): Asked => {
  const asked = askedOf(fields);
  if (!asked) throw new PageError(400, 'badRequest');
  return asked;
};

function narrow(fields: Record<string, string>): Asked {
  const asked = checked(fields);
  if (!isNarrow(asked)) throw new PageError(400, 'badRequest');
  return asked;
}

function matching(asked: Asked): EventFilter {
  const { before: _before, limit: _limit, ...filter } = filterOf(asked);
  return filter;
}

/** What the last form did, in words. */
function doneOf(c: Context<AppEnv>, { texts, format }: View): string | null {
  const done = c.req.query('done');
  const count = Number(c.req.query('count') ?? 1);
  if (!Number.isSafeInteger(count) || count < 0) return null;
  if (done === 'retried') return texts.done.retried(count, format.number(count));
  if (done === 'set-aside') return texts.done.setAside(count, format.number(count));
  return done === 'unchanged' ? texts.done.unchanged : null;
}

function addEvent(
  app: Hono<AppEnv>,
  desk: Desk,
  { odooUrl }: PageSettings,
  { inbox, nameOf, adoptedFrom }: PageDependencies,
  note: Note,
): void {
  const path = '/events/:id{[0-9]{1,15}}';
  const read = async (
    c: Context<AppEnv>,
    view: View,
    shown: EventPage['shown'] = 'nothing',
  ): Promise<EventPage> => {
    const event = await inbox.show(Number(c.req.param('id')));
    if (!event) throw new PageError(404, 'noEvent');
    const trail = (await inbox.auditTrail({ eventId: event.id, limit: 10 })).filter(({ action }) =>
      action.startsWith('show'),
    );
    const link =
      event.odooEventId === null || odooUrl === null
        ? null
        : `${odooUrl.replace(/\/+$/, '')}/odoo/spp.dci.crvs.event/${event.odooEventId}`;
    return {
      event,
      senderName: nameOf(event.senderId),
      adopted: event.senderId === adoptedFrom,
      link,
      trail,
      shown,
      done: doneOf(c, view),
    };
  };
  const answer = (c: Context<AppEnv>, view: View, page: EventPage) => {
    const here = `/events/${page.event.id}`;
    return desk.answer(
      c,
      { ...view, here },
      view.texts.event.number(page.event.id),
      'events',
      eventPage(view, page),
    );
  };
  app.get(
    path,
    desk.page(async (c, view) => answer(c, view, await read(c, view))),
  );
  app.get(
    `${path}/live`,
    desk.part(async (c, view) => c.html(eventLive(view, await read(c, view)), 200, PAGE_HEADERS)),
  );
  for (const [name, action, shown] of [
    ['show', 'show', 'person'],
    ['message', 'show_message', 'message'],
  ] as const) {
    app.get(`${path}/${name}`, (c) => redirect(c, `/events/${c.req.param('id')}`));
    app.post(
      `${path}/${name}`,
      desk.form(async (c, view) => {
        const eventId = Number(c.req.param('id'));
        if (!(await inbox.show(eventId))) throw new PageError(404, 'noEvent');
        // Before anything is shown: without a trace there is nothing to see.
        await note(c, view, { action, eventId });
        return answer(c, view, await read(c, view, shown));
      }),
    );
  }
  app.post(
    `${path}/retry`,
    desk.form(async (c, view) => {
      const eventId = Number(c.req.param('id'));
      const done = (await inbox.retry([eventId])).length > 0;
      if (done) await note(c, view, { action: 'retry', eventId });
      return redirect(c, `/events/${eventId}?done=${done ? 'retried' : 'unchanged'}`);
    }),
  );
  app.get(
    `${path}/set-aside`,
    desk.page(async (c, view) => {
      const { event } = await read(c, view);
      return desk.answer(
        c,
        view,
        view.texts.confirm.setAside(event.id),
        'events',
        setAsidePage(view, event.id),
      );
    }),
  );
  app.post(
    `${path}/set-aside`,
    desk.form(async (c, view) => {
      const eventId = Number(c.req.param('id'));
      const done = (await inbox.setAside([eventId])).length > 0;
      if (done) await note(c, view, { action: 'set_aside', eventId });
      return redirect(c, `/events/${eventId}?done=${done ? 'set-aside' : 'unchanged'}`);
    }),
  );
}

function addLists(
  app: Hono<AppEnv>,
  desk: Desk,
  { inbox, senders, sources, subscriptions, refusals }: PageDependencies,
): void {
  app.get(
    '/senders',
    desk.page(async (c, view) => {
      const listed = senders.size === null ? null : senders.list();
      const last = await inbox.lastMessages((listed ?? []).map(({ sender }) => sender.senderId));
      const content = sendersPage(view, listed, last, refusals.list());
      return desk.answer(c, view, view.texts.senders.title, 'senders', content);
    }),
  );
  app.get(
    '/sources',
    desk.page(async (c, view) => {
      const listed = await inTime(sources.list());
      const subscribed = subscriptions ? await inTime(subscriptions.list()) : null;
      const content = sourcesPage(view, listed, subscribed);
      return desk.answer(c, view, view.texts.sources.title, 'sources', content);
    }),
  );
  app.get(
    '/audit',
    desk.page(async (c, view) => {
      const before = /^[1-9]\d{0,14}$/.test(c.req.query('before') ?? '')
        ? Number(c.req.query('before'))
        : null;
      const found = await inbox.auditTrail({ limit: PAGE_SIZE + 1, before: before ?? undefined });
      const content = auditPage(view, found.slice(0, PAGE_SIZE), before, found.length > PAGE_SIZE);
      return desk.answer(c, view, view.texts.audit.title, 'audit', content);
    }),
  );
}

/** Null where it fails or takes too long: an Odoo that is down must not take the page with it. */
async function inTime<T>(asked: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), SOURCES_MS);
  try {
    return await Promise.race([asked, promise]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
  }
}
