import type { PageContext } from '../context.ts';
import { redirect } from '../guard.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { backfillLive, backfillPage } from '../views/backfill.ts';

/** The progress of the catch-up. */
export function addBackfill(
  { app, guard, operations, operatorOf }: PageContext,
  backfill: NonNullable<PageContext['deps']['backfill']>,
): void {
  app.get(
    '/backfill',
    guard.page(async (c, view) => {
      const content = backfillPage(view, await backfill.status(), c.req.query('done') === 'stopping');
      return guard.answer(c, view, view.texts.backfill.title, 'sources', content);
    }),
  );
  app.get(
    '/backfill/live',
    guard.part(async (c, view) => c.html(backfillLive(view, await backfill.status()), 200, PAGE_HEADERS)),
  );
  app.post(
    '/backfill/stop',
    guard.form(async (c, view) => {
      const isStopping = await backfill.stop();
      if (isStopping) await operations.auditor.note(operatorOf(c, view), { action: 'backfill_stop' });
      return redirect(c, isStopping ? '/backfill?done=stopping' : '/backfill');
    }),
  );
}
