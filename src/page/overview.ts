import type { OdooHealth } from '../delivery/odoo-health.ts';
import { shortly } from '../http/shortly.ts';
import { REVOKED, WITHDRAWN } from '../inbox/event-actions.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { type Rates, type ReasonRow, spread, type Tally } from '../inbox/overview.ts';
import type { CallTimes } from '../odoo/latency.ts';
import { notLate, WAITS_FOR_PEOPLE } from '../openspp/apply-mode.ts';
import type { EventQuery } from '../operations/filter.ts';

/** All that the first page shows. */
export interface Overview {
  now: number;
  /** Its oldest event is the one that waits for the bridge, those included that are deferred while Odoo is down. */
  tally: Tally;
  hour: Chart;
  day: Chart;
  week: Chart;
  odoo: OdooHealth;
  latency: CallTimes | null;
  /** When the API key for Odoo ends; null where it does not, or that is not known. */
  apiKeyEnd: number | null;
  /** Null before they were read for the first time. */
  senderCount: number | null;
  state: State;
  /** What needs a person; empty where nothing does. */
  needs: readonly Need[];
  /** Screenings and the catch-up that are under way. */
  underWay: readonly UnderWay[];
}

/** Rates, and when they begin. */
export interface Chart extends Rates {
  from: number;
  spanMs: number;
}

/** How the whole is, worst first. */
export type State =
  /** Nothing is delivered until an operator decides. */
  | { kind: 'other_openspp'; waiting: number }
  | { kind: 'no_senders' }
  | { kind: 'odoo_silent'; sinceMs: number | null; waiting: number }
  | { kind: 'odoo_refuses'; waiting: number }
  | { kind: 'needs' }
  | { kind: 'quiet' }
  | { kind: 'well' };

/** Something that needs a person, with the events that it is about. */
export type Need =
  /** Events in error, dead, or waiting for a person in OpenSPP. */
  | { kind: 'error' | 'dead' | 'held'; reason: string | null; count: number; query: EventQuery }
  /** Messages that were refused in the last day. */
  | { kind: 'refused'; count: number }
  /** The oldest event waits for too long. */
  | { kind: 'late'; waitsMs: number; query: EventQuery };

/** A screening or a catch-up, as far as it is. */
export interface UnderWay {
  kind: 'deaths' | 'duplicates' | 'disability' | 'backfill';
  path: string;
  done: number;
  /** Null while it is being counted. */
  total: number | null;
}

export interface OverviewSources {
  inbox: Pick<Inbox, 'tally' | 'rates' | 'refusalCounts'>;
  odooHealth(): OdooHealth;
  latency(): CallTimes | null;
  apiKeyEnd(): number | null;
  senderCount(): number | null;
  /** Whether a process on this inbox sees another OpenSPP than the inbox's; none does where left out. */
  otherOpenspp?(): Promise<boolean>;
  clock(): number;
}

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 600_000;
const DAY_MS = 86_400_000;
/** A batch takes seconds. What waits for longer than this is stuck behind something. */
const SLOW_MS = 300_000;
/** For which one answer serves all who look. */
const KEPT_MS = 1000;
const DAYS_KEPT_MS = 30_000;
/** Spans of ten minutes in an hour, a day, and a week. */
const [IN_HOUR, IN_DAY, IN_WEEK] = [6, 144, 1008];

/** Gathers what the first page shows; however many look, the inbox is asked once a second. */
export class OverviewReader {
  readonly #sources: OverviewSources;
  readonly #underWay: () => Promise<UnderWay[]>;
  readonly #days: () => Promise<{ day: Chart; week: Chart }>;
  #kept: { at: number; overview: Promise<Overview> } | null = null;

  /** @param underWay the screenings and the catch-up that are under way */
  constructor(sources: OverviewSources, underWay: () => Promise<UnderWay[]>) {
    this.#sources = sources;
    this.#underWay = underWay;
    this.#days = shortly(() => this.#readDays(sources.clock()), DAYS_KEPT_MS, sources.clock);
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
    const { inbox, odooHealth, latency, apiKeyEnd, senderCount, otherOpenspp } = this.#sources;
    const [tally, refused, hour, { day, week }, underWay, isOther] = await Promise.all([
      inbox.tally(notLate(now)),
      inbox.refusalCounts(now - DAY_MS),
      this.#chart(now, MINUTE_MS, 60),
      this.#days(),
      this.#underWay(),
      otherOpenspp?.() ?? false,
    ]);
    const facts = {
      now,
      tally,
      hour,
      day,
      week,
      odoo: odooHealth(),
      latency: latency(),
      apiKeyEnd: apiKeyEnd(),
      senderCount: senderCount(),
      underWay,
    };
    const needs = needsOf({ ...facts, refused: refused.reduce((sum, { count }) => sum + count, 0) });
    return { ...facts, needs, state: stateOf({ ...facts, needs, isOther }) };
  }

  /** One look at seven days, by ten minutes, gives both charts. */
  async #readDays(now: number): Promise<{ day: Chart; week: Chart }> {
    // A whole number of hours before the hour that is not over yet.
    const hourMs = IN_HOUR * TEN_MINUTES_MS;
    const from = (Math.floor(now / hourMs) + 1) * hourMs - IN_WEEK * TEN_MINUTES_MS;
    const all = await this.#sources.inbox.rates(from, TEN_MINUTES_MS, IN_WEEK);
    const current = Math.floor((now - from) / TEN_MINUTES_MS) + 1;
    return {
      day: {
        from: from + (current - IN_DAY) * TEN_MINUTES_MS,
        spanMs: TEN_MINUTES_MS,
        ...partOf(all, current - IN_DAY, current),
      },
      week: { from, spanMs: hourMs, ...widened(all, IN_HOUR) },
    };
  }

  /** The last of the spans is the one that is not over yet. */
  async #chart(now: number, spanMs: number, spans: number): Promise<Chart> {
    const from = (Math.floor(now / spanMs) + 1 - spans) * spanMs;
    return { from, spanMs, ...(await this.#sources.inbox.rates(from, spanMs, spans)) };
  }
}

/** Some of the spans. */
function partOf({ accepted, settled, errors, refused }: Rates, begin: number, end: number): Rates {
  return {
    accepted: accepted.slice(begin, end),
    settled: settled.slice(begin, end),
    errors: errors
      .filter(({ span }) => span >= begin && span < end)
      .map((one) => ({ ...one, span: one.span - begin })),
    refused: refused.slice(begin, end),
  };
}

/** Spans that are `factor` times as long. */
function widened({ accepted, settled, errors, refused }: Rates, factor: number): Rates {
  const sums = (counts: readonly number[]) =>
    spread(
      counts.map((count, span) => ({ span: Math.floor(span / factor), count })),
      counts.length / factor,
    );
  return {
    accepted: sums(accepted),
    settled: sums(settled),
    errors: errors.map((one) => ({ ...one, span: Math.floor(one.span / factor) })),
    refused: sums(refused),
  };
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
  day,
  odoo,
  senderCount,
  needs,
  isOther,
}: Pick<Overview, 'now' | 'tally' | 'day' | 'odoo' | 'senderCount' | 'needs'> & { isOther: boolean }): State {
  const waiting = waitingOf(tally);
  if (isOther) return { kind: 'other_openspp', waiting };
  if (senderCount === null) return { kind: 'no_senders' };
  if (odoo.reachable === false) {
    const sinceMs = odoo.lastAnswerAt === null ? null : now - odoo.lastAnswerAt;
    return { kind: 'odoo_silent', sinceMs, waiting };
  }
  if (odoo.error !== null) return { kind: 'odoo_refuses', waiting };
  if (needs.length > 0) return { kind: 'needs' };
  const arrived = day.accepted.some((count) => count > 0);
  return { kind: arrived || waiting > 0 ? 'well' : 'quiet' };
}

/** What of the dead needs nobody: a person set it aside, or its registry took it back. */
const DONE_WITH: readonly string[] = ['event.set_aside', REVOKED];

/** Everything that needs a person, by its reason; the most first in each kind. */
function needsOf({
  now,
  tally: { rows, reasons, oldestUnsettledAt },
  refused,
}: Pick<Overview, 'now' | 'tally'> & { refused: number }): Need[] {
  // What was taken back before it was delivered is processed, and keeps its reason.
  const errors = reasons.filter(({ state, reason }) => state === 'settled' && reason !== WITHDRAWN);
  const dead = reasons.filter(({ state }) => state === 'dead');
  const held = reasons.filter(
    ({ state, reason }) => state === 'deferred' && WAITS_FOR_PEOPLE.includes(reason),
  );
  const sum = (all: readonly ReasonRow[]) => all.reduce((total, { count }) => total + count, 0);
  // Older bridges gave no reason to some events.
  const noReason = (kind: 'error' | 'dead', known: readonly ReasonRow[]): Need[] => {
    const all = countOf(rows, (row) => (row.outcome ?? row.state) === kind);
    const count = all - sum(known);
    return count > 0 ? [{ kind, reason: null, count, query: { state: kind } }] : [];
  };
  const need = (kind: 'error' | 'dead' | 'held', { reason, count }: ReasonRow): Need => ({
    kind,
    reason,
    count,
    query: { state: kind === 'held' ? 'deferred' : kind, reason },
  });
  const waitsMs = oldestUnsettledAt === null ? 0 : now - oldestUnsettledAt;
  const isWaiting = countOf(rows, ({ state }) => state === 'waiting') > 0;
  return [
    ...errors.map((row) => need('error', row)),
    ...noReason('error', errors),
    ...dead.filter(({ reason }) => !DONE_WITH.includes(reason)).map((row) => need('dead', row)),
    ...noReason('dead', dead),
    ...held.map((row) => need('held', row)),
    ...(refused > 0 ? [{ kind: 'refused' as const, count: refused }] : []),
    ...(waitsMs > SLOW_MS
      ? [
          {
            kind: 'late' as const,
            waitsMs,
            query: { state: isWaiting ? ('waiting' as const) : ('deferred' as const) },
          },
        ]
      : []),
  ];
}
