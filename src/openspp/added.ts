import type { OdooValue } from '../odoo/client.ts';
import type { OdooValues } from '../odoo/orm.ts';
import type { BatchContext } from './batch.ts';
import type { Added } from './hooks.ts';
import { type Decided, failed, type InRow, type Matched, noted } from './stages.ts';
import type { OpensppTexts } from './texts/index.ts';

/** Lets extensions say what they add to the rows of these events. */
export async function addToRows(items: readonly Decided[], context: BatchContext): Promise<Decided[]> {
  const ask = context.hooks?.addToRows;
  if (!ask || items.length === 0) return [...items];
  const added = await ask(
    items.map(({ event }) => event),
    context,
  );
  return items.map((item, position) => ({
    ...withWords(item, added[position]),
    added: valuesIn(added[position]),
  }));
}

/** Lets extensions say what changes in the registrants besides what the rules decided. */
export async function addToRegistrants(items: readonly Decided[], context: BatchContext): Promise<Decided[]> {
  const ask = context.hooks?.addToRegistrants;
  if (!ask) return [...items];
  const pairs = items.flatMap((item) => {
    const { event, registrant, problem } = item;
    return registrant && problem === null ? [{ item, event, registrant }] : [];
  });
  if (pairs.length === 0) return [...items];
  const added = await ask(pairs, context);
  const positions = new Map(pairs.map(({ item }, position) => [item, position]));
  return items.map((item) => {
    const position = positions.get(item) ?? pairs.length;
    const registrant = pairs[position]?.registrant;
    const said = withWords(item, added[position]);
    const one = valuesIn(added[position]);
    // Only what is another value: what was done before is not done again.
    const changed = Object.entries(one?.values ?? {}).filter(
      ([field, value]) => !isSame(value, registrant?.fields?.[field]),
    );
    if (!one || changed.length === 0) return said;
    const patch = { ...item.change.patch, ...Object.fromEntries(changed) };
    return { ...said, change: { ...item.change, patch }, patchedBy: one.said };
  });
}

function valuesIn(added: Added | undefined): Added | null {
  return added && Object.keys(added.values).length > 0 ? added : null;
}

/** With the notes and the failure of an extension; the reason for which an event failed before stays. */
function withWords<T extends Matched>(item: T, added: Added | undefined): T {
  if (!added) return item;
  const { notes, error } = added;
  const said = noted(item, ...notes, ...(error !== null && item.problem ? [error] : []));
  // A country's own words are not known to be free of names.
  const quotes = item.quotes || notes.length > 0 || error !== null;
  return error === null
    ? { ...said, quotes }
    : failed({ ...said, quotes }, { reason: 'extension.failed', error });
}

/** Of what extensions add to a row: what the row, which is there already, does not have yet. */
export function missingIn({ row: { custom }, added }: InRow): OdooValues {
  if (!custom || !added) return {};
  return Object.fromEntries(Object.entries(added.values).filter(([field]) => isEmpty(custom[field])));
}

/** Odoo's sentence, and whose value it may be about. */
export function withBlame(sentence: string, said: string, { row }: OpensppTexts): string {
  return said === '' ? sentence : row.blame(sentence, said);
}

/** How Odoo gives an empty field: `false`, and 0 of a number. */
function isEmpty(value: OdooValue | undefined): boolean {
  return value === undefined || value === null || value === false || value === 0 || value === '';
}

/** Whether a field has the value; a Many2one reads as `[id, name]`. */
function isSame(value: OdooValue, held: OdooValue | undefined): boolean {
  const bare = Array.isArray(held) ? (held[0] ?? false) : held;
  return value === bare || (value === false && isEmpty(bare));
}
