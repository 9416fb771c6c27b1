const DAY_MS = 86_400_000;
/** Odoo's clock may be a little behind ours when its day begins. */
const MARGIN_MS = 60_000;

/**
 * Whether an event is dated tomorrow, by Odoo's calendar, which is UTC: a registry east of Greenwich lives in tomorrow
 * already. Odoo refuses future dates, so the event waits. One dated later still is a mistake, and Odoo refuses it.
 *
 * @param date `YYYY-MM-DD` or null
 * @param now milliseconds since the epoch
 */
export function isTooEarly(date: string | null, now: number): boolean {
  return date === new Date(now + DAY_MS).toISOString().slice(0, 10);
}

/** The moment from which Odoo takes today's tomorrow; milliseconds since the epoch. */
export function nextUtcDay(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS + MARGIN_MS;
}
