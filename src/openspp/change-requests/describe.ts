import type { OdooClient } from '../../odoo/client.ts';
import { read, searchRead } from '../../odoo/orm.ts';
import { many2oneId, text } from '../../odoo/values.ts';
import type { BatchContext } from '../batch.ts';
import type { RequestTexts } from '../texts/requests.ts';
import { MODEL } from '../vocabulary.ts';
import type { RequestPlan } from './plan.ts';
import type { Wanted } from './wanted.ts';

/** What descriptions of requests are made from. */
export interface Described {
  /** The events' references, as OpenSPP's users see them, by row. */
  names: ReadonlyMap<number, string>;
  /** The programs in which a registrant is enrolled or paused, by registrant. */
  programs: ReadonlyMap<number, readonly string[]>;
}

/** Reads what the descriptions of the requests that are to be filed say, in two calls at most. @throws OdooError */
export async function readDescribed(
  plans: readonly RequestPlan[],
  { client, openspp }: BatchContext,
): Promise<Described> {
  const leaving = plans.filter(({ wanted }) => wanted.some(({ kind }) => kind === 'exit_registrant'));
  const [rows, programs] = await Promise.all([
    read(
      client,
      MODEL.event,
      plans.map(({ item }) => item.row?.id ?? 0),
      ['name'],
    ),
    openspp.membership
      ? runningPrograms(
          client,
          leaving.map(({ item }) => item.registrant?.id ?? 0),
        )
      : new Map<number, string[]>(),
  ]);
  return { names: new Map(rows.map((row) => [row.id, text(row.name) ?? String(row.id)])), programs };
}

/** A program's own record may not be read: its name comes with the Many2one's display name only. */
async function runningPrograms(
  client: OdooClient,
  registrants: readonly number[],
): Promise<Map<number, string[]>> {
  const programs = new Map<number, string[]>();
  if (registrants.length === 0) return programs;
  const rows = await searchRead(
    client,
    MODEL.membership,
    [
      ['partner_id', 'in', [...registrants]],
      ['state', 'in', ['enrolled', 'paused']],
    ],
    ['partner_id', 'program_id'],
    { order: 'id' },
  );
  for (const { partner_id: partner, program_id: program } of rows) {
    const registrant = many2oneId(partner);
    const name = Array.isArray(program) ? text(program[1]) : null;
    if (registrant !== null && name !== null)
      programs.set(registrant, [...(programs.get(registrant) ?? []), name]);
  }
  return programs;
}

/** What the reviewer reads on top of a request: no name of a person and no identifier, since its detail has those. */
export function descriptionOf(
  { item }: RequestPlan,
  { kind, detail }: Wanted,
  { names, programs }: Described,
  { description }: RequestTexts,
): string {
  const { event, row, registrant } = item;
  const name = names.get(row?.id ?? 0) ?? String(row?.id ?? '');
  if (kind === 'edit_individual') return description.birth(event.source, name, text(detail.birthdate) ?? '');
  if (kind === 'update_id') {
    const sent = event.identifiers.find(({ value }) => value === detail.id_value);
    return description.number(event.source, name, sent?.type ?? '');
  }
  const ending = programs.get(registrant?.id ?? 0) ?? [];
  const death = description.death(event.source, name, event.date);
  return ending.length === 0 ? death : `${death}\n${description.endFirst(ending)}`;
}
