import { Gauge, type Registry } from 'prom-client';

/** The events of the inbox; of all bridges that share it. */
interface Backlog {
  waiting: number;
  deferred: number;
  delivering: number;
  processed: number;
  error: number;
  dead: number;
  unmatched: number;
  /** When the oldest was received that waits neither for people nor for its date; milliseconds since the epoch. */
  oldestUnsettledAt: number | null;
  /** Events that a search does not find yet, and when the oldest of them was received; milliseconds since the epoch. */
  unindexed: number;
  oldestUnindexedAt: number | null;
  /** How many events wait for people, by the code of what they wait for. */
  heldBy: ReadonlyMap<string, number>;
}

/** One of the bridge's own keys. Times in milliseconds since the epoch. */
interface OwnKeySeen {
  use: string;
  algorithm: string;
  state: string;
  createdAt: number;
  /** Null where that is not set. */
  retiresAt: number | null;
}

/** A registered sender. Times in milliseconds since the epoch. */
interface SenderSeen {
  senderId: string;
  /** That verify its messages now. */
  keys: number;
  /** When its keys were last fetched; null where none were, or it has no JWKS URL. */
  fetchedAt: number | null;
  /** When the first of its keys goes out of force by itself; null where none does. */
  nextExpiryAt: number | null;
}

/** What is asked when the metrics are read. */
export interface MetricSources {
  /** Rejects where the inbox does not answer. */
  backlog(): Promise<Backlog>;
  /** Of the inbox's log; null where it has none. Rejects where the inbox does not answer. */
  logBytes(): Promise<number | null>;
  ownKeys(): readonly OwnKeySeen[];
  /** Null before they were read for the first time. */
  senders(): readonly SenderSeen[] | null;
  /** When a message of each sender was last accepted, milliseconds since the epoch; without those that sent none. */
  lastMessages(): Promise<ReadonlyMap<string, number>>;
  /** When the API key for Odoo ends, milliseconds since the epoch; null where it does not, or that is not known. */
  apiKeyEnd(): number | null;
  /** Subscriptions at MOSIP's hub: when each ends, milliseconds since the epoch; null where that is not known. */
  mosipLeases(): Promise<readonly { topic: string; endsAt: number | null }[]>;
  /** Whether a process on this inbox sees another OpenSPP than the inbox's. Rejects where the inbox does not answer. */
  otherOpenspp(): Promise<boolean>;
  /** Of the breaker, null where this process does not deliver. */
  breaker(): 'closed' | 'open' | 'half_open' | null;
}

const NOTHING: ReadonlyMap<string, number> = new Map();
const STATES = ['waiting', 'deferred', 'delivering', 'processed', 'error', 'dead'] as const;
const BREAKER = ['closed', 'half_open', 'open'] as const;
/** Milliseconds for which the backlog is not counted again: however often, and by however many, the metrics are read. */
const COUNT_EVERY_MS = 5000;

/** A value with its labels. */
type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Adds the metrics that are looked up when they are read. */
export function addGauges(registry: Registry, sources: MetricSources, clock: () => number = Date.now): void {
  addInboxGauges(registry, cached(sources.backlog, clock), clock);
  addKeyGauges(registry, sources);
  addSenderGauges(registry, sources);
  gauge(
    registry,
    'crvs_bridge_inbox_log_bytes',
    'Size of the write-ahead log of an SQLite inbox: it grows while somebody reads the file for long. Absent with PostgreSQL.',
    [],
    async () => {
      const bytes = await sources.logBytes().catch(() => null);
      return bytes === null ? [] : [[{}, bytes]];
    },
  );
  gauge(
    registry,
    'crvs_bridge_odoo_api_key_expiry_timestamp_seconds',
    'When the API key that this process logs in to Odoo with ends; absent where it does not, or that is not known.',
    [],
    () => {
      const end = sources.apiKeyEnd();
      return end === null ? [] : [[{}, end / 1000]];
    },
  );
  gauge(
    registry,
    'crvs_bridge_mosip_lease_expiry_timestamp_seconds',
    'When the subscription to a topic at MOSIP’s hub ends, unless it is renewed; absent where the hub did not say. Shared by all bridges on one inbox.',
    ['topic'],
    async () =>
      (await sources.mosipLeases().catch(() => [])).flatMap(({ topic, endsAt }): Row[] =>
        endsAt === null ? [] : [[{ topic }, endsAt / 1000]],
      ),
  );
  gauge(
    registry,
    'crvs_bridge_openspp_other',
    'Whether a bridge on this inbox reaches another OpenSPP than the one that the inbox belongs to: 1 or 0. It writes nothing there. Shared by all bridges on one inbox.',
    [],
    async () => {
      const isOther = await sources.otherOpenspp().catch(() => null);
      return isOther === null ? [] : [[{}, isOther ? 1 : 0]];
    },
  );
  gauge(
    registry,
    'crvs_bridge_breaker_state',
    'The circuit breaker towards Odoo: 1 for the state that it is in. Of this process; absent in a receiver.',
    ['state'],
    () => {
      const current = sources.breaker();
      return current === null ? [] : BREAKER.map((state) => [{ state }, state === current ? 1 : 0] as const);
    },
  );
}

function addInboxGauges(
  registry: Registry,
  backlog: () => Promise<Backlog | null>,
  clock: () => number,
): void {
  const ageSeconds = (at: number | null) => (at === null ? 0 : Math.max(0, (clock() - at) / 1000));
  const shared = 'Shared by all bridges on one inbox: take the maximum, not the sum.';
  const ofInbox = (name: string, help: string, labels: string[], rows: (counts: Backlog) => Row[]) =>
    gauge(registry, name, `${help} ${shared}`, labels, async () => {
      const counts = await backlog();
      return counts ? rows(counts) : [];
    });
  ofInbox(
    'crvs_bridge_inbox_events',
    'Events in the inbox by state; processed and error are settled and kept for their retention.',
    ['state'],
    (counts) => STATES.map((state) => [{ state }, counts[state]]),
  );
  ofInbox(
    'crvs_bridge_inbox_unmatched_events',
    'Events in error that will be matched again by themselves.',
    [],
    ({ unmatched }) => [[{}, unmatched]],
  );
  ofInbox(
    'crvs_bridge_inbox_oldest_unsettled_age_seconds',
    'Age of the oldest event that is neither settled nor dead, without those that wait for people or for their date; 0 where there is none.',
    [],
    ({ oldestUnsettledAt }) => [[{}, ageSeconds(oldestUnsettledAt)]],
  );
  ofInbox(
    'crvs_bridge_inbox_unindexed_events',
    'Events that searches do not find yet; they are delivered anyway.',
    [],
    ({ unindexed }) => [[{}, unindexed]],
  );
  ofInbox(
    'crvs_bridge_inbox_oldest_unindexed_age_seconds',
    'Age of the oldest event that searches do not find yet; 0 where there is none. Above a minute, indexing fails.',
    [],
    ({ oldestUnindexedAt }) => [[{}, ageSeconds(oldestUnindexedAt)]],
  );
  ofInbox(
    'crvs_bridge_inbox_held_events',
    'Events that wait for people, by what they wait for: the registry lock of OpenSPP, or a decision on a change request.',
    ['reason'],
    ({ heldBy }) => [...heldBy].map(([reason, count]) => [{ reason }, count]),
  );
  gauge(
    registry,
    'crvs_bridge_inbox_up',
    'Whether the inbox answers this process: 1 or 0. While it does not, the other gauges of the inbox are absent.',
    [],
    async () => [[{}, (await backlog()) ? 1 : 0]],
  );
}

function addKeyGauges(registry: Registry, { ownKeys }: MetricSources): void {
  gauge(
    registry,
    'crvs_bridge_own_key_created_timestamp_seconds',
    'When the newest of the own keys of that use, algorithm and state was made. Of this process.',
    ['use', 'algorithm', 'state'],
    () =>
      ownKeys()
        .toSorted((a, b) => a.createdAt - b.createdAt)
        .map(({ use, algorithm, state, createdAt }) => [{ use, algorithm, state }, createdAt / 1000]),
  );
  gauge(
    registry,
    'crvs_bridge_own_key_retires_timestamp_seconds',
    'When the first of the own keys that were replaced is no longer published, by use and algorithm. Of this process.',
    ['use', 'algorithm'],
    () =>
      ownKeys()
        .filter(({ state }) => state === 'previous')
        .flatMap(({ use, algorithm, retiresAt }): Row[] =>
          retiresAt === null ? [] : [[{ use, algorithm }, retiresAt / 1000]],
        )
        .toSorted(([, a], [, b]) => b - a),
  );
}

function addSenderGauges(registry: Registry, { senders, lastMessages }: MetricSources): void {
  gauge(
    registry,
    'crvs_bridge_sender_last_message_timestamp_seconds',
    'When a message of a registered sender was last accepted, by any bridge on the same inbox; absent for one that sent none within the retention.',
    ['sender'],
    async () =>
      [...(await lastMessages().catch(() => NOTHING))].map(([sender, at]) => [{ sender }, at / 1000]),
  );
  gauge(
    registry,
    'crvs_bridge_senders',
    'Senders that are registered in OpenSPP and known to this process; absent before they were read for the first time.',
    [],
    () => {
      const all = senders();
      return all ? [[{}, all.length]] : [];
    },
  );
  const ofSenders = (name: string, help: string, value: (sender: SenderSeen) => number | null) =>
    gauge(registry, name, help, ['sender'], () =>
      (senders() ?? []).flatMap((seen): Row[] => {
        const found = value(seen);
        return found === null ? [] : [[{ sender: seen.senderId }, found]];
      }),
    );
  ofSenders(
    'crvs_bridge_sender_keys',
    'Keys that verify messages of a registered sender now; with 0 all of them are refused. Of this process.',
    ({ keys }) => keys,
  );
  ofSenders(
    'crvs_bridge_sender_keys_fetched_timestamp_seconds',
    'When the keys of a registered sender were last fetched from its JWKS URL, by this process or another on the same inbox.',
    ({ fetchedAt }) => (fetchedAt === null ? null : fetchedAt / 1000),
  );
  ofSenders(
    'crvs_bridge_sender_key_expiry_timestamp_seconds',
    'When the first key of a registered sender goes out of force by itself, because it is no longer published. Of this process.',
    ({ nextExpiryAt }) => (nextExpiryAt === null ? null : nextExpiryAt / 1000),
  );
}

/** A gauge that drops its values before it is read, so that what is gone is not shown again. */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  rows: () => Promise<Row[]> | readonly Row[],
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      const now = await rows();
      // In one turn, so that two who read at the same time do not empty it for each other.
      this.reset();
      // Without labels prom-client resets to a 0, which would be shown where nothing is known.
      if (labelNames.length === 0) this.remove({});
      for (const [labels, value] of now) this.set(labels, value);
    },
  });
}

/** Counted at most every few seconds, and once for all who ask meanwhile; null where it cannot be. */
function cached(count: () => Promise<Backlog>, clock: () => number): () => Promise<Backlog | null> {
  let at = Number.NEGATIVE_INFINITY;
  let last: Promise<Backlog | null> = Promise.resolve(null);
  return () => {
    const now = clock();
    // A clock that was set back must not keep a count for longer.
    if (now < at || now >= at + COUNT_EVERY_MS) {
      at = now;
      last = count().catch(() => null);
    }
    return last;
  };
}
