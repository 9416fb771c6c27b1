import { VITAL_EVENT_TYPES, type VitalEventType } from '../../src/events/vital-event.ts';
import { Random } from '../random.ts';
import {
  CALL_FAULTS,
  type Deed,
  type Engine,
  type Fault,
  type Moment,
  type Plan,
  type PlannedMessage,
  type PlannedPerson,
  type PlannedRecord,
} from './plan.ts';

export interface PlanOptions {
  engine?: Engine | undefined;
  face?: Plan['face'] | undefined;
}

/** Simulated milliseconds in which everything comes that is planned. */
const BUSY_MS = 60_000;

const NUMBERS: Readonly<Record<VitalEventType, string>> = {
  birth: 'B',
  death: 'D',
  marriage: 'M',
  divorce: 'V',
};

/** The plan of a seed. */
export function planOf(seed: number, options: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const engine = options.engine ?? (random.chance(0.5) ? 'sqlite' : 'postgres');
  const face = options.face ?? random.pick(['plain', 'plain', 'spmis', 'extras', 'oldids'] as const);
  const replicas = engine === 'sqlite' ? 1 : random.between(1, 3);
  const people = Array.from({ length: random.between(1, 4) }, (_, at) => personOf(at + 1, random));
  const messages = messagesOf(people, random);
  return {
    seed,
    engine,
    face,
    replicas,
    batch: random.pick([1, 1, 2, 3, 10]),
    concurrency: random.pick([1, 2, 3, 4]),
    numberTypes: random.chance(0.5),
    people,
    messages,
    deeds: random.chance(0.7) ? deedsOf(people, face, random) : [],
    faults: random.chance(0.9) ? faultsOf(replicas, random) : [],
  };
}

function personOf(key: number, random: Random): PlannedPerson {
  return {
    key,
    birthdate: random.chance(0.4) ? dayOf(1990, key) : null,
    memberships: Array.from({ length: random.between(0, 2) }, () =>
      random.pick(['enrolled', 'enrolled', 'paused', 'exited', 'draft'] as const),
    ),
    comesAt: random.chance(0.1) ? random.between(5000, BUSY_MS) : null,
    inHousehold: random.chance(0.2),
  };
}

function dayOf(year: number, day: number): string {
  return new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10);
}

/** A life that can be: what happens to a person happens in an order that makes sense, and is sent in any. */
function lifeOf(person: PlannedPerson, random: Random): PlannedRecord[] {
  const years: Readonly<Record<VitalEventType, number>> = {
    birth: 1990,
    marriage: 2015,
    divorce: 2019,
    death: 2024,
  };
  return VITAL_EVENT_TYPES.filter((type) => random.chance(type === 'death' ? 0.6 : 0.45)).map((type) => ({
    person: person.key,
    type,
    date:
      type === 'birth' && person.birthdate !== null
        ? person.birthdate
        : dayOf(years[type], random.between(0, 300)),
    number: random.chance(0.5) ? `${NUMBERS[type]}-${person.key}` : null,
    numberFirst: random.chance(0.3),
  }));
}

function messagesOf(people: readonly PlannedPerson[], random: Random): PlannedMessage[] {
  const records = people.flatMap((person) => lifeOf(person, random));
  // Somebody whom OpenSPP does not have.
  if (random.chance(0.2)) {
    records.push({ person: 99, type: 'birth', date: '1999-09-09', number: null, numberFirst: false });
  }
  shuffle(records, random);
  const messages: PlannedMessage[] = [];
  const together = random.chance(0.4);
  const hurry = random.pick([200, 2000, BUSY_MS / 2]);
  const add = (some: readonly PlannedRecord[], sender: string) => {
    messages.push({
      id: `m-${messages.length + 1}`,
      sender,
      at: random.between(0, hurry),
      records: some,
      repeats: random.chance(0.2) ? 1 : 0,
    });
  };
  while (records.length > 0) add(records.splice(0, together ? random.between(1, 4) : 1), 'crvs.north');
  // Another registry reports what the first one did.
  for (const { records: some } of [...messages]) if (random.chance(0.2)) add(some, 'crvs.south');
  return messages;
}

function shuffle(list: unknown[], random: Random): void {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last);
    [list[last], list[other]] = [list[other], list[last]];
  }
}

function momentOf(random: Random): Moment {
  if (random.chance(0.3)) return { at: random.between(0, BUSY_MS) };
  return random.chance(0.4) ? { call: random.between(10, 120) } : { write: random.between(1, 25) };
}

function deedsOf(people: readonly PlannedPerson[], face: Plan['face'], random: Random): Deed[] {
  const person = () => random.pick(people).key;
  const usual: (() => Deed)[] = [
    () => ({ when: momentOf(random), kind: 'retry_rows' }),
    () => ({ when: momentOf(random), kind: 'process_rows' }),
    () => ({ when: momentOf(random), kind: 'archive_row' }),
    () => ({ when: momentOf(random), kind: 'retry_events' }),
    () => ({ when: momentOf(random), kind: 'set_aside' }),
    () => ({
      when: momentOf(random),
      kind: 'edit_birthdate',
      person: person(),
      date: dayOf(1991, random.between(0, 300)),
    }),
    () => ({
      when: momentOf(random),
      kind: 'edit_phone',
      person: person(),
      phone: `+${random.between(1, 999)}`,
    }),
    () => ({ when: momentOf(random), kind: 'archive_person', person: person() }),
    () => ({ when: momentOf(random), kind: 'restore_person', person: person() }),
    () => ({ when: momentOf(random), kind: 'enrol', person: person() }),
    () => ({ when: momentOf(random), kind: 'pause', person: person() }),
    () => ({ when: momentOf(random), kind: 'merge', person: person(), into: person() }),
  ];
  const ofRequests: (() => Deed)[] = [
    () => ({ when: momentOf(random), kind: 'approve' }),
    () => ({ when: momentOf(random), kind: 'approve' }),
    () => ({ when: momentOf(random), kind: 'reject' }),
    () => ({ when: momentOf(random), kind: 'lock' }),
    () => ({ when: momentOf(random), kind: 'unlock' }),
  ];
  const kinds = face === 'spmis' ? [...usual, ...ofRequests, ...ofRequests] : usual;
  return Array.from({ length: random.between(1, 5) }, () => random.pick(kinds)());
}

function faultsOf(replicas: number, random: Random): Fault[] {
  const replica = () => random.between(0, replicas - 1);
  const from = () => random.between(0, BUSY_MS);
  const call = (): Fault => ({ kind: 'call', when: momentOfCall(random), what: random.pick(CALL_FAULTS) });
  const kinds: (() => Fault)[] = [
    call,
    call,
    call,
    () => ({
      kind: 'outage',
      from: from(),
      ms: random.between(500, 30_000),
      how: random.pick(['refused', 'silent', 'bad_gateway']),
    }),
    () => ({ kind: 'kill', when: momentOf(random), replica: replica(), downMs: random.between(100, 20_000) }),
    () => ({ kind: 'kill', when: momentOf(random), replica: replica(), downMs: random.between(100, 20_000) }),
    () => ({ kind: 'freeze', when: momentOf(random), replica: replica(), ms: random.between(1000, 60_000) }),
    () => ({
      kind: 'clock',
      replica: replica(),
      from: from(),
      ms: random.between(1000, 60_000),
      byMs: random.pick([-600_000, -60_000, 60_000, 600_000]),
    }),
    () => ({ kind: 'inbox', from: from(), ms: random.between(100, 20_000) }),
  ];
  return Array.from({ length: random.between(1, 6) }, () => random.pick(kinds)());
}

function momentOfCall(random: Random): Moment {
  return random.chance(0.4) ? { call: random.between(1, 150) } : { write: random.between(1, 25) };
}
