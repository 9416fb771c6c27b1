import type { DateNote } from '../events/dates.ts';
import type { Identifier, VitalEventType } from '../events/vital-event.ts';
import type { OdooValue } from '../odoo/client.ts';
import type { Provenance } from './provenance.ts';

/** The states of a row, OpenSPP's own. */
export type RowState = 'received' | 'processing' | 'processed' | 'error';

/** A row of `spp.dci.crvs.event`. */
export interface EventRow {
  id: number;
  type: VitalEventType;
  identifierType: string | null;
  identifierValue: string | null;
  date: string | null;
  state: RowState;
  personId: number | null;
  notes: string | null;
  rawData: string | null;
  receivedDate: string | null;
  /** What is in the fields of extensions, by field. */
  custom?: Readonly<Record<string, OdooValue>>;
}

/** The event a row is looked for or made of. */
export interface LoggedEvent {
  type: VitalEventType;
  date: string | null;
  /** Why there is no day although the registry sent something (see `VitalEvent`). */
  dateNote?: DateNote;
  identifiers: Identifier[];
  reference: string;
  /** `{"header", "message"}` as JSON text. */
  rawData: string;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  odooEventId: number | null;
  /** Whether it replaces what was said before about the same event. */
  correction?: boolean;
  /** Whether the registry says that the registration is not in force. */
  revoked?: boolean;
  /** Not null where the event was read from its row, which `odooEventId` names. */
  adopted?: object | null;
}

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
