import { randomBytes } from 'node:crypto';
import type { VitalEventType } from '../../src/events/vital-event.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { create, searchRead } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';

/** An event that is to arrive once, whatever happens. */
export interface PlannedEvent {
  type: VitalEventType;
  date: string;
  uin: string;
  registrant: number;
}

/** Registrants, and the events that will be reported of them. */
export interface Population {
  events: PlannedEvent[];
  /** Names and identifiers that no log may hold. */
  personal: string[];
}

const TYPES: VitalEventType[] = ['birth', 'death', 'marriage', 'divorce'];
const SLICE = 500;

/** A new population; every fourth registrant has two events, so that one person's events meet. */
export async function populate(admin: OdooClient, count: number): Promise<Population> {
  const run = randomBytes(4).toString('hex').toUpperCase();
  const [nationalId] = await searchRead(
    admin,
    'spp.vocabulary.code',
    [
      ['namespace_uri', '=', 'urn:openspp:vocab:id-type'],
      ['code', '=', 'national_id'],
    ],
    ['code'],
  );
  const events: PlannedEvent[] = [];
  const personal: string[] = [];
  for (let from = 0; from < count; from += SLICE) {
    const numbers = Array.from({ length: Math.min(SLICE, count - from) }, (_, n) => from + n);
    const people = numbers.map((n) => ({
      name: `Zeynep ${run} Quispe${n}`,
      uin: `U${run}${String(n).padStart(6, '0')}`,
    }));
    const ids = await create(
      admin,
      'res.partner',
      people.map(({ name }) => ({ name, is_registrant: true, is_group: false })),
    );
    await create(
      admin,
      'spp.registry.id',
      people.map(({ uin }, n) => ({
        partner_id: ids[n] ?? 0,
        id_type_id: nationalId?.id ?? 0,
        value: uin,
        status: 'valid',
      })),
    );
    people.forEach(({ name, uin }, n) => {
      personal.push(name, uin);
      const registrant = ids[n] ?? 0;
      const number = from + n;
      const day = `${2000 + (number % 20)}-${String((number % 12) + 1).padStart(2, '0')}-${String((number % 28) + 1).padStart(2, '0')}`;
      events.push({ type: TYPES[number % 4] ?? 'birth', date: day, uin, registrant });
      if (number % 4 === 2) events.push({ type: 'divorce', date: `2021${day.slice(4)}`, uin, registrant });
    });
  }
  return { events, personal };
}

/** How a run ended. `wrong` counts registrants that are not as the events say. */
export interface Tally {
  accepted: number;
  settled: number;
  lost: number;
  doubled: number;
  wrong: number;
}

const FIELDS = ['identifier_value', 'event_type', 'event_date', 'state', 'person_id'];

/** Compares OpenSPP with what was reported, archived rows included: a row too many is a row too many. */
export async function tally(admin: OdooClient, accepted: readonly PlannedEvent[]): Promise<Tally> {
  const rows: Record<string, OdooValue>[] = [];
  const partners = new Map<number, Record<string, OdooValue>>();
  const registrants = [...new Set(accepted.map(({ registrant }) => registrant))];
  for (let from = 0; from < registrants.length; from += SLICE) {
    const some = registrants.slice(from, from + SLICE);
    const uins = accepted.filter(({ registrant }) => some.includes(registrant)).map(({ uin }) => uin);
    rows.push(
      ...(await searchRead(admin, 'spp.dci.crvs.event', [['identifier_value', 'in', uins]], FIELDS, {
        context: { active_test: false },
      })),
    );
    for (const row of await searchRead(
      admin,
      'res.partner',
      [['id', 'in', some]],
      ['birthdate', 'disabled', 'civil_status_id'],
    )) {
      partners.set(row.id, row);
    }
  }
  const rowsByEvent = Map.groupBy(
    rows,
    (row) => `${row.identifier_value} ${row.event_type} ${row.event_date}`,
  );
  const codes = await searchRead(
    admin,
    'spp.vocabulary.code',
    [['namespace_uri', '=', 'urn:un:unsd:pop-census:marital-status']],
    ['code'],
  );
  const result: Tally = { accepted: accepted.length, settled: 0, lost: 0, doubled: 0, wrong: 0 };
  for (const event of accepted) {
    const found = rowsByEvent.get(`${event.uin} ${event.type} ${event.date}`) ?? [];
    if (found.length === 0) result.lost += 1;
    if (found.length > 1) result.doubled += 1;
    if (found.length === 1 && found[0]?.state === 'processed') result.settled += 1;
  }
  for (const [registrant, events] of Map.groupBy(accepted, (event) => event.registrant)) {
    const partner = partners.get(registrant);
    const status = codes.find(({ id }) => id === many2oneId(partner?.civil_status_id))?.code ?? false;
    const last = (...types: VitalEventType[]) =>
      events.filter(({ type }) => types.includes(type)).sort((a, b) => (a.date < b.date ? 1 : -1))[0];
    const civil = last('marriage', 'divorce')?.type;
    const right =
      partner?.birthdate === (last('birth')?.date ?? false) &&
      (partner?.disabled !== false) === (last('death') !== undefined) &&
      status === (civil === 'marriage' ? 'M' : civil === 'divorce' ? 'D' : false);
    if (!right) result.wrong += 1;
  }
  return result;
}

/** How many of these events are in a final state in OpenSPP. */
export async function finished(admin: OdooClient, events: readonly PlannedEvent[]): Promise<number> {
  let count = 0;
  for (let from = 0; from < events.length; from += SLICE) {
    const uins = events.slice(from, from + SLICE).map(({ uin }) => uin);
    const rows = await searchRead(
      admin,
      'spp.dci.crvs.event',
      [
        ['identifier_value', 'in', uins],
        ['state', 'in', ['processed', 'error']],
      ],
      ['identifier_value', 'event_type'],
    );
    const known = new Set(rows.map((row) => `${row.identifier_value} ${row.event_type}`));
    count += events.slice(from, from + SLICE).filter(({ uin, type }) => known.has(`${uin} ${type}`)).length;
  }
  return count;
}
