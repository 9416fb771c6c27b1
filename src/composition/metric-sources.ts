import type { DeliveryLoop } from '../delivery/delivery-loop.ts';
import type { Inbox, InboxCounts } from '../inbox/inbox.ts';
import type { OwnKeys } from '../keys/own-keys.ts';
import type { ApiKeyEnd } from '../odoo/api-key-end.ts';
import { notLate, WAITS_FOR_PEOPLE } from '../openspp/apply-mode.ts';
import type { OpensppGuard } from '../openspp/known-openspp.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { MetricSources } from '../signals/gauges.ts';

export interface MetricModules extends Pick<MetricSources, 'mosipLeases'> {
  inbox: Pick<Inbox, 'counts' | 'logBytes' | 'lastMessages'>;
  ownKeys: Pick<OwnKeys, 'placed'>;
  senders: Pick<SenderDirectory, 'all'>;
  apiKey: Pick<ApiKeyEnd, 'now'>;
  guard: Pick<OpensppGuard, 'isOtherAnywhere'>;
  /** Null in a process that does not deliver. */
  delivery: Pick<DeliveryLoop, 'health'> | null;
}

/** What the metrics look up when they are read. */
export function metricSources({
  inbox,
  ownKeys,
  senders,
  apiKey,
  delivery,
  guard,
  mosipLeases,
}: MetricModules): MetricSources {
  return {
    async backlog() {
      const counts = await inbox.counts(notLate(Date.now()));
      return { ...counts, heldBy: heldBy(counts) };
    },
    logBytes: () => inbox.logBytes(),
    ownKeys: () =>
      ownKeys.placed().map(({ key, state, retiresAt }) => ({
        use: key.kind.use,
        algorithm: key.kind.name,
        state,
        createdAt: key.createdAt,
        retiresAt,
      })),
    senders: () =>
      senders.all()?.map(({ sender, fetched }) => ({
        senderId: sender.senderId,
        keys: sender.keys.length,
        fetchedAt: fetched?.state.fetchedAt ?? null,
        nextExpiryAt: fetched && Number.isFinite(fetched.until) ? fetched.until : null,
      })) ?? null,
    lastMessages: () => inbox.lastMessages((senders.all() ?? []).map(({ sender }) => sender.senderId)),
    mosipLeases,
    apiKeyEnd: () => apiKey.now,
    otherOpenspp: () => guard.isOtherAnywhere(),
    breaker: () => delivery?.health.breaker ?? null,
  };
}

/** How many events wait for people, by what they wait for; all reasons, so that one that is over is 0. */
export function heldBy({ byReason }: Pick<InboxCounts, 'byReason'>): Map<string, number> {
  const counts = new Map(byReason.map(({ reason, count }) => [reason, count]));
  return new Map(WAITS_FOR_PEOPLE.map((reason) => [reason, counts.get(reason) ?? 0]));
}
