import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  type AttemptCall,
  type ClaimedEvent,
  type ClaimQueue,
  type Inbox,
  InboxUnavailableError,
  type Settlement,
} from '../inbox/inbox.ts';
import { orAborted } from '../lib/abort.ts';
import { type BackoffSettings, backoffMs, retried } from '../lib/retry.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { boundClient } from '../odoo/instrumented-client.ts';
import type { BatchSettings } from '../openspp/batch.ts';
import type { CapabilityCache } from '../openspp/capabilities.ts';
import type { OpensppGuard } from '../openspp/known-openspp.ts';
import { RowWriter, type WriterKnowledge } from '../openspp/row-writer.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { NO_SIGNALS, type Signals } from '../signals/signals.ts';
import { logAttempts, logOutcomes, uncorrelated } from './attempt-log.ts';
import { BatchSize, type BatchSizeBounds } from './batch-size.ts';
import { Breaker } from './breaker.ts';
import { type Delivered, type DeliveryContext, deliverClaimed, released } from './deliver-claimed.ts';
import type { OdooHealth } from './odoo-health.ts';
import { failedAlone } from './quarantine.ts';

export interface DeliverySettings {
  batchSize: BatchSizeBounds;
  /** Batches in flight at once; never two with the same registrant. */
  concurrency: number;
  backoff: BackoffSettings;
  /** Milliseconds before events are tried again whose call got no answer: Odoo may still be at it. */
  unansweredGraceMs: number;
  /** Milliseconds between looks into the inbox for what another process put there, or what fell due. */
  pollMs: number;
  /** Failures of its own after which an event is set aside. */
  attempts: number;
  /** Milliseconds until an event that nobody was matched to is matched again; null for never. */
  matchAgainAfterMs: number | null;
}

export interface DeliveryDependencies extends BatchSettings {
  inbox: Inbox;
  client: OdooClient;
  capabilities: CapabilityCache;
  /** Whether OpenSPP is the one of the inbox; taken for granted where left out. */
  guard?: Pick<OpensppGuard, 'isOther' | 'verify'> | undefined;
  /** The name of a sender, for `verification_source`. */
  nameOf(senderId: string): string;
  log: Logger;
  signals?: Pick<Signals, 'batch' | 'settled' | 'mosipUncorrelated'> | undefined;
}

/** Milliseconds in which an Odoo that works answers a small request. */
const PING_MS = 5000;

/** Looks into the inbox that an event which failed alone leaves to others. */
const TURNS = 5;

/** Events in hand, and what to stop at. */
interface Batch {
  queue: ClaimQueue;
  claimed: ClaimedEvent[];
  signal: AbortSignal;
}

/**
 * Carries events from the inbox into OpenSPP, in batches, until it is stopped.
 *
 * Where Odoo cannot be asked, the whole delivery waits, with exponential back-off and jitter, and no
 * attempts are used up; then one batch goes ahead alone, and the others follow once it got through. An event whose batches fail
 * again and again while Odoo works goes into quarantine: it goes alone, and is a dead letter in the end.
 */
export class DeliveryLoop {
  readonly #settings: DeliverySettings;
  readonly #deps: DeliveryDependencies;
  readonly #known: WriterKnowledge = { savesMulti: true };
  readonly #size: BatchSize;
  readonly #breaker: Breaker;
  readonly #cutOff = new AbortController();
  /** Resolves when the next batch has let go of its registrants; replaced each time. */
  #through = Promise.withResolvers<void>();
  readonly #batches = new Map<Promise<void>, ClaimQueue>();
  #running: Promise<void> | null = null;
  #stopping = false;
  /** Since the last batch ended; of all batches in flight. */
  #slowestCallMs = 0;
  /** Set by news that came while nobody slept. */
  #news = false;
  #wake: () => void = () => {};
  #lastQueue: ClaimQueue = 'common';
  /** When a batch last got through, and when events that go alone last failed; `performance.now()`. */
  #throughAt = Number.NEGATIVE_INFINITY;
  readonly #failedAloneAt = new Map<number, number>();

  constructor(settings: DeliverySettings, deps: DeliveryDependencies) {
    this.#settings = settings;
    this.#deps = deps;
    this.#size = new BatchSize(settings.batchSize);
    this.#breaker = new Breaker(settings);
  }

  get health(): OdooHealth {
    return this.#breaker.health;
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
    await Promise.all(this.#batches.keys());
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const unsubscribe = this.#deps.inbox.onWaiting(() => {
      this.#news = true;
      this.#wake();
    });
    while (!this.#stopping) {
      this.#news = false;
      const pause = this.#breaker.pauseMs;
      if (pause > 0) await this.#sleep(pause);
      else if (!(await this.#mayClaim()) || !(await this.#startBatch()))
        await this.#sleep(this.#settings.pollMs);
    }
    unsubscribe();
  }

  /** While OpenSPP is another one, nothing is claimed, so that no attempts are noted. */
  async #mayClaim(): Promise<boolean> {
    const { guard } = this.#deps;
    if (!guard?.isOther) return true;
    return guard.verify(this.#cutOff.signal).then(
      () => true,
      () => false,
    );
  }

  /** Sleeps until the time is over or there is news: events, room for a batch, the stop. */
  async #sleep(ms: number): Promise<void> {
    // While Odoo is left alone, more events are no news.
    if (this.#stopping || (this.#news && this.#breaker.pauseMs === 0)) return;
    const woken = new AbortController();
    this.#wake = () => {
      if (this.#stopping || this.#breaker.pauseMs === 0) woken.abort();
    };
    await wait(ms, undefined, { signal: woken.signal }).catch(() => {});
    this.#wake = () => {};
  }

  /** Starts a batch where there is room for one and something to take; says whether it did. */
  async #startBatch(): Promise<boolean> {
    const width = this.#breaker.failures > 0 ? 1 : this.#settings.concurrency;
    if (this.#batches.size >= width) return false;
    for (const queue of this.#queues()) {
      // Another batch may have failed while the inbox was asked.
      if (this.#breaker.pauseMs > 0) return false;
      // Asked before the claim: a lease that is lost in between is seen.
      const lease = this.#deps.inbox.lease();
      const claimed = await this.#claim(queue);
      if (claimed.length === 0) continue;
      this.#lastQueue = queue;
      const signal = AbortSignal.any([this.#cutOff.signal, lease]);
      const signals = this.#deps.signals ?? NO_SIGNALS;
      const deliver = () => this.#deliver({ queue, claimed, signal });
      const batch: Promise<void> = signals.batch(claimed, deliver).finally(() => {
        this.#batches.delete(batch);
        this.#news = true;
        this.#wake();
      });
      this.#batches.set(batch, queue);
      return true;
    }
    return false;
  }

  /** Those that go alone have one place, and where there is no other, every other turn. */
  #queues(): ClaimQueue[] {
    if ([...this.#batches.values()].includes('alone')) return ['common'];
    return this.#lastQueue === 'alone' ? ['common', 'alone'] : ['alone', 'common'];
  }

  async #claim(queue: ClaimQueue): Promise<ClaimedEvent[]> {
    try {
      const limit = queue === 'alone' ? 1 : this.#size.current;
      return await this.#deps.inbox.claim(limit, Date.now(), queue);
    } catch (error) {
      this.#deps.log.error({ reason: messageOf(error) }, 'the inbox gives no events');
      return [];
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const startedAt = Date.now();
    const { log, signals = NO_SIGNALS } = this.#deps;
    if (log.isLevelEnabled('debug')) logAttempts(log, batch.claimed);
    let settlements: Settlement[];
    const calls: AttemptCall[] = [];
    try {
      const result = await this.#ask(batch, startedAt, calls);
      if (result.asked > 0) this.#gotThrough(batch, result.asked - result.failed.length);
      settlements = [
        ...result.settlements,
        ...result.failed.map((event) => this.#failedByItself(event, 'bridge.internal')),
      ];
      // A registrant that is in work elsewhere is free once that batch is through: asking again before that gives the same
      // answer. The batch may be another bridge's, which does not report here.
      if (result.blocked > 0 && result.blocked === result.asked) await this.#somebodyIsThrough();
      this.#logBatch(settlements, startedAt);
    } catch (error) {
      settlements = await this.#failed(batch, error);
    }
    try {
      await this.#settle(settlements, calls);
      logOutcomes(log, batch.claimed, settlements);
      for (const id of uncorrelated(batch.claimed, settlements)) {
        log.warn(
          { event: id },
          'a credential of MOSIP waits for its birth: none with its transaction is known',
        );
        signals.mosipUncorrelated();
      }
      signals.settled(batch.claimed, settlements, Date.now() - startedAt);
    } catch (error) {
      // They stay in the inbox as being delivered, and are taken up at the next start.
      log.error(
        { reason: messageOf(error), events: batch.claimed.length },
        'the inbox did not take the outcome of a batch',
      );
    }
  }

  /** @param calls gets those that are made */
  async #ask(batch: Batch, now: number, calls: AttemptCall[]): Promise<Delivered> {
    try {
      return await deliverClaimed(batch.claimed, await this.#context(batch.signal, now, calls));
    } finally {
      const through = this.#through;
      this.#through = Promise.withResolvers();
      through.resolve();
    }
  }

  async #somebodyIsThrough(): Promise<void> {
    const enough = new AbortController();
    await Promise.race([
      this.#through.promise,
      wait(this.#settings.pollMs, undefined, { signal: enough.signal }).catch(() => {}),
    ]);
    enough.abort();
  }

  async #context(signal: AbortSignal, now: number, calls: AttemptCall[]): Promise<DeliveryContext> {
    const { inbox, capabilities, guard, log } = this.#deps;
    // After the claim: an operator who moves the inbox sees these events in hand, or this sees the move.
    await guard?.verify(signal);
    const client = boundClient(this.#deps.client, {
      signal,
      onCall: ({ model, method, outcome, milliseconds }) => {
        calls.push({ model, method, outcome, ms: Math.round(milliseconds) });
        this.#slowestCallMs = Math.max(this.#slowestCallMs, milliseconds);
      },
    });
    return {
      ...this.#deps,
      client,
      writer: new RowWriter(client, this.#known),
      openspp: await orAborted(capabilities.get(now), signal),
      holds: inbox,
      births: inbox,
      now,
      signal,
      unansweredGraceMs: this.#settings.unansweredGraceMs,
      matchAgainAfterMs: this.#settings.matchAgainAfterMs,
      onInternalError: (error, event) =>
        log.error(
          { event, error: error instanceof Error ? error.name : 'unknown' },
          'an event could not be delivered by a fault of the bridge',
        ),
    };
  }

  #gotThrough({ queue, claimed }: Batch, events: number): void {
    if (this.#breaker.failures > 0) {
      this.#deps.log.info({ failures: this.#breaker.failures }, 'Odoo answers again; the delivery goes on');
    }
    this.#breaker.succeeded();
    if (events > 0) this.#throughAt = performance.now();
    if (queue === 'alone') for (const { id } of claimed) this.#failedAloneAt.delete(id);
    else this.#size.delivered(events, this.#slowestCallMs);
    this.#slowestCallMs = 0;
  }

  /** The whole delivery waits. Attempts are used up only of an event that fails alone while others get through. */
  async #failed(batch: Batch, error: unknown): Promise<Settlement[]> {
    const { claimed, queue } = batch;
    const code = this.#codeOf(batch, error);
    // Odoo answers, and nothing is asked of it.
    if (code === 'openspp.other') {
      this.#breaker.succeeded();
      this.#deps.capabilities.forget();
      return claimed.map(({ id }) => released(id, null, code));
    }
    // A right was taken away, or a registry lock switched on, between the look and the write.
    if (code === 'odoo.access') this.#deps.capabilities.forget();
    const unanswered = !(error instanceof OdooError) || error.unanswered;
    if (code === 'odoo.timeout') this.#size.timedOut();
    // Odoo is not down, and no event is to blame: others go on, in smaller batches.
    if (code === 'odoo.request_cut' && claimed.length > 1 && (await this.#odooAnswers(batch.signal))) {
      this.#size.cutOff(claimed.length);
      this.#logCutOff(claimed.length, error as OdooError);
      return claimed.map(({ id }) => released(id, Date.now() + this.#settings.unansweredGraceMs, code));
    }
    const pause = this.#breaker.failed(code, unanswered);
    this.#deps.log.warn(
      {
        code,
        reason: error instanceof OdooError ? error.message : code,
        events: claimed.length,
        retryInMs: pause,
      },
      'the delivery waits for Odoo',
    );
    // The very moment at which the breaker lets Odoo be asked again.
    const dueAt = unanswered ? (this.#breaker.health.waitsUntil ?? Date.now()) : null;
    const blamed = error instanceof OdooError && unanswered && (await this.#odooAnswers(batch.signal));
    if (!blamed) return claimed.map(({ id }) => released(id, dueAt, code));
    if (queue === 'common') return claimed.map(({ id }) => released(id, dueAt, code, 'shared'));
    return claimed.map((event) => {
      // Where nobody got through since it last failed, it is not the event.
      const before = this.#failedAloneAt.get(event.id);
      this.#failedAloneAt.set(event.id, performance.now());
      if (before === undefined || this.#throughAt < before) {
        // Not at once when the pause is over: the others that go alone are to have their turn.
        return released(event.id, Date.now() + 2 * pause + TURNS * this.#settings.pollMs, code);
      }
      return this.#failedByItself(event, code);
    });
  }

  #logCutOff(events: number, { code, message, requestBytes }: OdooError): void {
    this.#deps.log.warn(
      { code, reason: message, events, requestBytes, nextBatch: this.#size.current },
      'a large request to Odoo was cut off, likely for its size: see what a proxy in front of it takes; batches are smaller from now on',
    );
  }

  #codeOf({ signal }: Batch, error: unknown): string {
    if (error instanceof OdooError) return error.code;
    if (error instanceof InboxUnavailableError) return error.code;
    if (this.#cutOff.signal.aborted) return 'bridge.stopped';
    return signal.aborted ? 'inbox.lease_lost' : 'bridge.internal';
  }

  /** Whether Odoo answers a small request at once: then the batch itself may be what failed. */
  async #odooAnswers(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    try {
      await this.#deps.client.call(
        MODEL.event,
        'search_count',
        { domain: [['id', '=', 0]] },
        { signal: AbortSignal.any([signal, AbortSignal.timeout(PING_MS)]) },
      );
      return true;
    } catch {
      return false;
    }
  }

  #failedByItself(event: ClaimedEvent, code: string): Settlement {
    const settlement = failedAlone(event, code, Date.now(), this.#settings);
    if (settlement.kind === 'dead') {
      this.#failedAloneAt.delete(event.id);
      this.#deps.log.error(
        { event: event.id, correlation: event.correlationId, code },
        'an event was set aside: it could not be delivered for a reason of its own',
      );
    }
    return settlement;
  }

  /** The outcome is known and Odoo has it: the inbox is asked until it takes it. */
  #settle(settlements: Settlement[], calls: readonly AttemptCall[]): Promise<void> {
    return retried(() => this.#deps.inbox.settle(settlements, Date.now(), calls), {
      pauseAfter: (error, failures) => {
        if (this.#stopping) return null;
        this.#deps.log.error(
          { reason: messageOf(error) },
          'the inbox does not take the outcome of a batch; trying again',
        );
        return backoffMs(failures, this.#settings.backoff);
      },
    });
  }

  #logBatch(settlements: readonly Settlement[], startedAt: number): void {
    const count = (wanted: (one: Settlement) => boolean) => settlements.filter(wanted).length;
    this.#deps.log.info(
      {
        events: settlements.length,
        processed: count((one) => one.kind === 'settled' && one.outcome === 'processed'),
        error: count((one) => one.kind === 'settled' && one.outcome === 'error'),
        released: count((one) => one.kind === 'released'),
        dead: count((one) => one.kind === 'dead'),
        ms: Date.now() - startedAt,
      },
      'a batch was delivered',
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
