import { randomUUID } from 'node:crypto';
import { inContext, workContext } from './context.ts';
import { addGauges, type MetricSources } from './gauges.ts';
import { MessageWatch } from './message-watch.ts';
import { Metrics } from './metrics.ts';
import type { EventInHand, EventOutcomeSeen, MessageSignals, OdooCallSeen, Signals } from './signals.ts';
import type { Tracing } from './tracing.ts';

/** More correlation ids make a line of the log too long for what collects it (16 KiB with Docker). */
const MAX_LOGGED = 300;

/** The signals of a running bridge: metrics always, traces where they are asked for. */
export class BridgeSignals implements Signals {
  readonly #metrics: Metrics;
  readonly #tracing: Tracing | null;

  /** @param info labels of `crvs_bridge_info` */
  constructor(info: ConstructorParameters<typeof Metrics>[0], tracing: Tracing | null) {
    this.#metrics = new Metrics(info);
    this.#tracing = tracing;
  }

  /** Adds what is looked up when the metrics are read. To be called once. */
  addSources(sources: MetricSources): void {
    addGauges(this.#metrics.registry, sources);
  }

  /** All metrics in Prometheus' text format. */
  async print(): Promise<{ contentType: string; text: string }> {
    const { registry } = this.#metrics;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  message(correlationId: string, traceparent: string | undefined): MessageSignals {
    return new MessageWatch(this.#metrics, this.#tracing?.request(correlationId, traceparent) ?? null);
  }

  operation<T>(route: string, traceparent: string | undefined, work: () => Promise<T>): Promise<T> {
    return this.#tracing ? this.#tracing.operation(route, traceparent, work) : work();
  }

  groupCommitted(messages: number, milliseconds: number, ok: boolean): void {
    if (!ok) {
      this.#metrics.commitFailures.inc();
      return;
    }
    this.#metrics.groupSize.observe(messages);
    this.#metrics.groupCommit.observe(milliseconds / 1000);
  }

  batch<T>(events: readonly EventInHand[], work: () => Promise<T>): Promise<T> {
    const all = [...new Set(events.map(({ correlationId }) => correlationId))];
    const log = {
      batch: randomUUID(),
      correlations: all.slice(0, MAX_LOGGED),
      ...(all.length > MAX_LOGGED ? { correlations_left_out: all.length - MAX_LOGGED } : {}),
    };
    if (this.#tracing) return this.#tracing.batch(all, log, work);
    return inContext({ log, traceparent: null }, work);
  }

  settled(events: readonly EventInHand[], outcomes: readonly EventOutcomeSeen[], milliseconds: number): void {
    const now = Date.now();
    const inHand = new Map(events.map((event) => [event.id, event]));
    this.#metrics.batchSize.observe(outcomes.length);
    this.#metrics.batchDuration.observe(milliseconds / 1000);
    for (const { kind, id, outcome = kind, reason: given } of outcomes) {
      const reason = given ?? '';
      const event = inHand.get(id);
      this.#metrics.attempts.inc({ outcome, reason });
      if (!event) continue;
      if (kind === 'settled')
        this.#metrics.deliveryAge.observe({ outcome }, Math.max(0, (now - event.receivedAt) / 1000));
      this.#tracing?.delivered(event, outcome, reason, now - milliseconds);
    }
  }

  odooSpan<T>(
    model: string,
    method: string,
    work: () => Promise<T>,
    outcomeOf: (error: unknown) => string,
  ): Promise<T> {
    // Without a trace that it is part of, a call would begin one of its own each minute.
    const tracing = workContext()?.traceparent ? this.#tracing : null;
    return tracing ? tracing.call(model, method, work, outcomeOf) : work();
  }

  odooCalled({ model, method, outcome, milliseconds }: OdooCallSeen): void {
    this.#metrics.odooCalls.observe({ model, method, outcome }, milliseconds / 1000);
  }

  keysFetched(senderId: string, result: string): void {
    this.#metrics.jwksFetches.inc({ sender: senderId, result });
  }

  registryStranger(source: string): void {
    this.#metrics.registryStrangers.inc({ source });
  }

  mosipUncorrelated(): void {
    this.#metrics.mosipUncorrelated.inc();
  }

  matchedLate(looked: number, matched: number): void {
    this.#metrics.lateLooked.inc(looked);
    this.#metrics.lateMatched.inc(matched);
  }

  /** Sends what traces are left. */
  async stop(): Promise<void> {
    await this.#tracing?.stop();
  }
}
