import type { Row } from '../../src/sandbox/model/row.ts';
import { NUMBER_TYPES } from '../messages.ts';
import type { Footprints } from '../odoo/users.ts';
import { numberOf, type Plan, type PlannedPerson, type PlannedRecord } from '../plan/plan.ts';
import type { Ended } from '../simulation.ts';

/** A promise that was broken. */
export interface Broken {
  /** Which one, in a few words: what a shrunk story must break as well. */
  invariant: string;
  /** How it shows. */
  how: string;
}

const EVENT = 'spp.dci.crvs.event';

/** What is wrong at the end; nothing where all is as promised. */
export function brokenInvariants(ended: Ended): Broken[] {
  return [
    ...ended.unhandled.map((how) => ({ invariant: 'no failure is left to itself', how })),
    ...ended.holders.twice.map((how) => ({ invariant: 'no registrant is held twice at the same time', how })),
    ...endsAtAll(ended),
    ...nothingLost(ended),
    ...nothingTwice(ended),
    ...peopleAsInOrder(ended),
    ...nobodyElse(ended),
    ...noAttemptForAnOutage(ended),
  ];
}

function endsAtAll({ settled, plan, acknowledged, refused, storage }: Ended): Broken[] {
  if (settled) return [];
  const open = storage.events().filter(({ state }) => state !== 'settled' && state !== 'dead');
  const unsent = plan.messages.filter(({ id }) => !acknowledged.has(id) && !refused.has(id));
  return [
    {
      invariant: 'everything comes to its end',
      how: `${unsent.length} messages unacknowledged; ${open.map(({ id, state, reason }) => `event ${id} is ${state} (${reason})`).join('; ')}`,
    },
  ];
}

function nothingLost({ plan, acknowledged, refused, storage, users }: Ended): Broken[] {
  const broken: Broken[] = [];
  const invariant = 'nothing acknowledged is lost';
  const events = storage.events();
  for (const message of plan.messages) {
    const status = refused.get(message.id);
    if (status !== undefined) {
      broken.push({ invariant: 'good messages are taken', how: `${message.id} was refused with ${status}` });
    }
    if (!acknowledged.has(message.id)) continue;
    const kept = events.filter((one) => one.senderId === message.sender && one.messageId === message.id);
    if (kept.length !== message.records.length) {
      broken.push({
        invariant,
        how: `${message.id} has ${kept.length} of ${message.records.length} events in the inbox`,
      });
    }
    for (const event of kept) {
      if (event.state === 'dead' && !users.footprints.aside.has(event.id)) {
        broken.push({ invariant, how: `event ${event.id} of ${message.id} was set aside: ${event.reason}` });
      }
    }
  }
  return broken;
}

/** Whom a row of OpenSPP is about, by what it was made from. */
function personOfRow(row: Row): number | null {
  const [, key] = /"N-(\d+)"/.exec(String(row.raw_data)) ?? [];
  return key === undefined ? null : Number(key);
}

function nothingTwice({ plan, world }: Ended): Broken[] {
  const broken: Broken[] = [];
  const twice = (what: string, names: readonly string[]) => {
    for (const name of new Set(names.filter((one, at) => names.indexOf(one) !== at))) {
      broken.push({ invariant: `no ${what} twice`, how: name });
    }
  };
  const rows = world.openspp.stored(EVENT).filter(({ active }) => active === true);
  twice(
    'row',
    rows.map((row) => `${row.event_type} of person ${personOfRow(row)}`),
  );
  const ids = world.openspp.stored('spp.registry.id').filter(({ status }) => status !== 'invalid');
  twice(
    'number',
    ids.map((row) => `${String(row.value)} of type ${row.id_type_id}`),
  );
  if (plan.face === 'spmis') {
    const requests = world.openspp.stored('spp.change.request');
    twice(
      'request',
      requests
        // A draft that nobody submits is decided on by nobody: a call that was sent twice leaves one.
        .filter((row) => row.approval_state !== 'rejected' && row.approval_state !== 'draft')
        .map((row) => `${row.source_reference} ${row.request_type_code} of registrant ${row.registrant_id}`),
    );
  }
  return broken;
}

function recordsOf({ plan }: Ended, person: number): PlannedRecord[] {
  return plan.messages.flatMap(({ records }) => records).filter((record) => record.person === person);
}

/** Whether it was the bridge alone that worked on somebody. */
function isUntouched({ moved, handled }: Footprints, person: number): boolean {
  return !moved.has(person) && !handled.has(person);
}

function peopleAsInOrder(ended: Ended): Broken[] {
  const { plan, world, users, storage } = ended;
  const marks = users.footprints;
  const aside = new Set(
    storage
      .events()
      .filter(({ state }) => state === 'dead')
      .map(({ messageId }) => messageId),
  );
  const spoiled = new Set(
    plan.messages
      .filter(({ id }) => aside.has(id))
      .flatMap(({ records }) => records.map((one) => one.person)),
  );
  return plan.people.flatMap((person) => {
    const id = world.registrants.get(person.key);
    const row = world.openspp.stored('res.partner').find((one) => one.id === id);
    if (id === undefined || !row || !isUntouched(marks, person.key) || spoiled.has(person.key)) return [];
    return [...registrantAsTold(ended, person, row), ...rowsAsTold(ended, person)];
  });
}

function registrantAsTold(ended: Ended, person: PlannedPerson, row: Row): Broken[] {
  const { plan, world, users } = ended;
  const marks = users.footprints;
  const broken: Broken[] = [];
  const expect = (what: string, is: unknown, wanted: readonly unknown[], invariant = AS_IN_ORDER) => {
    if (!wanted.includes(is)) {
      broken.push({
        invariant,
        how: `person ${person.key}: ${what} is ${JSON.stringify(is)}, not ${wanted.map((one) => JSON.stringify(one)).join(' or ')}`,
      });
    }
  };
  const records = recordsOf(ended, person.key);
  const of = (type: string) => records.find((one) => one.type === type);
  const typed = marks.birthdates.get(person.key)?.date;
  const told = of('birth')?.date ?? null;
  // What was asked for before is approved by a person, who sees both.
  const approved = plan.face === 'spmis' && typed !== undefined ? [told] : [];
  expect(
    'birthdate',
    row.birthdate,
    [typed ?? person.birthdate ?? told, ...approved],
    typed === undefined ? AS_IN_ORDER : STAYS,
  );
  if (marks.phones.has(person.key)) expect('phone', row.phone, [marks.phones.get(person.key)], STAYS);
  const last = of('divorce') ?? of('marriage');
  const status = world.openspp.stored('spp.vocabulary.code').find(({ id }) => id === row.civil_status_id);
  const wanted = last === undefined ? null : last.type === 'divorce' ? 'D' : 'M';
  // Under the lock nobody can ask for a change of the civil status.
  const statuses = plan.face === 'spmis' ? [wanted, null, 'M'] : [wanted];
  expect('civil status', status?.code ?? null, statuses);
  const death = of('death');
  expect('disabled', row.disabled !== null, [death !== undefined]);
  const memberships = world.openspp
    .stored('spp.program.membership')
    .filter((one) => one.partner_id === row.id);
  const enrolledAt = marks.enrolled.get(person.key);
  if (enrolledAt === undefined) {
    memberships.forEach((one, at) => {
      const before = person.memberships[at];
      const ends = death !== undefined && (before === 'enrolled' || before === 'paused');
      // An exit by change request leaves them: OpenSPP hides them, and a note says so.
      const others = ends && plan.face === 'spmis' ? [before] : [];
      expect(`membership ${at + 1}`, one.state, [ends ? 'exited' : before, ...others]);
    });
  }
  const since = ended.races.disabledSince.get(row.id);
  const seen = enrolledAt !== undefined && since !== undefined && enrolledAt < since;
  if (death !== undefined && plan.face !== 'spmis' && seen) {
    const running = memberships.filter(({ state }) => state === 'enrolled' || state === 'paused');
    expect('number of memberships that go on after the death', running.length, [0]);
  }
  for (const [type, number] of numbersOf(records)) {
    const holders = world.openspp
      .stored('spp.registry.id')
      .filter((one) => one.value === number && one.status !== 'invalid');
    for (const one of holders) expect(`the holder of ${type} ${number}`, one.partner_id, [row.id]);
  }
  return broken;
}

const AS_IN_ORDER = 'each person ends as if their events had come alone and in order';
const STAYS = 'what a user did stays';

function numbersOf(records: readonly PlannedRecord[]): [type: string, number: string][] {
  return records.flatMap(({ type, number }) => (number === null ? [] : [[NUMBER_TYPES[type], number]]));
}

/** Each event has its row, which is processed, and its events in the inbox know that. */
function rowsAsTold(ended: Ended, person: PlannedPerson): Broken[] {
  const { world, storage, plan } = ended;
  const broken: Broken[] = [];
  const rows = world.openspp.stored(EVENT).filter((row) => row.active && personOfRow(row) === person.key);
  for (const record of recordsOf(ended, person.key)) {
    const row = rows.find((one) => one.event_type === record.type);
    if (row?.state === 'processed' && row.person_id === world.registrants.get(person.key)) continue;
    if (row?.state === 'error' && mayBeRefused(plan, record)) continue;
    broken.push({
      invariant: 'each event is in OpenSPP',
      how: `the ${record.type} of ${numberOf(person.key)} is ${row ? `${row.state} (${row.error_message})` : 'not there'}`,
    });
  }
  for (const event of storage.events()) {
    const message = plan.messages.find(
      ({ id, sender }) => id === event.messageId && sender === event.senderId,
    );
    const record = message?.records[event.position];
    if (record?.person !== person.key || event.outcome === 'processed') continue;
    if (event.outcome === 'error' && mayBeRefused(plan, record)) continue;
    broken.push({
      invariant: 'each event is in OpenSPP',
      how: `event ${event.id} (${event.type} of ${numberOf(person.key)}) ends as ${event.outcome ?? event.state}: ${event.errorMessage ?? event.reason}`,
    });
  }
  return broken;
}

/** Under the lock, nobody can ask for a change of the civil status. */
function mayBeRefused({ face }: Plan, { type }: PlannedRecord): boolean {
  return face === 'spmis' && (type === 'marriage' || type === 'divorce');
}

/** Nobody of whom no message speaks is changed. */
function nobodyElse(ended: Ended): Broken[] {
  const { plan, world, users } = ended;
  const marks = users.footprints;
  const broken: Broken[] = [];
  for (const person of plan.people) {
    if (recordsOf(ended, person.key).length > 0 || !isUntouched(marks, person.key)) continue;
    const id = world.registrants.get(person.key);
    const row = world.openspp.stored('res.partner').find((one) => one.id === id);
    if (!row) continue;
    const is = {
      birthdate: row.birthdate,
      civil: row.civil_status_id,
      disabled: row.disabled,
      phone: row.phone,
    };
    const was = {
      birthdate: marks.birthdates.get(person.key)?.date ?? person.birthdate,
      civil: null,
      disabled: null,
      phone: marks.phones.get(person.key) ?? null,
    };
    if (JSON.stringify(is) === JSON.stringify(was)) continue;
    broken.push({
      invariant: "no one is changed by somebody else's event",
      how: `person ${person.key}: ${JSON.stringify(is)}, was ${JSON.stringify(was)}`,
    });
  }
  return broken;
}

/** Where all was well but the way to Odoo, nobody's event is charged. */
function noAttemptForAnOutage({ plan, storage, users }: Ended): Broken[] {
  const marks = users.footprints;
  const broken: Broken[] = [];
  for (const event of storage.events()) {
    const message = plan.messages.find(
      ({ id, sender }) => id === event.messageId && sender === event.senderId,
    );
    const record = message?.records[event.position];
    const person = plan.people.find(({ key }) => key === record?.person);
    if (record && mayBeRefused(plan, record)) continue;
    if (event.attempts === 0 || !person || person.comesAt !== null || !isUntouched(marks, person.key))
      continue;
    broken.push({
      invariant: 'no attempt is charged for an outage',
      how: `event ${event.id} of person ${person.key} has ${event.attempts} attempts (${event.reason})`,
    });
  }
  return broken;
}
