import type { OdooValue } from '../odoo/client.ts';
import type { OdooValues } from '../odoo/orm.ts';
import { type BatchContext, fail, type Item } from './batch.ts';
import type { Added } from './hooks.ts';
import type { OpensppTexts } from './texts/index.ts';

/** Lets extensions say what they add to the rows of these events. */
export async function addToRows(items: readonly Item[], context: BatchContext): Promise<void> {
  const ask = context.hooks?.addToRows;
  const open = items.filter(({ finished }) => !finished);
  if (!ask || open.length === 0) return;
  const added = await ask(
    open.map(({ event }) => event),
    context,
  );
  open.forEach((item, position) => {
    item.added = told(item, added[position]);
  });
}

/** Lets extensions say what changes in the registrants besides what the rules decided. */
export async function addToRegistrants(items: readonly Item[], context: BatchContext): Promise<void> {
  const ask = context.hooks?.addToRegistrants;
  if (!ask) return;
  const pairs = items.flatMap((item) => {
    const { event, registrant, error } = item;
    return registrant && error === null ? [{ item, event, registrant }] : [];
  });
  if (pairs.length === 0) return;
  const added = await ask(pairs, context);
  pairs.forEach(({ item, registrant }, position) => {
    const one = told(item, added[position]);
    if (!one) return;
    // Only what is another value: what was done before is not done again.
    const changed = Object.entries(one.values).filter(
      ([field, value]) => !isSame(value, registrant.fields?.[field]),
    );
    if (changed.length === 0) return;
    item.change = {
      ...item.change,
      patch: { ...item.change.patch, ...Object.fromEntries(changed) },
    };
    item.patchedBy = one.said;
  });
}

/** Takes up the notes and the failure of an extension; what an earlier one failed of stays. */
function told(item: Item, added: Added | undefined): Added | null {
  if (!added) return null;
  item.notes.push(...added.notes);
  // A country's own words are not known to be free of names.
  if (added.notes.length > 0 || added.error !== null) item.quotesOdoo = true;
  if (added.error !== null) {
    if (item.error === null) fail(item, 'extension.failed', added.error);
    else item.notes.push(added.error);
  }
  return Object.keys(added.values).length > 0 ? added : null;
}

/** Of what extensions add to a row: what the row, which is there already, does not have yet. */
export function missingIn({ row, added }: Item): OdooValues {
  const custom = row?.custom;
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
