import type { NotificationReader } from '../events/read-events.ts';
import { readRawData } from '../events/read-raw-data.ts';
import { VITAL_EVENT_TYPES, type VitalEvent, type VitalEventType } from '../events/vital-event.ts';
import type { OdooClient } from '../odoo/client.ts';
import { searchRead } from '../odoo/orm.ts';
import { many2oneId, odooDatetime, text } from '../odoo/values.ts';
import { MODEL } from './vocabulary.ts';

/** A row of `spp.dci.crvs.event` that is unfinished. */
export interface UnfinishedRow {
  id: number;
  type: VitalEventType;
  state: 'received' | 'processing';
}

/** The same, with what it is to be finished by. */
export interface AdoptableRow {
  id: number;
  /** `YYYY-MM-DD HH:MM:SS`, UTC: with the id it names this state of the row. */
  writtenAt: string;
  /** The registrant that it names; null where it names none. */
  personId: number | null;
  event: VitalEvent;
  /** As `raw_data` has it; null where that is empty or no envelope. */
  body: string | null;
}

/** Which unfinished rows are looked for. */
export interface UnfinishedQuery {
  /** The bridge's own user. */
  uid: number;
  /** Only rows that were last written before; milliseconds since the epoch. */
  untouchedSince: number;
  /** Only rows with a higher id. */
  after: number;
  limit: number;
}

/**
 * Finds rows in `received` by any user, and rows that this user left in `processing`. Many of them may wait for a
 * decision, so what they were made from is not read here.
 *
 * @throws OdooError
 */
export async function findUnfinishedRows(
  client: OdooClient,
  { uid, untouchedSince, after, limit }: UnfinishedQuery,
): Promise<UnfinishedRow[]> {
  const rows = await searchRead(
    client,
    MODEL.event,
    [
      ['id', '>', after],
      ['event_type', 'in', [...VITAL_EVENT_TYPES]],
      ['write_date', '<', odooDatetime(untouchedSince)],
      '|',
      ['state', '=', 'received'],
      '&',
      ['state', '=', 'processing'],
      ['write_uid', '=', uid],
    ],
    ['event_type', 'state'],
    { order: 'id', limit },
  );
  return rows.map(({ id, event_type: type, state }) => ({
    id,
    type: type as VitalEventType,
    state: state === 'processing' ? 'processing' : 'received',
  }));
}

/**
 * Reads rows with what they were made from.
 *
 * @param read reads what a row was made from
 * @throws OdooError
 */
export async function readUnfinishedRows(
  client: OdooClient,
  ids: readonly number[],
  read: NotificationReader,
): Promise<AdoptableRow[]> {
  if (ids.length === 0) return [];
  const rows = await searchRead(
    client,
    MODEL.event,
    [['id', 'in', [...ids]]],
    [
      'event_type',
      'identifier_type',
      'identifier_value',
      'event_date',
      'person_id',
      'raw_data',
      'write_date',
    ],
    { order: 'id' },
  );
  return rows.flatMap((row) => {
    const type = VITAL_EVENT_TYPES.find((one) => one === row.event_type);
    if (!type) return [];
    const idType = text(row.identifier_type);
    const value = text(row.identifier_value);
    const own: VitalEvent = {
      type,
      date: text(row.event_date),
      identifiers: idType !== null && value !== null ? [{ type: idType, value }] : [],
    };
    const body = text(row.raw_data);
    const told = body === null ? null : readRawData(body, read);
    return [
      {
        id: row.id,
        writtenAt: text(row.write_date) ?? '',
        personId: many2oneId(row.person_id),
        event: told ? withTold(own, told) : own,
        body: told ? body : null,
      },
    ];
  });
}

/** What the row itself says goes first: a user may have corrected it. The message knows more identifiers. */
function withTold(own: VitalEvent, told: readonly VitalEvent[]): VitalEvent {
  const same = told.filter(({ type }) => type === own.type);
  const event = same.find(({ date }) => date === own.date) ?? (same.length === 1 ? same[0] : undefined);
  if (!event) return own;
  const others = event.identifiers.filter(
    ({ type, value }) => !own.identifiers.some((one) => one.type === type && one.value === value),
  );
  return { ...own, identifiers: [...own.identifiers, ...others] };
}
