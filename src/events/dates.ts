import { isJsonArray, type JsonNode, JsonNumber } from '../dci/json.ts';
import { dayInZone, type TimeZone } from './time-zone.ts';

/**
 * Why an event has no day although its registry sent something for a date: `date.partial`, a year or a month alone;
 * `date.implausible`, a day before 1850, which stands for "unknown" in many systems.
 */
const DATE_NOTES = ['date.partial', 'date.implausible'] as const;
export type DateNote = (typeof DATE_NOTES)[number];

/** What a member that dates something was found to be. */
export type ReadDate =
  /** `YYYY-MM-DD`, where the registry is. */
  | { kind: 'day'; day: string }
  /** No day is known; `why` is null where nothing was sent. */
  | { kind: 'none'; why: DateNote | null }
  /** No date at all. */
  | { kind: 'refused' };

/** Year, month and day with one of the usual separators, and perhaps a time of which only the day counts. */
const DAY = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:$|[T ]\d{2}:)/;
const PARTIAL = /^(\d{4})(?:[-/](\d{1,2})(?:[-/]00?)?)?$/;

/** Nobody whom a registry reports today was born, married or died before. */
const FIRST_YEAR = 1850;

/**
 * Reads a date as registries send it. A list with one date is that date.
 *
 * @param zone of the registry; null where it is not known. Then the day that is printed counts: no guess can move it.
 */
export function readDate(node: JsonNode | undefined, zone: TimeZone | null = null): ReadDate {
  if (node === undefined || node === null) return NOTHING;
  if (isJsonArray(node)) {
    const [only = null] = node;
    return node.length > 1 || isJsonArray(only) ? REFUSED : readDate(only, zone);
  }
  if (node instanceof JsonNumber) return /^\d{4}$/.test(node.text) ? readText(node.text, zone) : REFUSED;
  return typeof node === 'string' ? readText(node, zone) : REFUSED;
}

const NOTHING: ReadDate = { kind: 'none', why: null };
const REFUSED: ReadDate = { kind: 'refused' };

function readText(sent: string, zone: TimeZone | null): ReadDate {
  const text = sent.trim();
  if (text === '') return NOTHING;
  const [, partialYear, partialMonth = '0'] = PARTIAL.exec(text) ?? [];
  if (partialYear !== undefined) {
    if (Number(partialMonth) > 12) return REFUSED;
    return { kind: 'none', why: Number(partialYear) < FIRST_YEAR ? 'date.implausible' : 'date.partial' };
  }
  const [, year, , month, date] = DAY.exec(text) ?? [];
  if (year === undefined || month === undefined || date === undefined) return REFUSED;
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
  // A calendar day, or the `0000-00-00` of a database that has none.
  if (Number(year) > 0 && !isCalendarDay(day)) return REFUSED;
  if (Number(year) < FIRST_YEAR) return { kind: 'none', why: 'date.implausible' };
  return { kind: 'day', day: dayInZone(text, zone) ?? day };
}

function isCalendarDay(day: string): boolean {
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

/** The day of a date or date-time, `YYYY-MM-DD`, as `readDate` reads it; null where the text names no day. */
export function dayOf(text: string, zone: TimeZone | null = null): string | null {
  const read = readDate(text, zone);
  return read.kind === 'day' ? read.day : null;
}
