import { VITAL_EVENT_TYPES, type VitalEventType } from '../events/vital-event.ts';
import { type Memoized, memoize } from '../lib/memoize.ts';
import type { OdooClient, OdooValue } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { type FieldInfo, fieldsGet, type OdooRow, type OdooValues, read, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { type Access, readAccess } from './access.ts';
import { CIVIL_STATUS_NAMESPACE, ID_TYPE_NAMESPACE, type IdType, MODEL, OTHER_MODEL } from './vocabulary.ts';

export type Fields = ReadonlyMap<string, FieldInfo>;

/** Of these values, those whose fields this OpenSPP has. */
export function among(fields: Fields, values: OdooValues): Record<string, OdooValue> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => fields.has(name)));
}

/** What changes when an administrator installs a module. */
interface Models {
  /** The bridge's own user. */
  uid: number;
  /** That user's language in Odoo, such as `en_US` or `fr_FR`: texts that the bridge writes into Odoo are in it. */
  language: string;
  event: Fields;
  registrant: Fields;
  registryId: Fields;
  /** Null where the programs module is not installed. */
  membership: Fields | null;
  /** Of places in households (`spp.group.membership`), payment rounds and entitlements; null where they are not there. */
  household: Fields | null;
  cycleMembership: Fields | null;
  entitlement: Fields | null;
}

/** What changes when an administrator adds a row, or gives a right. */
interface Rows extends Access {
  idTypes: readonly IdType[];
  /** Civil status codes such as `M`, to the id of their `spp.vocabulary.code`; deprecated ones are left out. */
  civilStatus: ReadonlyMap<string, number>;
  /** The event types that Odoo names from a sequence of the deployment. */
  sequenced: ReadonlySet<VitalEventType>;
}

/** What this OpenSPP has: asked of it, never assumed, since every deployment adds its own modules. */
export interface Capabilities extends Models, Rows {}

const MODELS_KEPT_MS = 300_000;
const ROWS_KEPT_MS = 10_000;

/** Asks Odoo for what it has, and keeps the answer: models five minutes, codes and sequences ten seconds. */
export class CapabilityCache {
  readonly #models: Memoized<Models>;
  readonly #rows: Memoized<Rows>;

  constructor(client: OdooClient) {
    this.#models = memoize(() => readModels(client), MODELS_KEPT_MS);
    this.#rows = memoize(() => readRows(client), ROWS_KEPT_MS);
  }

  /** @throws OdooError where Odoo does not answer; the next call asks again. */
  async get(now = Date.now()): Promise<Capabilities> {
    const [models, rows] = await Promise.all([this.#models.get(now), this.#rows.get(now)]);
    return { ...models, ...rows };
  }

  /** Forgets what is known; for the moment an answer shows that it is outdated. */
  forget(): void {
    this.#models.forget();
    this.#rows.forget();
  }
}

async function readModels(client: OdooClient): Promise<Models> {
  const uid = await client.uid();
  const [language, event, registrant, registryId, membership, household, cycleMembership, entitlement] =
    await Promise.all([
      readLanguage(client, uid),
      fieldsGet(client, MODEL.event),
      fieldsGet(client, MODEL.registrant),
      fieldsGet(client, MODEL.registryId),
      optionalModel(client, MODEL.membership),
      optionalModel(client, OTHER_MODEL.household),
      optionalModel(client, OTHER_MODEL.cycleMembership),
      optionalModel(client, OTHER_MODEL.entitlement),
    ]);
  return {
    uid,
    language,
    event,
    registrant,
    registryId,
    membership,
    household,
    cycleMembership,
    entitlement,
  };
}

async function readLanguage(client: OdooClient, uid: number): Promise<string> {
  const [user] = await read(client, OTHER_MODEL.user, [uid], ['lang']);
  return text(user?.lang) ?? 'en_US';
}

/** Null where the module that has it is not installed, or the user may not see it. */
async function optionalModel(client: OdooClient, model: string): Promise<Fields | null> {
  try {
    return await fieldsGet(client, model);
  } catch (error) {
    if (error instanceof OdooError && ABSENT.has(error.code)) return null;
    throw error;
  }
}

const ABSENT: ReadonlySet<string> = new Set(['odoo.unknown_model', 'odoo.access']);

async function readRows(client: OdooClient): Promise<Rows> {
  const [codes, sequences, access] = await Promise.all([
    readCodes(client),
    searchRead(client, MODEL.sequence, [['code', '=like', `${MODEL.event}%`]], ['code']),
    readAccess(client),
  ]);
  const idTypes: IdType[] = [];
  const civilStatus = new Map<string, number>();
  for (const row of codes) {
    const code = text(row.code) ?? '';
    const deprecated = row.deprecated === true;
    if (row.namespace_uri === ID_TYPE_NAMESPACE) idTypes.push({ id: row.id, code, deprecated });
    else if (!deprecated) civilStatus.set(code, row.id);
  }
  const named = new Set(sequences.map(({ code }) => code));
  const sequenced = VITAL_EVENT_TYPES.filter(
    (type) => named.has(MODEL.event) || named.has(`${MODEL.event}.${type}`),
  );
  return { idTypes, civilStatus, sequenced: new Set(sequenced), ...access };
}

/** A release whose codes have no `deprecated` refuses to read it. */
async function readCodes(client: OdooClient): Promise<OdooRow[]> {
  const domain = [['namespace_uri', 'in', [ID_TYPE_NAMESPACE, CIVIL_STATUS_NAMESPACE]]];
  const fields = ['namespace_uri', 'code'];
  const known = await fieldsGet(client, MODEL.code);
  return searchRead(client, MODEL.code, domain, known.has('deprecated') ? [...fields, 'deprecated'] : fields);
}
