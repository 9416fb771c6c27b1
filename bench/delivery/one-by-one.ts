import type { VitalEventType } from '../../src/events/vital-event.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { create, read, search, searchRead, write } from '../../src/odoo/orm.ts';
import { many2oneId, odooDatetime } from '../../src/odoo/values.ts';
import { CIVIL_STATUS_NAMESPACE, MODEL } from '../../src/openspp/vocabulary.ts';

/** An event as a program that calls Odoo once for each step would have it. */
export interface SingleEvent {
  type: VitalEventType;
  date: string;
  identifierType: string;
  identifierValue: string;
  rawData: string;
}

/** What such a program asks once, when it starts. */
export interface Known {
  uid: number;
  civilStatus: ReadonlyMap<string, number>;
}

/** Reads it. */
export async function readKnown(client: OdooClient): Promise<Known> {
  const codes = await searchRead(
    client,
    MODEL.code,
    [['namespace_uri', '=', CIVIL_STATUS_NAMESPACE]],
    ['code'],
  );
  return { uid: await client.uid(), civilStatus: new Map(codes.map(({ code, id }) => [String(code), id])) };
}

/**
 * (a) One event, in the seven calls that OpenSPP's module needs from outside: is it there already; create; processing;
 * who has this identifier; read the person; write the person; processed.
 */
export async function bySevenCalls(client: OdooClient, event: SingleEvent, known: Known): Promise<void> {
  const key = [
    ['identifier_type', '=', event.identifierType],
    ['identifier_value', '=', event.identifierValue],
    ['event_type', '=', event.type],
    ['event_date', '=', event.date],
  ];
  const there = await search(client, MODEL.event, key, { limit: 1 });
  if (there.length > 0) throw new Error('the event is there already: the identifiers are not fresh');
  const ids = await create(client, MODEL.event, [rowOf(event)]);
  await write(client, MODEL.event, ids, { state: 'processing' });
  const [holder] = await searchRead(
    client,
    MODEL.registryId,
    [
      ['id_type_id.code', '=', event.identifierType],
      ['value', '=', event.identifierValue],
    ],
    ['partner_id'],
    { limit: 1 },
  );
  const person = many2oneId(holder?.partner_id ?? false);
  if (person === null) throw new Error('nobody has the identifier');
  await read(client, MODEL.registrant, [person], ['birthdate', 'disabled', 'civil_status_id']);
  await write(client, MODEL.registrant, [person], patchOf(event, known), {
    context: { tracking_disable: true },
  });
  await write(client, MODEL.event, ids, {
    state: 'processed',
    person_id: person,
    processed_date: odooDatetime(Date.now()),
    processed_by: known.uid,
  });
}

/** (b) One event in OpenSPP's own way: create the row, and let Odoo process it. */
export async function byProcessEvent(client: OdooClient, event: SingleEvent): Promise<void> {
  const ids = await create(client, MODEL.event, [rowOf(event)]);
  const processed = await client.call(MODEL.event, 'process_event', { ids });
  if (processed !== true) throw new Error('OpenSPP did not process the event');
}

/** Without a name: Odoo makes it, as it does for OpenSPP's module. */
function rowOf(event: SingleEvent): Record<string, OdooValue> {
  return {
    event_type: event.type,
    identifier_type: event.identifierType,
    identifier_value: event.identifierValue,
    event_date: event.date,
    raw_data: event.rawData,
    state: 'received',
  };
}

function patchOf({ type, date }: SingleEvent, { uid, civilStatus }: Known): Record<string, OdooValue> {
  if (type === 'birth') return { birthdate: date };
  if (type === 'death') {
    const now = odooDatetime(Date.now());
    const reason = `Deceased - CRVS notification received on ${now.slice(0, 10)}`;
    return { disabled: now, disabled_by: uid, disabled_reason: reason };
  }
  return { civil_status_id: civilStatus.get(type === 'marriage' ? 'M' : 'D') ?? false };
}

/** Works through a list, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  callers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items.values();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (const item of iterator) await work(item);
    }),
  );
}
