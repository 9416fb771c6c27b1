/** How Odoo stands, as the delivery loop last saw it. Holds codes and times only. */
export interface OdooHealth {
  /** Null until it was asked for the first time. */
  reachable: boolean | null;
  /** The code of the last failure, such as `odoo.unreachable`; null while all is well. */
  error: string | null;
  /** Milliseconds since the epoch of the last answer. */
  lastAnswerAt: number | null;
  /** Until when the delivery waits; null while it does not. */
  waitsUntil: number | null;
}
