import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ClaimedEvent, Inbox, Settlement } from '../inbox/inbox.ts';
import type { OdooClient } from '../odoo/client.ts';
import { orAborted } from '../odoo/deadline.ts';
import { OdooError } from '../odoo/errors.ts';
import type { BatchContext, InWork } from '../openspp/batch.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import type { MatchingSettings } from '../openspp/matching.ts';
import { RowWriter } from '../openspp/row-writer.ts';
import { type BackoffSettings, backoffMs } from './backoff.ts';
import { BatchSize, type BatchSizeBounds } from './batch-size.ts';
import { type Delivered, deliverClaimed, released } from './deliver-claimed.ts';
import type { OdooHealth } from './odoo-health.ts';
import { watchedClient } from './watched-client.ts';

export interface DeliverySettings {
  batchSize: BatchSizeBounds;
  /** Batches in flight at once; never two with the same registrant. */
  concurrency: number;
  backoff: BackoffSettings;
  /** Milliseconds before events are tried again whose call got no answer: Odoo may still be at it. */
  unansweredGraceMs: number;
  /** Milliseconds between looks into the inbox for what another process put there, or what fell due. */
  pollMs: number;
}

export interface DeliveryDependencies {
  inbox: Inbox;
  client: OdooClient;
  capabilities: CapabilityCache;
  matching: MatchingSettings;
  rules: BatchContext['rules'];
  /** The name of a sender, for `verification_source`. */
  nameOf(senderId: string): string;
  log: Logger;
}

/** Failures after which a call may still be running inside Odoo. */
const UNANSWERED: ReadonlySet<string> = new Set(['odoo.timeout', 'odoo.unreachable', 'odoo.unavailable']);

/**
 * Carries events from the inbox into OpenSPP, in batches, until it is stopped.
 *
 * Where Odoo cannot be asked, the whole delivery waits, with exponential back-off and jitter, and nobody's attempts
 * are used up; then one batch goes ahead alone, and the others follow once it got through.
 */
export class DeliveryLoop {
  readonly #settings: DeliverySettings;
  readonly #deps: DeliveryDependencies;
  readonly #client: OdooClient;
  readonly #writer: RowWriter;
  readonly #size: BatchSize;
  readonly #inWork: InWork = new Set();
  readonly #cutOff = new AbortController();
  /** Resolves when the next batch has let go of its registrants; replaced each time. */
  #through = Promise.withResolvers<void>();
  readonly #batches = new Set<Promise<void>>();
  #running: Promise<void> | null = null;
  #stopping = false;
  #failures = 0;
  /** Since the last batch ended; of all batches in flight. */
  #slowestCallMs = 0;
  /** Set by news that came while nobody slept. */
  #news = false;
  #wake: () => void = () => {};
  #health: OdooHealth = { reachable: null, error: null, lastAnswerAt: null, waitsUntil: null };

  constructor(settings: DeliverySettings, deps: DeliveryDependencies) {
    this.#settings = settings;
    this.#deps = deps;
    this.#client = watchedClient(deps.client, this.#cutOff.signal, (milliseconds) => {
      this.#slowestCallMs = Math.max(this.#slowestCallMs, milliseconds);
    });
    this.#writer = new RowWriter(this.#client);
    this.#size = new BatchSize(settings.batchSize);
  }

  get health(): OdooHealth {
    return this.#health;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Takes no more events and lets the batches in flight end. Those that have not ended after `graceMs` are cut off and
   * given back.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#wake();
    const timer = setTimeout(() => this.#cutOff.abort(new Error('the bridge is stopping')), graceMs);
    await this.#running;
    await Promise.all(this.#batches);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const unsubscribe = this.#deps.inbox.onWaiting(() => {
      this.#news = true;
      this.#wake();
    });
    while (!this.#stopping) {
      this.#news = false;
      const pause = this.#pauseMs();
      if (pause > 0) await this.#sleep(pause);
      else if (!(await this.#startBatch())) await this.#sleep(this.#settings.pollMs);
    }
    unsubscribe();
  }

  /** Milliseconds until Odoo may be asked again. */
  #pauseMs(): number {
    return Math.max(0, (this.#health.waitsUntil ?? 0) - Date.now());
  }

  /** Sleeps until the time is over or there is news: events, room for a batch, the stop. */
  async #sleep(ms: number): Promise<void> {
    // While Odoo is left alone, more events are no news.
    if (this.#stopping || (this.#news && this.#pauseMs() === 0)) return;
    const woken = new AbortController();
    this.#wake = () => {
      if (this.#stopping || this.#pauseMs() === 0) woken.abort();
    };
    await wait(ms, undefined, { signal: woken.signal }).catch(() => {});
    this.#wake = () => {};
  }

  /** Starts a batch where there is room for one and something to take; says whether it did. */
  async #startBatch(): Promise<boolean> {
    const room = this.#failures > 0 ? 1 : this.#settings.concurrency;
    if (this.#batches.size >= room) return false;
    const claimed = await this.#claim();
    if (claimed.length === 0) return false;
    const batch: Promise<void> = this.#deliver(claimed).finally(() => {
      this.#batches.delete(batch);
      this.#news = true;
      this.#wake();
    });
    this.#batches.add(batch);
    return true;
  }

  async #claim(): Promise<ClaimedEvent[]> {
    try {
      return await this.#deps.inbox.claim(this.#size.current, Date.now());
    } catch (error) {
      this.#deps.log.error({ reason: messageOf(error) }, 'the inbox gives no events');
      return [];
    }
  }

  async #deliver(claimed: ClaimedEvent[]): Promise<void> {
    const startedAt = Date.now();
    const { log } = this.#deps;
    let settlements: Settlement[];
    try {
      const result = await this.#ask(claimed, startedAt);
      settlements = result.settlements;
      if (result.asked > 0) this.#answered(result.asked);
      // Whoever is in work elsewhere is free once that batch is through; asking again before would be in vain. While
      // anybody is in work, some batch is not through yet, so that the wait has an end.
      if (result.blocked > 0 && result.blocked === result.asked && this.#inWork.size > 0) {
        await this.#through.promise;
      }
      this.#logBatch(settlements, startedAt);
    } catch (error) {
      settlements = this.#failed(claimed, error);
    }
    try {
      await this.#settle(settlements);
    } catch (error) {
      // They stay in the inbox as being delivered, and are taken up at the next start.
      log.error(
        { reason: messageOf(error), events: claimed.length },
        'the inbox did not take the outcome of a batch',
      );
    }
  }

  async #ask(claimed: ClaimedEvent[], now: number): Promise<Delivered> {
    try {
      return await deliverClaimed(claimed, await this.#context(now), this.#deps.nameOf);
    } finally {
      const through = this.#through;
      this.#through = Promise.withResolvers();
      through.resolve();
    }
  }

  async #context(now: number): Promise<BatchContext> {
    const { capabilities, matching, rules, log } = this.#deps;
    return {
      client: this.#client,
      writer: this.#writer,
      openspp: await orAborted(capabilities.get(now), this.#cutOff.signal),
      matching,
      rules,
      inWork: this.#inWork,
      now,
      onInternalError: (error, event) =>
        log.error(
          { event, error: error instanceof Error ? error.name : 'unknown' },
          'a rule failed by a fault of its own',
        ),
    };
  }

  #answered(events: number): void {
    if (this.#failures > 0)
      this.#deps.log.info({ failures: this.#failures }, 'Odoo answers again; the delivery goes on');
    this.#failures = 0;
    this.#size.delivered(events, this.#slowestCallMs);
    this.#slowestCallMs = 0;
    this.#health = { reachable: true, error: null, lastAnswerAt: Date.now(), waitsUntil: null };
  }

  /** The whole delivery waits; nobody's attempts are used up. */
  #failed(claimed: readonly ClaimedEvent[], error: unknown): Settlement[] {
    const code =
      error instanceof OdooError
        ? error.code
        : this.#cutOff.signal.aborted
          ? 'bridge.stopped'
          : 'bridge.internal';
    const unanswered = !(error instanceof OdooError) || UNANSWERED.has(error.code);
    if (code === 'odoo.timeout') this.#size.timedOut();
    this.#failures += 1;
    const now = Date.now();
    const pause = Math.max(
      backoffMs(this.#failures, this.#settings.backoff),
      unanswered ? this.#settings.unansweredGraceMs : 0,
    );
    this.#health = { ...this.#health, reachable: !unanswered, error: code, waitsUntil: now + pause };
    this.#deps.log.warn(
      {
        code,
        reason: error instanceof OdooError ? error.message : code,
        events: claimed.length,
        retryInMs: pause,
      },
      'the delivery waits for Odoo',
    );
    return claimed.map(({ id }) => released(id, unanswered ? now + pause : null, code));
  }

  /** The outcome is known and Odoo has it: the inbox is asked until it takes it. */
  async #settle(settlements: Settlement[]): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#deps.inbox.settle(settlements, Date.now());
        return;
      } catch (error) {
        if (this.#stopping) throw error;
        this.#deps.log.error(
          { reason: messageOf(error) },
          'the inbox does not take the outcome of a batch; trying again',
        );
        await wait(backoffMs(failures, this.#settings.backoff));
      }
    }
  }

  #logBatch(settlements: readonly Settlement[], startedAt: number): void {
    const count = (wanted: (one: Settlement) => boolean) => settlements.filter(wanted).length;
    this.#deps.log.info(
      {
        events: settlements.length,
        processed: count((one) => one.kind === 'settled' && one.outcome === 'processed'),
        error: count((one) => one.kind === 'settled' && one.outcome === 'error'),
        released: count((one) => one.kind === 'released'),
        ms: Date.now() - startedAt,
      },
      'a batch was delivered',
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
