import { isPlain, type Plain, textOf } from '../dci/client/plain.ts';
import { identifiersOf, nameOf, type RecordIdentifier } from './records.ts';

/** Somebody whom a registry of beneficiaries knows. */
export interface Beneficiary {
  name: string | null;
  identifiers: RecordIdentifier[];
  /** The programs that the record names, by name where it has one, else by id or code. */
  programs: string[];
  /** As the registry writes it. */
  record: Plain;
}

/** Reads a record of an integrated beneficiary registry. */
export function beneficiaryOf(record: Plain): Beneficiary {
  return {
    name: nameOf(record),
    identifiers: identifiersOf(record),
    programs: sortedNames(PROGRAM_MEMBERS.flatMap((name) => programsIn(record[name]))),
    record,
  };
}

/** Each name once, in order. */
export function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

/** Where programs are: OpenSPP reads the first two, SPDCI's IBR and DR have the others. */
const PROGRAM_MEMBERS = [
  'programs',
  'enrollments',
  'programmes',
  'programs_enrollments',
  'programme_identifier',
];
const NAMES = ['name', 'program_name', 'programme_name', 'program_id', 'programme_identifier', 'id', 'code'];

function programsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(programsIn);
  if (!isPlain(value)) {
    const name = textOf(value);
    return name === null ? [] : [name];
  }
  for (const name of ['program', 'programme']) {
    if (isPlain(value[name])) return programsIn(value[name]);
  }
  const named = NAMES.map((name) => textOf(value[name])).find((name) => name !== null);
  const bare = named ?? textOf(value.program) ?? textOf(value.programme);
  return bare === null || bare === undefined ? [] : [bare];
}
