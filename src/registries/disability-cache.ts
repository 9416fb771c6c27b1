import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { tryTogether } from '../odoo/halving.ts';
import { create, type OdooValues, searchRead, write } from '../odoo/orm.ts';
import { many2oneId, odooDatetime } from '../odoo/values.ts';
import type { NotKnown } from './answer.ts';
import type { DisabilityAnswer } from './dr-answers.ts';
import type { DisabilityStatus } from './dr-records.ts';
import { RegistriesError } from './errors.ts';

const MODEL = 'spp.dci.disability.status';

/** A registrant's row in OpenSPP's disability status. */
export interface CachedDisability {
  id: number;
  hasDisability: boolean;
  /** Whether it is up to date by OpenSPP's own word (`synced`, not `stale` or `error`). */
  isSynced: boolean;
}

/** A registrant's row; null where there is none, or no such module. @throws OdooError */
export async function readDisability(
  client: OdooClient,
  partnerId: number,
): Promise<CachedDisability | null> {
  try {
    return await rowOf(client, partnerId);
  } catch (error) {
    if (error instanceof OdooError && error.code === 'odoo.unknown_model') return null;
    throw error;
  }
}

async function rowOf(client: OdooClient, partnerId: number): Promise<CachedDisability | null> {
  const domain = [['partner_id', '=', partnerId]];
  const [row] = await searchRead(client, MODEL, domain, ['has_disability', 'state'], { limit: 1 });
  return row
    ? { id: row.id, hasDisability: row.has_disability === true, isSynced: row.state === 'synced' }
    : null;
}

/** What was written, and where. */
export interface SyncedDisability {
  /** `spp.dci.disability.status`; null where there is no row, and nothing to write. */
  statusId: number | null;
  created: boolean;
}

/**
 * Writes what a registry says of a registrant into OpenSPP, one row each.
 *
 * @param now milliseconds since the epoch
 * @throws {RegistriesError} `openspp.no_model`
 * @throws OdooError
 */
export async function writeDisability(
  client: OdooClient,
  partnerId: number,
  status: DisabilityStatus,
  now: number,
): Promise<SyncedDisability> {
  return withModel(async () => {
    const values = await valuesOf(client, status, now);
    const row = await rowOf(client, partnerId);
    if (row) {
      await write(client, MODEL, [row.id], values);
      return { statusId: row.id, created: false };
    }
    const [id = 0] = await create(client, MODEL, [{ ...values, partner_id: partnerId }]);
    return { statusId: id, created: true };
  });
}

/**
 * Marks the row of a registrant of whom the registry says nothing that is known; the status in it stays. Where there is
 * no row, none is made: an empty one reads as "no disability".
 *
 * @throws {RegistriesError} `openspp.no_model`
 * @throws OdooError
 */
export async function markNotKnown(
  client: OdooClient,
  partnerId: number,
  unknown: NotKnown,
): Promise<SyncedDisability> {
  return withModel(async () => {
    const row = await rowOf(client, partnerId);
    if (!row) return { statusId: null, created: false };
    await write(client, MODEL, [row.id], unknownValues(unknown));
    return { statusId: row.id, created: false };
  });
}

/**
 * Writes what a registry says of many registrants, as `writeDisability` and `markNotKnown` do of one: those without a row
 * in one call. Doing it again changes nothing.
 *
 * @param now milliseconds since the epoch
 * @returns by registrant, what became of it; nothing where there was nothing to write
 * @throws {RegistriesError} `openspp.no_model`
 * @throws OdooError where Odoo does not answer
 */
export async function writeDisabilities(
  client: OdooClient,
  entries: readonly { partnerId: number; answer: DisabilityAnswer }[],
  now: number,
): Promise<Map<number, 'recorded' | 'refused'>> {
  if (entries.length === 0) return new Map();
  return withModel(async () => {
    const partners = entries.map(({ partnerId }) => partnerId);
    const rows = await searchRead(client, MODEL, [['partner_id', 'in', partners]], ['partner_id']);
    const rowOf = new Map(rows.map((row) => [many2oneId(row.partner_id), row.id]));
    const written = new Map<number, 'recorded' | 'refused'>();
    const fresh: { partnerId: number; values: OdooValues }[] = [];
    for (const { partnerId, answer } of entries) {
      const row = rowOf.get(partnerId);
      if (row === undefined && answer.kind === 'not_known') continue;
      const values =
        answer.kind === 'not_known' ? unknownValues(answer) : await valuesOf(client, answer.status, now);
      if (row === undefined) fresh.push({ partnerId, values: { ...values, partner_id: partnerId } });
      else written.set(partnerId, await attempt(() => write(client, MODEL, [row], values)));
    }
    const { done, refused } = await tryTogether(fresh, (some) =>
      create(
        client,
        MODEL,
        some.map(({ values }) => values),
      ),
    );
    if (refused[0]?.error.code === 'odoo.unknown_model') throw refused[0].error;
    for (const { item } of done) written.set(item.partnerId, 'recorded');
    for (const { item } of refused) written.set(item.partnerId, 'refused');
    return written;
  });
}

/** Whether this OpenSPP keeps disability statuses. @throws {RegistriesError} `openspp.no_model` */
export async function assertDisabilityStatuses(client: OdooClient): Promise<void> {
  await withModel(() => searchRead(client, MODEL, [], ['id'], { limit: 1 }));
}

async function attempt(work: () => Promise<void>): Promise<'recorded' | 'refused'> {
  try {
    await work();
    return 'recorded';
  } catch (error) {
    if (!(error instanceof OdooError) || error.transient || error.code === 'odoo.unknown_model') throw error;
    return 'refused';
  }
}

function unknownValues({ reason, detail }: NotKnown): OdooValues {
  return { state: 'error', error_message: `not known (${reason}): ${detail}` };
}

async function withModel<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OdooError && error.code === 'odoo.unknown_model')) throw error;
    throw new RegistriesError(
      'openspp.no_model',
      `this OpenSPP has no ${MODEL}: install its DCI client for disability registries`,
    );
  }
}

async function valuesOf(client: OdooClient, status: DisabilityStatus, now: number): Promise<OdooValues> {
  // OpenSPP refuses a date after its own today, which is UTC's.
  const today = new Date(now).toISOString().slice(0, 10);
  const date = status.assessmentDate;
  return {
    has_disability: status.hasDisability,
    disability_types: JSON.stringify(status.disabilityTypes),
    functional_scores: JSON.stringify(status.functionalScores),
    assessment_date: date !== null && date <= today ? date : false,
    source_registry: status.sourceRegistry ?? false,
    raw_data: JSON.stringify(status.record),
    state: 'synced',
    error_message: false,
    last_sync_date: odooDatetime(now),
    synced_by: await client.uid(),
  };
}
