import type { PageContext } from '../context.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { OverviewReader } from '../overview.ts';
import { overviewLive, overviewPage } from '../views/overview.ts';

/** The first page. */
export function addOverview({ app, guard, settings, deps }: PageContext): void {
  const reader = new OverviewReader(deps);
  const notes = { receiver: settings.receiver, unsigned: settings.allowUnsigned };
  app.get(
    '/',
    guard.page(async (c, view) =>
      guard.answer(
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
    guard.part(async (c, view) => c.html(overviewLive(view, await reader.read(), notes), 200, PAGE_HEADERS)),
  );
}
