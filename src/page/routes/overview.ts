import type { PageContext } from '../context.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { OverviewReader, type UnderWay } from '../overview.ts';
import { overviewLive, overviewPage } from '../views/overview.ts';

/** The first page. */
export function addOverview({ app, guard, settings, deps }: PageContext): void {
  const reader = new OverviewReader(deps, () => underWayIn(deps));
  const notes = { receiver: settings.receiver, unsigned: settings.allowUnsigned };
  app.get(
    '/',
    guard.page(async (c, view) => {
      const content = overviewPage(view, await reader.read(), notes);
      return guard.answer(c, view, view.texts.overview.title, 'overview', content);
    }),
  );
  app.get(
    '/live',
    guard.part(async (c, view) => c.html(overviewLive(view, await reader.read(), notes), 200, PAGE_HEADERS)),
  );
}

/** The screenings that run, and the catch-up where one does. */
async function underWayIn({ screenings, backfill }: PageContext['deps']): Promise<UnderWay[]> {
  const running = ((await screenings?.screenings.list()) ?? []).filter(({ state }) => state === 'running');
  const status = await backfill?.status();
  return [
    ...running.map(
      (one): UnderWay => ({
        kind: one.plan.kind,
        path: `/screenings/${one.id}`,
        done: screenings?.progressOf(one.id)?.done ?? Math.min(one.next * one.chunkSize, one.people ?? 0),
        total: one.people,
      }),
    ),
    ...(status?.state?.state === 'running'
      ? [
          {
            kind: 'backfill' as const,
            path: '/backfill',
            done: status.progress?.days.done ?? 0,
            total: status.progress?.days.total ?? null,
          },
        ]
      : []),
  ];
}
