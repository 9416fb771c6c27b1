import type { DateNote } from './dates.ts';

/** The event types that OpenSPP knows (`spp.dci.crvs.event.event_type`). */
export const VITAL_EVENT_TYPES = ['birth', 'death', 'marriage', 'divorce'] as const;
export type VitalEventType = (typeof VITAL_EVENT_TYPES)[number];

/** An identifier as the registry sent it: `type` such as `UIN` or `BRN`, in the registry's spelling and case. */
export interface Identifier {
  type: string;
  value: string;
}

/**
 * One vital event of one person, whatever dialect announced it.
 */
export interface VitalEvent {
  type: VitalEventType;
  /** The day it happened, `YYYY-MM-DD`, as the registry printed it; null where it said none. */
  date: string | null;
  /** Why there is no day although the registry sent something; left out where there is a day, or nothing was sent. */
  dateNote?: DateNote;
  /** All identifiers of the person, in the message's order; none of them empty. */
  identifiers: Identifier[];
  /** Whether it replaces what was said before about this same event; left out where it does not. */
  correction?: boolean;
  /** `revoked` where the registry takes the event back: it must not be applied. In force where left out. */
  status?: 'in_force' | 'revoked';
  /** Its place in the message, from 0, for `rawDataOf`; its place among the message's events where left out. */
  position?: number;
}
