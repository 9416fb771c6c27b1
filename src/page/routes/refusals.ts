import { PAGE_SIZE, type PageContext } from '../context.ts';
import { PageError } from '../page-error.ts';
import { type RefusalQuery, refusalsPage } from '../views/refusals.ts';

const DAY_MS = 86_400_000;
const TEXT_LIMIT = 300;

/** The messages that were refused. */
export function addRefusals({ app, guard, deps }: PageContext): void {
  const { inbox, nameOf, clock } = deps;
  app.get(
    '/refusals',
    guard.page(async (c, view) => {
      const query = queryOf(c.req.query());
      const { sender: senderId, reason, before } = query;
      const [found, counts] = await Promise.all([
        inbox.refusals({ senderId, reason, before, limit: PAGE_SIZE + 1 }),
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

function queryOf({ sender, reason, before }: Record<string, string>): RefusalQuery {
  const isLong = [sender, reason].some((text) => (text ?? '').length > TEXT_LIMIT);
  if (isLong || (before && !/^[1-9]\d{0,14}$/.test(before))) throw new PageError(400, 'badRequest');
  return {
    sender: sender || undefined,
    reason: reason || undefined,
    before: before ? Number(before) : undefined,
  };
}
