import type { Logger } from 'pino';
import type { JsonObject } from '../dci/json.ts';
import { dayOf } from '../events/dates.ts';
import { badField } from '../events/fields.ts';
import type { NotificationReader, ReadNotification } from '../events/read-events.ts';
import { type Identifier, VITAL_EVENT_TYPES, type VitalEvent } from '../events/vital-event.ts';
import { isPrintable } from '../lib/text.ts';
import type { Extension, ExtensionDialect } from './extension.ts';
import { InvalidResult, logFailure } from './failure.ts';
import { plainJson } from './plain.ts';

/** A dialect of an extension failed on a message: the message is not taken, and the sender is to send it again. */
export class DialectError extends Error {
  override readonly name = 'DialectError';
}

interface NamedDialect extends ExtensionDialect {
  name: string;
}

const MOST_EVENTS = 100_000;

/**
 * The reader over the bridge's dialects and those of these extensions, in the order in which they are named.
 *
 * @param own reads the dialects of the bridge and its connectors
 */
export function readerWith(
  extensions: readonly Extension[],
  log: Logger,
  own: NotificationReader,
): NotificationReader {
  const dialects = extensions.flatMap(({ name, dialect }): NamedDialect[] =>
    dialect ? [{ name, order: dialect.order ?? 'after', read: dialect.read.bind(dialect) }] : [],
  );
  if (dialects.length === 0) return own;
  const before = dialects.filter(({ order }) => order === 'before');
  const after = dialects.filter(({ order }) => order === 'after');
  const read: NotificationReader = (message, header) =>
    firstOf(before, message, header, log) ??
    (own.knows?.(message) ? null : firstOf(after, message, header, log)) ??
    own(message, header);
  read.hasExtensions = true;
  return read;
}

function firstOf(
  dialects: readonly NamedDialect[],
  message: JsonObject,
  header: JsonObject,
  log: Logger,
): ReadNotification | null {
  if (dialects.length === 0) return null;
  const [plainMessage, plainHeader] = [plainJson(message), plainJson(header)];
  for (const { name, read } of dialects) {
    try {
      const given = read(plainMessage, plainHeader);
      if (given !== null) return { dialect: `extension:${name}`, events: checkedEvents(given) };
    } catch (error) {
      throw refusalOf(error) ?? failed(name, error, log);
    }
  }
  return null;
}

function failed(name: string, error: unknown, log: Logger): DialectError {
  logFailure(log, { extension: name, member: 'dialect.read' }, error, 0);
  return new DialectError(`the dialect of the extension ${name} failed`);
}

/** A `MessageRefused`, by name: a module may have been loaded without our classes. */
function refusalOf(error: unknown): Error | null {
  if (!(error instanceof Error) || error.name !== 'MessageRefused') return null;
  const { field, fix } = error as { field?: unknown; fix?: unknown };
  if (typeof field !== 'string' || typeof fix !== 'string') return null;
  return badField(field, fix);
}

function checkedEvents(given: unknown): VitalEvent[] {
  if (!Array.isArray(given)) throw new InvalidResult('it gave no list of events; expected a list, or null');
  if (given.length > MOST_EVENTS) throw new InvalidResult(`it gave more than ${MOST_EVENTS} events`);
  return given.map(checkedEvent);
}

function checkedEvent(given: unknown, position: number): VitalEvent {
  const wrong = (what: string) => new InvalidResult(`event ${position}: ${what}`);
  if (typeof given !== 'object' || given === null) throw wrong('expected an object');
  const { type, date, identifiers, status = 'in_force' } = given as Record<string, unknown>;
  const known = VITAL_EVENT_TYPES.find((one) => one === type);
  if (!known) throw wrong(`type must be one of ${VITAL_EVENT_TYPES.join(', ')}`);
  if (date !== null && (typeof date !== 'string' || dayOf(date) !== date)) {
    throw wrong('date must be a day such as 2024-12-01, or null');
  }
  if (!Array.isArray(identifiers)) throw wrong('identifiers must be a list');
  if (status !== 'in_force' && status !== 'revoked') throw wrong('status must be in_force or revoked');
  return {
    type: known,
    date,
    identifiers: identifiers.map((one: unknown): Identifier => {
      const { type: kind, value } = (one ?? {}) as Record<string, unknown>;
      if (!isWord(kind) || !isWord(value)) {
        throw wrong('an identifier must be {type, value}, both texts that are not blank');
      }
      // White space around an identifier is no part of it.
      return { type: kind.trim(), value: value.trim() };
    }),
    ...(status === 'revoked' ? { status } : {}),
  };
}

function isWord(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const word = value.trim();
  return word !== '' && isPrintable(word);
}
