import { searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import type { BatchContext } from './batch.ts';
import { withoutPersonalData } from './privacy.ts';
import type { Matched } from './stages.ts';
import { textsIn } from './texts/index.ts';
import { MODEL } from './vocabulary.ts';

const NAMES = ['name', 'display_name', 'given_name', 'family_name'];

/**
 * Takes names and whole identifiers out of what the events say: Odoo's own sentences quote them, and every internal user
 * reads an event's notes and error.
 *
 * @returns all of them, in their order
 * @throws OdooError
 */
export async function hidePersonalData<T extends Matched>(
  items: readonly T[],
  context: BatchContext,
): Promise<T[]> {
  const quoting = items.filter(({ quotes }) => quotes);
  const ids = quoting.flatMap(({ registrant }) => (registrant ? [registrant.id] : []));
  const namesOf = await readNames(ids, context);
  const { theRegistrant } = textsIn(context.openspp.language);
  return items.map((item) => {
    const { quotes, event, registrant, problem, notes } = item;
    if (!quotes) return item;
    const secrets = { identifiers: event.identifiers, names: namesOf.get(registrant?.id ?? 0) ?? [] };
    const hide = (sentence: string) => withoutPersonalData(sentence, secrets, theRegistrant);
    const hidden = problem && { ...problem, error: hide(problem.error) };
    return { ...item, problem: hidden, notes: notes.map(hide), quotes: false };
  });
}

/** The names of these registrants, as sentences may quote them, by registrant. @throws OdooError */
export async function readNames(
  ids: readonly number[],
  { client, openspp }: BatchContext,
): Promise<Map<number, string[]>> {
  if (ids.length === 0) return new Map();
  const fields = NAMES.filter((name) => name === 'display_name' || openspp.registrant.has(name));
  const rows = await searchRead(client, MODEL.registrant, [['id', 'in', [...ids]]], fields);
  return new Map(rows.map((row) => [row.id, fields.flatMap((name) => text(row[name]) ?? [])]));
}
