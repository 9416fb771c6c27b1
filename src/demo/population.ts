import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { create, type OdooRow, read, searchRead } from '../odoo/orm.ts';

/** The registrants of the demo, by first name; all of them made up. */
export interface Population {
  amina: number;
  joseph: number;
  maria: number;
  luis: number;
}

async function createOne(
  odoo: OdooClient,
  model: string,
  values: Record<string, OdooValue>,
): Promise<number> {
  const [id] = await create(odoo, model, [values]);
  if (id === undefined) throw new Error(`${model}: nothing was created`);
  return id;
}

async function codeId(odoo: OdooClient, namespace: string, code: string): Promise<number> {
  const rows = await searchRead(
    odoo,
    'spp.vocabulary.code',
    [
      ['namespace_uri', '=', namespace],
      ['code', '=', code],
    ],
    ['code'],
  );
  const [row] = rows;
  if (!row) throw new Error(`there is no code ${code} in ${namespace}`);
  return row.id;
}

/** Makes the demo's registrants with their IDs and programs, and the ID types that a deployment would add. */
export async function populate(admin: OdooClient): Promise<Population> {
  const idTypes = 'urn:openspp:vocab:id-type';
  const [vocabulary] = await searchRead(admin, 'spp.vocabulary', [['namespace_uri', '=', idTypes]], ['name']);
  for (const code of ['DRN', 'MRN']) {
    await createOne(admin, 'spp.vocabulary.code', {
      vocabulary_id: vocabulary?.id ?? 0,
      code,
      display: code,
      is_local: true,
    });
  }
  const nationalId = await codeId(admin, idTypes, 'national_id');
  const married = await codeId(admin, 'urn:un:unsd:pop-census:marital-status', 'M');
  const registrant = async (name: string, value: string, values: Record<string, OdooValue> = {}) => {
    const id = await createOne(admin, 'res.partner', {
      name,
      is_registrant: true,
      is_group: false,
      ...values,
    });
    await createOne(admin, 'spp.registry.id', {
      partner_id: id,
      id_type_id: nationalId,
      value,
      status: 'valid',
    });
    return id;
  };
  const people = {
    amina: await registrant('Amina Okoro', '100000001'),
    joseph: await registrant('Joseph Tembo', '100000002', { birthdate: '1951-04-17' }),
    maria: await registrant('Maria Santos', '100000003', { birthdate: '1994-09-02' }),
    luis: await registrant('Luis Reyes', '100000004', { birthdate: '1988-01-30', civil_status_id: married }),
  };
  const pension = await createOne(admin, 'spp.program', { name: 'Social Pension' });
  const cash = await createOne(admin, 'spp.program', { name: 'Cash for Work' });
  for (const [program, state] of [
    [pension, 'enrolled'],
    [cash, 'paused'],
  ] as const) {
    await createOne(admin, 'spp.program.membership', {
      partner_id: people.joseph,
      program_id: program,
      state,
    });
  }
  return people;
}

/** A registrant in words, as OpenSPP's API gives it. */
export interface Portrait {
  name: string;
  birthdate: string;
  disabled: string;
  civilStatus: string;
  ids: string[];
  programs: string[];
}

const shown = (value: OdooValue | undefined): string =>
  value === false || value === undefined ? '-' : String(value);
const named = (value: OdooValue | undefined): string => (Array.isArray(value) ? String(value[1]) : '-');

/** Reads a registrant back out of OpenSPP's API. */
async function portrait(odoo: OdooClient, id: number): Promise<Portrait> {
  const [[partner], ids, programs] = await Promise.all([
    read(odoo, 'res.partner', [id], ['name', 'birthdate', 'disabled_reason', 'civil_status_id']),
    searchRead(odoo, 'spp.registry.id', [['partner_id', '=', id]], ['id_type_id', 'value'], { order: 'id' }),
    searchRead(
      odoo,
      'spp.program.membership',
      [['partner_id', '=', id]],
      ['program_id', 'state', 'exit_date'],
      {
        order: 'id',
      },
    ),
  ]);
  return {
    name: shown(partner?.name),
    birthdate: shown(partner?.birthdate),
    disabled: shown(partner?.disabled_reason),
    civilStatus: named(partner?.civil_status_id),
    ids: ids.map((row) => `${named(row.id_type_id)} ${shown(row.value)}`),
    programs: programs.map(
      (row) => `${named(row.program_id)}: ${shown(row.state)}${row.exit_date ? ` on ${row.exit_date}` : ''}`,
    ),
  };
}

/** All registrants of the demo. */
export type Portraits = Record<keyof Population, Portrait>;

/** Reads all of them. */
export async function portraits(odoo: OdooClient, people: Population): Promise<Portraits> {
  const { amina, joseph, maria, luis } = people;
  return {
    amina: await portrait(odoo, amina),
    joseph: await portrait(odoo, joseph),
    maria: await portrait(odoo, maria),
    luis: await portrait(odoo, luis),
  };
}

/** All events in OpenSPP's event log, as its API gives them. */
export function eventRows(odoo: OdooClient): Promise<OdooRow[]> {
  return searchRead(
    odoo,
    'spp.dci.crvs.event',
    [],
    ['name', 'event_type', 'event_date', 'person_id', 'state', 'error_message', 'notes'],
    { order: 'id' },
  );
}
