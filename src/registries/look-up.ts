import type { CallOptions, DciClient } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { ShapeError } from '../dci/client/errors-of-answers.ts';
import type { Plain } from '../dci/client/plain.ts';
import type { Query, RegistryEvent } from '../dci/client/query.ts';
import type { Found } from '../dci/client/search-answer.ts';
import type { TimeZone } from '../events/time-zone.ts';
import { type NotKnown, notKnown, notKnownBecause } from './answer.ts';
import { DEFAULT_NAMING } from './identifier-names.ts';
import type { RecordIdentifier } from './records.ts';
import { areSeveralPeople, type Subject, type SubjectRules, subjectOf, whoseRecord } from './subject.ts';

/** How the answers of one registry are understood. */
export interface LookUpRules extends SubjectRules {
  /** Whether the registry knows everybody, the living too: then nothing found is nobody known by that identifier. */
  populationRegister: boolean;
  /** Where the registry is; not known where left out. */
  zone?: TimeZone | null | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Counts an answer whose records are not of the person that was asked for. */
  strangers?: ((registry: string) => void) | undefined;
}

export const DEFAULT_RULES: LookUpRules = {
  naming: DEFAULT_NAMING,
  repeatsIdentifiers: true,
  populationRegister: false,
  now: Date.now,
};

/** A question about one of many, by a reference of the asker's, which does not leave this process. */
export interface AskedOf extends RecordIdentifier {
  reference: string;
}

/** The records of the person that was asked for; none where the registry plainly has none. */
export interface OwnRecords {
  kind: 'records';
  records: readonly Plain[];
  /** Whether the answer holds all that the registry has, and nobody else's: only then may a missing record be a no. */
  isAll: boolean;
}

/** Records asked for at once: who is an informant or a mother in many records may be the subject of one of them. */
export const PAGE_SIZE = 50;

/** Asks by an identifier, and gives the records of that person. @throws {DciClientError} `request.invalid` only */
export async function askRecords(
  client: DciClient,
  rules: LookUpRules,
  { type, value }: RecordIdentifier,
  options: CallOptions & { event?: RegistryEvent },
): Promise<OwnRecords | NotKnown> {
  try {
    const found = await client.searchById(type, value, { ...options, pageSize: PAGE_SIZE });
    const subject = subjectOf({ type, value }, client.identifierType(type));
    return ownRecords(found, subject, rules, client.registry);
  } catch (error) {
    if (!(error instanceof DciClientError) || error.code === 'request.invalid') throw error;
    return notKnownBecause(error);
  }
}

/**
 * Asks about many in one request.
 *
 * @returns by the references, each
 * @throws {DciClientError} where the request as a whole failed, so that nothing is known of anybody
 */
export async function askRecordsOfMany(
  client: DciClient,
  rules: LookUpRules,
  asked: readonly AskedOf[],
  options: CallOptions & { event?: RegistryEvent },
): Promise<Map<string, OwnRecords | NotKnown>> {
  const queries = new Map<string, Query>();
  for (const { reference, type, value } of asked) {
    if (queries.has(reference)) throw new TypeError('two of the questions have the same reference');
    queries.set(reference, { kind: 'identifier', type, value });
  }
  const found = await client.searchMany(queries, { ...options, pageSize: PAGE_SIZE });
  return new Map(
    asked.map(({ reference, type, value }) => {
      const one = found.get(reference);
      if (!one) return [reference, notKnown('unreadable', 'the registry did not answer this question')];
      if (one instanceof DciClientError) return [reference, notKnownBecause(one)];
      const subject = subjectOf({ type, value }, client.identifierType(type));
      return [reference, ownRecords(one, subject, rules, client.registry)];
    }),
  );
}

/** The records in an answer that are of the person who was asked for. */
export function ownRecords(
  { records, pagination }: Pick<Found, 'records' | 'pagination'>,
  subject: Subject,
  rules: LookUpRules,
  registry: string,
): OwnRecords | NotKnown {
  const own = records.filter((record) => whoseRecord(record, subject, rules) === 'subject');
  const hasStrangers = own.length < records.length;
  if (hasStrangers) rules.strangers?.(registry);
  if (own.length === 0 && hasStrangers) return strangersOnly(records, subject, rules);
  if (own.length === 0 && (pagination?.totalCount ?? 0) > 0) {
    return notKnown('unreadable', 'pagination.total_count of the answer counts records, and none is there');
  }
  const isAll = !hasStrangers && records.length >= (pagination?.totalCount ?? 0);
  return { kind: 'records', records: own, isAll };
}

function strangersOnly(records: readonly Plain[], subject: Subject, rules: LookUpRules): NotKnown {
  if (records.some((record) => whoseRecord(record, subject, rules) === 'other')) {
    return notKnown(
      'other_person',
      'the records that the registry gave carry other identifiers than the one asked for: it finds people in other ' +
        'roles too (mother, informant, spouse), or takes no notice of the query',
    );
  }
  return notKnown(
    'unidentified',
    'the records that the registry gave carry no identifier, so nobody can say whose they are; for a registry that ' +
      'never repeats identifiers, set repeats_identifiers: false of the source',
  );
}

/** What reading the records says, or that they cannot be read; and that they are of several people. */
export function readOwn<A>(
  { records }: OwnRecords,
  rules: LookUpRules,
  read: (records: readonly Plain[]) => A,
): A | NotKnown {
  if (areSeveralPeople(records, rules.naming)) {
    return notKnown(
      'several',
      'the identifier leads to several people: their numbers or dates of birth differ',
    );
  }
  try {
    return read(records);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return notKnown('unreadable', error.message);
  }
}

/** The answer where a registry that should know everybody has nothing. */
export const NOBODY: NotKnown = notKnown('nobody', 'the registry knows nobody by that identifier');

/** The answer where something that is missing may be on a page that was not read, or hidden among others' records. */
export const NOT_ALL: NotKnown = notKnown(
  'unreadable',
  'the registry has more records than it gave, or gave those of others too: what is missing may be among them',
);
