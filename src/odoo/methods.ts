/** Methods that change nothing, so that asking again does no harm whatever became of the first call. */
const READS: ReadonlySet<string> = new Set([
  ...['search_read', 'search_count', 'search', 'read', 'fields_get', 'has_access'],
]);

/** Whether a method of a model of Odoo's changes nothing. */
export function isRead(method: string): boolean {
  return READS.has(method);
}
