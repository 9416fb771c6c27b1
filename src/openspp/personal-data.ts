import { searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import type { BatchContext, Item } from './batch.ts';
import { withoutPersonalData } from './privacy.ts';
import { textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

const NAMES = ['name', 'display_name', 'given_name', 'family_name'];

/**
 * Takes names and whole identifiers out of what the items say: Odoo's own sentences quote them, and every internal user
 * reads an event's notes and error.
 *
 * @throws OdooError
 */
export async function hidePersonalData(items: readonly Item[], context: BatchContext): Promise<void> {
  const { client, openspp } = context;
  const quoting = items.filter((item) => item.quotesOdoo);
  if (quoting.length === 0) return;
  const ids = quoting.flatMap(({ registrant }) => (registrant ? [registrant.id] : []));
  const fields = NAMES.filter((name) => name === 'display_name' || openspp.registrant.has(name));
  const rows =
    ids.length === 0 ? [] : await searchRead(client, MODEL.registrant, [['id', 'in', ids]], fields);
  const namesOf = new Map(
    rows.map((row) => [row.id, fields.map((name) => text(row[name])).filter((one) => one !== null)]),
  );
  const { theRegistrant } = textsIn(openspp.language);
  for (const item of quoting) {
    const secrets = {
      identifiers: item.event.identifiers,
      names: namesOf.get(item.registrant?.id ?? 0) ?? [],
    };
    const hide = (sentence: string) => withoutPersonalData(sentence, secrets, theRegistrant);
    if (item.error !== null) item.error = hide(item.error);
    item.notes = item.notes.map(hide);
  }
}
