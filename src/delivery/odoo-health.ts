/** The state of Odoo, as the delivery loop last saw it. Holds codes and times only. */
export interface OdooHealth {
  /** Null until Odoo was asked for the first time. */
  reachable: boolean | null;
  /** The code of the last failure, such as `odoo.unreachable`; null while Odoo answers. */
  error: string | null;
  /** Milliseconds since the epoch of the last answer. */
  lastAnswerAt: number | null;
  /** Until when the delivery waits; null while it does not. */
  waitsUntil: number | null;
  /**
   * The circuit breaker: `closed`, the delivery runs; `open`, it leaves Odoo alone until `waitsUntil`; `half_open`, one
   * batch goes ahead, and the others follow once it got through.
   */
  breaker: 'closed' | 'open' | 'half_open';
}
