import type { CallOptions, DciClient } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { type Beneficiary, beneficiaryOf, sortedNames } from './ibr-records.ts';
import type { SentIdentifier } from './registrant-identifiers.ts';

/** Whether somebody is known to a registry of beneficiaries already. */
export interface DuplicationResult {
  /** Whether any of the identifiers leads to a beneficiary. */
  isDuplicate: boolean;
  /** The programs of those that were found; each once, in order. */
  matchedPrograms: string[];
  matches: Beneficiary[];
  /** How the look-up by each identifier type ended: what was found, or the code of the error. No values. */
  checked: { type: string; found: number; error: string | null }[];
}

export interface EnrollmentStatus {
  /** Whether the registry knows the person as a beneficiary. */
  enrolled: boolean;
  /** Of all records that were found; each once, in order. */
  programs: string[];
  /** The first record that was found. */
  beneficiary: Beneficiary | null;
}

/** Questions to an integrated beneficiary registry. */
export class IbrService {
  readonly #client: DciClient;
  readonly #identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>;

  /** @param identifiersOf the identifiers of a registrant, in the registry's words */
  constructor(client: DciClient, identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>) {
    this.#client = client;
    this.#identifiersOf = identifiersOf;
  }

  /**
   * Looks for a registrant of OpenSPP under each of their identifiers: being found under any is a duplicate. "No" is
   * said only where all could be asked.
   *
   * @param partnerId `res.partner`
   * @throws {RegistriesError} `registrant.unknown`, `registrant.no_identifiers`
   * @throws {DciClientError} where nothing was found, and a look-up failed
   */
  async checkDuplication(partnerId: number, options: CallOptions = {}): Promise<DuplicationResult> {
    const identifiers = await this.#identifiersOf(partnerId);
    const ended = await Promise.allSettled(
      identifiers.map(({ type, value }) => this.searchBeneficiary(type, value, options)),
    );
    options.signal?.throwIfAborted();
    const matches: Beneficiary[] = [];
    const checked: DuplicationResult['checked'] = [];
    let failure: unknown = null;
    for (const [at, one] of ended.entries()) {
      const type = identifiers[at]?.type ?? '';
      if (one.status === 'fulfilled') {
        checked.push({ type, found: one.value.length, error: null });
        matches.push(...one.value.filter(isNew(matches)));
        continue;
      }
      if (!(one.reason instanceof DciClientError)) throw one.reason;
      checked.push({ type, found: 0, error: one.reason.code });
      failure ??= one.reason;
    }
    if (matches.length === 0 && failure !== null) throw failure;
    const matchedPrograms = sortedNames(matches.flatMap(({ programs }) => programs));
    return { isDuplicate: matches.length > 0, matchedPrograms, matches, checked };
  }

  /** Those whom the registry knows under an identifier. @throws {DciClientError} */
  async searchBeneficiary(type: string, value: string, options: CallOptions = {}): Promise<Beneficiary[]> {
    const { records } = await this.#client.searchById(type, value, options);
    return records.map(beneficiaryOf);
  }

  /** Whether somebody is a beneficiary, and in which programs. @throws {DciClientError} */
  async getEnrollmentStatus(
    type: string,
    value: string,
    options: CallOptions = {},
  ): Promise<EnrollmentStatus> {
    return enrollmentOf(await this.searchBeneficiary(type, value, options));
  }
}

/** What the records that were found say of somebody's enrolment. */
export function enrollmentOf(found: readonly Beneficiary[]): EnrollmentStatus {
  return {
    enrolled: found.length > 0,
    programs: sortedNames(found.flatMap(({ programs }) => programs)),
    beneficiary: found[0] ?? null,
  };
}

/** Two identifiers of one person lead to the same record. */
function isNew(known: readonly Beneficiary[]): (one: Beneficiary) => boolean {
  const texts = new Set(known.map(({ record }) => JSON.stringify(record)));
  return ({ record }) => !texts.has(JSON.stringify(record));
}
