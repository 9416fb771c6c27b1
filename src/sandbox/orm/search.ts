import { candidates, type Filter, toPredicate } from '../domain/filter.ts';
import { mentions, parseDomain } from '../domain/parse.ts';
import { resolveDomain } from '../domain/resolve.ts';
import type { Row } from '../model/field.ts';
import type { Model } from '../model/model.ts';
import type { Table } from '../store/table.ts';
import { checkAccess } from './access.ts';
import type { Environment } from './environment.ts';
import { columnOf } from './inherited.ts';
import { compileOrder } from './order.ts';
import { compileRules } from './rules.ts';

export interface SearchOptions {
  offset?: number;
  /** How many at most; no limit where undefined or 0. */
  limit?: number | undefined;
  /** By id where left out. */
  order?: string | undefined;
  /** Whether archived records are left out, unless the domain or the context asks for them. */
  activeTest?: boolean;
}

/** The ids of the records that match a domain. */
export function searchIds(env: Environment, model: Model, domain: unknown, options: SearchOptions): number[] {
  checkAccess(env, model, 'read');
  const parsed = parseDomain(domain);
  const resolved = resolveDomain(env, model, parsed);
  const parts: Filter[] = [resolved];
  const active = model.fields.get('active');
  const hidesArchived =
    active !== undefined &&
    (options.activeTest ?? true) &&
    (env.context.active_test ?? true) !== false &&
    !mentions(parsed, 'active');
  if (hidesArchived) {
    const isActive = columnOf(env, model, active);
    parts.push({ kind: 'test', test: (row) => isActive(row) === true });
  }
  const allowed = compileRules(env, model, 'read');
  if (allowed !== undefined) parts.push({ kind: 'test', test: allowed });
  return collect(env, env.table(model.name), { kind: 'and', parts }, options);
}

function collect(env: Environment, table: Table, filter: Filter, options: SearchOptions): number[] {
  const { offset = 0, limit, order = 'id' } = options;
  const end = limit ? offset + limit : undefined;
  const byId = order === 'id';
  const compare = byId ? undefined : compileOrder(env, table.model, order);
  const matches = toPredicate(filter);
  const found: Row[] = [];
  for (const row of rowsToLookAt(table, filter)) {
    if (!matches(row)) continue;
    found.push(row);
    // Rows come by id, so the rest cannot belong to the answer.
    if (byId && found.length === end) break;
  }
  if (compare !== undefined) found.sort(compare);
  return found.slice(offset, end).map((row) => row.id);
}

function rowsToLookAt(table: Table, filter: Filter): Iterable<Row> {
  const ids = candidates(filter, table);
  if (ids === undefined) return table.rows();
  const rows: Row[] = [];
  for (const id of [...ids].sort((left, right) => left - right)) {
    const row = table.get(id);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}
