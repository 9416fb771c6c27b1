import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type FieldInfo, fieldsGet, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { CIVIL_STATUS_NAMESPACE, ID_TYPE_NAMESPACE, type IdType, MODEL } from './vocabulary.ts';

export type Fields = ReadonlyMap<string, FieldInfo>;

/** What this OpenSPP has: asked of it, never assumed, since every deployment adds modules of its own. */
export interface Capabilities {
  /** The bridge's own user. */
  uid: number;
  event: Fields;
  registrant: Fields;
  registryId: Fields;
  /** Null where the programs module is not installed. */
  membership: Fields | null;
  idTypes: readonly IdType[];
  /** Civil status codes such as `M`, to the id of their `spp.vocabulary.code`. */
  civilStatus: ReadonlyMap<string, number>;
  /** The event types that Odoo names from a sequence of the deployment. */
  sequenced: ReadonlySet<VitalEventType>;
}

/** Models change when an administrator installs a module; codes and sequences when one adds a row. */
const MODELS_KEPT_MS = 300_000;
const ROWS_KEPT_MS = 10_000;

/**
 * Asks Odoo for what it has, and keeps the answer: models five minutes, codes and sequences ten seconds.
 */
export class CapabilityCache {
  readonly #client: OdooClient;
  #models: { at: number; value: Promise<Models> } | null = null;
  #rows: { at: number; value: Promise<Rows> } | null = null;

  constructor(client: OdooClient) {
    this.#client = client;
  }

  /** @throws OdooError where Odoo does not answer; the next call asks again. */
  async get(now = Date.now()): Promise<Capabilities> {
    if (!this.#models || now - this.#models.at > MODELS_KEPT_MS) {
      this.#models = { at: now, value: readModels(this.#client) };
      this.#models.value.catch(() => {
        this.#models = null;
      });
    }
    if (!this.#rows || now - this.#rows.at > ROWS_KEPT_MS) {
      this.#rows = { at: now, value: readRows(this.#client) };
      this.#rows.value.catch(() => {
        this.#rows = null;
      });
    }
    const [models, rows] = await Promise.all([this.#models.value, this.#rows.value]);
    return { ...models, ...rows };
  }

  /** Forgets what is known; for the moment an answer shows that it is outdated. */
  forget(): void {
    this.#models = null;
    this.#rows = null;
  }
}

type Models = Pick<Capabilities, 'uid' | 'event' | 'registrant' | 'registryId' | 'membership'>;
type Rows = Pick<Capabilities, 'idTypes' | 'civilStatus' | 'sequenced'>;

async function readModels(client: OdooClient): Promise<Models> {
  const [uid, event, registrant, registryId, membership] = await Promise.all([
    client.uid(),
    fieldsGet(client, MODEL.event),
    fieldsGet(client, MODEL.registrant),
    fieldsGet(client, MODEL.registryId),
    fieldsGet(client, MODEL.membership).catch((error: unknown) => {
      if (error instanceof OdooError && error.code === 'odoo.unknown_model') return null;
      throw error;
    }),
  ]);
  return { uid, event, registrant, registryId, membership };
}

async function readRows(client: OdooClient): Promise<Rows> {
  const [codes, sequences] = await Promise.all([
    searchRead(
      client,
      MODEL.code,
      [['namespace_uri', 'in', [ID_TYPE_NAMESPACE, CIVIL_STATUS_NAMESPACE]]],
      ['namespace_uri', 'code'],
    ),
    searchRead(client, MODEL.sequence, [['code', '=like', `${MODEL.event}%`]], ['code']),
  ]);
  const idTypes: IdType[] = [];
  const civilStatus = new Map<string, number>();
  for (const row of codes) {
    const code = text(row.code) ?? '';
    if (row.namespace_uri === ID_TYPE_NAMESPACE) idTypes.push({ id: row.id, code });
    else civilStatus.set(code, row.id);
  }
  const named = new Set(sequences.map(({ code }) => code));
  const sequenced = VITAL_EVENT_TYPES.filter(
    (type) => named.has(MODEL.event) || named.has(`${MODEL.event}.${type}`),
  );
  return { idTypes, civilStatus, sequenced: new Set(sequenced) };
}
