import { placeOf } from '../../events/identity-event.ts';
import { newCorrelationId } from '../correlation.ts';
import type { EventStatus } from '../event-status.ts';
import { messageDigest } from '../message-key.ts';
import type { NewMessage, Receipt } from '../messages.ts';
import { newReference } from '../reference.ts';
import { shortened } from '../refusals.ts';
import { isCorrection, sortDateOf } from '../sort-date.ts';
import type { Database, Sql } from './database.ts';
import { statusesOf } from './messages.ts';
import { deleteOldRefusals, insertRefusals, refusalRows } from './refusals.ts';
import { stored } from './text.ts';

/** Events that one row of `unindexed` names at most. */
const INDEXED_TOGETHER = 2000;

// Messages go in in the order of their keys: two replicas with the same ones wait for each other in one direction only.
// Events go in in the order of arrival, for that is the order of their ids.
const insertion = (more = '') => `
  WITH message AS (
    INSERT INTO crvs_bridge.messages (key, sender_id, message_id, content_digest, correlation_id, action, dialect, kid,
                                      received_at, settled_at, size, body)
    SELECT decode(key, 'hex'), sender_id, message_id, content_digest, correlation_id, action, dialect, kid,
           received_at, settled_at, size, body
    FROM json_to_recordset($1::json) AS new (key text, sender_id text, message_id text, content_digest text,
      correlation_id uuid, action text, dialect text, kid text, received_at bigint, settled_at bigint, size integer,
      body text)
    ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING id, correlation_id
  ), event AS (
    INSERT INTO crvs_bridge.events (message, position, type, date, identifiers, reference, sort_date, received_at,
                                    state, odoo_event_id, adopted, person_id, correction)
    SELECT message.id, position, type, date, identifiers, reference, sort_date, received_at, 'waiting', odoo_event_id,
           adopted, person_id, correction
    FROM json_to_recordset($2::json) AS new (message uuid, place integer, position integer, type text, date text,
      identifiers text, reference text, sort_date text, received_at bigint, odoo_event_id bigint, adopted boolean,
      person_id bigint, correction boolean)
    JOIN message ON message.correlation_id = new.message
    ORDER BY new.place
    RETURNING id, reference
  ), unindexed AS (
    INSERT INTO crvs_bridge.unindexed (events)
    SELECT array_agg(id) FROM (SELECT id, (row_number() OVER () - 1) / ${INDEXED_TOGETHER} AS place FROM event) numbered
    GROUP BY place
  )${more}
  SELECT (SELECT json_agg(json_build_array(correlation_id, id)) FROM message) AS messages,
         (SELECT json_agg(json_build_array(reference, id)) FROM event) AS events`;
const INSERT = insertion();
const INSERT_WITH_REFUSALS = insertion(
  `, refusal AS (${insertRefusals('$3', 'JOIN message ON message.correlation_id = refused.message')})`,
);

interface Prepared {
  message: NewMessage;
  /** Of sender and `message_id`, hex. */
  key: string;
  correlationId: string;
  /** Of each event, by which its id is found again. */
  references: string[];
}

/** Commits messages together; gives their receipts in the same order. */
export function acceptAll(database: Database, messages: NewMessage[]): Promise<Receipt[]> {
  return accept(database, messages.map(prepare));
}

/** One statement is one transaction: the server is asked once where no message was there before. */
async function accept(database: Database, prepared: Prepared[]): Promise<Receipt[]> {
  const created = await insert(database, prepared);
  const repeated = prepared.filter((_, position) => created[position] === null);
  const known = repeated.length > 0 ? await find(database, repeated) : new Map<string, Known>();
  // The insert found it a moment ago, but another replica's pruning may have come in between.
  const gone = repeated.filter(({ key }) => !known.has(key));
  const again = new Map<string, Receipt>();
  if (gone.length > 0) {
    const receipts = await accept(database, gone);
    for (const [place, { key }] of gone.entries()) again.set(key, receipts[place] as Receipt);
  }
  return prepared.map(({ key, message }, position) => {
    const receipt = created[position] ?? again.get(key);
    if (receipt) return receipt;
    const found = known.get(key) as Known;
    const { digest, ...rest } = found;
    return { kind: digest === message.contentDigest ? 'repeated' : 'conflict', ...rest };
  });
}

/** Receipts of those that were not there before, and null for the others. */
async function insert(database: Database, prepared: Prepared[]): Promise<(Receipt | null)[]> {
  const values = [JSON.stringify(prepared.map(messageRow)), JSON.stringify(eventRows(prepared))];
  const refusals = prepared.flatMap(({ message, correlationId }) =>
    refusalRows((message.refusals ?? []).map(shortened)).map((one) => ({ ...one, message: correlationId })),
  );
  type Inserted = { messages: [string, number][] | null; events: [string, number][] | null };
  const [row] = await database.retried((sql) =>
    refusals.length === 0
      ? sql.rows<Inserted>(INSERT, values, 'accept')
      : sql.rows<Inserted>(INSERT_WITH_REFUSALS, [...values, JSON.stringify(refusals)], 'accept-refusals'),
  );
  // What is committed is to be acknowledged, whatever becomes of old refusals.
  if (refusals.length > 0) await deleteOldRefusals(database).catch(() => {});
  const inboxIds = new Map(row?.messages ?? []);
  const eventIds = new Map(row?.events ?? []);
  return prepared.map(({ message, correlationId, references }): Receipt | null => {
    const inboxId = inboxIds.get(correlationId);
    if (inboxId === undefined) return null;
    const odooEventId = message.adopted?.odooEventId ?? null;
    const events = references.map((reference): EventStatus => {
      const id = eventIds.get(reference) as number;
      return { id, state: 'waiting', outcome: null, odooEventId };
    });
    return { kind: 'created', inboxId, correlationId, receivedAt: message.receivedAt, events };
  });
}

type Known = Omit<Receipt, 'kind'> & { digest: string };

/** Messages that were there before, by their keys: also those of a commit that this one had to wait for. */
async function find(sql: Sql, prepared: Prepared[]): Promise<Map<string, Known>> {
  const rows = await sql.rows<{ key: string } & Omit<Known, 'events'>>(
    `SELECT encode(key, 'hex') AS key, id AS "inboxId", content_digest AS digest, correlation_id AS "correlationId",
            received_at AS "receivedAt"
     FROM crvs_bridge.messages WHERE key = ANY(SELECT decode(k, 'hex') FROM unnest($1::text[]) AS k)`,
    [prepared.map(({ key }) => key)],
    'accept-known',
  );
  const statuses = await statusesOf(
    sql,
    rows.map(({ inboxId }) => inboxId),
  );
  return new Map(rows.map(({ key, ...row }) => [key, { ...row, events: statuses.get(row.inboxId) ?? [] }]));
}

function prepare(message: NewMessage): Prepared {
  return {
    message,
    key: messageDigest(message.senderId.length, stored(message.senderId), stored(message.messageId)),
    correlationId: message.correlationId ?? newCorrelationId(message.receivedAt),
    references: message.events.map(({ type }) => newReference(type, message.receivedAt)),
  };
}

function messageRow({ message, key, correlationId }: Prepared) {
  return {
    key,
    sender_id: stored(message.senderId),
    message_id: stored(message.messageId),
    content_digest: message.contentDigest,
    correlation_id: correlationId,
    action: stored(message.action),
    dialect: stored(message.dialect),
    kid: stored(message.kid),
    received_at: message.receivedAt,
    settled_at: message.events.length === 0 ? message.receivedAt : null,
    size: message.body.length,
    body: stored(message.body),
  };
}

function eventRows(prepared: Prepared[]) {
  let place = 0;
  return prepared.flatMap(({ message, correlationId, references }) =>
    message.events.map((event, position) => {
      place += 1;
      return {
        message: correlationId,
        place,
        position: placeOf(event, position),
        type: event.type,
        date: stored(event.date),
        identifiers: JSON.stringify(event.identifiers),
        reference: references[position],
        sort_date: sortDateOf(event.date, isCorrection(event), message.receivedAt),
        received_at: message.receivedAt,
        odoo_event_id: message.adopted?.odooEventId ?? null,
        adopted: message.adopted !== undefined,
        person_id: message.adopted?.personId ?? null,
        correction: isCorrection(event),
      };
    }),
  );
}
