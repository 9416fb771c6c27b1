/** The calendar of a registry. */
export interface TimeZone {
  /** IANA's name, such as `Africa/Kampala`. */
  name: string;
  /** The day there at a moment, `YYYY-MM-DD`. @param ms milliseconds since the epoch */
  dayAt(ms: number): string;
}

/** The zone of a sender by its `sender_id`; null where none is set. */
export type TimeZones = (senderId: string) => TimeZone | null;

/** No registry's zone is known. */
export const NO_ZONES: TimeZones = () => null;

/** @throws {RangeError} where no zone has this name */
export function timeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return {
    name,
    dayAt(ms) {
      const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
      return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
    },
  };
}

/** Whether `timeZone` takes a name. */
export function isTimeZone(name: string): boolean {
  try {
    timeZone(name);
    return true;
  } catch {
    return false;
  }
}

/** A date-time that says its zone. */
const ZONED = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:?\d{2})$/i;
/** What systems print for a date that has no time: moved to another zone, it would be the day before. */
const MIDNIGHT = /^00:00(?::00(?:\.0+)?)?$/;

/** The day of a date-time where the registry is; null where its printed day counts, such as at midnight. */
export function dayInZone(text: string, zone: TimeZone | null): string | null {
  if (zone === null) return null;
  const [, date = '', time = '', offset = ''] = ZONED.exec(text) ?? [];
  if (date === '' || MIDNIGHT.test(time)) return null;
  const colon = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  const ms = Date.parse(`${date}T${time}${colon}`);
  return Number.isNaN(ms) ? null : zone.dayAt(ms);
}
