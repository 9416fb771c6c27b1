import type { OdooClient } from '../../src/odoo/client.ts';
import { create, search, searchCount } from '../../src/odoo/orm.ts';
import { MODEL } from '../../src/openspp/vocabulary.ts';
import { onEnd } from '../lib/run.ts';
import type { Postgres } from './postgres.ts';

const SLICE = 500;
const RAW_DATA = JSON.stringify({ header: {}, message: { remarks: 'Registered late. '.repeat(50) } });

/**
 * Fills the event table up to so many rows: processed events of long ago, of nobody who is registered now.
 *
 * With `postgres` in one statement, and they are taken out again at the end of the benchmark; without, through the API,
 * which takes longer the more there are (16 ms a row at 200,000), and they stay.
 *
 * @param onProgress gets how many rows there are
 * @returns how many rows were added
 */
export async function addOldEvents(
  admin: OdooClient,
  postgres: Postgres | null,
  wanted: number,
  onProgress: (done: number) => void,
): Promise<number> {
  const there = await searchCount(admin, MODEL.event, [['active', 'in', [true, false]]]);
  const missing = Math.max(0, wanted - there);
  if (missing === 0) return 0;
  const run = `OLD${Date.now().toString(36).toUpperCase()}`;
  if (postgres) {
    onEnd(async () => {
      await postgres.query(`DELETE FROM spp_dci_crvs_event WHERE name LIKE 'CRVS-BIRTH-${run}-%'`);
      await postgres.compactEvents();
    });
    await postgres.query(insertion(run, missing));
    // As it is in a table that grew over years; else the planner would work with the figures of a small one.
    await postgres.query('ANALYZE spp_dci_crvs_event');
    return missing;
  }
  for (let from = 0; from < missing; from += SLICE) {
    const numbers = Array.from({ length: Math.min(SLICE, missing - from) }, (_, n) => from + n);
    await create(
      admin,
      MODEL.event,
      numbers.map((n) => ({
        name: `CRVS-BIRTH-${run}-${n}`,
        event_type: 'birth',
        identifier_type: 'national_id',
        identifier_value: `${run}${n}`,
        event_date: new Date(Date.UTC(1960, 0, 1 + (n % 14_000))).toISOString().slice(0, 10),
        raw_data: RAW_DATA,
        state: 'processed',
      })),
    );
    onProgress(there + from + numbers.length);
  }
  return missing;
}

/**
 * Takes the events of a round out again, so that the next one meets the same table: without an index each new event is
 * looked for in all of it, which would slow everybody down, and the faster the more.
 *
 * @param prefix what their identifiers begin with
 */
export async function removeEvents(
  admin: OdooClient,
  postgres: Postgres | null,
  prefix: string,
): Promise<void> {
  for (;;) {
    const ids = await search(
      admin,
      MODEL.event,
      [
        ['identifier_value', '=like', `${prefix}%`],
        ['active', 'in', [true, false]],
      ],
      { limit: SLICE },
    );
    if (ids.length === 0) break;
    await admin.call(MODEL.event, 'unlink', { ids });
  }
  await postgres?.compactEvents();
}

function insertion(run: string, count: number): string {
  return `
    INSERT INTO spp_dci_crvs_event (name, event_type, identifier_type, identifier_value, event_date, raw_data, state,
                                    received_date, processed_date, active, create_date, write_date, create_uid, write_uid)
    SELECT 'CRVS-BIRTH-${run}-' || n, 'birth', 'national_id', '${run}' || n, date '1960-01-01' + n % 14000,
           '${RAW_DATA}', 'processed', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', true,
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1, 1
    FROM generate_series(0, ${count - 1}) AS n`;
}
