import type { RegistryEvent } from '../../dci/client/query.ts';
import type { NotKnown } from '../../registries/answer.ts';
import type { OwnRecords } from '../../registries/look-up.ts';
import type { SentIdentifier } from '../../registries/registrant-identifiers.ts';
import type { Effect, Result } from '../result.ts';

/** A registrant who is asked about. */
export interface Registrant {
  /** `res.partner`. */
  id: number;
  /** All identifiers, in the order of preference. */
  identifiers: readonly SentIdentifier[];
}

/** What the registry has under one of the identifiers. */
export interface Looked {
  identifier: SentIdentifier;
  own: OwnRecords | NotKnown;
}

/** What the answers say of a registrant. */
export type Said = Pick<Result, 'outcome' | 'reason' | 'detail' | 'date' | 'number' | 'programs'>;

/** What differs between the kinds of screening. `Pending` is what is to be done with an answer: plain JSON. */
export interface Kind<Pending extends { id: number } = { id: number }> {
  /** The event that the registry is searched for; undefined for registries of persons. */
  event: RegistryEvent | undefined;
  /** @throws {RegistriesError | OdooError} where it could not be carried out to the end */
  assertReady(): Promise<void>;
  /** The identifiers that a registrant is asked by. */
  askedBy(identifiers: readonly SentIdentifier[]): readonly SentIdentifier[];
  /** What the answers say, and what is to be done with them; null for nothing. */
  read(registrant: Registrant, looked: readonly Looked[]): { said: Said; pending: Pending | null };
  /**
   * Does what is to be done; doing it again changes nothing.
   *
   * @param answeredAt milliseconds since the epoch: the same when it is done again
   * @returns by registrant
   */
  settle(
    pending: readonly Pending[],
    answeredAt: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Effect>>;
  /** Whether an answer of an earlier screening may be taken over. */
  mayKeep(result: Result): boolean;
}

/** What the report says where it is not known. */
export function unknownSaid({ reason, detail }: Pick<NotKnown, 'reason' | 'detail'>): Said {
  return { outcome: 'not_known', reason, detail };
}
