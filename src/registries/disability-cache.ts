import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { create, type OdooValues, searchRead, write } from '../odoo/orm.ts';
import { odooDatetime } from '../odoo/values.ts';
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
  /** `spp.dci.disability.status`. */
  statusId: number;
  created: boolean;
}

/**
 * Writes what a registry says of a registrant into OpenSPP, one row each; nothing found is written as no disability.
 *
 * @param now milliseconds since the epoch
 * @throws {RegistriesError} `openspp.no_model`
 * @throws OdooError
 */
export async function writeDisability(
  client: OdooClient,
  partnerId: number,
  status: DisabilityStatus | null,
  now: number,
): Promise<SyncedDisability> {
  try {
    const values = await valuesOf(client, status, now);
    const row = await rowOf(client, partnerId);
    if (row) {
      await write(client, MODEL, [row.id], values);
      return { statusId: row.id, created: false };
    }
    const [id = 0] = await create(client, MODEL, [{ ...values, partner_id: partnerId }]);
    return { statusId: id, created: true };
  } catch (error) {
    if (!(error instanceof OdooError && error.code === 'odoo.unknown_model')) throw error;
    throw new RegistriesError(
      'openspp.no_model',
      `this OpenSPP has no ${MODEL}: install its DCI client for disability registries`,
    );
  }
}

async function valuesOf(
  client: OdooClient,
  status: DisabilityStatus | null,
  now: number,
): Promise<OdooValues> {
  // OpenSPP refuses a date after its own today, which is UTC's.
  const today = new Date(now).toISOString().slice(0, 10);
  const date = status?.assessmentDate ?? null;
  return {
    has_disability: status?.hasDisability ?? false,
    disability_types: JSON.stringify(status?.disabilityTypes ?? []),
    functional_scores: JSON.stringify(status?.functionalScores ?? {}),
    assessment_date: date !== null && date <= today ? date : false,
    source_registry: status?.sourceRegistry ?? false,
    raw_data: status ? JSON.stringify(status.record) : false,
    state: 'synced',
    error_message: false,
    last_sync_date: odooDatetime(now),
    synced_by: await client.uid(),
  };
}
