import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type InboxEventType, placeOf } from '../../events/identity-event.ts';
import type { Identifier } from '../../events/vital-event.ts';
import { callsOf, callsText } from '../attempt-calls.ts';
import type { AuditEntry, AuditFilter, KeptAuditEntry } from '../audit.ts';
import { newCorrelationId } from '../correlation.ts';
import { type CountedRow, countsOf } from '../counts.ts';
import { identifierHashes } from '../identifier-hash.ts';
import {
  ALONE_FROM,
  type AnswerCounts,
  type Attempt,
  type AttemptCall,
  type ClaimedEvent,
  type EventDetails,
  type EventFilter,
  type EventState,
  type EventStatus,
  type EventSummary,
  type InboxCounts,
  type KeptAnswer,
  type KeptQuestion,
  type Lane,
  LONGEST_DEFERRAL_MS,
  type NewAnswer,
  type NewMessage,
  type NewQuestion,
  type ReasonCount,
  type Receipt,
  type Settlement,
  type UnmatchedEvent,
} from '../inbox.ts';
import type { Rates, Tally } from '../overview.ts';
import { newReference } from '../reference.ts';
import type { KeptRefusal, Refusal, RefusalCount, RefusalFilter } from '../refusals.ts';
import { changeOf, type EventChange, type HeldEvent, INTERRUPTED, SET_ASIDE } from '../settlement.ts';
import { isCorrection, sortDateOf } from '../sort-date.ts';
import * as look from './look.ts';
import * as questions from './questions.ts';
import * as refusals from './refusals.ts';
import { migrate } from './schema.ts';

export interface StoreOptions {
  path: string;
  /** Whether this process delivers: takes the lock that only one process can hold, and gives back what died. */
  exclusive: boolean;
  /** Whether to make the file where there is none. */
  create: boolean;
  /** Milliseconds that an event waits whose delivery was cut off by the end of the last process. */
  interruptedGraceMs: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A message whose last event was settled by a commit. */
export interface SettledMessage {
  inboxId: number;
  events: EventStatus[];
}

const SUMMARY = `
  SELECT e.id, e.type, e.date, e.state, e.outcome, e.odoo_event_id AS odooEventId, e.received_at AS receivedAt,
         e.settled_at AS settledAt, e.due_at AS dueAt, e.attempts, e.reason, m.sender_id AS senderId,
         m.correlation_id AS correlationId`;

/**
 * The inbox on SQLite, synchronous: one writer, `journal_mode=WAL` and `synchronous=FULL`, so that a commit that
 * returned was fsynced. Runs in a thread of its own (see `worker.ts`).
 */
export class SqliteStore {
  readonly #db: DatabaseSync;
  readonly #lock: DatabaseSync | null;
  readonly #statements = new Map<string, StatementSync>();
  readonly #sql: questions.StoreSql = {
    run: (sql, ...values) => this.#run(sql, ...values),
    get: (sql, ...values) => this.#get(sql, ...values),
    all: (sql, ...values) => this.#all(sql, ...values),
    transaction: (work) => this.#transaction(work),
  };

  constructor(options: StoreOptions) {
    if (!options.create && !existsSync(options.path))
      throw new Error('there is no such file; check INBOX_URL');
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    // Births and deaths: for the owner's eyes alone. SQLite gives its side files the mode of the main one.
    closeSync(openSync(options.path, 'a', 0o600));
    this.#lock = options.exclusive ? takeLock(`${options.path}.lock`) : null;
    this.#db = new DatabaseSync(options.path);
    this.#db.exec(
      'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 16000;',
    );
    migrate(this.#db);
    if (options.exclusive) this.#recover(options.now, options.interruptedGraceMs);
  }

  /** Gives back what was in hand when the last process ended. */
  #recover(now: number, graceMs: number): void {
    this.#transaction(() => {
      this.#run(`UPDATE attempts SET ended_at = ?, outcome = '${INTERRUPTED}' WHERE ended_at IS NULL`, now);
      // Whether an event is what brought the process down cannot be told; one that saw it again and again goes alone.
      this.#run(
        `UPDATE events SET state = 'deferred', due_at = ?, reason = '${INTERRUPTED}',
                failures = min(failures + 1, max(failures, ?))
         WHERE state = 'delivering'`,
        now + graceMs,
        ALONE_FROM,
      );
    });
  }

  acceptAll(messages: NewMessage[]): Receipt[] {
    return this.#transaction(() => {
      const receipts = messages.map((message) => this.#accept(message));
      const created = messages.filter((_, position) => receipts[position]?.kind === 'created');
      this.#count(created.flatMap(({ events }) => events));
      return receipts;
    });
  }

  /** Adds new events to the tally; what becomes of them is counted by triggers. */
  #count(events: NewMessage['events']): void {
    const counts = new Map<string, number>();
    for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, count] of counts) {
      this.#run(
        `INSERT INTO event_counts (type, state, outcome, count) VALUES (?, 'waiting', '', ?)
         ON CONFLICT DO UPDATE SET count = count + excluded.count`,
        type,
        count,
      );
    }
  }

  #accept(message: NewMessage): Receipt {
    const correlationId = message.correlationId ?? newCorrelationId(message.receivedAt);
    const { changes, lastInsertRowid } = this.#run(
      `INSERT INTO messages (sender_id, message_id, content_digest, correlation_id, action, dialect, kid, received_at,
                             settled_at, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (sender_id, message_id) DO NOTHING`,
      message.senderId,
      message.messageId,
      message.contentDigest,
      correlationId,
      message.action,
      message.dialect,
      message.kid,
      message.receivedAt,
      message.events.length === 0 ? message.receivedAt : null,
      message.body,
    );
    if (changes === 0) return this.#repeated(message);
    const inboxId = Number(lastInsertRowid);
    const events = message.events.map((event, position): EventStatus => {
      const { lastInsertRowid } = this.#run(
        `INSERT INTO events (message, position, type, date, identifiers, reference, sort_date, received_at, state,
                             odoo_event_id, adopted, person_id, correction)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?)`,
        inboxId,
        placeOf(event, position),
        event.type,
        event.date,
        JSON.stringify(event.identifiers),
        newReference(event.type, message.receivedAt),
        sortDateOf(event, message.receivedAt),
        message.receivedAt,
        message.adopted?.odooEventId ?? null,
        message.adopted ? 1 : 0,
        message.adopted?.personId ?? null,
        isCorrection(event) ? 1 : 0,
      );
      const id = Number(lastInsertRowid);
      for (const hash of identifierHashes(event.identifiers)) {
        this.#run('INSERT INTO identifiers (hash, event) VALUES (?, ?)', hash, id);
      }
      return { id, state: 'waiting', outcome: null, odooEventId: message.adopted?.odooEventId ?? null };
    });
    return {
      kind: 'created',
      inboxId,
      correlationId,
      receivedAt: message.receivedAt,
      events,
    };
  }

  #repeated(message: NewMessage): Receipt {
    const known = this.#get<{ id: number; digest: string; correlationId: string; receivedAt: number }>(
      `SELECT id, content_digest AS digest, correlation_id AS correlationId, received_at AS receivedAt
       FROM messages WHERE sender_id = ? AND message_id = ?`,
      message.senderId,
      message.messageId,
    );
    // The insert found it a moment ago, in this same transaction.
    if (!known) throw new Error('a message that was there is gone');
    return {
      kind: known.digest === message.contentDigest ? 'repeated' : 'conflict',
      inboxId: known.id,
      correlationId: known.correlationId,
      receivedAt: known.receivedAt,
      events: this.statusOf(known.id),
    };
  }

  statusOf(inboxId: number): EventStatus[] {
    return this.#all<EventStatus>(
      'SELECT id, state, outcome, odoo_event_id AS odooEventId FROM events WHERE message = ? ORDER BY id',
      inboxId,
    );
  }

  claim(limit: number, now: number, lane: Lane = 'common'): Claim {
    // Written out, so that SQLite sees that the partial index of the lane holds them all.
    const inLane = lane === 'alone' ? `e.failures >= ${ALONE_FROM}` : `e.failures < ${ALONE_FROM}`;
    return this.#transaction(() => {
      this.#run(
        "UPDATE events SET state = 'waiting', due_at = NULL WHERE state = 'deferred' AND (due_at <= ? OR due_at > ?)",
        now,
        now + LONGEST_DEFERRAL_MS,
      );
      const rows = this.#all<ClaimRow>(
        `SELECT e.id, e.message AS messageInboxId, m.correlation_id AS correlationId, m.sender_id AS senderId,
                m.message_id AS messageId, e.type, e.date, e.identifiers, e.position, e.received_at AS receivedAt, e.reference, e.attempts,
                e.failures, e.odoo_event_id AS odooEventId, e.adopted, e.person_id AS personId, e.correction,
                length(m.body) AS size
         FROM events e JOIN messages m ON m.id = e.message
         WHERE e.state = 'waiting' AND ${inLane} ORDER BY e.sort_date, e.id LIMIT ?`,
        limit,
      );
      const claim: Claim = { events: [], bodies: new Map() };
      let size = 0;
      for (const { size: bodySize, adopted, personId, correction, ...row } of rows) {
        if (!claim.bodies.has(row.messageInboxId)) {
          size += bodySize;
          if (size > CLAIMED_BODIES_LIMIT && claim.events.length > 0) break;
          const body = this.#get<{ body: string }>(
            'SELECT body FROM messages WHERE id = ?',
            row.messageInboxId,
          );
          claim.bodies.set(row.messageInboxId, body?.body ?? '');
        }
        this.#run("UPDATE events SET state = 'delivering' WHERE id = ?", row.id);
        this.#run('INSERT INTO attempts (event, started_at) VALUES (?, ?)', row.id, now);
        claim.events.push({
          ...row,
          identifiers: JSON.parse(row.identifiers) as Identifier[],
          adopted: adopted && row.odooEventId !== null ? { odooEventId: row.odooEventId, personId } : null,
          correction: correction === 1,
        });
      }
      return claim;
    });
  }

  /** @returns the messages that have no unsettled event left. */
  settle(settlements: Settlement[], now: number, calls: readonly AttemptCall[] = []): SettledMessage[] {
    const made = callsText(calls);
    return this.#transaction(() => {
      const touched = new Set<number>();
      for (const settlement of settlements) {
        const held = this.#get<HeldEvent & { message: number }>(
          `SELECT message, failures, odoo_event_id AS odooEventId FROM events WHERE id = ? AND state = 'delivering'`,
          settlement.id,
        );
        if (!held) continue;
        this.#change(changeOf(settlement, held, now), now, made);
        if (settlement.kind === 'settled') touched.add(held.message);
      }
      const settled: SettledMessage[] = [];
      for (const inboxId of touched) {
        const done = this.#run(
          `UPDATE messages SET settled_at = ?
           WHERE id = ? AND NOT EXISTS (SELECT 1 FROM events WHERE message = ? AND state <> 'settled')`,
          now,
          inboxId,
          inboxId,
        );
        if (done.changes) settled.push({ inboxId, events: this.statusOf(inboxId) });
      }
      return settled;
    });
  }

  #change(change: EventChange, now: number, calls: string | null): void {
    this.#run(
      'UPDATE attempts SET ended_at = ?, outcome = ?, calls = ? WHERE event = ? AND ended_at IS NULL',
      now,
      change.ended,
      calls,
      change.id,
    );
    this.#run(
      `UPDATE events SET state = ?, due_at = ?, outcome = ?, odoo_event_id = ?, error_message = ?, notes = ?,
              settled_at = ?, match_at = ?, failures = ?, attempts = attempts + ?, reason = ?
       WHERE id = ?`,
      change.state,
      change.dueAt,
      change.outcome,
      change.odooEventId,
      change.errorMessage,
      change.notes,
      change.settledAt,
      change.matchAt,
      change.failures,
      change.attempts,
      change.reason,
      change.id,
    );
  }

  nextDueAt(): number | null {
    const row = this.#get<{ due: number | null }>(
      "SELECT min(due_at) AS due FROM events WHERE state = 'deferred'",
    );
    return row?.due ?? null;
  }

  /**
   * Events that a filter matches, newest first, as far as one short look finds them: there may be many events, and few
   * that match.
   *
   * @param below only those with a lower id; null for all
   * @returns and the id to go on below; null where there is nothing left
   */
  listSome(filter: EventFilter, below: number | null, limit: number): look.Page {
    const { where, values } = conditionsOf(filter);
    if (filter.before !== undefined) {
      where.push('e.id < ?');
      values.push(filter.before);
    }
    return look.listSome((sql) => this.#prepare(sql), SUMMARY, { where, values }, below, limit);
  }

  /** All at once: for tests and tools, which keep nobody waiting. */
  list(filter: EventFilter): EventSummary[] {
    const found: EventSummary[] = [];
    const limit = filter.limit ?? 50;
    for (let below: number | null = null; ; ) {
      const { events, next } = this.listSome(filter, below, limit - found.length);
      found.push(...events);
      if (next === null || found.length >= limit) return found;
      below = next;
    }
  }

  find(text: string, limit: number): EventSummary[] {
    return look.find((sql) => this.#prepare(sql), SUMMARY, text, limit);
  }

  tally(): Tally {
    return look.tally((sql) => this.#prepare(sql));
  }

  rates(from: number, spanMs: number, spans: number): Rates {
    return look.rates((sql) => this.#prepare(sql), from, spanMs, spans);
  }

  lastMessages(senderIds: readonly string[]): Map<string, number> {
    return look.lastMessages((sql) => this.#prepare(sql), senderIds);
  }

  audit(entry: AuditEntry): void {
    look.audit((sql) => this.#prepare(sql), entry);
  }

  auditTrail(filter: AuditFilter): KeptAuditEntry[] {
    return look.auditTrail((sql) => this.#prepare(sql), filter);
  }

  /** Deletes up to `limit` traces from before `before`. */
  pruneAudit(before: number, limit: number): number {
    return Number(
      this.#run('DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? LIMIT ?)', before, limit)
        .changes,
    );
  }

  keepRefusals(list: readonly Required<Refusal>[]): void {
    refusals.keep(this.#sql, list);
  }

  refusals(filter: RefusalFilter): KeptRefusal[] {
    return refusals.list(this.#sql, filter);
  }

  pruneRefusals(before: number): number {
    return refusals.prune(this.#sql, before);
  }

  refusalCounts(since: number): RefusalCount[] {
    return refusals.counts(this.#sql, since);
  }

  show(id: number): EventDetails | null {
    const row = this.#get<Omit<EventDetails, 'identifiers' | 'history'> & { identifiers: string }>(
      `${SUMMARY}, e.identifiers, e.position, e.reference, e.error_message AS errorMessage, e.notes,
              m.message_id AS messageId, m.action, m.dialect, m.kid, m.body
       FROM events e JOIN messages m ON m.id = e.message WHERE e.id = ?`,
      id,
    );
    if (!row) return null;
    return {
      ...row,
      identifiers: JSON.parse(row.identifiers) as Identifier[],
      history: this.#all<Omit<Attempt, 'calls'> & { calls: string | null }>(
        `SELECT started_at AS startedAt, ended_at AS endedAt, outcome, calls FROM attempts
         WHERE event = ? ORDER BY id`,
        id,
      ).map((attempt) => ({ ...attempt, calls: callsOf(attempt.calls) })),
    };
  }

  retry(ids: number[]): number[] {
    return this.#transaction(() => {
      const found: number[] = [];
      for (const id of ids) {
        const row = this.#get<{ message: number }>(
          `UPDATE events SET state = 'waiting', outcome = NULL, settled_at = NULL, error_message = NULL, notes = NULL,
                  due_at = NULL, match_at = NULL, failures = 0, reason = NULL
           WHERE id = ? AND state IN ('settled', 'deferred', 'dead') RETURNING message`,
          id,
        );
        if (!row) continue;
        this.#run('UPDATE messages SET settled_at = NULL WHERE id = ?', row.message);
        found.push(id);
      }
      return found;
    });
  }

  /** Retries up to `limit` that a filter matches, those with the lowest ids above `after`; a small commit each. */
  retrySome(filter: EventFilter, after: number, limit: number): { count: number; last: number | null } {
    const { where, values } = conditionsOf(filter);
    const ids = this.#all<{ id: number }>(
      `SELECT e.id FROM events e JOIN messages m ON m.id = e.message
       WHERE ${[...where, 'e.id > ?', "e.state IN ('settled', 'deferred', 'dead')"].join(' AND ')}
       ORDER BY e.id LIMIT ?`,
      ...values,
      after,
      limit,
    ).map(({ id }) => id);
    return { count: this.retry(ids).length, last: ids.at(-1) ?? null };
  }

  setAside(ids: number[]): number[] {
    return this.#transaction(() => {
      const found: number[] = [];
      for (const id of ids) {
        const row = this.#get<{ message: number }>(
          `UPDATE events SET state = 'dead', outcome = NULL, settled_at = NULL, due_at = NULL, match_at = NULL,
                  reason = '${SET_ASIDE}'
           WHERE id = ? AND (state IN ('waiting', 'deferred') OR outcome = 'error') RETURNING message`,
          id,
        );
        if (!row) continue;
        this.#run('UPDATE messages SET settled_at = NULL WHERE id = ?', row.message);
        found.push(id);
      }
      return found;
    });
  }

  dueMatches(limit: number, now: number): UnmatchedEvent[] {
    return this.#all<Omit<UnmatchedEvent, 'identifiers'> & { identifiers: string }>(
      `SELECT id, type, date, identifiers, settled_at AS settledAt FROM events
       WHERE match_at <= ? ORDER BY match_at, id LIMIT ?`,
      now,
      limit,
    ).map((row) => ({ ...row, identifiers: JSON.parse(row.identifiers) as Identifier[] }));
  }

  matchAgain(times: readonly { id: number; at: number | null }[]): void {
    this.#transaction(() => {
      for (const { id, at } of times) {
        this.#run("UPDATE events SET match_at = ? WHERE id = ? AND outcome = 'error'", at, id);
      }
    });
  }

  findByRows(odooEventIds: readonly number[]): Map<number, { id: number; state: EventState }> {
    const found = new Map<number, { id: number; state: EventState }>();
    for (const row of odooEventIds) {
      const event = this.#get<{ id: number; state: EventState }>(
        'SELECT id, state FROM events WHERE odoo_event_id = ? ORDER BY id DESC LIMIT 1',
        row,
      );
      if (event) found.set(row, event);
    }
    return found;
  }

  counts(leaveOut: readonly string[] = []): InboxCounts {
    const rows = this.#all<CountedRow>(
      `SELECT state, count(*) AS count FROM events WHERE state <> 'settled' GROUP BY state
       UNION ALL
       SELECT outcome, count(*) FROM events WHERE outcome IS NOT NULL GROUP BY outcome
       UNION ALL
       SELECT 'unmatched', count(*) FROM events WHERE match_at IS NOT NULL`,
    );
    const byReason = this.#all<ReasonCount>(
      `SELECT reason, count(*) AS count FROM events WHERE reason IS NOT NULL GROUP BY reason
       ORDER BY count DESC, reason`,
    );
    const oldest = this.#get<{ at: number }>(
      `SELECT received_at AS at FROM events
       WHERE state <> 'settled' AND state <> 'dead'
         AND (reason IS NULL OR reason NOT IN (SELECT value FROM json_each(?)))
       ORDER BY received_at LIMIT 1`,
      JSON.stringify(leaveOut),
    );
    return countsOf(rows, byReason, oldest?.at ?? null);
  }

  /** Deletes up to `limit` messages settled before `before`: small commits, so that nobody waits long for one. */
  prune(before: number, limit: number): number {
    return this.#transaction(() => {
      const messages = this.#all<{ id: number }>(
        'SELECT id FROM messages WHERE settled_at IS NOT NULL AND settled_at < ? LIMIT ?',
        before,
        limit,
      );
      for (const { id } of messages) {
        const events = this.#all<{ id: number; identifiers: string }>(
          'SELECT id, identifiers FROM events WHERE message = ?',
          id,
        );
        for (const event of events) {
          for (const hash of identifierHashes(JSON.parse(event.identifiers) as Identifier[])) {
            this.#run('DELETE FROM identifiers WHERE hash = ? AND event = ?', hash, event.id);
          }
        }
        this.#run('DELETE FROM messages WHERE id = ?', id);
      }
      return messages.length;
    });
  }

  getDocument(name: string): string | null {
    return this.#get<{ json: string }>('SELECT json FROM documents WHERE name = ?', name)?.json ?? null;
  }

  putDocument(name: string, json: string): void {
    this.#run(
      'INSERT INTO documents (name, json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET json = excluded.json',
      name,
      json,
    );
  }

  listDocuments(prefix: string): Map<string, string> {
    const rows = this.#all<{ name: string; json: string }>(
      'SELECT name, json FROM documents WHERE substr(name, 1, length(?1)) = ?1',
      prefix,
    );
    return new Map(rows.map(({ name, json }) => [name, json]));
  }

  replaceDocument(name: string, before: string | null, after: string | null): boolean {
    return this.#transaction(() => {
      if (this.getDocument(name) !== before) return false;
      if (after === null) this.#run('DELETE FROM documents WHERE name = ?', name);
      else this.putDocument(name, after);
      return true;
    });
  }

  ask(question: NewQuestion): void {
    questions.ask(this.#sql, question);
  }

  questionAcknowledged(transactionId: string, correlationId: string): void {
    questions.acknowledged(this.#sql, transactionId, correlationId);
  }

  answeredAtOnce(transactionId: string, body: string, receivedAt: number): void {
    questions.answeredAtOnce(this.#sql, transactionId, body, receivedAt);
  }

  answer(answer: NewAnswer): KeptQuestion | null {
    return questions.answer(this.#sql, answer);
  }

  question(transactionId: string): KeptQuestion | null {
    return questions.question(this.#sql, transactionId);
  }

  answers(transactionId: string, except: readonly number[]): KeptAnswer[] {
    return questions.answers(this.#sql, transactionId, except);
  }

  answerCounts(): AnswerCounts {
    return questions.answerCounts(this.#sql);
  }

  pruneAnswers(before: number, limit: number): number {
    return questions.pruneAnswers(this.#sql, before, limit);
  }

  check(now: number): void {
    this.putDocument('check', JSON.stringify(now));
    if (this.getDocument('check') !== JSON.stringify(now))
      throw new Error('what was written did not come back');
  }

  close(): void {
    this.#db.close();
    this.#lock?.close();
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if ((error as { errcode?: number }).errcode === SQLITE_FULL) this.#makeRoom();
      throw error;
    }
  }

  /** Most of what the write-ahead log takes are older states of pages: putting the newest in place gives it back. */
  #makeRoom(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // No room even for that: the next commit tells.
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#prepare(sql).run(...values);
  }

  #get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  #all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }
}

/** Claimed events, and the bodies of their messages, each once: a message may have thousands of events. */
export interface Claim {
  events: Omit<ClaimedEvent, 'body'>[];
  /** By the message's id. */
  bodies: Map<number, string>;
}

interface ClaimRow extends Omit<ClaimedEvent, 'identifiers' | 'body' | 'adopted' | 'correction'> {
  type: InboxEventType;
  identifiers: string;
  adopted: 0 | 1;
  correction: 0 | 1;
  personId: number | null;
  /** Of the body, in characters. */
  size: number;
}

/** The disk is full, or a quota is used up (https://sqlite.org/rescode.html#full). */
const SQLITE_FULL = 13;

/** What a filter asks for, but for the page. */
function conditionsOf(filter: EventFilter): { where: string[]; values: SQLInputValue[] } {
  const where: string[] = [];
  const values: SQLInputValue[] = [];
  for (const [column, value] of [
    ['e.state', filter.state],
    ['e.outcome', filter.outcome],
    ['e.type', filter.type],
    ['m.sender_id', filter.senderId],
    ['e.reason', filter.reason],
  ] as const) {
    if (value === undefined) continue;
    where.push(`${column} = ?`);
    values.push(value);
  }
  for (const [condition, value] of [
    ['e.received_at >= ?', filter.receivedFrom],
    ['e.received_at < ?', filter.receivedBefore],
  ] as const) {
    if (value === undefined) continue;
    where.push(condition);
    values.push(value);
  }
  return { where, values };
}

/** Characters of the bodies that one claim takes into memory; a single larger one goes alone. */
const CLAIMED_BODIES_LIMIT = 16 * 1024 * 1024;

/**
 * Two bridges that deliver from one file would deliver twice. The operating system gives the lock of a dead process
 * back, so a `kill -9` leaves nothing to clean up.
 */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new Error(
      'another bridge is serving this inbox; stop it first, or give this one an INBOX_URL of its own',
    );
  }
  return lock;
}
