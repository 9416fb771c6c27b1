import type { OdooHealth } from '../delivery/odoo-health.ts';
import type { Inbox, ReasonCount } from '../inbox/inbox.ts';
import type { Rates, Tally } from '../inbox/overview.ts';
import type { CallTimes } from '../odoo/latency.ts';
import { REQUEST_UNDECIDED, WAITS_FOR_PEOPLE } from '../openspp/apply-mode.ts';

/** All that the first page tells. */
export interface Overview {
  now: number;
  tally: Tally;
  /** When the oldest event was received that waits for the bridge; null where there is none. */
  oldestWaitingAt: number | null;
  hour: Chart;
  day: Chart;
  odoo: OdooHealth;
  latency: CallTimes | null;
  /** When the API key for Odoo ends; null where it does not, or that is not known. */
  apiKeyEnd: number | null;
  /** Null before they were read for the first time. */
  senderCount: number | null;
  /** How many events wait for people, by what they wait for; most first. */
  held: readonly ReasonCount[];
  state: State;
}

/** Rates, and when they begin. */
export interface Chart extends Rates {
  from: number;
  spanMs: number;
}

/** How the whole stands, worst first. */
export type State =
  | { kind: 'no_senders' }
  | { kind: 'odoo_silent'; sinceMs: number | null; waiting: number }
  | { kind: 'odoo_refuses'; waiting: number }
  | { kind: 'held'; held: number }
  | { kind: 'slow'; waiting: number; oldestMs: number }
  | { kind: 'quiet' }
  | { kind: 'well' };

export interface OverviewSources {
  inbox: Pick<Inbox, 'tally' | 'rates' | 'counts'>;
  odooHealth(): OdooHealth;
  latency(): CallTimes | null;
  apiKeyEnd(): number | null;
  senderCount(): number | null;
  clock(): number;
}

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 600_000;
/** A batch takes seconds. What waits for longer than this is stuck behind something. */
const SLOW_MS = 300_000;
/** For which one answer serves all who look. */
const KEPT_MS = 1000;
const DAY_KEPT_MS = 30_000;

/** Gathers what the first page tells; however many look, the inbox is asked once a second. */
export class OverviewReader {
  readonly #sources: OverviewSources;
  #kept: { at: number; overview: Promise<Overview> } | null = null;
  #day: { at: number; chart: Promise<Chart> } | null = null;

  constructor(sources: OverviewSources) {
    this.#sources = sources;
  }

  /** Rejects with `InboxUnavailableError`. */
  read(): Promise<Overview> {
    const now = this.#sources.clock();
    if (this.#kept && Math.abs(now - this.#kept.at) < KEPT_MS) return this.#kept.overview;
    const overview = this.#read(now);
    this.#kept = { at: now, overview };
    overview.catch(() => {
      this.#kept = null;
    });
    return overview;
  }

  async #read(now: number): Promise<Overview> {
    const { inbox, odooHealth, latency, apiKeyEnd, senderCount } = this.#sources;
    const [tally, counts, hour, day] = await Promise.all([
      inbox.tally(),
      inbox.counts(WAITS_FOR_PEOPLE),
      this.#chart(now, MINUTE_MS, 60),
      this.#dayChart(now),
    ]);
    const facts = {
      now,
      tally,
      oldestWaitingAt: counts.oldestUnsettledAt,
      held: counts.byReason.filter(({ reason }) => WAITS_FOR_PEOPLE.includes(reason)),
      hour,
      day,
      odoo: odooHealth(),
      latency: latency(),
      apiKeyEnd: apiKeyEnd(),
      senderCount: senderCount(),
    };
    return { ...facts, state: stateOf(facts) };
  }

  #dayChart(now: number): Promise<Chart> {
    if (this.#day && Math.abs(now - this.#day.at) < DAY_KEPT_MS) return this.#day.chart;
    const chart = this.#chart(now, TEN_MINUTES_MS, 144);
    this.#day = { at: now, chart };
    chart.catch(() => {
      this.#day = null;
    });
    return chart;
  }

  /** The last of the spans is the one that is not over yet. */
  async #chart(now: number, spanMs: number, spans: number): Promise<Chart> {
    const from = (Math.floor(now / spanMs) + 1 - spans) * spanMs;
    return { from, spanMs, ...(await this.#sources.inbox.rates(from, spanMs, spans)) };
  }
}

/** @returns how many events wait for OpenSPP, in whatever way */
export function waitingOf({ rows }: Tally): number {
  return countOf(rows, ({ state }) => state === 'waiting' || state === 'delivering' || state === 'deferred');
}

/** The sum of the rows that are wanted. */
export function countOf(rows: Tally['rows'], wanted: (row: Tally['rows'][number]) => boolean): number {
  return rows.reduce((sum, row) => sum + (wanted(row) ? row.count : 0), 0);
}

function stateOf({
  now,
  tally,
  oldestWaitingAt,
  held,
  day,
  odoo,
  senderCount,
}: Omit<Overview, 'state'>): State {
  const waiting = waitingOf(tally);
  if (senderCount === null) return { kind: 'no_senders' };
  if (odoo.reachable === false) {
    const sinceMs = odoo.lastAnswerAt === null ? null : now - odoo.lastAnswerAt;
    return { kind: 'odoo_silent', sinceMs, waiting };
  }
  if (odoo.error !== null) return { kind: 'odoo_refuses', waiting };
  const locked = held
    .filter(({ reason }) => reason !== REQUEST_UNDECIDED)
    .reduce((sum, { count }) => sum + count, 0);
  if (locked > 0) return { kind: 'held', held: locked };
  const oldestMs = oldestWaitingAt === null ? 0 : now - oldestWaitingAt;
  if (oldestMs > SLOW_MS) return { kind: 'slow', waiting, oldestMs };
  const arrived = day.accepted.some((count) => count > 0);
  return { kind: arrived || waiting > 0 ? 'well' : 'quiet' };
}
