import { OdooException, pythonError } from '../errors.ts';
import type { Environment, Field } from '../model/types.ts';
import { isFalsy, typeName } from '../python.ts';
import { localToUtc, parseDate, parseDatetime } from '../time.ts';
import { searchByName } from './name-search.ts';

/** What became of one cell: a value for a write, or what is wrong with it. An unknown boolean is both. */
export interface ConvertedCell {
  value?: unknown;
  problem?: { message: string; moreinfo: unknown };
}

/** Turns the text of a cell into a value for the field; an empty one clears it. */
export function convertCell(env: Environment, field: Field, cell: unknown, byId: boolean): ConvertedCell {
  if (isFalsy(cell)) return { value: false };
  switch (field.type) {
    case 'boolean':
      return toBoolean(field, cell);
    case 'integer':
      return toInteger(field, cell);
    case 'date':
      return toDate(field, cell);
    case 'datetime':
      return toDatetime(env, field, cell);
    case 'selection':
      return toSelection(field, cell);
    case 'many2one':
      return byId ? toRecordById(env, field, cell) : toRecordByName(env, field, cell);
    default:
      return { value: cell };
  }
}

const TRUE = new Set(['1', 'true', 'yes']);
const FALSE = new Set(['', '0', 'false', 'no']);

function toBoolean(field: Field, cell: unknown): ConvertedCell {
  const word = lower(cell);
  if (TRUE.has(word)) return { value: true };
  if (FALSE.has(word)) return { value: false };
  return {
    value: true,
    problem: {
      message: `Unknown value '${cell}' for boolean field '${field.string}'`,
      moreinfo: "Use '1' for yes and '0' for no",
    },
  };
}

function toInteger(field: Field, cell: unknown): ConvertedCell {
  const number = Number(cell);
  if (Number.isInteger(number)) return { value: number };
  return {
    problem: {
      message: `'${cell}' does not seem to be an integer for field '${field.string}'`,
      moreinfo: undefined,
    },
  };
}

function toDate(field: Field, cell: unknown): ConvertedCell {
  try {
    return { value: parseDate(String(cell)) };
  } catch (error) {
    if (!(error instanceof OdooException)) throw error;
    return {
      problem: {
        message: `'${cell}' does not seem to be a valid date for field '${field.string}'`,
        moreinfo: "Use the format '2012-12-31'",
      },
    };
  }
}

/** An import is thought to be typed by hand: the time is the user's own, not UTC. */
function toDatetime(env: Environment, field: Field, cell: unknown): ConvertedCell {
  try {
    return { value: localToUtc(parseDatetime(String(cell)), env.zone) };
  } catch (error) {
    if (!(error instanceof OdooException)) throw error;
    return {
      problem: {
        message: `'${cell}' does not seem to be a valid datetime for field '${field.string}'`,
        moreinfo: "Use the format '2012-12-31 23:59:59'",
      },
    };
  }
}

function toSelection(field: Field, cell: unknown): ConvertedCell {
  const wanted = lower(cell);
  const choices = field.selection ?? [];
  const choice = choices.find(
    ([value, label]) => value.toLowerCase() === wanted || label.toLowerCase() === wanted,
  );
  if (choice !== undefined) return { value: choice[0] };
  return {
    problem: {
      message: `Value '${cell}' not found in selection field '${field.string}'`,
      moreinfo: choices.map(([, label]) => label),
    },
  };
}

function toRecordById(env: Environment, field: Field, cell: unknown): ConvertedCell {
  if (typeof cell === 'string' && FALSE.has(cell.toLowerCase())) return { value: false };
  const id = Number(cell);
  const source = { res_model: 'ir.model.data', domain: [['model', '=', field.relation]] };
  if (!Number.isInteger(id)) {
    const message = `Invalid database id '${cell}' for the field '${field.string}'`;
    return { problem: { message, moreinfo: possibleValues(source) } };
  }
  if (env.row(field.relation ?? '', id) !== undefined) return { value: id };
  return notFound(field, 'database id', cell, source);
}

function toRecordByName(env: Environment, field: Field, cell: unknown): ConvertedCell {
  const relation = field.relation ?? '';
  const [first] = searchByName(env, env.model(relation), cell, [], '=', 100);
  if (first !== undefined) return { value: first[0] };
  return notFound(field, 'name', cell, { res_model: relation });
}

function notFound(field: Field, kind: string, cell: unknown, source: object): ConvertedCell {
  return {
    problem: {
      message: `No matching record found for ${kind} '${cell}' in field '${field.string}'`,
      moreinfo: possibleValues(source),
    },
  };
}

/** What Odoo's screen would open to show the values to choose from. */
function possibleValues(source: object): object {
  return {
    name: 'Possible Values',
    type: 'ir.actions.act_window',
    target: 'new',
    view_mode: 'list,form',
    views: [
      [false, 'list'],
      [false, 'form'],
    ],
    context: { create: false },
    help: 'See all possible values',
    ...source,
  };
}

function lower(cell: unknown): string {
  if (typeof cell === 'string') return cell.toLowerCase();
  throw pythonError('builtins.AttributeError', `'${typeName(cell)}' object has no attribute 'lower'`);
}
