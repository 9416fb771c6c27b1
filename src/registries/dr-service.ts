import type { CallOptions, DciClient } from '../dci/client/client.ts';
import type { Plain } from '../dci/client/plain.ts';
import type { OdooClient } from '../odoo/client.ts';
import { readDisability, type SyncedDisability, writeDisability } from './disability-cache.ts';
import {
  type DisabilityStatus,
  disabilityStatusOf,
  type FunctionalAssessment,
  functionalAssessmentOf,
} from './dr-records.ts';
import type { SentIdentifier } from './registrant-identifiers.ts';

/** By which identifier a disability registry is asked, best first; OpenSPP's order. */
const PREFERRED = ['UIN', 'DRN', 'NATIONAL_ID', 'NID'];

/** What a synchronisation found and wrote. */
export interface DisabilitySync extends SyncedDisability {
  /** What the registry said; null where it knows nothing of the person. */
  status: DisabilityStatus | null;
}

/** Questions to a disability registry. */
export class DrService {
  readonly #client: DciClient;
  readonly #odoo: OdooClient;
  readonly #identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>;
  readonly #now: () => number;

  /** @param identifiersOf the identifiers of a registrant, in the registry's words */
  constructor(
    client: DciClient,
    odoo: OdooClient,
    identifiersOf: (partnerId: number) => Promise<SentIdentifier[]>,
    now: () => number = Date.now,
  ) {
    this.#client = client;
    this.#odoo = odoo;
    this.#identifiersOf = identifiersOf;
    this.#now = now;
  }

  /**
   * What the registry says of a registrant; null where it knows nothing of them.
   *
   * @param partnerId `res.partner`
   * @throws {RegistriesError} `registrant.unknown`, `registrant.no_identifiers`
   * @throws {DciClientError}
   */
  async getDisabilityStatus(partnerId: number, options: CallOptions = {}): Promise<DisabilityStatus | null> {
    const identifiers = await this.#identifiersOf(partnerId);
    const [first] = identifiers.toSorted((a, b) => rank(a) - rank(b));
    const record = first ? await this.#record(first.type, first.value, options) : null;
    return record && disabilityStatusOf(record);
  }

  /**
   * The functional assessment (Washington Group scores, 1 to 4) of somebody by an identifier; null where the registry
   * knows nothing of them.
   *
   * @throws {DciClientError}
   */
  async getFunctionalAssessment(
    type: string,
    value: string,
    options: CallOptions = {},
  ): Promise<FunctionalAssessment | null> {
    const record = await this.#record(type, value, options);
    return record && functionalAssessmentOf(record);
  }

  /**
   * Whether a registrant is a person with disability: by OpenSPP's own row where that is up to date, else by the
   * registry.
   */
  async isPwd(partnerId: number, options: CallOptions = {}): Promise<boolean> {
    const cached = await readDisability(this.#odoo, partnerId);
    if (cached?.isSynced) return cached.hasDisability;
    return (await this.getDisabilityStatus(partnerId, options))?.hasDisability ?? false;
  }

  /**
   * Asks the registry, and writes what it says into OpenSPP's disability status.
   *
   * @throws {RegistriesError} also `openspp.no_model`
   */
  async syncDisabilityData(partnerId: number, options: CallOptions = {}): Promise<DisabilitySync> {
    const status = await this.getDisabilityStatus(partnerId, options);
    return { ...(await writeDisability(this.#odoo, partnerId, status, this.#now())), status };
  }

  async #record(type: string, value: string, options: CallOptions): Promise<Plain | null> {
    const { records } = await this.#client.searchById(type, value, { ...options, pageSize: 1 });
    return records[0] ?? null;
  }
}

function rank({ type }: SentIdentifier): number {
  const at = PREFERRED.indexOf(type.toUpperCase());
  return at < 0 ? PREFERRED.length : at;
}
