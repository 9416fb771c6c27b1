import { table, wrap } from './wrap.ts';

/** Columns of the terminal that a stream writes to; infinity where it is none. */
const columnsOf = (stream: NodeJS.WriteStream): number =>
  stream.isTTY && stream.columns > 0 ? stream.columns : Number.POSITIVE_INFINITY;

/** Prints text for people to standard output, with no word broken. */
export function printText(text: string): void {
  process.stdout.write(`${wrap(text, columnsOf(process.stdout))}\n`);
}

/** Says something besides the results, on standard error, with no word broken. */
export function say(text: string): void {
  process.stderr.write(`${wrap(text, columnsOf(process.stderr))}\n`);
}

/** Prints rows in columns, the first row being the heads. */
export function printTable(rows: readonly (readonly string[])[]): void {
  process.stdout.write(`${table(rows, columnsOf(process.stdout))}\n`);
}

/**
 * JSON with one format for all times: ISO 8601 in UTC. A number under a name that ends in `At`, or is `at`, is
 * milliseconds since 1970 in all of our types.
 */
export function jsonText(value: unknown, indent = 0): string {
  const withTimes = (name: string, one: unknown) =>
    typeof one === 'number' && /(^a|A)t$/.test(name) ? isoTime(one) : one;
  return JSON.stringify(value, withTimes, indent);
}

/** Prints JSON on one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** A time as every output has it, such as `2024-06-15T12:00:00.000Z`. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** The same for a table: to the second. */
export const shortTime = (ms: number): string => isoTime(ms).replace(/\.\d+/, '');

/** Prints a value for people: one line a member, `name.given_name: Ann`; empty members are left out. */
export function printMembers(value: unknown): void {
  for (const [path, text] of membersOf(value, '')) printText(`${path}: ${text}`);
}

function* membersOf(value: unknown, path: string): Generator<[string, string]> {
  if (value === null || value === undefined || value === '') return;
  if (typeof value !== 'object') {
    yield [path, oneLine(String(value))];
    return;
  }
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) {
    if (value.length > 0) yield [path, oneLine(value.join(', '))];
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    yield* membersOf(inner, path === '' ? name : `${path}.${name}`);
  }
}

/** Text of another system on one line: it must not move the terminal's cursor. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
