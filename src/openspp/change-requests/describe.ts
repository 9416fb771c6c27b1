import type { OdooClient } from '../../odoo/client.ts';
import { read } from '../../odoo/orm.ts';
import { text } from '../../odoo/values.ts';
import { programmeOf } from '../deceased.ts';
import type { InRow } from '../stages.ts';
import type { OpensppTexts, RequestTexts } from '../texts/index.ts';
import { MODEL } from '../vocabulary.ts';
import type { Wanted } from './wanted.ts';

/** The references of these events' rows, as OpenSPP's users see them, by row. @throws OdooError */
export async function readNames(client: OdooClient, items: readonly InRow[]): Promise<Map<number, string>> {
  const ids = [...new Set(items.map(({ row }) => row.id))];
  const rows = ids.length === 0 ? [] : await read(client, MODEL.event, ids, ['name']);
  return new Map(rows.map((row) => [row.id, text(row.name) ?? String(row.id)]));
}

/** The programmes that the deceased is enrolled or paused in: OpenSPP's exit does not end these. */
export function runningProgrammes({ estate }: InRow, texts: OpensppTexts): string[] {
  return estate.memberships
    .filter(({ running }) => running)
    .map((membership) => programmeOf(membership, texts));
}

/**
 * What the reviewer reads on top of a request: no name of a person and no identifier, since its detail has those.
 *
 * @param name the event's reference in OpenSPP
 */
export function descriptionOf(
  { event }: InRow,
  { kind, detail }: Wanted,
  name: string,
  programmes: readonly string[],
  { description }: RequestTexts,
): string {
  if (kind === 'edit_individual') return description.birth(event.source, name, text(detail.birthdate) ?? '');
  if (kind === 'update_id') {
    const sent = event.identifiers.find(({ value }) => value === detail.id_value);
    return description.number(event.source, name, sent?.type ?? '');
  }
  const death = description.death(event.source, name, event.date);
  return programmes.length === 0 ? death : `${death}\n${description.endFirst(programmes)}`;
}
