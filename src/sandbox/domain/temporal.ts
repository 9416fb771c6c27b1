import { valueError } from '../errors.ts';
import type { Row } from '../model/row.ts';
import type { Environment } from '../model/types.ts';
import { repr } from '../python.ts';
import { formatDatetime, localToUtc } from '../time.ts';
import type { Filter } from './filter.ts';

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/;

/** A date in a domain: ISO, or `today` where the user is; a time in it is dropped. */
export function toDomainDate(env: Environment, value: unknown): string {
  if (value === 'today' || value === 'now') return env.contextToday();
  return requireIso(value, 'a date').slice(0, 10);
}

/**
 * A condition on a Datetime. A value is a second, from its beginning to its end; a bare date is the beginning of
 * that day where the user is, and as an upper or lower bound the whole day.
 */
export function datetimeFilter(
  env: Environment,
  field: string,
  values: readonly unknown[],
  operator = '=',
): Filter {
  const parts = values.map((value): Filter => {
    if (value === false || value === null) {
      return operator === '='
        ? { kind: 'member', field, values: new Set([null]) }
        : { kind: 'constant', value: false };
    }
    return { kind: 'test', test: compareTo(env, field, value, operator) };
  });
  return { kind: 'or', parts };
}

function compareTo(env: Environment, field: string, value: unknown, operator: string): (row: Row) => boolean {
  const text =
    value === 'now' ? env.now() : value === 'today' ? env.contextToday() : requireIso(value, 'a datetime');
  const isDay = text.length <= 10;
  const start = isDay
    ? localToUtc(`${text} 00:00:00`, env.zone)
    : `${text.replace('T', ' ')}:00`.slice(0, 19);
  const end = isDay ? later(start, 86_400_000) : later(start, 1000);
  const test: Record<string, (at: string) => boolean> = {
    '=': (at) => at === start,
    '<': (at) => at < start,
    '>=': (at) => at >= start,
    '<=': (at) => at < end,
    '>': (at) => at >= end,
  };
  return (row) => {
    const at = row[field];
    return typeof at === 'string' && test[operator]?.(at) === true;
  };
}

function later(datetime: string, milliseconds: number): string {
  return formatDatetime(Date.parse(`${datetime.replace(' ', 'T')}Z`) + milliseconds);
}

function requireIso(value: unknown, kind: string): string {
  if (typeof value !== 'string') throw valueError(`Failed to cast ${repr(value)} into ${kind}`);
  if (!/^\d+-/.test(value)) {
    const [term = value] = value.split(/\s+/).filter((word) => word !== 'today' && word !== 'now');
    throw valueError(`Invalid term ${repr(term)} in expression date: ${repr(value)}`);
  }
  if (!ISO.test(value)) throw valueError(`Invalid isoformat string: ${repr(value)}`);
  requireRealDate(value);
  return value;
}

function requireRealDate(value: string): void {
  const [year = 0, month = 0, day = 0] = value.slice(0, 10).split('-').map(Number);
  if (month < 1 || month > 12) throw valueError('month must be in 1..12');
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day < 1 || day > last) throw valueError('day is out of range for month');
}
