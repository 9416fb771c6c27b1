/** The parts of an ISO 8601 date-time, each within its range. */
export interface TimestampParts {
  date: string;
  /** `HH:MM:SS`; midnight where only a date was written. */
  time: string;
  /** The digits after the decimal sign; empty where there are none. */
  fraction: string;
  /** `Z`, `+HH:MM` or `-HH:MM`; null where no zone was written. An offset of zero is `Z`. */
  zone: string | null;
}

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt _](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,30}))?)?(?:([Zz])|([+\-\u2212])(\d{2}):?(\d{2}))?)?$/;

/**
 * Reads a timestamp in all spellings that OpenSPP's schema (pydantic's `datetime`) reads from a string: `T`, a space
 * or `_` before the time, seconds, fraction, zone or the whole time left out, the colon of the offset left out.
 * Null where it is none.
 */
export function parseTimestamp(text: string): TimestampParts | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = ''] = match;
  const [, , , , , , , , zulu, sign, offsetHour = '00', offsetMinute = '00'] = match;
  if (year === '0000' || !isDay(Number(year), Number(month), Number(day))) return null;
  if (hour > '23' || minute > '59' || second > '59' || offsetHour > '23' || offsetMinute > '59') return null;
  const offset = `${offsetHour}:${offsetMinute}`;
  let zone: string | null = null;
  if (zulu !== undefined || (sign !== undefined && offset === '00:00')) zone = 'Z';
  else if (sign !== undefined) zone = (sign === '+' ? '+' : '-') + offset;
  return { date: `${year}-${month}-${day}`, time: `${hour}:${minute}:${second}`, fraction, zone };
}

/** The moment of a timestamp in seconds since the epoch, one without a zone taken as UTC; null where it is none. */
export function unixSeconds(text: string): number | null {
  const parts = parseTimestamp(text);
  return parts === null ? null : Date.parse(`${parts.date}T${parts.time}${parts.zone ?? 'Z'}`) / 1000;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (DAYS[month - 1] ?? 0) + (leap ? 1 : 0);
}
