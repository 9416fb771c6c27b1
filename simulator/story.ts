import type { Broken } from './invariants/check.ts';
import { NUMBER_TYPES } from './messages.ts';
import { type Deed, type Fault, type Moment, numberOf, type Plan, type PlannedRecord } from './plan/plan.ts';
import type { TraceLine } from './trace.ts';

/** Reads that only say how Odoo is, and looks at an inbox that has nothing. */
const NOISE =
  /fields_get|has_access|^ir\.|^res\.users|vocabulary|request\.type|^inbox\.(prune|keepRefusals|nextDueAt)/;
const LOOKS = /^inbox\.(claim|listSome|dueMatches|matchAgain|findByRows|retry)/;
/** Characters of a line's details. */
const WIDTH = 240;

/** A plan that breaks something, and what happened, as a text for people. */
export function storyOf(plan: Plan, lines: readonly TraceLine[], broken: readonly Broken[]): string {
  return [
    `Seed ${plan.seed}: ${plan.engine}, ${plan.replicas} ${plan.replicas === 1 ? 'bridge' : 'bridges'}, OpenSPP "${plan.face}", batches of ${plan.batch}, ${plan.concurrency} at once`,
    '',
    'What breaks:',
    ...broken.map(({ invariant, how }) => `  ${invariant}: ${how}`),
    '',
    'What is planned:',
    ...plan.people.map(
      ({ key, birthdate, memberships, comesAt }) =>
        `  person ${numberOf(key)}, born ${birthdate ?? 'unknown'}, memberships: ${memberships.join(', ') || 'none'}${comesAt === null ? '' : `, is registered at ${time(comesAt)}`}`,
    ),
    ...plan.messages.map(
      ({ id, sender, at, records, repeats }) =>
        `  ${time(at)} ${sender} sends ${id}${repeats > 0 ? ' (and again)' : ''}: ${records.map(recordText).join('; ')}`,
    ),
    ...plan.deeds.map((deed) => `  ${momentText(deed.when)} a user: ${deedText(deed)}`),
    ...plan.faults.map((fault) => `  ${faultText(fault)}`),
    '',
    'What happens:',
    ...lines
      .filter(isTold)
      .map(({ at, who, what, details }) => `  ${time(at)} ${who}: ${what} ${shortened(details)}`.trimEnd()),
  ].join('\n');
}

function isTold({ what, details }: TraceLine): boolean {
  if (NOISE.test(what) && !/: /.test(what)) return false;
  return !LOOKS.test(what) || !/(\[\]|"events":\[\].*)$/.test(details);
}

function shortened(details: string): string {
  const plain = details.replaceAll('\\"', '"').replaceAll(/,?"context":\{[^}]*\}/g, '');
  return plain.length <= WIDTH ? plain : `${plain.slice(0, WIDTH)}…`;
}

function time(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(8)}s`;
}

function momentText(moment: Moment): string {
  if ('at' in moment) return time(moment.at);
  return 'call' in moment ? `before call ${moment.call}` : `before writing call ${moment.write}`;
}

function recordText({ person, type, date, number, numberFirst }: PlannedRecord): string {
  const own = `UIN ${numberOf(person)}`;
  if (number === null) return `${type} on ${date} of ${own}`;
  const registered = `${NUMBER_TYPES[type]} ${number}`;
  return `${type} on ${date} of ${numberFirst ? `${registered}, ${own}` : `${own}, ${registered}`}`;
}

function deedText({ when: _, kind, ...rest }: Deed): string {
  return `${kind} ${Object.entries(rest)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`.trimEnd();
}

function faultText(fault: Fault): string {
  switch (fault.kind) {
    case 'call':
      return `${momentText(fault.when)}: ${fault.what}`;
    case 'outage':
      return `${time(fault.from)} Odoo is away for ${fault.ms} ms (${fault.how})`;
    case 'kill':
      return `${momentText(fault.when)}: bridge ${fault.replica + 1} dies, and is back after ${fault.downMs} ms`;
    case 'freeze':
      return `${momentText(fault.when)}: bridge ${fault.replica + 1} pauses for ${fault.ms} ms`;
    case 'clock':
      return `${time(fault.from)} the clock of bridge ${fault.replica + 1} is wrong by ${fault.byMs} ms, for ${fault.ms} ms`;
    case 'inbox':
      return `${time(fault.from)} the inbox cannot be written for ${fault.ms} ms`;
  }
}
