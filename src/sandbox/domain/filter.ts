import type { Row, Value } from '../model/row.ts';
import type { Table } from '../store/table.ts';

/**
 * A domain that was resolved against a model: what is left is to look at rows. Membership is apart from other
 * tests because an index can answer it.
 */
export type Filter =
  | { kind: 'constant'; value: boolean }
  | { kind: 'and' | 'or'; parts: readonly Filter[] }
  | { kind: 'not'; part: Filter }
  | { kind: 'member'; field: string; values: ReadonlySet<Value> }
  | { kind: 'test'; test: (row: Row) => boolean };

/** Compiles a filter to a function of one row. */
export function toPredicate(filter: Filter): (row: Row) => boolean {
  switch (filter.kind) {
    case 'constant':
      return () => filter.value;
    case 'member': {
      const { field, values } = filter;
      return (row) => values.has(row[field] ?? null);
    }
    case 'test':
      return filter.test;
    case 'not': {
      const part = toPredicate(filter.part);
      return (row) => !part(row);
    }
    case 'and': {
      const parts = filter.parts.map(toPredicate);
      return (row) => parts.every((part) => part(row));
    }
    case 'or': {
      const parts = filter.parts.map(toPredicate);
      return (row) => parts.some((part) => part(row));
    }
  }
}

/** The ids that can match, by index, or undefined where only a scan finds them. Not all of them need to match. */
export function candidates(filter: Filter, table: Table): Set<number> | undefined {
  switch (filter.kind) {
    case 'constant':
      return filter.value ? undefined : new Set();
    case 'member':
      return membersOf(filter.field, filter.values, table);
    case 'and': {
      const best = cheapest(filter.parts, table);
      return best === undefined ? undefined : candidates(best, table);
    }
    case 'or': {
      const union = new Set<number>();
      for (const part of filter.parts) {
        const ids = candidates(part, table);
        if (ids === undefined) return undefined;
        for (const id of ids) union.add(id);
      }
      return union;
    }
    default:
      return undefined;
  }
}

function membersOf(field: string, values: ReadonlySet<Value>, table: Table): Set<number> | undefined {
  if (field === 'id') {
    return new Set([...values].filter((value) => typeof value === 'number' && table.has(value)) as number[]);
  }
  const index = table.index(field);
  if (index === undefined) return undefined;
  const ids = new Set<number>();
  for (const value of values) for (const id of index.ids(value)) ids.add(id);
  return ids;
}

function cheapest(parts: readonly Filter[], table: Table): Filter | undefined {
  let best: Filter | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const cost = costOf(part, table);
    if (cost < least) [best, least] = [part, cost];
  }
  return best;
}

/** How many ids an index would give. */
function costOf(filter: Filter, table: Table): number {
  switch (filter.kind) {
    case 'constant':
      return filter.value ? Number.POSITIVE_INFINITY : 0;
    case 'member': {
      if (filter.field === 'id') return filter.values.size;
      const index = table.index(filter.field);
      if (index === undefined) return Number.POSITIVE_INFINITY;
      let count = 0;
      for (const value of filter.values) count += index.count(value);
      return count;
    }
    case 'and':
      return Math.min(...filter.parts.map((part) => costOf(part, table)));
    case 'or':
      return filter.parts.reduce((sum, part) => sum + costOf(part, table), 0);
    default:
      return Number.POSITIVE_INFINITY;
  }
}
