import { valueError } from './errors.ts';
import { repr } from './python.ts';

/** Milliseconds to `YYYY-MM-DD HH:MM:SS` in UTC, as Odoo stores a Datetime. */
export function formatDatetime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

/** The date of an instant in a time zone, as `YYYY-MM-DD`; UTC where the zone is unknown to the machine. */
export function dateIn(milliseconds: number, zone: string): string {
  return formatDatetime(milliseconds + offsetOf(milliseconds, zone)).slice(0, 10);
}

/** A local `YYYY-MM-DD HH:MM:SS` of a time zone, in UTC. */
export function localToUtc(local: string, zone: string): string {
  const wall = Date.parse(`${local.replace(' ', 'T')}Z`);
  // The offset depends on the instant that is looked for; a second look settles it next to a clock change.
  const guess = wall - offsetOf(wall, zone);
  return formatDatetime(wall - offsetOf(guess, zone));
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function offsetOf(milliseconds: number, zone: string): number {
  if (zone === 'UTC' || !isTimeZone(zone)) return 0;
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(milliseconds);
  const part = (type: string): number => Number(parts.find((item) => item.type === type)?.value);
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(milliseconds / 1000) * 1000;
}

const DATE_FORMAT = '%Y-%m-%d';
const DATETIME_FORMAT = '%Y-%m-%d %H:%M:%S';

const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  m: '(?<m>1[0-2]|0[1-9]|[1-9])',
  d: '(?<d>3[01]|[12]\\d|0[1-9]|[1-9]| [1-9])',
  H: '(?<H>2[0-3]|[01]\\d|\\d)',
  M: '(?<M>[0-5]\\d|\\d)',
  S: '(?<S>6[01]|[0-5]\\d|\\d)',
};

/** Reads a date the way that Odoo does: anything after the tenth character is ignored. */
export function parseDate(text: string): string {
  return strptime(text.slice(0, 10), DATE_FORMAT).slice(0, 10);
}

/** Reads a datetime the way that Odoo does: the format is cut to the length of the text. */
export function parseDatetime(text: string): string {
  const cut = text.length - 2;
  return strptime(text, DATETIME_FORMAT.slice(0, cut));
}

function strptime(text: string, format: string): string {
  const pattern = format
    .replaceAll(/%([YmdHMS])/g, (_all, letter: string) => DIRECTIVES[letter] ?? '')
    .replaceAll(' ', '\\s+');
  const match = new RegExp(`^${pattern}`).exec(text);
  if (match === null) {
    throw valueError(`time data ${repr(text)} does not match format ${repr(format)}`);
  }
  if (match[0].length < text.length) {
    throw valueError(`unconverted data remains: ${text.slice(match[0].length)}`);
  }
  const part = (letter: string, fallback: number): number => Number(match.groups?.[letter] ?? fallback);
  const [year, month, day] = [part('Y', 1900), part('m', 1), part('d', 1)];
  if (year === 0) throw valueError('year 0 is out of range');
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate())
    throw valueError('day is out of range for month');
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date} ${two(part('H', 0))}:${two(part('M', 0))}:${two(part('S', 0))}`;
}
