/** What became of an event in OpenSPP. */
export type EventOutcome = 'processed' | 'error';

/**
 * Where an event is in the inbox: `waiting` (to be taken as soon as a batch has room), `deferred` (not before its
 * due time), `delivering` (in a batch now), `settled` (its outcome is in OpenSPP), `dead` (set aside: it could not be
 * delivered for a reason of its own, and nobody tries again until it is replayed).
 */
export const EVENT_STATES = ['waiting', 'deferred', 'delivering', 'settled', 'dead'] as const;
export type EventState = (typeof EVENT_STATES)[number];

export interface EventStatus {
  id: number;
  state: EventState;
  outcome: EventOutcome | null;
  /** The id of the `spp.dci.crvs.event` row, once it is known. */
  odooEventId: number | null;
}
