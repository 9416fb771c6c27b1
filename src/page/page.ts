import type { Hono } from 'hono';
import type { AppEnv } from '../http/app-env.ts';
import { shortly } from '../http/shortly.ts';
import { EventOperations } from '../operations/events.ts';
import { addAssets } from './assets.ts';
import type { PageContext, PageDependencies, PageSettings } from './context.ts';
import { Guard, localPath, redirect } from './guard.ts';
import { addBackfill } from './routes/backfill.ts';
import { addEvent } from './routes/event.ts';
import { addEvents } from './routes/events.ts';
import { addLists } from './routes/lists.ts';
import { addOverview } from './routes/overview.ts';
import { addRefusals } from './routes/refusals.ts';
import { addScreenings } from './routes/screenings.ts';
import { addSignIn } from './routes/sign-in.ts';
import { Sessions } from './session.ts';
import { setUpPage } from './views/others.ts';

export type { PageDependencies, PageSettings } from './context.ts';

/** The operator's page at `/`, for browsers with or without scripts. */
export function addPage(app: Hono<AppEnv>, settings: PageSettings, deps: PageDependencies): void {
  const assets = addAssets(app);
  const { adminToken } = settings;
  const sessions = adminToken === null ? null : new Sessions(adminToken, settings.sessionMs, deps.clock);
  const guard = new Guard(sessions, assets, settings.timeZone, deps.clock, deps.log);
  app.post(
    '/preferences',
    guard.openForm((c, _view, fields) => {
      guard.prefer(c, fields);
      return redirect(c, localPath(fields.back));
    }),
  );
  if (adminToken === null || sessions === null) {
    app.get(
      '/',
      guard.open((c, view) => guard.answer(c, view, view.texts.setUp.title, null, setUpPage(view))),
    );
    return;
  }
  const context: PageContext = {
    app,
    guard,
    settings,
    deps,
    operations: new EventOperations(deps.inbox, deps.log, deps.clock),
    counts: shortly(() => deps.inbox.counts(), 1000, deps.clock),
    operatorOf: (c, { session }) => ({
      actor: `session ${session.id.slice(0, 8)}`,
      address: deps.clients.addressOf(c),
    }),
  };
  addSignIn(context, sessions, adminToken);
  addOverview(context);
  addEvents(context);
  addEvent(context);
  addRefusals(context);
  addLists(context);
  if (deps.backfill) addBackfill(context, deps.backfill);
  if (deps.screenings) addScreenings(context, deps.screenings);
}
