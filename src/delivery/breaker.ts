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
  readonly #steadyClock: () => number;
  #failures = 0;
  #last: Pick<OdooHealth, 'reachable' | 'error' | 'lastAnswerAt'> = {
    reachable: null,
    error: null,
    lastAnswerAt: null,
  };
  /** When the pause ends: by the clock that people read, and by one that nobody can set. */
  #waitsUntil = 0;
  #endsAt = Number.NEGATIVE_INFINITY;

  /**
   * @param clock milliseconds since the epoch
   * @param steadyClock milliseconds since any moment; a wall clock that is set must not make a pause longer
   */
  constructor(
    settings: BreakerSettings,
    clock: () => number = Date.now,
    steadyClock: () => number = () => performance.now(),
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#steadyClock = steadyClock;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until Odoo may be asked again. */
  get pauseMs(): number {
    return Math.max(0, this.#endsAt - this.#steadyClock());
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
    this.#endsAt = Number.NEGATIVE_INFINITY;
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
    this.#endsAt = this.#steadyClock() + pause;
    this.#last = { ...this.#last, reachable: !unanswered, error: code };
    return pause;
  }
}
