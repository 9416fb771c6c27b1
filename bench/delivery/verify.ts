import { join } from 'node:path';
import { fieldsGet, type OdooRow, searchRead } from '../../src/odoo/orm.ts';
import { MODEL } from '../../src/openspp/vocabulary.ts';
import { tally } from '../../test/faults/population.ts';
import { progress } from '../lib/progress.ts';
import { makeRegistrants, newUins } from '../lib/registrants.ts';
import type { Target } from '../lib/target.ts';
import { fillInbox } from './inbox.ts';
import { announcements } from './message.ts';
import { planEvents } from './plan.ts';
import { type Delivered, deliver, type RoundOptions } from './round.ts';

/** What the comparison found; all of it should be 0. */
export interface Verification {
  events: number;
  registrants: number;
  /** Against what the events say: rows missing, doubled, not processed; registrants not as the events say. */
  lost: number;
  doubled: number;
  unprocessed: number;
  wrong: number;
  /** Against a delivery of the same events to a twin population, one at a time: rows, registrants, IDs that differ. */
  different: number;
  /** The first few, in words. */
  examples: string[];
  /** How fast the delivery one at a time was. */
  oneAtATimePerSecond: number;
  /** What the identifiers of the twin population begin with. */
  twinPrefix: string;
}

/**
 * Compares what the bridge made of a backlog with what the events say, and with what the bridge makes of the same
 * events, of a twin population, when it delivers them one at a time.
 */
export async function verify(
  target: Target,
  folder: string,
  options: RoundOptions,
  delivered: Delivered,
): Promise<Verification> {
  const { prefix, uins } = newUins(delivered.registrants.length);
  const registrants = await makeRegistrants(target.admin, uins, (done) =>
    progress('verifying: making twins', { done, total: uins.length }),
  );
  const twin: Delivered = {
    prefix,
    registrants,
    plan: planEvents(registrants, { ...options, pairs: true }),
    receivedAt: delivered.receivedAt,
  };
  const inboxPath = join(folder, prefix, 'inbox.db');
  await fillInbox(inboxPath, announcements(twin.plan, prefix, options.withNumbers, twin.receivedAt));
  progress(`verifying: delivering ${options.events} events one at a time`);
  const { events } = options;
  const alone = await deliver(
    target,
    { ...options, profile: null },
    { kind: 'bridge', inboxPath, events, batchSize: 1, concurrency: 1 },
  );
  progress('verifying: comparing');
  const told = await tally(target.admin, delivered.plan);
  const differences = differencesOf(await snapshot(target, delivered), await snapshot(target, twin));
  return {
    events,
    registrants: registrants.length,
    lost: told.lost,
    doubled: told.doubled,
    unprocessed: told.accepted - told.settled,
    wrong: told.wrong,
    different: differences.length,
    examples: differences.slice(0, 5),
    oneAtATimePerSecond: alone.events / alone.seconds,
    twinPrefix: prefix,
  };
}

/** How many differences there are in all. */
export function differencesIn(found: Verification): number {
  return found.lost + found.doubled + found.unprocessed + found.wrong + found.different;
}

/** What is in OpenSPP, by what it is about, without ids, names and times. */
type Snapshot = Map<string, string>;

const SLICE = 500;
const EVENT_FIELDS = [
  'name',
  'event_type',
  'identifier_type',
  'identifier_value',
  'event_date',
  'state',
  'error_message',
  'notes',
  'active',
  'raw_data',
  'received_date',
  'processed_date',
  'processed_by',
  'person_id',
];
const REGISTRANT_FIELDS = [
  'birthdate',
  'death_date',
  'disabled',
  'disabled_by',
  'disabled_reason',
  'civil_status_id',
];
const ID_FIELDS = [
  'id_type_id',
  'value',
  'status',
  'verification_method',
  'verification_date',
  'verification_source',
  'partner_id',
];
/** When something happened differs; whether it did must not. */
const TIMES: ReadonlySet<string> = new Set(['processed_date', 'disabled', 'verification_date']);
const OWN_NAME = /^CRVS-([A-Z]+)-\d{14}-[0-9A-Z]{8}$/;

async function snapshot({ admin }: Target, { prefix, registrants }: Delivered): Promise<Snapshot> {
  const positions = new Map(registrants.map(({ id }, position) => [id, position]));
  const fields = await fieldsGet(admin, MODEL.registrant);
  const known = REGISTRANT_FIELDS.filter((name) => fields.has(name));
  const found: Snapshot = new Map();
  const everything = { context: { active_test: false } };
  for (let from = 0; from < registrants.length; from += SLICE) {
    const some = registrants.slice(from, from + SLICE);
    const ids = some.map(({ id }) => id);
    const uins = some.map(({ uin }) => uin);
    const about = (row: OdooRow) => cleaned(row, prefix, positions);
    for (const row of await searchRead(
      admin,
      MODEL.event,
      [['identifier_value', 'in', uins]],
      EVENT_FIELDS,
      everything,
    )) {
      const key = `event ${row.event_type} ${row.event_date} of ${row.identifier_value}`.replace(prefix, '#');
      // A second one of the same key is a row of its own.
      found.set(found.has(key) ? `${key}, once more` : key, about(row));
    }
    for (const row of await searchRead(admin, MODEL.registrant, [['id', 'in', ids]], known, everything)) {
      found.set(`registrant ${positions.get(row.id)}`, about(row));
    }
    for (const row of await searchRead(admin, MODEL.registryId, [['partner_id', 'in', ids]], ID_FIELDS)) {
      found.set(`ID ${row.value}`.replace(prefix, '#'), about(row));
    }
  }
  return found;
}

function cleaned(row: OdooRow, prefix: string, positions: ReadonlyMap<number, number>): string {
  const { id: _id, ...fields } = row;
  return JSON.stringify(fields, (name, value: unknown) => {
    if (TIMES.has(name)) return value !== false;
    if (name === 'person_id' || name === 'partner_id') {
      return Array.isArray(value) ? { registrant: positions.get(Number(value[0])) } : value;
    }
    if (name === 'name') return OWN_NAME.exec(String(value))?.[1] ?? value;
    return typeof value === 'string' ? value.replaceAll(prefix, '#') : value;
  });
}

function differencesOf(one: Snapshot, other: Snapshot): string[] {
  const keys = new Set([...one.keys(), ...other.keys()]);
  return [...keys]
    .filter((key) => one.get(key) !== other.get(key))
    .map(
      (key) =>
        `${key}: in batches ${one.get(key) ?? 'missing'}, one at a time ${other.get(key) ?? 'missing'}`,
    );
}
