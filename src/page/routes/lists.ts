import { PAGE_SIZE, type PageContext } from '../context.ts';
import { auditPage, sendersPage, sourcesPage } from '../views/others.ts';
import { inTime } from './in-time.ts';

/** Senders, sources and the audit log. */
export function addLists({ app, guard, deps }: PageContext): void {
  const { inbox, senders, sources, subscriptions } = deps;
  app.get(
    '/senders',
    guard.page(async (c, view) => {
      const listed = senders.size === null ? null : senders.list();
      const last = await inbox.lastMessages((listed ?? []).map(({ sender }) => sender.senderId));
      const content = sendersPage(view, listed, last);
      return guard.answer(c, view, view.texts.senders.title, 'senders', content);
    }),
  );
  app.get(
    '/sources',
    guard.page(async (c, view) => {
      const listed = await inTime(sources.list());
      const subscribed = subscriptions ? await inTime(subscriptions.list()) : null;
      const content = sourcesPage(view, listed, subscribed);
      return guard.answer(c, view, view.texts.sources.title, 'sources', content);
    }),
  );
  app.get(
    '/audit',
    guard.page(async (c, view) => {
      const before = /^[1-9]\d{0,14}$/.test(c.req.query('before') ?? '')
        ? Number(c.req.query('before'))
        : null;
      const found = await inbox.auditTrail({ limit: PAGE_SIZE + 1, before: before ?? undefined });
      const content = auditPage(view, found.slice(0, PAGE_SIZE), before, found.length > PAGE_SIZE);
      return guard.answer(c, view, view.texts.audit.title, 'audit', content);
    }),
  );
}
