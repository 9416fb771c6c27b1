import type { IdentityChange, Transaction } from '../events/identity-event.ts';
import { keptContent, rawDataOf } from '../events/raw-data.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { EventDetails, Inbox } from '../inbox/inbox.ts';
import type { MatchingSettings } from '../openspp/matching.ts';
import { isRegistrationNumber, nameOfBorn } from '../openspp/same-person.ts';

/** Where births are looked for, and what their identifiers mean. */
export interface Births {
  inbox: Pick<Inbox, 'find' | 'show'>;
  matching: MatchingSettings;
}

/**
 * Why a transaction leads to no one although births have its number: they are of `several` persons; or it is the number
 * of a registration that came `later` than the credential, so that it may be another office's.
 */
export type Doubt = 'several' | 'later';

/** Whom an identity is about, as far as its transaction says it. */
export interface PersonOfIdentity {
  identifiers: Identifier[];
  /** Whether a transaction is all that says whose the identity is, and it leads to nobody. */
  isUnknown: boolean;
  doubt: Doubt | null;
  /** `YYYY-MM-DD`, from the credential or the birth; null where neither says it. */
  bornOn: string | null;
}

/** An identity event, with the person whom its transaction leads to where it names nobody itself. */
export async function withPerson<T extends { identifiers: readonly Identifier[]; receivedAt: number }>(
  event: T,
  { transaction, bornOn = null }: IdentityChange,
  births: Births | undefined,
): Promise<T & PersonOfIdentity> {
  const { identifiers } = event;
  if (!transaction) return { ...event, identifiers: [...identifiers], isUnknown: false, doubt: null, bornOn };
  const known = { bornOn, receivedAt: event.receivedAt };
  const person = births ? await personOf(transaction, known, births) : NOBODY;
  return {
    ...event,
    identifiers: [...person.identifiers, ...identifiers],
    isUnknown: person.identifiers.length === 0,
    doubt: person.doubt,
    bornOn: bornOn ?? person.bornOn,
  };
}

type Person = Omit<PersonOfIdentity, 'isUnknown'>;
const NOBODY: Person = { identifiers: [], doubt: null, bornOn: null };

/** So many events with a transaction's number may be looked at; where there are more, some would be missed. */
const MOST = 20;

/** A birth that has the number of a transaction among its identifiers. */
interface Birth extends EventDetails {
  /** Whether the number is that of a registration, which offices use again. */
  isShared: boolean;
}

/**
 * The identifiers of the person that a transaction is about: those of the births in the inbox that have its number, such as
 * the tracking id that OpenCRVS began the transaction with. The number of a registration is no proof, since another office
 * may have it too. With it, the birth must be of the day that the credential says. Where the credential says no day, it
 * must have been there before the credential.
 */
async function personOf(
  { numbers, personTypes }: Transaction,
  { bornOn, receivedAt }: { bornOn: string | null; receivedAt: number },
  births: Births,
): Promise<Person> {
  const found = await birthsWith(numbers, births);
  if (found === null) return { ...NOBODY, doubt: 'several' };
  const fitting = found.filter(
    ({ date, isShared }) => bornOn === null || date === bornOn || (date === null && !isShared),
  );
  const [first] = fitting;
  if (!first) return NOBODY;
  if (fitting.some((one) => !isSamePerson(first, one, births.matching)))
    return { ...NOBODY, doubt: 'several' };
  const isTimely = (one: Birth) => bornOn !== null || !one.isShared || one.receivedAt <= receivedAt;
  if (!fitting.some(isTimely)) return { ...NOBODY, doubt: 'later' };
  const wanted = new Map(personTypes.map((type) => [type.toUpperCase(), type]));
  const identifiers = new Map<string, Identifier>();
  for (const { type, value } of fitting.flatMap((one) => one.identifiers)) {
    const name = wanted.get(type.toUpperCase());
    if (name !== undefined) identifiers.set(name, { type: name, value });
  }
  return { identifiers: [...identifiers.values()], doubt: null, bornOn: first.date };
}

/** Null where there are too many to look at. */
async function birthsWith(numbers: readonly string[], { inbox, matching }: Births): Promise<Birth[] | null> {
  const found = new Map<number, Birth>();
  for (const number of numbers) {
    const events = await inbox.find(number, MOST);
    if (events.length === MOST) return null;
    for (const { id, type } of events) {
      const birth = type === 'birth' ? await inbox.show(id) : null;
      // The inbox finds events by their own numbers too.
      const own = birth?.identifiers.filter(({ value }) => value === number) ?? [];
      if (!birth || own.length === 0) continue;
      const isShared = own.every((one) => isRegistrationNumber(one, matching));
      found.set(id, { ...birth, isShared: isShared && (found.get(id)?.isShared ?? true) });
    }
  }
  return [...found.values()];
}

/**
 * Whether two births with the same number are of one person. What one of them does not say tells them apart only where
 * nothing but the number of a registration is the same.
 */
function isSamePerson(one: Birth, other: Birth, matching: MatchingSettings): boolean {
  const valuesOf = ({ identifiers }: Birth, name: string) =>
    identifiers.filter(({ type }) => type.toUpperCase() === name).map(({ value }) => value);
  const types = new Set(one.identifiers.map(({ type }) => type.toUpperCase()));
  const both = [...types].filter((type) => valuesOf(other, type).length > 0);
  const agrees = (type: string) => valuesOf(one, type).some((value) => valuesOf(other, type).includes(value));
  if (!both.every(agrees)) return false;
  if (both.some((type) => !isRegistrationNumber({ type }, matching))) return true;
  return one.date === other.date && nameOfBorn(rawOf(one)) === nameOfBorn(rawOf(other));
}

const rawOf = ({ body, position }: Birth) => rawDataOf(keptContent(body), position);
