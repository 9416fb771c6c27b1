import type { SandboxCore } from './sandbox.ts';

/** A registrant of the demo, with the IDs that a notification can name. */
interface DemoRegistrant {
  id: number;
  name: string;
  /** By the code of the ID type. */
  ids: Readonly<Record<string, string>>;
}

/** What `seedDemo` put into the sandbox. */
export interface DemoRegistry {
  registrants: readonly DemoRegistrant[];
  /** The household that three of them belong to. */
  household: { id: number; name: string };
  programs: readonly { id: number; name: string }[];
}

interface Person {
  given: string;
  family: string;
  birthdate?: string;
  birthPlace?: string;
  civilStatus?: 'S' | 'M' | 'W' | 'D';
  ids: Readonly<Record<string, string>>;
  /** The state of the membership in each program, in the order of `PROGRAMS`. */
  memberships?: readonly (string | null)[];
}

const PROGRAMS = ['Child and Family Grant', 'Rural Pension'];

/** Nobody of this name lives at any of these places. */
const PEOPLE: readonly Person[] = [
  {
    given: 'Amahle',
    family: 'Okonjo-Vale',
    birthdate: '1991-03-14',
    birthPlace: 'Port Lumen',
    civilStatus: 'S',
    ids: { national_id: 'NID-4410-0001', birth_certificate: 'BC-1991-00317' },
    memberships: ['enrolled', null],
  },
  {
    given: 'Teodoro',
    family: 'Magsaysing',
    birthdate: '1988-11-02',
    birthPlace: 'San Aurelio',
    civilStatus: 'S',
    ids: { national_id: 'NID-4410-0002', passport: 'P7700412' },
    memberships: ['enrolled', null],
  },
  {
    // Registered before the birth certificate came: the birth date comes from the civil registry.
    given: 'Ngaire',
    family: 'Okonjo-Vale',
    civilStatus: 'S',
    ids: { national_id: 'NID-4410-0003' },
    memberships: ['enrolled', null],
  },
  {
    given: 'Ismaïla',
    family: 'Dembélou',
    birthdate: '1949-07-21',
    birthPlace: 'Haut-Rivage',
    civilStatus: 'M',
    ids: { national_id: 'NID-4410-0004', birth_certificate: 'BC-1949-00088' },
    memberships: [null, 'enrolled'],
  },
  {
    given: 'Fatoumata',
    family: 'Dembélou',
    birthdate: '1953-01-09',
    birthPlace: 'Haut-Rivage',
    civilStatus: 'M',
    ids: { national_id: 'NID-4410-0005', passport: 'P7700981' },
    memberships: ['paused', 'enrolled'],
  },
  {
    given: 'Linh',
    family: 'Trần-Moreau',
    birthdate: '1979-09-30',
    birthPlace: 'Cầu Mây',
    civilStatus: 'M',
    ids: { national_id: 'NID-4410-0006', birth_certificate: 'BC-1979-01204', passport: 'P7701277' },
    memberships: ['exited', null],
  },
  {
    given: 'Sione',
    family: 'Fakatava-Reyes',
    birthdate: '1966-05-17',
    birthPlace: 'Motu Iti',
    civilStatus: 'D',
    ids: { national_id: 'NID-4410-0007' },
    memberships: ['paused', 'paused'],
  },
  {
    given: 'Zarina',
    family: 'Bekmukhanova',
    birthdate: '1995-12-05',
    birthPlace: 'Ak-Bulut',
    ids: { national_id: 'NID-4410-0008', birth_certificate: 'BC-1995-02210' },
  },
];

const HOUSEHOLD = 'Okonjo-Vale household';

/** The first of the people live in it, the first of all heads it. */
const HOUSEHOLD_SIZE = 3;

/** Puts a small, made-up registry into a sandbox: eight people, a household, and programs where there are any. */
export function seedDemo(sandbox: SandboxCore): DemoRegistry {
  // The administrator, since a registry lock stops everybody else.
  const admin = caller(sandbox, sandbox.admin.login);
  const statuses = codes(admin, 'urn:un:unsd:pop-census:marital-status');
  const types = codes(admin, 'urn:openspp:vocab:id-type');

  const ids = admin.create('res.partner', [
    ...PEOPLE.map((person) => registrant(person, statuses)),
    { name: HOUSEHOLD, is_registrant: true, is_group: true },
  ]);
  const registrants = PEOPLE.map((person, at) => ({
    id: ids[at] ?? 0,
    name: `${person.given} ${person.family}`,
    ids: person.ids,
  }));
  admin.create(
    'spp.registry.id',
    registrants.flatMap((person) =>
      Object.entries(person.ids).map(([code, value]) => ({
        partner_id: person.id,
        id_type_id: types.get(code),
        value,
        status: 'valid',
      })),
    ),
  );
  const household = { id: ids[PEOPLE.length] ?? 0, name: HOUSEHOLD };
  admin.create(
    'spp.group.membership',
    registrants.slice(0, HOUSEHOLD_SIZE).map(({ id }, at) => ({
      group: household.id,
      individual: id,
      is_head: at === 0,
      start_date: '2022-05-02 08:00:00',
    })),
  );
  return { registrants, household, programs: seedPrograms(sandbox, registrants) };
}

interface DemoCaller {
  create(model: string, valuesList: object[]): number[];
  searchRead(model: string, domain: unknown[], fields: string[]): Record<string, unknown>[];
}

function caller(sandbox: SandboxCore, login: string): DemoCaller {
  return {
    create: (model, valuesList) =>
      sandbox.execute(login, model, 'create', { vals_list: valuesList }) as number[],
    searchRead: (model, domain, fields) =>
      sandbox.execute(login, model, 'search_read', { domain, fields }) as Record<string, unknown>[],
  };
}

function codes(admin: DemoCaller, namespace: string): Map<unknown, unknown> {
  const rows = admin.searchRead('spp.vocabulary.code', [['namespace_uri', '=', namespace]], ['code']);
  return new Map(rows.map((row) => [row.code, row.id]));
}

function registrant(person: Person, statuses: ReadonlyMap<unknown, unknown>): object {
  return {
    name: `${person.given} ${person.family}`,
    given_name: person.given,
    family_name: person.family,
    birthdate: person.birthdate ?? false,
    birth_place: person.birthPlace ?? false,
    civil_status_id: statuses.get(person.civilStatus) ?? false,
    is_registrant: true,
  };
}

/** Only administrators make programs. */
function seedPrograms(
  sandbox: SandboxCore,
  registrants: readonly DemoRegistrant[],
): DemoRegistry['programs'] {
  if (!sandbox.hasModel('spp.program')) return [];
  const ids = caller(sandbox, sandbox.admin.login).create(
    'spp.program',
    PROGRAMS.map((name) => ({ name })),
  );
  const memberships = PEOPLE.flatMap((person, at) =>
    (person.memberships ?? []).flatMap((state, program) =>
      state === null ? [] : [membership(registrants[at]?.id, ids[program], state)],
    ),
  );
  caller(sandbox, sandbox.admin.login).create('spp.program.membership', memberships);
  return PROGRAMS.map((name, at) => ({ id: ids[at] ?? 0, name }));
}

function membership(partner: number | undefined, program: number | undefined, state: string): object {
  const exit =
    state === 'exited' ? { exit_date: '2024-06-30', exit_reason: 'Moved to another district' } : {};
  return {
    partner_id: partner,
    program_id: program,
    state,
    enrollment_date: '2023-01-16 08:00:00',
    ...exit,
  };
}
