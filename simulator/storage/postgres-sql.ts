import type { SQLInputValue } from 'node:sqlite';
import type { Disk } from './disk.ts';

/**
 * PostgreSQL's SQL on SQLite: as much of it as the claims, the leases, the holds and the schedules of the inbox use. A
 * statement that is not understood is an error of SQLite's, so nothing is passed over. Locks of rows mean nothing here:
 * a transaction is never interrupted.
 */
export function runSql(disk: Disk, text: string, values: readonly unknown[]): Record<string, unknown>[] {
  const steps = stepsOf(text);
  /** What the parts of a WITH gave, by name. */
  const parts = new Map<string, Part>();
  for (const [at, { name, sql, returned }] of steps.entries()) {
    const rows = run(disk, sql, values, parts);
    const whole = returned === null ? rows : withOther(rows, returned, parts);
    if (at === steps.length - 1) return whole;
    parts.set(name, { columns: Object.keys(whole[0] ?? {}), rows: whole });
  }
  return [];
}

interface Part {
  columns: string[];
  rows: Record<string, unknown>[];
}

/** One statement of SQLite's; `name` is that of its part of a WITH. */
interface Step {
  name: string;
  sql: string;
  /** Of an UPDATE ... FROM that returns columns of the other table: which, and of which part. */
  returned: { part: string; column: string }[] | null;
}

const known = new Map<string, Step[]>();

function stepsOf(text: string): Step[] {
  let steps = known.get(text);
  if (!steps) {
    steps = partsOf(text).map(([name, sql]) => stepOf(name, sql));
    known.set(text, steps);
  }
  return steps;
}

/** The parts of a WITH, in their order, and the statement itself. Each is run by itself: SQLite changes rows in none. */
function partsOf(text: string): [name: string, sql: string][] {
  const parts: [string, string][] = [];
  // What is set for the planner changes no answer.
  let rest = text.trim().replace(/^(?:SET LOCAL [^;]*;\s*)+/, '');
  const head = /^WITH\s+/.exec(rest);
  if (!head) return [['', rest]];
  rest = rest.slice(head[0].length);
  for (;;) {
    const [start = '', name = ''] = /^\s*,?\s*(\w+)\s+AS\s+(?:MATERIALIZED\s+)?\(/.exec(rest) ?? [];
    if (start === '') break;
    const end = closing(rest, start.length - 1);
    parts.push([name, rest.slice(start.length, end)]);
    rest = rest.slice(end + 1);
  }
  return [...parts, ['', rest]];
}

/** Where the parenthesis at `open` is closed. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error('a parenthesis of a statement is not closed');
}

function stepOf(name: string, postgres: string): Step {
  const sql = translated(postgres);
  const [, target] = /^\s*UPDATE (?:\w+)(?: AS (\w+))? SET/.exec(sql) ?? [];
  const [, list] = /RETURNING ([^()]*)$/.exec(sql) ?? [];
  if (list === undefined) return { name, sql, returned: null };
  const columns = list.split(',').map((one) => one.trim());
  const foreign = columns.filter(
    (one) => one.includes('.') && one.split('.')[0] !== target && /^\w+\.\w+$/.test(one),
  );
  const own = columns.filter((one) => !foreign.includes(one)).map((one) => one.replace(/^\w+\./, ''));
  return {
    name,
    sql: sql.slice(0, sql.length - list.length) + own.join(', '),
    returned: target === undefined || foreign.length === 0 ? null : foreign.map(partAndColumn),
  };
}

function partAndColumn(text: string): { part: string; column: string } {
  const [part = '', column = ''] = text.split('.');
  return { part, column };
}

function translated(postgres: string): string {
  return inLists(postgres.replace(/^\s*SET LOCAL [^;]*;/, ''))
    .replaceAll('crvs_bridge.', '')
    .replaceAll(/\bFOR (?:NO KEY )?(?:KEY SHARE|UPDATE)(?: SKIP LOCKED)?/g, '')
    .replaceAll(/::\w+(?:\[\])?/g, '')
    .replaceAll(/\$(\d+)/g, '?$1')
    .replaceAll("'-infinity'", '-1e15')
    .replaceAll(" * interval '1 ms'", '')
    .replaceAll(/extract\(epoch FROM (clock_timestamp\(\) - \w+)\)/g, '(($1) / 1000.0)')
    .replaceAll('clock_timestamp()', 'clock_ms()')
    .replaceAll(/\bleast\(/g, 'min(')
    .replaceAll(/\bgreatest\(/g, 'max(')
    .replaceAll(/\b(?:de|en)code\(([\w.]+), 'hex'\)/g, '$1')
    .replaceAll(/\bunnest\((\?\d+)\) AS (\w+)/g, '(SELECT value AS $2 FROM json_each($1)) AS $2')
    .replaceAll(
      /json_to_recordset\((\?\d+)\) AS (\w+) \(([^)]*)\)/g,
      (_all, json, alias, columns: string) => {
        const names = columns.split(',').map((one) => /"?(\w+)"?/.exec(one)?.[1] ?? '');
        const read = names.map((one) => `json_extract(value, '$.${one}') AS "${one}"`).join(', ');
        return `(SELECT ${read} FROM json_each(${json})) AS ${alias}`;
      },
    )
    .replaceAll(/\bUPDATE (\w+) (?!SET|AS)(\w+) SET/g, 'UPDATE $1 AS $2 SET');
}

/** `= ANY(…)` and `<> ALL(…)` of an array or a query. */
function inLists(text: string): string {
  const found = /(= ANY|<> ALL)\(/.exec(text);
  if (!found) return text;
  const open = found.index + found[0].length - 1;
  const end = closing(text, open);
  const inner = text.slice(open + 1, end).trim();
  const query = /^ARRAY\(([\s\S]*)\)$/.exec(inner)?.[1] ?? (inner.startsWith('SELECT') ? inner : null);
  const list = query ?? `SELECT value FROM json_each(${inner})`;
  const word = found[1] === '= ANY' ? 'IN' : 'NOT IN';
  return `${text.slice(0, found.index)}${word} (${inLists(list)})${inLists(text.slice(end + 1))}`;
}

function run(
  disk: Disk,
  sql: string,
  values: readonly unknown[],
  parts: ReadonlyMap<string, Part>,
): Record<string, unknown>[] {
  const given = [...values];
  const used = [...parts].filter(([name]) => new RegExp(`\\b${name}\\b`).test(sql));
  const withs = used.map(([name, { columns, rows }]) => {
    given.push(JSON.stringify(rows));
    const read = columns.map((one) => `json_extract(value, '$.${one}') AS "${one}"`);
    // Of no rows nobody knows the columns; SQLite takes any name from this one.
    const list =
      read.length > 0 ? read.join(', ') : 'NULL AS id, NULL AS message, NULL AS state, NULL AS ended';
    return `${name} AS (SELECT ${list} FROM json_each(?${given.length}))`;
  });
  const whole = withs.length === 0 ? sql : `WITH ${withs.join(', ')} ${sql}`;
  // Each statement has its own numbers, without gaps.
  const numbers = [...new Set([...whole.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)))];
  const text = whole.replaceAll(/\?(\d+)/g, (_all, number) => `?${numbers.indexOf(Number(number)) + 1}`);
  return disk.all(text, ...numbers.map((number) => bound(given[number - 1])));
}

function bound(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return Array.isArray(value) ? JSON.stringify(value) : (value as SQLInputValue);
}

/** Adds the columns of the other table, by id. */
function withOther(
  rows: Record<string, unknown>[],
  returned: readonly { part: string; column: string }[],
  parts: ReadonlyMap<string, Part>,
): Record<string, unknown>[] {
  return rows.map((row) => {
    const others = returned.map(({ part, column }) => {
      const other = parts.get(part)?.rows.find((one) => one.id === row.id);
      return [column, other?.[column] ?? null];
    });
    return { ...row, ...Object.fromEntries(others) };
  });
}
