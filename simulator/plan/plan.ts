import type { VitalEventType } from '../../src/events/vital-event.ts';
import type { Face } from '../../src/sandbox/faces.ts';

export const ENGINES = ['sqlite', 'postgres'] as const;
export type Engine = (typeof ENGINES)[number];

/** When something happens: at a time, or just before Odoo does the n-th call, or the n-th writing call, of the bridges. */
export type Moment = { at: number } | { call: number } | { write: number };

/** A person of the registry, and their life as the civil registry knows it. */
export interface PlannedPerson {
  /** The number in their identifiers: `N-<key>`. */
  key: number;
  birthdate: string | null;
  /** Of their memberships, one a program. */
  memberships: readonly ('draft' | 'enrolled' | 'paused' | 'exited')[];
  /** Simulated milliseconds after which a user registers them; null where they are there from the start. */
  comesAt: number | null;
  inHousehold: boolean;
}

export interface PlannedRecord {
  /** The person's key; of nobody in OpenSPP where there is none. */
  person: number;
  type: VitalEventType;
  date: string;
  /** The registration number; null where the registry sends none. */
  number: string | null;
  /** Whether it comes before the person's own identifier. */
  numberFirst: boolean;
}

/** A message of a civil registry, which sends it until it is acknowledged. */
export interface PlannedMessage {
  id: string;
  sender: string;
  at: number;
  records: readonly PlannedRecord[];
  /** How often it is sent again after its acknowledgement. */
  repeats: number;
}

/** What somebody does in OpenSPP, or with the bridge's list, meanwhile. */
export type Deed = { when: Moment } & (
  | { kind: 'retry_rows' | 'process_rows' | 'archive_row' | 'approve' | 'reject' | 'lock' | 'unlock' }
  | { kind: 'retry_events' | 'set_aside' }
  | { kind: 'edit_birthdate'; person: number; date: string }
  | { kind: 'edit_phone'; person: number; phone: string }
  | { kind: 'archive_person' | 'restore_person' | 'enrol' | 'pause'; person: number }
  | { kind: 'merge'; person: number; into: number }
);

/** What becomes of one call to Odoo. */
export const CALL_FAULTS = [
  // The connection breaks before Odoo sees the call, after it did it, or while it is still at it.
  'cut_before',
  'cut_after',
  'cut_while',
  // No answer comes until the time-out; the call was done, or not.
  'silent_done',
  'silent_lost',
  // A proxy answers in Odoo's place; the call was done, or not.
  'bad_gateway_done',
  'bad_gateway_lost',
  'conflict',
  // A proxy sends the call a second time.
  'repeated',
  'slow',
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

export type Fault =
  | { kind: 'call'; when: Moment; what: CallFault }
  /** Odoo is away: refuses connections, is silent, or a proxy answers in its place. */
  | { kind: 'outage'; from: number; ms: number; how: 'refused' | 'silent' | 'bad_gateway' }
  /** A bridge dies, and is started again. */
  | { kind: 'kill'; when: Moment; replica: number; downMs: number }
  /** A bridge pauses, and continues as if nothing had happened. */
  | { kind: 'freeze'; when: Moment; replica: number; ms: number }
  /** A bridge's clock is wrong for a while. */
  | { kind: 'clock'; replica: number; from: number; ms: number; byMs: number }
  /** The inbox's disk is full, or its server does not answer. */
  | { kind: 'inbox'; from: number; ms: number };

/** All that comes from outside in one simulation. It says everything, so that parts of it can be left out. */
export interface Plan {
  /** Of a plan that was kept: what was wrong. */
  why?: string;
  seed: number;
  engine: Engine;
  face: Face;
  replicas: number;
  /** Events that a batch takes at most. */
  batch: number;
  concurrency: number;
  /** Whether OpenSPP has ID types for the registration numbers of deaths and marriages. */
  numberTypes: boolean;
  people: readonly PlannedPerson[];
  messages: readonly PlannedMessage[];
  deeds: readonly Deed[];
  faults: readonly Fault[];
}

/** The identifier that everybody has. */
export function numberOf(person: number): string {
  return `N-${person}`;
}

/** Simulated milliseconds for which calls of the bridges may still be disturbed, after the last thing that has a time. */
const CALLS_MS = 25_000;

/** Simulated milliseconds after which nothing goes wrong any more, and nobody interferes. */
export function calmFrom({ people, messages, deeds, faults }: Plan): number {
  const timeOf = (moment: Moment) => ('at' in moment ? moment.at : 0);
  const endOf = (fault: Fault): number => {
    switch (fault.kind) {
      case 'call':
        return 0;
      case 'kill':
        return timeOf(fault.when) + fault.downMs;
      case 'freeze':
        return timeOf(fault.when) + fault.ms;
      default:
        return fault.from + fault.ms;
    }
  };
  const times = [
    ...people.map(({ comesAt }) => comesAt ?? 0),
    ...messages.map(({ at }) => at),
    ...deeds.map(({ when }) => timeOf(when)),
    ...faults.map(endOf),
  ];
  return Math.max(0, ...times) + CALLS_MS;
}
