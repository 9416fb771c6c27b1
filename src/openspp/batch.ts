import type { NotificationReader } from '../events/read-events.ts';
import type { Identifier, VitalEventType } from '../events/vital-event.ts';
import type { OdooClient, OdooValue } from '../odoo/client.ts';
import type { OdooError } from '../odoo/errors.ts';
import type { ApplySettings } from './apply-mode.ts';
import type { Capabilities } from './capabilities.ts';
import type { CorrectedValue } from './correction.ts';
import type { Estate } from './deceased.ts';
import type { LoggedEvent, RowState } from './event-log.ts';
import type { Added, BatchHooks } from './hooks.ts';
import type { MatchingSettings } from './matching.ts';
import type { Provenance } from './provenance.ts';
import type { EventReason } from './reasons.ts';
import type { Registrant } from './registrant.ts';
import type { NumberToStore } from './registration-number.ts';
import type { Revocation } from './revocation.ts';
import type { RowWriter } from './row-writer.ts';
import type { Change, Rule } from './rules/rule.ts';

/** An event to deliver. */
export interface EventToDeliver extends LoggedEvent {
  id: number;
  /** Its place among the events of its message, from 0. */
  position: number;
  /** The registry's name, as `verification_source` keeps it. */
  source: string;
  /** Who said it, as source tracking keeps it. */
  provenance: Provenance;
  /** The row that it was read from, and the registrant that it names; null for an event that a registry sent. */
  adopted: { odooEventId: number; personId: number | null } | null;
}

/** Registrants and rows in work now, over all batches of all bridges: `hold` gives those that were free. */
export interface Holds {
  hold(keys: readonly string[]): Promise<ReadonlySet<string>>;
  free(keys: readonly string[]): Promise<void>;
}

/** What a death does besides disabling the registrant and ending the program memberships. */
export interface DeathSettings {
  /** Whether it ends the deceased's places in households. */
  endHouseholdPlaces: boolean;
  /**
   * What becomes of a registrant whose death the registry takes back: `flag` leaves it to a caseworker, `undo` enables the
   * registrant again where the bridge disabled it for this very death and nobody changed it since.
   */
  revocation: 'flag' | 'undo';
}

/** What a batch is delivered with. */
export interface BatchContext {
  client: OdooClient;
  writer: RowWriter;
  openspp: Capabilities;
  matching: MatchingSettings;
  death: DeathSettings;
  rules: Readonly<Record<VitalEventType, Rule>>;
  /** How changes are applied; `auto` where left out. */
  apply?: Pick<ApplySettings, 'mode' | 'byEventType'> | undefined;
  holds: Holds;
  /** Reads what rows were made from, where extensions have dialects of their own. */
  readNotification?: NotificationReader | undefined;
  /** A country's extensions, where there are any. */
  hooks?: BatchHooks | undefined;
  /** Aborts when the batch is to be left as it is. */
  signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  now: number;
  /** Told of a failure that is the bridge's own; gets no data of the event. */
  onInternalError(error: unknown, eventId: number): void;
}

/** One event on its way through the batch. */
export interface Item {
  event: EventToDeliver;
  registrant: Registrant | null;
  /** The identifier that the row is keyed by, where it has to be made. */
  key: Identifier | null;
  /** The row in Odoo, once there is one. */
  row: {
    id: number;
    personId: number | null;
    notes: string | null;
    date: string | null;
    identifier: Identifier | null;
    /** As it was last read or written. */
    state: RowState;
    /** What it had in the fields of extensions when it was read; left out for one that was made now. */
    custom?: Readonly<Record<string, OdooValue>>;
  } | null;
  /** What extensions add to the row; null where they add nothing. */
  added: Added | null;
  /** What extensions add to `change.patch`, as `Added.said` words it; empty where they add nothing. */
  patchedBy: string;
  /** Whether the row stands in its final state already. */
  finished: boolean;
  /** Whether somebody else changed the row meanwhile, so that nothing more is written. */
  changed: boolean;
  /** Whether its row stays in `processing`, since a decision on its change requests is awaited. */
  undecided: boolean;
  change: Change;
  /** The registration number that becomes an ID of the registrant. */
  number: NumberToStore | null;
  /** What it takes back, of an event that the registry says is not in force; left out for any other. */
  revocation?: Revocation;
  /** What it corrects, where that is known; null for any other event. */
  corrects: Correction | null;
  notes: string[];
  /** What is true whatever becomes of the event: noted on its row before anything is changed. */
  facts: string[];
  /** Whether its error or its notes quote Odoo or an extension, which may name a person or an identifier. */
  quotesOdoo: boolean;
  /** What the deceased has in OpenSPP; left out where nobody looked. */
  estate?: Estate;
  /** Set as soon as the event cannot be processed; ends up as `error_message`. */
  error: string | null;
  /** Why it is in error, for lists and filters; null where it is not. */
  reason: EventReason | null;
}

/** Ends an item in error, unless it is already. */
export function fail(item: Item, reason: EventReason, error: string): void {
  if (item.error !== null) return;
  item.error = error;
  item.reason = reason;
}

/** An event that was told before, and what it is told to be now. */
export interface Correction {
  /** The day before; null where it had none. */
  date: string | null;
  /** Whether it was processed as it was before. */
  applied: boolean;
  /** Its registration numbers before. */
  numbers: readonly string[];
  /** The ends of those that an interrupted try was about to replace, such as `…0342`. */
  endings: readonly string[];
  /** What the row is changed in. */
  values: CorrectedValue[];
  /** The ID of the registrant that gets the new registration number in the place of `from`. */
  registryId: { id: number; number: NumberToStore; from: string } | null;
}

/** Odoo's sentence, for the caseworker. */
export function sentenceOf(error: OdooError): string {
  return error.sentence ?? error.code;
}

/** An item that Odoo refused ends in error, with Odoo's sentence. */
export function refuse(refused: readonly { item: Item; error: OdooError }[]): void {
  for (const { item, error } of refused) {
    item.error = sentenceOf(error);
    item.reason = 'openspp.refused';
    item.quotesOdoo = true;
  }
}
