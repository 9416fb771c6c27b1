import type { Metrics } from './metrics.ts';
import type { MessageSignals } from './signals.ts';
import type { RequestTrace } from './tracing.ts';

/** Times one message, for the metrics and, where there is one, the trace. */
export class MessageWatch implements MessageSignals {
  readonly #metrics: Metrics;
  readonly #trace: RequestTrace | null;
  readonly #startedAt = performance.now();
  #stepAt = 0;
  #sender = 'unknown';
  #dialect = 'unknown';

  constructor(metrics: Metrics, trace: RequestTrace | null) {
    this.#metrics = metrics;
    this.#trace = trace;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#trace ? this.#trace.run(work) : work();
  }

  from(senderId: string | null): void {
    this.#sender = senderId ?? 'unknown';
    this.#trace?.from(this.#sender);
  }

  verifying(): void {
    this.#stepAt = performance.now();
  }

  signatureRefused(reason: string): void {
    this.#metrics.signatureRefusals.inc({ sender: this.#sender, reason });
  }

  verified(): void {
    this.#metrics.verify.observe((performance.now() - this.#stepAt) / 1000);
    this.#trace?.step('verify', this.#stepAt);
  }

  committing(dialect: string | null): void {
    this.#dialect = dialect ?? 'none';
    this.#stepAt = performance.now();
  }

  committed(): void {
    this.#metrics.commit.observe((performance.now() - this.#stepAt) / 1000);
    this.#trace?.step('commit', this.#stepAt);
  }

  accepted(kind: 'created' | 'repeated'): void {
    this.#metrics.ack.observe((performance.now() - this.#startedAt) / 1000);
    this.#end(kind === 'created' ? 'accepted' : 'repeated', '');
  }

  refused(code: string, failed: boolean): void {
    this.#end(failed ? 'failed' : 'refused', code);
  }

  #end(outcome: string, code: string): void {
    this.#metrics.notifications.inc({ sender: this.#sender, dialect: this.#dialect, outcome, code });
    this.#trace?.end(this.#dialect, outcome, code);
  }
}
