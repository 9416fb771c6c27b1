import type { Texts } from './texts/index.ts';

/** Prints numbers and times as one language writes them. */
export interface Format {
  number(value: number): string;
  /** A day without a time, as DCI dates events: `2024-12-01`; what is no date stays as it is. */
  day(date: string): string;
  /** Day and time of day. */
  time(ms: number): string;
  /** Day and time of day to the minute, without the year. */
  moment(ms: number): string;
  /** The time of day, to the minute. */
  clock(ms: number): string;
  /** The day of the week and of the month. */
  weekday(ms: number): string;
  /** The same, with the time of day. */
  dayAndClock(ms: number): string;
  /** The largest unit of a span: `12 minutes`. */
  duration(ms: number): string;
  /** Below a minute as `short`, else as `duration`. */
  span(ms: number): string;
  /** Milliseconds as they are, or seconds. */
  short(ms: number): string;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** Making one of Intl's formats takes longer than a page: they are kept. */
const kept = new Map<string, Format>();

/** @param timeZone such as `Africa/Lagos` */
export function formatOf({ locale }: Texts, timeZone: string): Format {
  const key = `${locale} ${timeZone}`;
  const known = kept.get(key);
  if (known) return known;
  const number = new Intl.NumberFormat(locale);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const time = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
    timeZoneName: 'short',
  });
  const clock = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  const moment = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', timeZone });
  const units = new Map(
    UNITS.map(([unit]) => [
      unit,
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }),
    ]),
  );
  const small = (unit: 'millisecond' | 'second', digits: number) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    });
  const [milliseconds, seconds] = [small('millisecond', 0), small('second', 1)];
  const made: Format = {
    number: (value) => number.format(value),
    day: (date) => {
      const parsed = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN;
      return Number.isNaN(parsed) ? date : day.format(parsed);
    },
    time: (ms) => time.format(ms),
    clock: (ms) => clock.format(ms),
    moment: (ms) => moment.format(ms),
    weekday: (ms) => weekday.format(ms),
    dayAndClock: (ms) => `${weekday.format(ms)} ${clock.format(ms)}`,
    duration: (ms) => {
      const [unit, length] = UNITS.find(([, one]) => ms >= one) ?? (['second', 1000] as const);
      return units.get(unit)?.format(Math.max(0, Math.floor(ms / length))) ?? '';
    },
    span: (ms) => (ms < 60_000 ? made.short(ms) : made.duration(ms)),
    short: (ms) => (ms < 1000 ? milliseconds.format(ms) : seconds.format(ms / 1000)),
  };
  kept.set(key, made);
  return made;
}
