import { IntegrityError, OdooException, pythonError, valueError } from '../errors.ts';
import type { Values } from '../model/row.ts';
import type { Environment, Model } from '../model/types.ts';
import { repr } from '../python.ts';
import { toDatabaseInteger } from './convert.ts';
import { convertCell } from './load-cell.ts';

/** One message of `load`, about one row or the whole import. */
interface LoadMessage {
  type: 'error' | 'warning';
  message: string;
  [detail: string]: unknown;
}

export interface LoadResult {
  ids: number[] | false;
  messages: LoadMessage[];
  nextrow: number;
}

interface Place {
  rows: { from: number; to: number };
  record: number;
}

interface Item {
  place: Place;
  id: number | undefined;
  values: Values;
}

/** After so many errors, and one in ten rows, Odoo stops looking. */
const TOO_MANY = 10;

/**
 * Creates or writes one record a row, all or nothing. A column is a field, `.id` for the record's own id, or
 * `field/.id` for the id of the record that a many2one is to point at.
 */
export function loadRows(
  env: Environment,
  model: Model,
  fields: readonly string[],
  data: readonly (readonly unknown[])[],
): LoadResult {
  const columns = fields.map((field) => parseColumn(model, field));
  const mark = env.db.journal.mark();
  const messages: LoadMessage[] = [];
  const items = data.map((row, at) => convertRow(env, model, columns, row, at, messages));
  const ids = store(env, model, items, mark, messages);
  const failed = messages.some((message) => message.type === 'error');
  if (failed) env.db.journal.rollback(mark);
  return { ids: failed ? false : ids, messages, nextrow: 0 };
}

interface Column {
  name: string;
  /** For a many2one: by id, or by name. */
  sub: '.id' | undefined;
}

function parseColumn(model: Model, path: string): Column {
  const [name = '', sub] = path.split('/');
  if (path === '.id' || path === 'id') return { name: path, sub: undefined };
  if (name.includes('.')) throw pythonError('builtins.KeyError', name);
  if (!model.fields.has(name)) throw valueError(`Invalid field name ${repr(name)}`);
  if (sub !== undefined && sub !== '.id') {
    throw pythonError('builtins.NotImplementedError', `The sandbox does not load ${path}`);
  }
  return { name, sub };
}

function convertRow(
  env: Environment,
  model: Model,
  columns: readonly Column[],
  row: readonly unknown[],
  at: number,
  messages: LoadMessage[],
): Item {
  const place: Place = { rows: { from: at, to: at }, record: at };
  const item: Item = { place, id: undefined, values: {} };
  columns.slice(0, row.length).forEach((column, index) => {
    const cell = row[index];
    if (column.name === '.id') item.id = findRecord(env, model, cell, place, messages);
    else if (column.name !== 'id') convertInto(env, model, item, column, cell, messages);
  });
  return item;
}

function findRecord(
  env: Environment,
  model: Model,
  cell: unknown,
  place: Place,
  messages: LoadMessage[],
): number | undefined {
  if (!cell) return undefined;
  const id = toDatabaseInteger(cell);
  if (env.search(model.name, [['id', '=', id]]).length > 0) return id;
  messages.push({
    rows: place.rows,
    type: 'error',
    record: place.record,
    field: '.id',
    message: `Unknown database identifier '${id}'`,
  });
  return undefined;
}

function convertInto(
  env: Environment,
  model: Model,
  item: Item,
  column: Column,
  cell: unknown,
  messages: LoadMessage[],
): void {
  const field = model.fields.get(column.name);
  if (field === undefined) return;
  const result = convertCell(env, field, cell, column.sub === '.id');
  if ('value' in result) item.values[field.name] = result.value;
  if (result.problem === undefined) return;
  messages.push({
    rows: item.place.rows,
    type: 'error',
    record: item.place.record,
    field: field.name,
    ...result.problem,
    field_name: field.string,
  });
}

/** Stores all rows at once; where that fails, each by itself, to find out which ones are at fault. */
function store(
  env: Environment,
  model: Model,
  items: readonly Item[],
  mark: number,
  messages: LoadMessage[],
): number[] {
  if (items.length === 0) return [];
  let whole: LoadMessage | undefined;
  try {
    return storeAll(env, model, items);
  } catch (error) {
    env.db.journal.rollback(mark);
    if (isUserError(error) && items[0]) whole = { ...items[0].place, type: 'error', message: error.message };
  }
  const { ids, errors } = storeEach(env, model, items, mark, messages);
  // The sentence of the whole comes first, as if it were the first row's.
  if (errors > 0 && whole !== undefined && !includesMessage(messages, whole)) messages.unshift(whole);
  return ids;
}

function storeAll(env: Environment, model: Model, items: readonly Item[]): number[] {
  for (const { id, values } of items) if (id !== undefined) env.write(model.name, [id], values);
  const created = env.create(
    model.name,
    items.filter(({ id }) => id === undefined).map(({ values }) => values),
  );
  return items.map(({ id }) => id ?? created.shift() ?? 0);
}

function storeEach(
  env: Environment,
  model: Model,
  items: readonly Item[],
  mark: number,
  messages: LoadMessage[],
): { ids: number[]; errors: number } {
  const ids: number[] = [];
  let errors = 0;
  for (const [at, item] of items.entries()) {
    try {
      ids.push(...storeAll(env, model, [item]));
    } catch (error) {
      // Odoo goes back to the very beginning: the rows after this one do not see those before it.
      env.db.journal.rollback(mark);
      messages.push(messageOf(item, error));
      errors += 1;
    }
    if (errors >= TOO_MANY && errors >= (at + 1) / 10) {
      messages.push({
        type: 'warning',
        message:
          'Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors.',
      });
      break;
    }
  }
  return { ids, errors };
}

function messageOf(item: Item, error: unknown): LoadMessage {
  const { place } = item;
  if (error instanceof IntegrityError) {
    const field = error.column === undefined ? {} : { field: error.column };
    return { ...place, type: 'error', message: error.message, ...field };
  }
  if (isUserError(error)) return { ...place, type: 'error', message: error.message };
  if (!(error instanceof OdooException)) throw error;
  const name = error.odooName.replace(/^builtins\./, '');
  return {
    ...place,
    type: 'error',
    message: `Unknown error during import: <class '${name}'>: ${error.message}`,
    moreinfo: 'Resolve other errors first',
  };
}

function isUserError(error: unknown): error is OdooException {
  return error instanceof OdooException && error.kind !== 'python' && error.kind !== 'http';
}

function includesMessage(messages: readonly LoadMessage[], wanted: LoadMessage): boolean {
  return messages.some((message) => message.message === wanted.message && message.record === wanted.record);
}
