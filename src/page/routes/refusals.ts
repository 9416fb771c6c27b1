import { inboxRefusalFilter, parseRefusalFilter } from '../../operations/filter.ts';
import { PAGE_SIZE, type PageContext } from '../context.ts';
import { understood } from '../page-error.ts';
import { refusalsPage } from '../views/refusals.ts';

const DAY_MS = 86_400_000;

/** The messages that were refused. */
export function addRefusals({ app, guard, deps }: PageContext): void {
  const { inbox, nameOf, clock } = deps;
  app.get(
    '/refusals',
    guard.page(async (c, view) => {
      const query = understood(() => parseRefusalFilter(c.req.query()));
      const [found, counts] = await Promise.all([
        inbox.refusals({ ...inboxRefusalFilter(query), limit: PAGE_SIZE + 1 }),
        inbox.refusalCounts(clock() - DAY_MS),
      ]);
      const content = refusalsPage(view, {
        query,
        refusals: found.slice(0, PAGE_SIZE),
        more: found.length > PAGE_SIZE,
        counts,
        nameOf,
      });
      return guard.answer(c, view, view.texts.refusals.title, 'refusals', content);
    }),
  );
}
