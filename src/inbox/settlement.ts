import { ALONE_FROM, type Settlement } from './event-queue.ts';
import type { EventOutcome, EventState } from './event-status.ts';

/** An event in hand, as far as its settlement depends on it. */
export interface HeldEvent {
  failures: number;
  odooEventId: number | null;
}

/** What a settlement makes of an event: the values of its columns. */
export interface EventChange {
  id: number;
  state: EventState;
  dueAt: number | null;
  outcome: EventOutcome | null;
  odooEventId: number | null;
  errorMessage: string | null;
  notes: string | null;
  settledAt: number | null;
  matchAt: number | null;
  failures: number;
  /** Added to its attempts: those that it used up itself. */
  attempts: 0 | 1;
  /** Why it is where it is; see `EventSummary`. */
  reason: string | null;
  /** How its attempt ended. */
  ended: string;
}

/** @param now milliseconds since the epoch */
export function changeOf(settlement: Settlement, held: HeldEvent, now: number): EventChange {
  const change = {
    id: settlement.id,
    dueAt: null,
    outcome: null,
    odooEventId: held.odooEventId,
    errorMessage: null,
    notes: null,
    settledAt: null,
    matchAt: null,
    failures: held.failures,
    attempts: 0 as const,
  };
  switch (settlement.kind) {
    case 'settled': {
      const { outcome } = settlement;
      return {
        ...change,
        state: 'settled',
        outcome,
        odooEventId: settlement.odooEventId,
        errorMessage: settlement.errorMessage,
        notes: settlement.notes,
        settledAt: now,
        matchAt: settlement.matchAgainAt ?? null,
        failures: 0,
        attempts: outcome === 'error' ? 1 : 0,
        reason: outcome === 'error' ? (settlement.reason ?? null) : null,
        ended: outcome,
      };
    }
    case 'released':
      return {
        ...change,
        state: settlement.dueAt === null ? 'waiting' : 'deferred',
        dueAt: settlement.dueAt,
        odooEventId: settlement.odooEventId ?? held.odooEventId,
        failures: failuresAfter(held.failures, settlement.failure),
        attempts: settlement.failure === 'own' ? 1 : 0,
        reason: settlement.reason,
        ended: settlement.reason,
      };
    case 'dead':
      return { ...change, state: 'dead', reason: settlement.reason, ended: settlement.reason };
  }
}

/** A failure alone counts on from `ALONE_FROM`; one that a batch shares counts up to it. */
function failuresAfter(failures: number, failure: 'shared' | 'own' | undefined): number {
  if (failure === 'own') return Math.max(failures, ALONE_FROM) + 1;
  return failure === 'shared' ? Math.max(failures, Math.min(failures + 1, ALONE_FROM)) : failures;
}

/** The reason of an event whose delivery the end of its bridge cut off. */
export const INTERRUPTED = 'interrupted';
