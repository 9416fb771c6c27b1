import { isPlain, type Plain, textOf } from '../dci/client/plain.ts';

/** An identifier as a registry writes it. */
export interface RecordIdentifier {
  type: string;
  value: string;
}

const IDENTIFIER_LISTS = ['identifier', 'identifiers', 'member_identifier'];
const IDENTIFIER_MEMBERS = ['uin', 'brn', 'mrn', 'drn', 'national_id'];
/** Where a registry keeps the record's subject apart from the rest of it (SPDCI's IBR and DR). */
const PERSONS = ['demographic_info', 'personal_details', 'person'];

/**
 * The identifiers of a record's subject, in the spellings of SPDCI, OpenCRVS and OpenSPP; each once. Those of others in
 * the record (`relations`, `related_persons`, mother, father, informant, spouse) are not among them.
 */
export function identifiersOf(record: Plain): RecordIdentifier[] {
  const found: RecordIdentifier[] = [];
  const add = (type: string | null, value: string | null) => {
    if (type === null || value === null) return;
    if (!found.some((one) => one.type === type && one.value === value)) found.push({ type, value });
  };
  for (const part of [record, ...personsOf(record)]) {
    for (const list of IDENTIFIER_LISTS.map((name) => part[name])) {
      for (const one of Array.isArray(list) ? list : [list]) {
        if (!isPlain(one)) continue;
        add(
          textOf(one.identifier_type) ?? textOf(one.type) ?? textOf(one.name),
          textOf(one.identifier_value) ?? textOf(one.value) ?? textOf(one.identifier),
        );
      }
    }
    for (const name of IDENTIFIER_MEMBERS) add(name.toUpperCase(), textOf(part[name]));
  }
  return found;
}

/** The name of a record's person on one line; null where there is none. */
export function nameOf(record: Plain): string | null {
  for (const part of [record, ...personsOf(record)]) {
    const whole = textOf(part.name) ?? textOf(part.full_name);
    if (whole !== null) return whole;
    const name = isPlain(part.name) ? part.name : part;
    const given = textOf(name.given_name) ?? textOf(name.givenName) ?? textOf(name.first_name);
    const family =
      textOf(name.surname) ?? textOf(name.family_name) ?? textOf(name.familyName) ?? textOf(name.last_name);
    if (given !== null || family !== null) return [given, family].filter((one) => one !== null).join(' ');
  }
  return null;
}

/** The record's subject where it is kept apart from the rest of the record. */
export function personsOf(record: Plain): Plain[] {
  return PERSONS.map((name) => record[name]).filter(isPlain);
}
