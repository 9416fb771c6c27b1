/** A date, or a date-time of which only the day matters. */
const DAY = /^(\d{4}-\d{2}-\d{2})(?:$|[T ]\d{2}:)/;

/**
 * The day of a date or date-time, `YYYY-MM-DD`, as the registry printed it: a time zone is not applied, since the day
 * on the certificate is the registry's own.
 *
 * @returns null where the text names no day of the calendar
 */
export function dayOf(text: string): string | null {
  const day = DAY.exec(text.trim())?.[1];
  if (day === undefined || day.startsWith('0000')) return null;
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day) ? day : null;
}
