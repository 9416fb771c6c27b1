/**
 * The id of a Many2one field as `read` and `search_read` give it: `[id, "display name"]`, the bare id where they were
 * asked with `load: null`, `false` where it is empty. Null for an empty field and for anything else.
 */
export function many2oneId(value: unknown): number | null {
  const id = Array.isArray(value) ? value[0] : value;
  return typeof id === 'number' && id > 0 ? id : null;
}

/** The display name of a Many2one field as `read` and `search_read` give it; null for an empty field. */
export function many2oneName(value: unknown): string | null {
  return Array.isArray(value) ? text(value[1]) : null;
}

/** Values of rows, by the id in one of their Many2one fields; rows where it is empty, and values of null, are left out. */
export function byMany2one<Row extends Readonly<Record<string, unknown>>, T>(
  rows: readonly Row[],
  field: string,
  read: (row: Row) => T | null,
): Map<number, T[]> {
  const found = new Map<number, T[]>();
  for (const row of rows) {
    const id = many2oneId(row[field]);
    const value = id === null ? null : read(row);
    if (id !== null && value !== null) found.set(id, [...(found.get(id) ?? []), value]);
  }
  return found;
}

/** The text of a Char, Text, Selection, Date or Datetime field. Odoo gives `false` for an empty one: null here. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * An instant as Odoo takes it for a Datetime field: `YYYY-MM-DD HH:MM:SS`, UTC. Odoo refuses a `T`, a zone and
 * fractions of a second; the fraction is cut off here.
 *
 * @param ms milliseconds since the epoch
 */
export function odooDatetime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** Milliseconds since the epoch of a Datetime field's `YYYY-MM-DD HH:MM:SS`; null for `false` and anything else. */
export function parseOdooDatetime(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)) return null;
  const ms = Date.parse(`${value.replace(' ', 'T')}Z`);
  // JavaScript reads 30 February as 2 March.
  return Number.isNaN(ms) || odooDatetime(ms) !== value ? null : ms;
}
