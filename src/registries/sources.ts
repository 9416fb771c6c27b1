import type { OdooClient } from '../odoo/client.ts';
import { completeSource } from './complete-source.ts';
import { RegistriesError } from './errors.ts';
import type { FoundSource, Source, SourceOrigin, SourceSettings } from './source.ts';
import { sourceWarnings } from './source-warnings.ts';
import { readDataSources } from './sources-odoo.ts';

/** The sources that the services take by default; OpenSPP's own modules name them so. */
export const DEFAULT_SOURCES = { crvs: 'crvs_main', ibr: 'ibr_main', dr: 'dr_main' } as const;

/** A source as an operator sees it: no secrets. */
export interface ListedSource {
  code: string;
  name: string;
  registryType: string | null;
  baseUrl: string | null;
  dialect: string;
  authType: string | null;
  origin: SourceOrigin;
  /** What is missing, and how to fix it; null where it can be asked. */
  problem: string | null;
  /** What works, and should not stay so: `sourceWarnings`. */
  warnings: string[];
}

/** Milliseconds that OpenSPP's rows are kept: a look-up should not cost two calls to Odoo. */
const ROWS_KEPT_MS = 10_000;

/** The registries that can be asked: from OpenSPP's data sources and the configuration. */
export class Sources {
  readonly #settings: ReadonlyMap<string, SourceSettings>;
  readonly #odoo: OdooClient | null;
  readonly #now: () => number;
  #kept: { at: number; rows: Promise<ReadonlyMap<string, SourceSettings>> } | null = null;

  /**
   * @param settings by code; they win over OpenSPP's, and one with a base address needs no row there
   * @param odoo null where there is no OpenSPP to read from; its rows are kept for ten seconds
   * @param now milliseconds since the epoch
   */
  constructor(
    settings: ReadonlyMap<string, SourceSettings>,
    odoo: OdooClient | null,
    now: () => number = Date.now,
  ) {
    this.#settings = settings;
    this.#odoo = odoo;
    this.#now = now;
  }

  /** All of them, by code. @throws OdooError */
  async list(): Promise<ListedSource[]> {
    const rows = await this.#rows();
    const codes = [...new Set([...rows.keys(), ...this.#settings.keys()])].sort();
    return codes.map((code) => listed(this.#found(code, rows) ?? { code, origin: 'configuration' }));
  }

  /**
   * One of them, complete.
   *
   * @throws {RegistriesError} `source.unknown`, `source.incomplete`
   * @throws OdooError
   */
  async get(code: string): Promise<Source> {
    // One that is wholly configured must work while OpenSPP does not.
    const isWhole = this.#settings.get(code)?.baseUrl !== undefined;
    const found = this.#found(code, isWhole ? new Map() : await this.#rows());
    if (found) return completeSource(found);
    const place = this.#odoo ? 'in OpenSPP an active DCI data source with this code, or in' : 'to';
    throw new RegistriesError(
      'source.unknown',
      `there is no source ${code}; add ${place} the settings sources.${code}.base_url and what goes with it`,
    );
  }

  async #rows(): Promise<ReadonlyMap<string, SourceSettings>> {
    if (!this.#odoo) return new Map();
    const now = this.#now();
    if (!this.#kept || now - this.#kept.at >= ROWS_KEPT_MS) {
      const kept = { at: now, rows: readDataSources(this.#odoo) };
      this.#kept = kept;
      kept.rows.catch(() => {
        if (this.#kept === kept) this.#kept = null;
      });
    }
    return this.#kept.rows;
  }

  #found(code: string, rows: ReadonlyMap<string, SourceSettings>): FoundSource | null {
    const row = rows.get(code);
    const own = this.#settings.get(code);
    if (own?.baseUrl !== undefined) return { ...own, code, origin: 'configuration' };
    if (!row) return null;
    if (!own) return { ...row, code, origin: 'openspp' };
    const endpoints = { ...given(row.endpoints ?? {}), ...given(own.endpoints ?? {}) };
    return { ...row, ...given(own), endpoints, code, origin: 'both' };
  }
}

/** Without what is undefined, which would otherwise hide what lies below. */
function given<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T;
}

function listed(found: FoundSource): ListedSource {
  return {
    code: found.code,
    name: found.name ?? found.code,
    registryType: found.registryType ?? null,
    baseUrl: found.baseUrl ?? null,
    dialect: found.dialect ?? 'spdci',
    authType: found.authType ?? null,
    origin: found.origin,
    problem: problemOf(found),
    warnings: sourceWarnings(found).map(({ setting, message }) => `${setting} ${message}`),
  };
}

function problemOf(found: FoundSource): string | null {
  try {
    completeSource(found);
    return null;
  } catch (error) {
    if (error instanceof RegistriesError) return error.message;
    throw error;
  }
}
