import type { CallOptions, DciClient } from '../dci/client/client.ts';
import type { OdooClient } from '../odoo/client.ts';
import type { Answer } from './answer.ts';
import { markNotKnown, readDisability, type SyncedDisability, writeDisability } from './disability-cache.ts';
import {
  type AssessmentAnswer,
  assessmentAnswer,
  type DisabilityAnswer,
  disabilityAnswer,
} from './dr-answers.ts';
import {
  type AskedOf,
  askRecords,
  askRecordsOfMany,
  DEFAULT_RULES,
  type LookUpRules,
  NOBODY,
} from './look-up.ts';
import type { SentIdentifier } from './registrant-identifiers.ts';

/** By which identifier a disability registry is asked, best first; OpenSPP's order. */
const PREFERRED = ['UIN', 'DRN', 'NATIONAL_ID', 'NID'];

/** What a synchronisation found and wrote. */
export interface DisabilitySync {
  /** What the registry says. */
  answer: DisabilityAnswer;
  /** The row of `spp.dci.disability.status`; null where there is none, and nothing to write. */
  statusId: number | null;
  created: boolean;
}

/** Questions to a disability registry. */
export class DrService {
  readonly #client: DciClient;
  readonly #odoo: OdooClient;
  readonly #identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>;
  readonly #rules: LookUpRules;

  /** @param identifiersOf the identifiers of a registrant, in the registry's words */
  constructor(
    client: DciClient,
    odoo: OdooClient,
    identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>,
    rules: LookUpRules = DEFAULT_RULES,
  ) {
    this.#client = client;
    this.#odoo = odoo;
    this.#identifiersOf = identifiersOf;
    this.#rules = rules;
  }

  /**
   * Whether a registrant is a person with disability, and what the registry says of it. Not to be registered is no
   * "no": it is nobody known by that identifier.
   *
   * @param partnerId `res.partner`
   * @throws {RegistriesError} `registrant.unknown`, `registrant.no_identifiers`
   * @throws {DciClientError} `request.invalid` only
   */
  async getDisabilityStatus(partnerId: number, options: CallOptions = {}): Promise<DisabilityAnswer> {
    const best = bestIdentifier(await this.#identifiersOf(partnerId));
    if (!best) return NOBODY;
    return disabilityAnswer(await askRecords(this.#client, this.#rules, best, options), this.#rules);
  }

  /**
   * Asks about many in one request.
   *
   * @returns by the references, each
   * @throws {DciClientError} where the request as a whole failed, so that nothing is known of anybody
   */
  async getDisabilityStatuses(
    asked: readonly AskedOf[],
    options: CallOptions = {},
  ): Promise<Map<string, DisabilityAnswer>> {
    const found = await askRecordsOfMany(this.#client, this.#rules, asked, options);
    return new Map([...found].map(([reference, own]) => [reference, disabilityAnswer(own, this.#rules)]));
  }

  /**
   * The functional assessment (Washington Group scores, 1 to 4) of somebody by an identifier; never a "no".
   *
   * @throws {DciClientError} `request.invalid` only
   */
  async getFunctionalAssessment(
    type: string,
    value: string,
    options: CallOptions = {},
  ): Promise<AssessmentAnswer> {
    const own = await askRecords(this.#client, this.#rules, { type, value }, options);
    return assessmentAnswer(own, this.#rules);
  }

  /**
   * Whether a registrant is a person with disability: by OpenSPP's own row where that is up to date, else by the
   * registry.
   */
  async isPwd(
    partnerId: number,
    options: CallOptions = {},
  ): Promise<Answer<{ by: 'openspp' | 'registry' }, { by: 'openspp' | 'registry' }>> {
    const cached = await readDisability(this.#odoo, partnerId);
    if (cached?.isSynced) return { kind: cached.hasDisability ? 'yes' : 'no', by: 'openspp' };
    const answer = await this.getDisabilityStatus(partnerId, options);
    return answer.kind === 'not_known' ? answer : { kind: answer.kind, by: 'registry' };
  }

  /**
   * Asks the registry, and writes what it says into OpenSPP's disability status. What is not known changes no status: a
   * row that is there is marked as failed, with the reason.
   *
   * @throws {RegistriesError} also `openspp.no_model`
   */
  async syncDisabilityData(partnerId: number, options: CallOptions = {}): Promise<DisabilitySync> {
    const answer = await this.getDisabilityStatus(partnerId, options);
    return { answer, ...(await this.writeDisabilityStatus(partnerId, answer)) };
  }

  /** Writes an answer into OpenSPP, as `syncDisabilityData` does. @throws {RegistriesError} `openspp.no_model` */
  async writeDisabilityStatus(partnerId: number, answer: DisabilityAnswer): Promise<SyncedDisability> {
    if (answer.kind === 'not_known') return markNotKnown(this.#odoo, partnerId, answer);
    return writeDisability(this.#odoo, partnerId, answer.status, this.#rules.now());
  }
}

/** By which of several identifiers a disability registry is asked; undefined for none. */
export function bestIdentifier(identifiers: readonly SentIdentifier[]): SentIdentifier | undefined {
  return identifiers.toSorted((a, b) => rank(a) - rank(b))[0];
}

function rank({ type }: SentIdentifier): number {
  const at = PREFERRED.indexOf(type.toUpperCase());
  return at < 0 ? PREFERRED.length : at;
}
