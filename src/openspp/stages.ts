import type { Identifier } from '../events/vital-event.ts';
import type { OdooValue } from '../odoo/client.ts';
import type { OdooError } from '../odoo/errors.ts';
import type { CorrectedValue } from './correction.ts';
import type { Estate } from './estate.ts';
import { mergedNotes } from './event-log.ts';
import type { EventToDeliver, RowState } from './event-row.ts';
import type { Added } from './hooks.ts';
import type { EventReason } from './reasons.ts';
import type { Registrant } from './registrant.ts';
import type { NumberToStore } from './registration-number.ts';
import { type Change, NO_CHANGE } from './rules/rule.ts';

/** Why an event cannot be processed: a code, and a sentence for the caseworker. */
export interface Problem {
  readonly reason: EventReason;
  readonly error: string;
}

/** First stage: an event, and whom it is about. */
export interface Matched {
  readonly event: EventToDeliver;
  readonly registrant: Registrant | null;
  /** The type of the number that alone leads to the registrant, where other persons may have it too; else null. */
  readonly sharedBy: string | null;
  /** Set as soon as the event cannot be processed. */
  readonly problem: Problem | null;
  readonly notes: readonly string[];
  /** Whether the problem or the notes quote Odoo or an extension, which may name a person or an identifier. */
  readonly quotes: boolean;
}

/** A row in OpenSPP, as it was last read or written. */
export interface Row {
  readonly id: number;
  readonly personId: number | null;
  readonly notes: string | null;
  readonly date: string | null;
  readonly identifier: Identifier | null;
  readonly state: RowState;
  /** What it had in the fields of extensions when it was read; left out for one that was made now. */
  readonly custom?: Readonly<Record<string, OdooValue>>;
}

/** What an event was before, where it corrects one that is known. */
export interface Correction {
  /** The day before; null where it had none. */
  readonly date: string | null;
  /** Whether it was applied as it was before; a correction that was cut off does not change that. */
  readonly applied: boolean;
  /** Its registration numbers before. */
  readonly numbers: readonly string[];
  /** The ends of those that an interrupted attempt was about to replace, such as `…0342`. */
  readonly endings: readonly string[];
  /** What the row is changed in. */
  readonly values: readonly CorrectedValue[];
}

/** Second stage: with the row that the event has, or by which one is to be made. */
export interface Located extends Matched {
  readonly row: Row | null;
  /** The identifier that a new row is keyed by. */
  readonly key: Identifier | null;
  /** Null for an event that corrects none. */
  readonly corrects: Correction | null;
  /** What is true whatever becomes of the event: noted on its row before anything is changed. */
  readonly facts: readonly string[];
}

/** Third stage: with what it changes. */
export interface Decided extends Located {
  /** Whether it is only recorded: its row is written, and no registrant is changed. */
  readonly recordOnly: boolean;
  readonly change: Change;
  /** The registration number that becomes an ID of the registrant. */
  readonly number: NumberToStore | null;
  /** The ID of the registrant that gets the new registration number in the place of `from`. */
  readonly replaces: { id: number; number: NumberToStore; from: string } | null;
  /** What extensions add to `change.patch`, as `Added.said` words it; empty where they add nothing. */
  readonly patchedBy: string;
  /** What the deceased has in OpenSPP. */
  readonly estate: Estate;
  /** What extensions add to the row; null where they add nothing. */
  readonly added: Added | null;
}

/** The decision that changes nothing. */
export const NOTHING_CHANGES = {
  recordOnly: false,
  change: NO_CHANGE,
  number: null,
  replaces: null,
  patchedBy: '',
  estate: { memberships: [], places: [], rounds: 0, entitlements: 0, unreadable: [] },
  added: null,
} as const satisfies Omit<Decided, keyof Located>;

/** Fourth stage: with its row in OpenSPP. */
export interface InRow extends Decided {
  readonly row: Row;
}

/** Last stage: everything is done but the final state of the row. */
export interface Concluded extends InRow {
  /** Whether the row stays in `processing`, since a decision on its change requests is awaited. */
  readonly undecided: boolean;
}

/** An event that a batch is through with. */
export interface DeliveredEvent {
  kind: 'delivered';
  id: number;
  outcome: 'processed' | 'error';
  odooEventId: number | null;
  errorMessage: string | null;
  notes: string | null;
  /** Why it is in error; null where it is not. */
  reason: EventReason | null;
  /** Whether it is in error because no registrant is matched: that may change by itself. */
  unmatched: boolean;
}

/**
 * What a batch made of one of its events. `blocked`: its registrant or row is in work elsewhere, so it follows after that;
 * `changed`: somebody else changed its row meanwhile, so nothing was written over it, and it is looked at again;
 * `undecided`: its row waits for a decision on its change requests.
 */
export type Outcome =
  | DeliveredEvent
  | { kind: 'blocked' | 'changed'; id: number }
  | { kind: 'undecided'; id: number; odooEventId: number | null };

/** An event that a batch is through with. */
export function delivered({ event, row, problem, facts, notes }: Located, unmatched = false): DeliveredEvent {
  return {
    kind: 'delivered',
    id: event.id,
    outcome: problem === null ? 'processed' : 'error',
    odooEventId: row?.id ?? null,
    errorMessage: problem?.error ?? null,
    notes: mergedNotes(null, [...facts, ...notes]),
    reason: problem?.reason ?? null,
    unmatched,
  };
}

/** The row says already what the event came to: nothing is left to do, whatever was decided here. */
export function settled(item: Located): DeliveredEvent {
  return delivered({ ...item, problem: null });
}

export function noted<T extends Matched>(item: T, ...notes: readonly string[]): T {
  return notes.length === 0 ? item : { ...item, notes: [...item.notes, ...notes] };
}

/** Ends an event in error, unless it is already. */
export function failed<T extends Matched>(item: T, problem: Problem, quotes = false): T {
  return item.problem ? item : { ...item, problem, quotes: item.quotes || quotes };
}

/** Odoo's sentence, for the caseworker. */
export function sentenceOf(error: OdooError): string {
  return error.sentence ?? error.code;
}

/** An event that Odoo refused ends in error, with Odoo's sentence, or our own sentence that contains it. */
export function refused<T extends Matched>(item: T, error: OdooError, sentence = sentenceOf(error)): T {
  return { ...item, problem: { reason: 'openspp.refused', error: sentence }, quotes: true };
}
