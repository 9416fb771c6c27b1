import { type BackfillPlan, planOf } from '../../src/backfill/plan.ts';
import { type BackfillProgress, runBackfill } from '../../src/backfill/run-backfill.ts';
import { type BackfillState, begin } from '../../src/backfill/state.ts';
import type { DciClientSettings } from '../../src/dci/client/settings.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import type { Entry, StandIn } from '../registries/stand-in.ts';
import { clientOf, FakeTime, OUR_ID } from '../registries/support.ts';

export const REGISTRY = { senderId: 'crvs.example.org', receiverId: OUR_ID };
export const NOW = Date.UTC(2026, 2, 1, 12);

export function plan(over: Partial<BackfillPlan> = {}): BackfillPlan {
  const asked = { source: 'crvs_main', types: ['birth'], from: '2024-01-01', to: '2024-01-31' };
  const { attribute, ...rest } = { ...asked, ...over };
  return planOf({ ...rest, attribute: attribute ?? undefined }, NOW);
}

/** So many births, one a day from 1 January 2024 on. */
export function births(count: number): Entry[] {
  return Array.from({ length: count }, (_, n) => ({
    identifiers: { UIN: `U-${n + 1}`, BRN: `2024-${n + 1}` },
    birth: new Date(Date.UTC(2024, 0, 1 + (n % 31))).toISOString().slice(0, 10),
  }));
}

export interface CatchUp {
  plan?: BackfillPlan;
  restart?: boolean;
  unattended?: boolean;
  pageSize?: number;
  sliceDays?: number;
  backlogLimit?: number;
  signal?: AbortSignal;
  time?: FakeTime;
  client?: Partial<DciClientSettings>;
  onProgress?: (progress: BackfillProgress) => void;
}

/** Catches up as the command does. */
export async function catchUp(
  inbox: Inbox,
  registry: StandIn,
  {
    restart = false,
    unattended = false,
    pageSize = 5,
    sliceDays = 10,
    backlogLimit = 1000,
    time = new FakeTime(),
    ...more
  }: CatchUp = {},
): Promise<BackfillState> {
  const by = unattended ? 'bridge' : 'command';
  const begun = await begin(inbox, more.plan ?? plan(), { by, pageSize, sliceDays, restart }, time.now());
  const { state } = await runBackfill(
    begun,
    {
      inbox,
      client: clientOf(registry, more.client, { timing: time }),
      registry: REGISTRY,
      settings: { backlogLimit, queueLimit: 100 },
      unattended,
      timing: time,
    },
    more.signal ?? new AbortController().signal,
    more.onProgress,
  );
  return state;
}

/** The days and pages that the registry was asked for, such as `2024-01-01..2024-01-10 #1`. */
export function asked(registry: StandIn): string[] {
  return registry.received.map(({ body }) => {
    // biome-ignore lint/suspicious/noExplicitAny: a request as it was sent
    const { query, pagination } = (body as any).message.search_request[0].search_criteria;
    const [{ expression1, expression2 }] = query;
    return `${expression1.attribute_value}..${expression2.attribute_value} #${pagination.page_number}`;
  });
}
