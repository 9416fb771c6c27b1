import { createHash, randomBytes } from 'node:crypto';
import type { Plain } from '../dci/client/plain.ts';
import { dayOf } from '../events/dates.ts';
import { type IdentifierNaming, isSameType } from './identifier-names.ts';
import { identifiersOf, type RecordIdentifier } from './records.ts';

/** Whom a question is about: an identifier, of which only its own type and a test of values need be known. */
export interface Subject {
  /** The type as asked, and the registry's own name of it. */
  types: readonly string[];
  /** Whether a value is the one that was asked for, as matching compares: to the letter. */
  is(value: string): boolean;
}

/** Whose record it is. */
export type Whose = 'subject' | 'other' | 'unidentified';

/** How a source's records are held against the question. */
export interface SubjectRules {
  naming: IdentifierNaming;
  /**
   * False for a registry that never repeats the identifier it was asked by: a record that carries no identifier of that
   * type is then believed to be the person's.
   */
  repeatsIdentifiers: boolean;
}

/**
 * Whose a record is, by the identifiers that its subject carries; those of parents, informants and spouses do not count.
 * Where it carries the very type that was asked for, that decides, else the types that are aliases of it: a person may
 * have a UIN and another number that goes by the same alias.
 */
export function whoseRecord(record: Plain, subject: Subject, rules: SubjectRules): Whose {
  const carried = identifiersOf(record);
  const names = subject.types.map((type) => type.toLowerCase());
  const exact = carried.filter(({ type }) => names.includes(type.toLowerCase()));
  const byAlias = carried.filter(({ type }) => isAskedType(type, subject, rules.naming));
  const ofType = exact.length > 0 ? exact : byAlias;
  if (ofType.some(({ value }) => subject.is(value))) return 'subject';
  if (ofType.length > 0) return 'other';
  if (!rules.repeatsIdentifiers) return 'subject';
  return carried.length > 0 ? 'other' : 'unidentified';
}

const isAskedType = (type: string, { types }: Subject, naming: IdentifierNaming) =>
  types.some((asked) => isSameType(type, asked, naming));

/** Types of which a person has one number: two people differ in them. */
const PERSONAL = ['NATIONAL_ID', 'BRN', 'DRN'];
const BIRTH_DATE = 'birth date';

/** Whether two of these records cannot be of one person: they differ in a personal number, or in the date of birth. */
export function areSeveralPeople(records: readonly Plain[], naming: IdentifierNaming): boolean {
  const seen = new Map<string, string>();
  return records.some((record) => {
    const marks = marksOf(record, naming);
    const differs = [...marks].some(([name, value]) => (seen.get(name) ?? value) !== value);
    for (const [name, value] of marks) seen.set(name, value);
    return differs;
  });
}

function marksOf(record: Plain, naming: IdentifierNaming): Map<string, string> {
  const marks = new Map<string, string>();
  for (const { type, value } of identifiersOf(record)) {
    if (PERSONAL.some((wanted) => isSameType(type, wanted, naming))) marks.set(type.toUpperCase(), value);
  }
  for (const [name, value] of Object.entries(record)) {
    if (!/^(birth_?date|date_?of_?birth)$/i.test(name) || typeof value !== 'string') continue;
    const day = dayOf(value);
    if (day !== null) marks.set(BIRTH_DATE, day);
  }
  return marks;
}

/** The subject of a question that is asked and answered in this process. */
export function subjectOf(identifier: RecordIdentifier, registryType: string): Subject {
  return {
    types: [identifier.type, registryType],
    is: (value) => value === identifier.value,
  };
}

/**
 * What is kept of a question's identifier until a callback answers it: its type, and a salted hash of its value, by
 * which the person's record is known without keeping the value.
 */
export function keptSubject({ type, value }: RecordIdentifier, registryType: string): string {
  const salt = randomBytes(16).toString('base64url');
  const types = [...new Set([type, registryType])].map(encodeURIComponent).join(',');
  return `${types}:${salt}:${hashed(salt, value)}`;
}

/** Reads what `keptSubject` made; null for anything else. */
export function readKeptSubject(text: string): Subject | null {
  const [types, salt, hash, ...more] = text.split(':');
  if (!types || !salt || !hash || more.length > 0) return null;
  return {
    types: types.split(',').map(decodeURIComponent),
    is: (value) => hashed(salt, value) === hash,
  };
}

const hashed = (salt: string, value: string) =>
  createHash('sha256').update(`${salt}\n${value}`).digest('base64url');
