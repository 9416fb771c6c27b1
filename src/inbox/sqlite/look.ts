import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { AuditEntry, AuditFilter, KeptAuditEntry } from '../audit.ts';
import { isCorrelationId } from '../correlation.ts';
import { identifierHash } from '../identifier-hash.ts';
import type { EventSummary } from '../inbox.ts';
import type { Rates, Tally, TallyRow } from '../overview.ts';

/** What people ask of the inbox. Every look is short: the thread that answers it commits notifications, too. */

type Prepare = (sql: string) => StatementSync;

/** Ids that one look goes through at most: some ten milliseconds. */
const LOOK_IDS = 20_000;

export interface Page {
  events: EventSummary[];
  /** Where to go on: below this id; null where there is nothing left. */
  next: number | null;
}

/** See `SqliteStore.listSome`. @param summary the columns to select */
export function listSome(
  prepare: Prepare,
  summary: string,
  { where, values }: { where: readonly string[]; values: readonly SQLInputValue[] },
  below: number | null,
  limit: number,
): Page {
  const ends = prepare(
    'SELECT (SELECT min(id) FROM events) AS first, (SELECT max(id) FROM events) AS last',
  ).get() as {
    first: number | null;
    last: number | null;
  };
  if (ends.first === null || ends.last === null) return { events: [], next: null };
  const high = Math.min(below ?? ends.last + 1, ends.last + 1);
  const low = Math.max(high - LOOK_IDS, ends.first);
  const events = prepare(
    `${summary} FROM events e JOIN messages m ON m.id = e.message
     WHERE ${['e.id < ?', 'e.id >= ?', ...where].join(' AND ')} ORDER BY e.id DESC LIMIT ?`,
  ).all(high, low, ...values, limit) as unknown as EventSummary[];
  return { events, next: low > ends.first ? low : null };
}

/** See `Inbox.find`. */
export function find(prepare: Prepare, summary: string, text: string, limit: number): EventSummary[] {
  const wanted = text.trim();
  const ids = new Set<number>();
  const add = (sql: string, ...values: SQLInputValue[]) => {
    for (const { id } of prepare(sql).all(...values) as { id: number }[]) ids.add(id);
  };
  const whole = /^[1-9]\d{0,14}$/.test(wanted) ? Number(wanted) : null;
  if (whole !== null) {
    add('SELECT id FROM events WHERE id = ?', whole);
    add('SELECT id FROM events WHERE odoo_event_id = ? ORDER BY id DESC LIMIT ?', whole, limit);
  }
  const ofMessage = 'SELECT e.id FROM messages m JOIN events e ON e.message = m.id WHERE';
  if (isCorrelationId(wanted)) {
    add(`${ofMessage} m.correlation_id = ? ORDER BY e.id DESC LIMIT ?`, wanted.toLowerCase(), limit);
  }
  for (const sender of sendersOf(prepare)) {
    add(
      `${ofMessage} m.sender_id = ? AND m.message_id = ? ORDER BY e.id DESC LIMIT ?`,
      sender,
      wanted,
      limit,
    );
  }
  add(
    'SELECT event AS id FROM identifiers WHERE hash = ? ORDER BY event DESC LIMIT ?',
    identifierHash(wanted),
    limit,
  );
  const one = prepare(`${summary} FROM events e JOIN messages m ON m.id = e.message WHERE e.id = ?`);
  return [...ids]
    .sort((a, b) => b - a)
    .slice(0, limit)
    .flatMap((id) => one.all(id) as unknown as EventSummary[]);
}

/** With unsigned messages anybody can make up senders: more than these are not looked through. */
const SENDERS_LIMIT = 1000;

/** Who has sent messages: a step in the index for each of them, however many messages there are. */
function* sendersOf(prepare: Prepare): Generator<string> {
  const next = prepare(
    'SELECT sender_id AS sender FROM messages WHERE sender_id > ? ORDER BY sender_id LIMIT 1',
  );
  let after = '';
  for (let count = 0; count < SENDERS_LIMIT; count += 1) {
    const row = next.get(after) as { sender: string } | undefined;
    if (!row) return;
    yield row.sender;
    after = row.sender;
  }
}

/** See `Inbox.tally`. */
export function tally(prepare: Prepare): Tally {
  const rows = prepare(
    "SELECT type, state, nullif(outcome, '') AS outcome, count FROM event_counts WHERE count > 0",
  ).all() as unknown as TallyRow[];
  const oldest = prepare(
    `SELECT received_at AS at FROM events WHERE state <> 'settled' AND state IN ('waiting', 'delivering')
     ORDER BY received_at LIMIT 1`,
  ).get() as { at: number } | undefined;
  return { rows, oldestWaitingAt: oldest?.at ?? null };
}

/** See `Inbox.rates`. A count of a range of an index each: grouping would sort. */
export function rates(prepare: Prepare, from: number, spanMs: number, spans: number): Rates {
  const counts = (column: 'received_at' | 'settled_at') => {
    const statement = prepare(`SELECT count(*) AS count FROM events WHERE ${column} >= ? AND ${column} < ?`);
    return Array.from({ length: spans }, (_, span) => {
      const begin = from + span * spanMs;
      return (statement.get(begin, begin + spanMs) as { count: number }).count;
    });
  };
  return { accepted: counts('received_at'), settled: counts('settled_at') };
}

/** See `Inbox.lastMessages`. */
export function lastMessages(prepare: Prepare, senderIds: readonly string[]): Map<string, number> {
  const last = prepare('SELECT received_at AS at FROM messages WHERE sender_id = ? ORDER BY id DESC LIMIT 1');
  const found = new Map<string, number>();
  for (const sender of senderIds) {
    const row = last.get(sender) as { at: number } | undefined;
    if (row) found.set(sender, row.at);
  }
  return found;
}

/** See `Inbox.audit`. */
export function audit(prepare: Prepare, { at, actor, address, action, eventId, count }: AuditEntry): void {
  prepare('INSERT INTO audit (at, actor, address, action, event, count) VALUES (?, ?, ?, ?, ?, ?)').run(
    at,
    actor,
    address,
    action,
    eventId,
    count,
  );
}

/** See `Inbox.auditTrail`. */
export function auditTrail(prepare: Prepare, { limit = 50, before, eventId }: AuditFilter): KeptAuditEntry[] {
  const where = [
    ...(before === undefined ? [] : ['id < ?']),
    ...(eventId === undefined ? [] : ['event = ?']),
  ];
  const values = [before, eventId].filter((value) => value !== undefined);
  return prepare(
    `SELECT id, at, actor, address, action, event AS eventId, count FROM audit
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`,
  ).all(...values, limit) as unknown as KeptAuditEntry[];
}
