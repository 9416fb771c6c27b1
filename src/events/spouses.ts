import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../dci/json.ts';
import { isRevoked } from './status.ts';

/** Where a record of one spouse may have the other, in SPDCI's spellings and OpenCRVS's (`relations`). */
const RELATED = ['related_persons', 'related_person', 'relatedPersons', 'relatedPerson', 'relations'];
/** Members that have the type of an identifier, in the specification, its Java classes, OpenCRVS and OpenSPP. */
export const IDENTIFIER_TYPE: readonly string[] = ['identifier_type', 'identifierType', 'name', 'type'];

/** The identifiers of a record; the specification's Java classes call those of related persons `identifiers`. */
export function identifiersIn(record: JsonObject): JsonNode | undefined {
  return record.get('identifier') ?? record.get('identifiers');
}

/** Members that say how somebody is related. */
const RELATION = ['relationship_type', 'relationship', 'relation_type', 'relation', 'role'];
const SPOUSE = /spouse|husband|wife|bride|groom|partner/i;
/** Identifier types of the registration itself, which both spouses have. */
const SHARED = /^(?:MRN|MARRIAGE_REGISTRATION_NUMBER|DIVORCE_REGISTRATION_NUMBER)$/i;

/** Whether an identifier type is of a marriage or divorce, and so of both spouses. */
export function isOfBothSpouses(type: string): boolean {
  return SHARED.test(type.trim());
}

/** Members of a record that are about the registration, and not about one of the spouses. */
const OF_BOTH = /^(?:marriage|divorce)_?date$|^(?:registration_?|record_?)?status$/i;

/** The other spouse in a record of a marriage or divorce. */
export interface OtherSpouse {
  /** Below the record, such as `related_persons[0]`. */
  place: string;
  /** A record of the other spouse; null where several people may be meant. */
  record: JsonObject | null;
}

/** A record without the other spouse, as the raw data of one person's event may show it. */
export function withoutRelated(record: JsonObject): JsonObject {
  const own = new Map(record);
  for (const name of RELATED) own.delete(name);
  return own;
}

/**
 * The other spouse, where a marriage or divorce comes as the record of one with the other inside. Who is called a
 * spouse is one; of people without a word for how they are related, only one alone can be meant.
 *
 * @returns null where no one is named as related
 */
export function otherSpouse(record: JsonObject): OtherSpouse | null {
  const named = RELATED.flatMap((name) => peopleIn(record.get(name), name));
  const spouses = named.filter(({ relation }) => relation !== null && SPOUSE.test(relation));
  const meant = spouses.length > 0 ? spouses : named.filter(({ relation }) => relation === null);
  const [first] = meant;
  if (!first) return null;
  return { place: first.place, record: meant.length === 1 ? spouseRecord(record, first.person) : null };
}

function peopleIn(node: JsonNode | undefined, path: string) {
  const list = isJsonArray(node) ? node : node === undefined || node === null ? [] : [node];
  return list.flatMap((one, position) => {
    if (!isJsonObject(one) || one.size === 0) return [];
    const said = RELATION.map((name) => one.get(name)).find(
      (word) => typeof word === 'string' && word !== '',
    );
    const inner = one.get('person');
    return [
      {
        place: isJsonArray(node) ? `${path}[${position}]` : path,
        relation: typeof said === 'string' ? said : null,
        person: isJsonObject(inner) ? inner : one,
      },
    ];
  });
}

/** The other spouse with the date, the status and the number of the registration, which are one for both. */
function spouseRecord(record: JsonObject, person: JsonObject): JsonObject {
  const shared = listOf(identifiersIn(record)).filter((one) => {
    const type = isJsonObject(one)
      ? IDENTIFIER_TYPE.map((name) => one.get(name)).find((word) => word)
      : undefined;
    return typeof type === 'string' && isOfBothSpouses(type);
  });
  const made = new Map<string, JsonNode>();
  for (const [name, value] of record) if (OF_BOTH.test(name)) made.set(name, value);
  for (const [name, value] of withoutRelated(person)) if (!RELATION.includes(name)) made.set(name, value);
  // What is not in force is so for both, in whichever member it is said, and whatever else is said of the spouse.
  for (const [name, value] of record) if (isRevoked(new Map([[name, value]]))) made.set(name, value);
  // A spouse's own numbers come first, so that the events of both have keys of their own.
  return made.set('identifier', [...listOf(identifiersIn(person)), ...shared]);
}

function listOf(node: JsonNode | undefined): readonly JsonNode[] {
  if (node === undefined || node === null || node === '') return [];
  return isJsonArray(node) ? node : [node];
}
