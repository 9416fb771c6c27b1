import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { type OdooRow, read, searchRead, write } from '../odoo/orm.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { seedDemo } from '../sandbox/seed.ts';

/** A registrant, by its id in OpenSPP and by the number that the civil registry knows it under. */
export interface Person {
  id: number;
  nationalId: string;
}

/** The registrants that the demo's notifications are about. */
export interface Population {
  /** Without a birth date so far. */
  child: Person;
  /** In two programs. */
  pensioner: Person;
  /** Single. */
  bride: Person;
  /** Married. */
  husband: Person;
}

/**
 * Puts the sandbox's registrants in place, and the ID types for death and marriage numbers that a deployment adds.
 */
export function populate(sandbox: Sandbox): Population {
  const { registrants } = seedDemo(sandbox);
  const [vocabulary] = sandbox.execute(sandbox.admin.login, 'spp.vocabulary', 'search', {
    domain: [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
  }) as number[];
  sandbox.execute(sandbox.admin.login, 'spp.vocabulary.code', 'create', {
    vals_list: ['DRN', 'MRN'].map((code) => ({
      vocabulary_id: vocabulary,
      code,
      display: code,
      is_local: true,
    })),
  });
  const who = (nationalId: string) => {
    const person = registrants.find(({ ids }) => ids.national_id === nationalId);
    if (!person) throw new Error('the sandbox has no such registrant');
    return { id: person.id, nationalId };
  };
  return {
    child: who('NID-4410-0003'),
    pensioner: who('NID-4410-0005'),
    bride: who('NID-4410-0001'),
    husband: who('NID-4410-0006'),
  };
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

/** Reads a registrant back out of OpenSPP's API, as an administrator. */
async function portrait(odoo: OdooClient, id: number): Promise<Portrait> {
  const [[partner], ids, programs] = await Promise.all([
    read(odoo, 'res.partner', [id], ['name', 'birthdate', 'disabled_reason', 'civil_status_id']),
    searchRead(odoo, 'spp.registry.id', [['partner_id', '=', id]], ['id_type_id', 'value'], { order: 'id' }),
    programsOf(odoo, id),
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

/**
 * The memberships of a registrant. OpenSPP hides those of a disabled one from everybody, so the administrator lifts
 * `disabled` for as long as it reads them.
 */
async function programsOf(admin: OdooClient, id: number): Promise<OdooRow[]> {
  const memberships = () =>
    searchRead(
      admin,
      'spp.program.membership',
      [['partner_id', '=', id]],
      ['program_id', 'state', 'exit_date'],
      { order: 'id' },
    );
  const [partner] = await read(admin, 'res.partner', [id], ['disabled']);
  const disabled = partner?.disabled ?? false;
  if (disabled === false) return memberships();
  await write(admin, 'res.partner', [id], { disabled: false });
  try {
    return await memberships();
  } finally {
    await write(admin, 'res.partner', [id], { disabled });
  }
}

/** All registrants of the demo. */
export type Portraits = Record<keyof Population, Portrait>;

/** Reads all of them. */
export async function portraits(odoo: OdooClient, people: Population): Promise<Portraits> {
  return {
    child: await portrait(odoo, people.child.id),
    pensioner: await portrait(odoo, people.pensioner.id),
    bride: await portrait(odoo, people.bride.id),
    husband: await portrait(odoo, people.husband.id),
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
