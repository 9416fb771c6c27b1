import type { CallOptions, DciClient } from '../dci/client/client.ts';
import type { RecordedCheck, RecordedDuplication } from './duplication-record.ts';
import {
  type BeneficiaryAnswer,
  beneficiaryAnswer,
  type DuplicationAnswer,
  duplicationAnswer,
  type EnrollmentAnswer,
  enrollmentAnswer,
} from './ibr-answers.ts';
import { type AskedOf, askRecords, askRecordsOfMany, DEFAULT_RULES, type LookUpRules } from './look-up.ts';
import type { SentIdentifier } from './registrant-identifiers.ts';

/** A registrant whose double enrolment is asked about, by a reference of the asker's. */
export interface AskedRegistrant {
  reference: string;
  /** All of them: a "no" takes a "no" under each. */
  identifiers: readonly SentIdentifier[];
}

/** Writes what a check of a registrant came to; the identifiers are those that were asked for. */
export type RecordCheck = (
  partnerId: number,
  identifiers: readonly SentIdentifier[],
  answer: DuplicationAnswer,
) => Promise<RecordedCheck>;

/** Questions to an integrated beneficiary registry. */
export class IbrService {
  readonly #client: DciClient;
  readonly #identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>;
  readonly #rules: LookUpRules;
  readonly #record: RecordCheck | null;

  /**
   * @param identifiersOf the identifiers of a registrant, in the registry's words
   * @param record writes a check where OpenSPP's users look for it
   */
  constructor(
    client: DciClient,
    identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>,
    rules: LookUpRules = DEFAULT_RULES,
    record: RecordCheck | null = null,
  ) {
    this.#client = client;
    this.#identifiersOf = identifiersOf;
    this.#rules = rules;
    this.#record = record;
  }

  /**
   * Looks for a registrant of OpenSPP under each of their identifiers: being found under any is a duplicate. "No" is
   * said only where all could be asked, and each answer was a plain no.
   *
   * @param partnerId `res.partner`
   * @throws {RegistriesError} `registrant.unknown`, `registrant.no_identifiers`
   * @throws {DciClientError} `request.invalid` only
   */
  async checkDuplication(partnerId: number, options: CallOptions = {}): Promise<DuplicationAnswer> {
    return this.#checkBy(await this.#identifiersOf(partnerId), options);
  }

  /**
   * The same, and writes the outcome where OpenSPP's users look for it: also that it is not known, with the reason. What
   * Odoo does to that does not change the answer.
   *
   * @param wanted false leaves it unwritten
   */
  async checkAndRecord(
    partnerId: number,
    wanted: boolean,
    options: CallOptions = {},
  ): Promise<RecordedDuplication> {
    const identifiers = await this.#identifiersOf(partnerId);
    const answer = await this.#checkBy(identifiers, options);
    if (!wanted || !this.#record) return { ...answer, recorded: { state: 'off', id: null } };
    return { ...answer, recorded: await this.#record(partnerId, identifiers, answer) };
  }

  async #checkBy(identifiers: readonly SentIdentifier[], options: CallOptions): Promise<DuplicationAnswer> {
    return duplicationAnswer(
      await Promise.all(
        identifiers.map(async ({ type, value }) => ({
          type,
          answer: await this.searchBeneficiary(type, value, options),
        })),
      ),
    );
  }

  /**
   * Asks about many registrants, each under all of their identifiers, in one request.
   *
   * @returns by the references, each
   * @throws {DciClientError} where the request as a whole failed, so that nothing is known of anybody
   */
  async checkDuplications(
    asked: readonly AskedRegistrant[],
    options: CallOptions = {},
  ): Promise<Map<string, DuplicationAnswer>> {
    const questions = asked.flatMap(({ identifiers }, at) =>
      identifiers.map(({ type, value }, n): AskedOf => ({ reference: `${at}/${n}`, type, value })),
    );
    const found = await askRecordsOfMany(this.#client, this.#rules, questions, options);
    return new Map(
      asked.map(({ reference, identifiers }, at) => [
        reference,
        duplicationAnswer(
          identifiers.flatMap(({ type }, n) => {
            const own = found.get(`${at}/${n}`);
            return own ? [{ type, answer: beneficiaryAnswer(own, this.#rules) }] : [];
          }),
        ),
      ]),
    );
  }

  /** Those whom the registry knows under an identifier. @throws {DciClientError} `request.invalid` only */
  async searchBeneficiary(
    type: string,
    value: string,
    options: CallOptions = {},
  ): Promise<BeneficiaryAnswer> {
    const own = await askRecords(this.#client, this.#rules, { type, value }, options);
    return beneficiaryAnswer(own, this.#rules);
  }

  /** Whether somebody is a beneficiary, and in which programs. @throws {DciClientError} `request.invalid` only */
  async getEnrollmentStatus(
    type: string,
    value: string,
    options: CallOptions = {},
  ): Promise<EnrollmentAnswer> {
    return enrollmentAnswer(await this.searchBeneficiary(type, value, options));
  }
}
