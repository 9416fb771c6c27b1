import { DciError } from '../dci/errors.ts';
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { identifierText } from '../dci/json-plain.ts';
import { dayOf } from './dates.ts';
import type { Identifier } from './vital-event.ts';

/** A refusal that names the field and says how to mend it; never what stood there. */
export function badField(field: string, fix: string): DciError {
  return new DciError('err.request.bad', field, `${field}: ${fix}`);
}

/** The first of these members that the object has with something in it; `null` and `""` are nothing. */
export function firstMember(
  object: JsonObject,
  names: readonly string[],
): { name: string; node: JsonNode } | null {
  for (const name of names) {
    const node = object.get(name);
    if (node !== undefined && node !== null && node !== '') return { name, node };
  }
  return null;
}

/** Reads a day from the first of these members; null where there is none. @throws {DciError} */
export function readDay(object: JsonObject, names: readonly string[], path: string): string | null {
  const member = firstMember(object, names);
  if (!member) return null;
  const day = typeof member.node === 'string' ? dayOf(member.node) : null;
  if (day === null)
    throw badField(`${path}.${member.name}`, 'expected a date such as 2024-12-01, or a date-time');
  return day;
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

// Control characters cannot be stored by PostgreSQL (NUL) or be seen by a caseworker; no identifier has them.
const UNPRINTABLE = /\p{Cc}/u;

function readWord(node: JsonNode, field: string): string {
  const word = identifierText(node);
  if (word === null) throw badField(field, 'expected a string');
  if (UNPRINTABLE.test(word) || !word.isWellFormed()) {
    throw badField(field, 'has a control character or half of a surrogate pair; send printable text');
  }
  if (word.trim() === '') throw badField(field, 'is blank; send the identifier, or leave it out');
  return word;
}
