import { DciError } from '../dci/errors.ts';
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { identifierText } from '../dci/json-plain.ts';
import { isPrintable } from '../lib/text.ts';
import { readDate } from './dates.ts';
import type { TimeZone } from './time-zone.ts';
import type { Identifier, VitalEvent } from './vital-event.ts';

/** A refusal that names the field and says how to fix it; never the value. */
export function badField(field: string, fix: string): DciError {
  return new DciError('err.request.bad', field, `${field}: ${fix}`);
}

/** The first of these members that the object has with something in it; `null` and `""` are nothing. */
function firstMember(object: JsonObject, names: readonly string[]): { name: string; node: JsonNode } | null {
  for (const name of names) {
    const node = object.get(name);
    if (node !== undefined && node !== null && node !== '') return { name, node };
  }
  return null;
}

/** The day of an event, and why there is none; spread it into a `VitalEvent`. */
export type EventDay = Pick<VitalEvent, 'date' | 'dateNote'>;

/** Reads a day from the first of these members; null where there is none. @throws {DciError} where it is no date */
export function readDay(
  object: JsonObject,
  names: readonly string[],
  path: string,
  zone: TimeZone | null,
): EventDay {
  const member = firstMember(object, names);
  return member ? dayIn(member.node, `${path}.${member.name}`, zone) : { date: null };
}

/** The day that a node says. @throws {DciError} where it is no date */
export function dayIn(node: JsonNode | undefined, field: string, zone: TimeZone | null): EventDay {
  const read = readDate(node, zone);
  if (read.kind === 'refused') throw badField(field, 'expected a date such as 2024-12-01, or a date-time');
  if (read.kind === 'day') return { date: read.day };
  return read.why === null ? { date: null } : { date: null, dateNote: read.why };
}

/**
 * Reads identifiers: one object or an array of them, each with its type and value under any of the given names. One
 * without a value is left out.
 *
 * @throws {DciError} where one is no object, its type is missing, or its value can be no identifier
 */
export function readIdentifiers(
  node: JsonNode | undefined,
  typeNames: readonly string[],
  valueNames: readonly string[],
  path: string,
): Identifier[] {
  if (node === undefined || node === null || node === '') return [];
  const list = isJsonArray(node) ? node : [node];
  const identifiers: Identifier[] = [];
  list.forEach((one, position) => {
    const place = isJsonArray(node) ? `${path}[${position}]` : path;
    if (!isJsonObject(one)) throw badField(place, 'expected an object with a type and a value');
    const value = firstMember(one, valueNames);
    if (!value) return;
    const type = firstMember(one, typeNames);
    if (!type)
      throw badField(
        `${place}.${typeNames[0]}`,
        'missing; say what kind of identifier it is, such as UIN or BRN',
      );
    identifiers.push({
      type: readWord(type.node, `${place}.${type.name}`),
      value: readWord(value.node, `${place}.${value.name}`),
    });
  });
  return identifiers;
}

/**
 * The text of an identifier without the white space around it, which is never part of one: blanks, tabs, line breaks and
 * no-break spaces. Nothing inside is changed.
 *
 * @returns null where it is blank
 * @throws {DciError} where it can be no identifier
 */
export function identifierIn(node: JsonNode, field: string): string | null {
  const text = identifierText(node)?.trim();
  if (text === undefined) throw badField(field, 'expected a string');
  if (!isPrintable(text)) {
    throw badField(field, 'has a control character or half of a surrogate pair; send printable text');
  }
  return text === '' ? null : text;
}

function readWord(node: JsonNode, field: string): string {
  const word = identifierIn(node, field);
  if (word === null) throw badField(field, 'is blank; send the identifier, or leave it out');
  return word;
}
