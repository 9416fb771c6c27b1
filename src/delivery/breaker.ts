import { type BackoffSettings, backoffMs } from '../lib/retry.ts';
import type { OdooHealth } from './odoo-health.ts';

export interface BreakerSettings {
  backoff: BackoffSettings;
  /** Milliseconds before a call is made again that got no answer: Odoo may still be at it. */
  unansweredGraceMs: number;
}

/**
 * The circuit breaker between the delivery and Odoo. Each failure opens it for longer; then one batch goes ahead alone,
 * and the first that gets through closes it.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #clock: () => number;
  #failures = 0;
  #last: Pick<OdooHealth, 'reachable' | 'error' | 'lastAnswerAt'> = {
    reachable: null,
    error: null,
    lastAnswerAt: null,
  };
  #waitsUntil = 0;

  /** @param clock milliseconds since the epoch */
  constructor(settings: BreakerSettings, clock: () => number = Date.now) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until Odoo may be asked again. */
  get pauseMs(): number {
    // A clock that was set back must not make the pause longer than any that was meant.
    const longest = Math.max(this.#settings.backoff.maximumMs, this.#settings.unansweredGraceMs);
    return Math.min(longest, Math.max(0, this.#waitsUntil - this.#clock()));
  }

  get health(): OdooHealth {
    const open = this.pauseMs > 0;
    return {
      ...this.#last,
      waitsUntil: open ? this.#waitsUntil : null,
      breaker: open ? 'open' : this.#failures > 0 ? 'half_open' : 'closed',
    };
  }

  /** A batch got through. */
  succeeded(): void {
    this.#failures = 0;
    this.#waitsUntil = 0;
    this.#last = { reachable: true, error: null, lastAnswerAt: this.#clock() };
  }

  /**
   * A batch failed.
   *
   * @param unanswered whether a call of it may still be running inside Odoo
   * @returns milliseconds that the delivery waits
   */
  failed(code: string, unanswered: boolean): number {
    this.#failures += 1;
    const pause = Math.max(
      backoffMs(this.#failures, this.#settings.backoff),
      unanswered ? this.#settings.unansweredGraceMs : 0,
    );
    this.#waitsUntil = this.#clock() + pause;
    this.#last = { ...this.#last, reachable: !unanswered, error: code };
    return pause;
  }
}
