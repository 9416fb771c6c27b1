/**
 * Routes that are not part of the API and so are not in its document: pages and forms for people. A path, or the
 * beginning of one where it ends with `*`.
 */
const UNDESCRIBED: readonly { path: string; why: string }[] = [
  { path: '/', why: 'the operator’s page' },
  { path: '/preferences', why: 'the language and the colours of the page' },
  { path: '/sign-in', why: 'the operator’s page' },
  { path: '/sign-out', why: 'the operator’s page' },
  { path: '/live', why: 'the operator’s page' },
  { path: '/events*', why: 'the operator’s page' },
  { path: '/refusals', why: 'the operator’s page' },
  { path: '/backfill*', why: 'the operator’s page' },
  { path: '/senders', why: 'the operator’s page' },
  { path: '/sources', why: 'the operator’s page' },
  { path: '/screenings*', why: 'the operator’s page' },
  { path: '/audit', why: 'the operator’s page' },
  { path: '/page/*', why: 'styles and scripts of the page' },
  { path: '/docs', why: 'a page for people, made of the document' },
];

/** @param path as Hono writes it */
export function isUndescribed(path: string): boolean {
  return UNDESCRIBED.some(({ path: one }) =>
    one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : path === one,
  );
}
