import type { OdooClient } from '../odoo/client.ts';
import type { OdooValues } from '../odoo/orm.ts';
import type { Capabilities } from './capabilities.ts';
import type { EventToDeliver } from './event-row.ts';
import type { Registrant } from './registrant.ts';

/** What a hook may ask with. */
export interface HookContext {
  client: OdooClient;
  openspp: Capabilities;
  signal?: AbortSignal;
}

/** An event that is to be matched. */
export type EventToMatch = Pick<
  EventToDeliver,
  'id' | 'type' | 'date' | 'identifiers' | 'rawData' | 'receivedAt' | 'source' | 'position'
>;

/** Whom a country's own matching names; `bridge` leaves it to the bridge's. */
export type Found =
  | { kind: 'bridge' }
  | { kind: 'none' }
  | { kind: 'one'; registrantId: number }
  | { kind: 'several'; leads: { type: string; registrantId: number }[] }
  /** Ends the event in error, with this sentence. */
  | { kind: 'failed'; error: string };

/** What a country adds to a record. */
export interface Added {
  values: OdooValues;
  /** Such as `x_a of the extension "b"`, for the sentence where Odoo refuses it. */
  said: string;
  notes: readonly string[];
  /** Ends the event in error, with this sentence. */
  error: string | null;
}

/**
 * Where a country's extensions come in. All of them get the events of a batch at once and contain whatever an extension
 * does; they throw only where Odoo cannot be asked, so that the whole batch is to be tried again.
 */
export interface BatchHooks {
  /** Fields of event rows, and of registrants, that are read besides the bridge's own. */
  eventFields: readonly string[];
  registrantFields: readonly string[];
  /** Null where the bridge's own matching is in force. */
  findPersons: ((events: readonly EventToMatch[], context: HookContext) => Promise<Found[]>) | null;
  /** What is added to each event's row; null where nothing ever is. */
  addToRows: ((events: readonly EventToDeliver[], context: HookContext) => Promise<Added[]>) | null;
  /** What changes in each event's registrant besides what its rule says; null where nothing ever does. */
  addToRegistrants:
    | ((
        pairs: readonly { event: EventToDeliver; registrant: Registrant }[],
        context: HookContext,
      ) => Promise<Added[]>)
    | null;
}
