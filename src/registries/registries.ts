import type { DciClient } from '../dci/client/client.ts';
import type { Gate } from '../dci/client/gate.ts';
import { gateFor } from '../dci/client/transport.ts';
import { timeZone } from '../events/time-zone.ts';
import type { OdooClient } from '../odoo/client.ts';
import { CrvsService } from './crvs-service.ts';
import { DrService } from './dr-service.ts';
import { duplicationCheckOf, recordDuplication } from './duplication-record.ts';
import { RegistriesError } from './errors.ts';
import { IbrService, type RecordCheck } from './ibr-service.ts';
import { DEFAULT_NAMING, type IdentifierNaming } from './identifier-names.ts';
import type { LookUpRules } from './look-up.ts';
import { registrantIdentifiers, type SentIdentifier } from './registrant-identifiers.ts';
import type { Source, SourceSettings } from './source.ts';
import { clientFor, type SourcePorts } from './source-client.ts';
import { DEFAULT_SOURCES, Sources } from './sources.ts';
import type { SubscriptionBook } from './subscriptions.ts';

/** What the registries need of their surroundings; each may be left out. */
export interface RegistriesPorts extends SourcePorts {
  /** Remembers subscriptions. */
  subscriptions?: SubscriptionBook | undefined;
  /** Milliseconds that their confirmations are waited for, where a call does not say. */
  confirmationMs?: number | undefined;
  /** What identifier types are called (`matching` of the settings); the defaults where left out. */
  naming?: IdentifierNaming | undefined;
  /** Counts the answers of a registry whose records are not of the person that was asked for. */
  strangers?: ((registry: string) => void) | undefined;
}

/**
 * What `registry_type` a service's source may have; one without a type may be anything. Beneficiaries are looked for in
 * social registries, too.
 */
const TYPES = { crvs: /crvs|civil/i, ibr: /ibr|beneficiar|social/i, dr: /\bdr\b|disab/i };

/**
 * All registries that can be asked, and the services over them. Keep one for as long as the process lives: it keeps
 * each registry's token and pace.
 *
 * @example
 * const registries = new Registries(sourceSettings(settings), odoo);
 * const record = await (await registries.crvs()).verifyBirth('BRN', '2020-12345');
 */
export class Registries {
  readonly sources: Sources;
  readonly #odoo: OdooClient | null;
  readonly #ports: RegistriesPorts;
  readonly #clients = new Map<string, { settings: string; client: DciClient }>();
  readonly #gates = new Map<string, { limits: string; gate: Gate }>();

  /**
   * @param settings of sources, by code
   * @param odoo OpenSPP; null where there is none, for sources that are wholly configured
   */
  constructor(
    settings: ReadonlyMap<string, SourceSettings>,
    odoo: OdooClient | null,
    ports: RegistriesPorts = {},
  ) {
    this.sources = new Sources(settings, odoo, ports.timing?.now);
    this.#odoo = odoo;
    this.#ports = ports;
  }

  /** Questions to a civil registry. @throws {RegistriesError} */
  async crvs(code: string = DEFAULT_SOURCES.crvs): Promise<CrvsService> {
    const { subscriptions: book, confirmationMs } = this.#ports;
    const source = await this.#source(code, 'crvs');
    const rules = this.#rules(source);
    return new CrvsService(this.#clientFor(source), { book, confirmationMs, rules });
  }

  /** Questions to an integrated beneficiary registry. @throws {RegistriesError} */
  async ibr(code: string = DEFAULT_SOURCES.ibr): Promise<IbrService> {
    const source = await this.#source(code, 'ibr');
    return new IbrService(
      this.#clientFor(source),
      this.#identifiers(source),
      this.#rules(source),
      this.#recorder(code),
    );
  }

  /** Questions to a disability registry. @throws {RegistriesError} */
  async dr(code: string = DEFAULT_SOURCES.dr): Promise<DrService> {
    const source = await this.#source(code, 'dr');
    const odoo = this.#odoo ?? unconnected();
    return new DrService(this.#clientFor(source), odoo, this.#identifiers(source), this.#rules(source));
  }

  /** A civil registry with its client, for what goes beyond single questions. @throws {RegistriesError} */
  async civilRegistry(code: string = DEFAULT_SOURCES.crvs): Promise<{ source: Source; client: DciClient }> {
    const source = await this.#source(code, 'crvs');
    return { source, client: this.#clientFor(source) };
  }

  /** How the answers of a source are understood. @throws {RegistriesError} */
  async rulesOf(code: string): Promise<LookUpRules> {
    return this.#rules(await this.sources.get(code));
  }

  /** The client of a source, for whatever the services do not offer. @throws {RegistriesError} */
  async client(code: string): Promise<DciClient> {
    return this.#clientFor(await this.sources.get(code));
  }

  /** The name of the key that signs requests to a source; null where none does. */
  signingKeyId({ signRequests, signingKeyFile, signingKeyId = 'key-1' }: Source): string | null {
    if (signRequests === false) return null;
    return signingKeyFile === undefined ? (this.#ports.ownSigner?.()?.keyId ?? null) : signingKeyId;
  }

  /** A client of a source of which something is set otherwise, for trying that. @throws {RegistriesError} */
  async clientWith(code: string, over: Partial<Source>): Promise<DciClient> {
    return clientFor({ ...(await this.sources.get(code)), ...over }, this.#ports);
  }

  /** The client that a service asks with. @throws {RegistriesError} */
  async clientOf(kind: keyof typeof TYPES, code: string = DEFAULT_SOURCES[kind]): Promise<DciClient> {
    return this.#clientFor(await this.#source(code, kind));
  }

  /** Writes checks of this source into OpenSPP; null where there is none. */
  #recorder(code: string): RecordCheck | null {
    const odoo = this.#odoo;
    if (!odoo) return null;
    return (partnerId, identifiers, answer) => {
      const now = Date.now();
      return recordDuplication(odoo, (language) =>
        duplicationCheckOf(partnerId, identifiers, answer, code, now, language),
      );
    };
  }

  async #source(code: string, kind: keyof typeof TYPES): Promise<Source> {
    const source = await this.sources.get(code);
    if (source.registryType === undefined || TYPES[kind].test(source.registryType)) return source;
    throw new RegistriesError(
      'source.wrong_type',
      `source ${code} is another kind of registry: correct its registry type, or name another source`,
    );
  }

  /** The same client for as long as the source says the same: its token goes with it. */
  #clientFor(source: Source): DciClient {
    const settings = JSON.stringify(source);
    const kept = this.#clients.get(source.code);
    if (kept?.settings === settings) return kept.client;
    const client = clientFor(source, { ...this.#ports, gate: this.#gateFor(source) });
    this.#clients.set(source.code, { settings, client });
    return client;
  }

  /** The same gate for as long as the source allows the same: who is at work with an older client keeps to it, too. */
  #gateFor(source: Source): Gate {
    const { concurrency, requestsPerSecond } = source;
    const limits = JSON.stringify([concurrency, requestsPerSecond]);
    const kept = this.#gates.get(source.code);
    if (kept?.limits === limits) return kept.gate;
    const gate = gateFor(source, this.#ports.timing);
    this.#gates.set(source.code, { limits, gate });
    return gate;
  }

  #rules({ repeatsIdentifiers = true, populationRegister = false, timeZone: name }: Source): LookUpRules {
    const { naming = DEFAULT_NAMING, strangers, timing } = this.#ports;
    const zone = name === undefined ? null : timeZone(name);
    return { naming, repeatsIdentifiers, populationRegister, zone, strangers, now: timing?.now ?? Date.now };
  }

  #identifiers({ identifierTypes }: Source): (partnerId: number) => Promise<SentIdentifier[]> {
    return async (partnerId) =>
      registrantIdentifiers(this.#odoo ?? unconnected(), partnerId, identifierTypes);
  }
}

function unconnected(): never {
  throw new RegistriesError(
    'openspp.not_connected',
    'this needs OpenSPP: set odoo.url (ODOO_URL) and what goes with it',
  );
}
