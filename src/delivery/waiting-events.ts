import type { EventSummary, Inbox } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type ApplyModes, modeInForce, REQUEST_UNDECIDED, WAIT_REASONS } from '../openspp/apply-mode.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import { undecidedRows } from '../openspp/change-requests/request.ts';

export interface WaitingDependencies {
  inbox: Pick<Inbox, 'list' | 'retry'>;
  client: OdooClient;
  capabilities: Pick<CapabilityCache, 'get'>;
  apply: ApplyModes;
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
export async function takeUpWaiting(
  deps: WaitingDependencies,
  clock: () => number = Date.now,
): Promise<number> {
  return (await takeUpUnlocked(deps, clock)) + (await takeUpDecided(deps, clock));
}

async function takeUpUnlocked(deps: WaitingDependencies, clock: () => number): Promise<number> {
  let taken = 0;
  for (const reason of WAIT_REASONS) {
    taken += await takeUp(deps, reason, async (events) => {
      const openspp = await deps.capabilities.get(clock());
      // Identities are never locked.
      return events.filter(
        ({ type }) => type === 'identity' || modeInForce(deps.apply, openspp, type).kind !== 'wait',
      );
    });
  }
  return taken;
}

async function takeUpDecided(deps: WaitingDependencies, clock: () => number): Promise<number> {
  let undecided: ReadonlySet<number> | null = null;
  return takeUp(deps, REQUEST_UNDECIDED, async (events) => {
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
  reason: string,
  come: (events: readonly EventSummary[]) => Promise<EventSummary[]>,
): Promise<number> {
  let taken = 0;
  for (let before: number | undefined; ; ) {
    const events = await inbox.list({ state: 'deferred', reason, limit: SLICE, before });
    const last = events.at(-1);
    if (!last) return taken;
    const due = await come(events);
    if (due.length > 0) taken += (await inbox.retry(due)).length;
    if (events.length < SLICE) return taken;
    before = last.id;
  }
}
