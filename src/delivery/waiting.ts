import type { VitalEventType } from '../events/vital-event.ts';
import type { DeferredEvent, Inbox } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type ApplySettings, modeInForce, REQUEST_UNDECIDED, WAIT_REASONS } from '../openspp/apply-mode.ts';
import type { Capabilities, CapabilityCache } from '../openspp/capabilities.ts';
import { undecidedRows } from '../openspp/change-requests/request.ts';

export interface WaitingDependencies {
  inbox: Pick<Inbox, 'deferredFor' | 'retry'>;
  client: OdooClient;
  capabilities: Pick<CapabilityCache, 'get'>;
  apply: Pick<ApplySettings, 'mode' | 'byEventType'>;
}

const SLICE = 1000;

/**
 * Looks at what events wait for, and has those delivered for which it came: decisions on their change requests, or that
 * OpenSPP lets the bridge apply them. The number of calls depends on the requests that are undecided (one for 2,000 of
 * them), not on how long events wait.
 *
 * @returns how many were taken up
 * @throws OdooError, InboxUnavailableError: the next look takes them up
 */
export async function watchWaiting(
  deps: WaitingDependencies,
  clock: () => number = Date.now,
): Promise<number> {
  return (await takeUpUnlocked(deps, clock)) + (await takeUpDecided(deps, clock));
}

async function takeUpUnlocked(deps: WaitingDependencies, clock: () => number): Promise<number> {
  let openspp: Capabilities | null = null;
  return takeUp(deps, WAIT_REASONS, async (events) => {
    const known = openspp ?? (await deps.capabilities.get(clock()));
    openspp = known;
    // Identities are never locked.
    return events.filter(
      ({ type }) =>
        type === 'identity' || modeInForce(deps.apply, known, type as VitalEventType).kind !== 'wait',
    );
  });
}

async function takeUpDecided(deps: WaitingDependencies, clock: () => number): Promise<number> {
  let undecided: ReadonlySet<number> | null = null;
  return takeUp(deps, [REQUEST_UNDECIDED], async (events) => {
    if (undecided === null) {
      const { changeRequests } = await deps.capabilities.get(clock());
      // Where the user may not see its requests any more, nobody knows what was decided.
      if (changeRequests.kind !== 'usable') return [];
      // Asked after the inbox: whatever waits there was submitted before.
      undecided = await undecidedRows(deps.client);
    }
    const still = undecided;
    return events.filter(({ odooEventId }) => odooEventId === null || !still.has(odooEventId));
  });
}

/** Has those of the deferred events delivered that `come` picks, slice by slice. */
async function takeUp(
  { inbox }: WaitingDependencies,
  reasons: readonly string[],
  come: (events: readonly DeferredEvent[]) => Promise<DeferredEvent[]>,
): Promise<number> {
  let taken = 0;
  // Those that come to wait while this goes on have been looked at a moment ago.
  for (let after = 0; ; ) {
    const events = await inbox.deferredFor(reasons, after, SLICE);
    const last = events.at(-1);
    if (!last) return taken;
    const due = await come(events);
    if (due.length > 0) taken += (await inbox.retry(due.map(({ id }) => id))).length;
    if (events.length < SLICE) return taken;
    after = last.id;
  }
}
