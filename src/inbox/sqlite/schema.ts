import type { DatabaseSync } from 'node:sqlite';
import { identifierHash } from '../identifier-hash.ts';
import { messageKey } from '../message-key.ts';
import { NOT_UPGRADED } from '../unavailable.ts';
import { partOf } from './indexing.ts';

/** What `PRAGMA user_version` of 0.1.0 is, the oldest version whose inbox is taken up. */
const BASE_VERSION = 6;

/**
 * The schema of 0.1.0. Indexes are partial where a query looks at one state, so that they stay as small as the backlog,
 * whatever the history holds.
 */
const BASE = `
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    sender_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    content_digest TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    action TEXT NOT NULL,
    dialect TEXT,
    kid TEXT,
    received_at INTEGER NOT NULL,
    settled_at INTEGER,
    body TEXT NOT NULL,
    UNIQUE (sender_id, message_id)
  ) STRICT;
  CREATE INDEX messages_settled ON messages (settled_at) WHERE settled_at IS NOT NULL;
  CREATE TABLE documents (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE "events" (
    id INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    date TEXT,
    identifiers TEXT NOT NULL,
    reference TEXT NOT NULL,
    sort_date TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'deferred', 'delivering', 'settled', 'dead')),
    due_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    outcome TEXT CHECK (outcome IN ('processed', 'error')),
    odoo_event_id INTEGER,
    error_message TEXT,
    notes TEXT,
    settled_at INTEGER,
    match_at INTEGER,
    adopted INTEGER NOT NULL DEFAULT 0,
    person_id INTEGER,
    correction INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE "attempts" (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES "events" ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,
    calls TEXT
  ) STRICT;
  CREATE INDEX events_message ON events (message);
  CREATE INDEX events_waiting ON events (sort_date, id) WHERE state = 'waiting' AND failures < 5;
  CREATE INDEX events_alone ON events (sort_date, id) WHERE state = 'waiting' AND failures >= 5;
  CREATE INDEX events_deferred ON events (due_at) WHERE state = 'deferred';
  CREATE INDEX events_delivering ON events (id) WHERE state = 'delivering';
  CREATE INDEX events_unsettled ON events (received_at) WHERE state <> 'settled';
  CREATE INDEX events_outcome ON events (outcome) WHERE outcome IS NOT NULL;
  CREATE INDEX events_match ON events (match_at) WHERE match_at IS NOT NULL;
  CREATE INDEX events_row ON events (odoo_event_id) WHERE odoo_event_id IS NOT NULL;
  CREATE INDEX attempts_event ON attempts (event);
  CREATE INDEX attempts_running ON attempts (event) WHERE ended_at IS NULL;
  CREATE TABLE questions (
    transaction_id TEXT PRIMARY KEY,
    registry TEXT NOT NULL,
    action TEXT NOT NULL,
    sender_ids TEXT NOT NULL,
    purpose TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    correlation_id TEXT
  ) STRICT;
  CREATE INDEX questions_asked ON questions (asked_at);
  CREATE INDEX questions_correlation ON questions (correlation_id) WHERE correlation_id IS NOT NULL;
  CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    message INTEGER UNIQUE REFERENCES messages ON DELETE CASCADE,
    question TEXT REFERENCES questions ON DELETE CASCADE,
    action TEXT NOT NULL,
    sender_names TEXT NOT NULL,
    correlation_id TEXT,
    received_at INTEGER NOT NULL,
    body TEXT
  ) STRICT;
  CREATE INDEX answers_question ON answers (question) WHERE question IS NOT NULL;
  CREATE INDEX answers_unasked ON answers (correlation_id) WHERE question IS NULL;
  CREATE INDEX messages_callbacks ON messages (received_at) WHERE dialect IS NULL;
  CREATE INDEX events_received ON events (received_at);
  CREATE INDEX events_settled ON events (settled_at) WHERE settled_at IS NOT NULL;
  CREATE INDEX messages_sender ON messages (sender_id);
  CREATE INDEX messages_correlation ON messages (correlation_id);
  CREATE TABLE identifiers (
    hash INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (hash, event)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE event_counts (
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (type, state, outcome)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER events_count_change AFTER UPDATE OF state, outcome ON events BEGIN
    UPDATE event_counts SET count = count - 1
      WHERE type = old.type AND state = old.state AND outcome = coalesce(old.outcome, '');
    INSERT INTO event_counts VALUES (new.type, new.state, coalesce(new.outcome, ''), 1)
      ON CONFLICT DO UPDATE SET count = count + 1;
    END;
  CREATE TRIGGER events_count_out AFTER DELETE ON events BEGIN
    UPDATE event_counts SET count = count - 1
      WHERE type = old.type AND state = old.state AND outcome = coalesce(old.outcome, '');
    END;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    event INTEGER,
    count INTEGER
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_event ON audit (event) WHERE event IS NOT NULL;
  `;

/** What came since, one step a version. Steps are only ever added. */
const STEPS: readonly string[] = [
  // Until now the reason was only in the attempt.
  `
  ALTER TABLE events ADD COLUMN reason TEXT;
  UPDATE events SET reason =
      (SELECT nullif(nullif(outcome, 'processed'), 'error') FROM attempts
       WHERE event = events.id AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1)
    WHERE state IN ('deferred', 'dead');
  CREATE INDEX events_reason ON events (reason) WHERE reason IS NOT NULL;

  CREATE TABLE refusals (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    connector TEXT NOT NULL,
    route TEXT,
    sender_id TEXT,
    code TEXT NOT NULL,
    status INTEGER,
    reason TEXT NOT NULL,
    field TEXT,
    correlation_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX refusals_at ON refusals (at);
  `,
  // Which events a trace is about, where it is about many; what ended in an error, by time and reason.
  `
  ALTER TABLE audit ADD COLUMN filter TEXT;
  CREATE TABLE audit_events (
    audit INTEGER NOT NULL REFERENCES audit ON DELETE CASCADE,
    event INTEGER NOT NULL,
    PRIMARY KEY (audit, event)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_events_event ON audit_events (event);
  CREATE INDEX events_errors ON events (settled_at, reason) WHERE outcome = 'error';
  DROP INDEX events_reason;
  CREATE INDEX events_reason ON events (reason, state) WHERE reason IS NOT NULL;
  `,
  // What no acknowledgement needs is written after it (see `indexing.ts`). So the unique index over sender and message_id
  // goes, which SQLite can only take away with its table. Both texts were in it, each at a random place.
  `
  CREATE TABLE messages_2 (
    id INTEGER PRIMARY KEY,
    key INTEGER NOT NULL,
    sender_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    content_digest TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    action TEXT NOT NULL,
    dialect TEXT,
    kid TEXT,
    received_at INTEGER NOT NULL,
    settled_at INTEGER,
    body TEXT NOT NULL
  ) STRICT;
  INSERT INTO messages_2 (id, key, sender_id, message_id, content_digest, correlation_id, action, dialect, kid,
                          received_at, settled_at, body)
    SELECT id, message_key(sender_id, message_id), sender_id, message_id, content_digest, correlation_id, action, dialect,
           kid, received_at, settled_at, body FROM messages ORDER BY id;
  DROP TABLE messages;
  ALTER TABLE messages_2 RENAME TO messages;
  CREATE INDEX messages_settled ON messages (settled_at) WHERE settled_at IS NOT NULL;
  CREATE INDEX messages_callbacks ON messages (received_at) WHERE dialect IS NULL;

  -- Up to which message the following tables, and the column \`indexed\`, are written.
  CREATE TABLE indexed (one INTEGER PRIMARY KEY CHECK (one = 1), up_to INTEGER NOT NULL) STRICT;
  INSERT INTO indexed SELECT 1, coalesce(max(id), 0) FROM messages;
  CREATE TABLE message_keys (key INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (key, message))
    STRICT, WITHOUT ROWID;
  INSERT INTO message_keys SELECT key, id FROM messages ORDER BY key, id;
  CREATE TABLE senders (
    sender_id TEXT PRIMARY KEY,
    last_message INTEGER NOT NULL,
    last_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO senders SELECT sender_id, max(id), received_at FROM messages GROUP BY sender_id;
  CREATE TABLE identifiers_2 (
    part INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (part, hash, event)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO identifiers_2
    SELECT identifier_part(event), hash, event FROM identifiers
    UNION SELECT identifier_part(e.id), identifier_hash(m.correlation_id), e.id
          FROM events e JOIN messages m ON m.id = e.message
    ORDER BY 1, 2, 3;
  DROP TABLE identifiers;
  ALTER TABLE identifiers_2 RENAME TO identifiers;

  -- An event may be claimed, and settled, before it was counted.
  DROP TRIGGER events_count_change;
  CREATE TRIGGER events_count_change AFTER UPDATE OF state, outcome ON events BEGIN
    INSERT INTO event_counts VALUES (old.type, old.state, coalesce(old.outcome, ''), -1)
      ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO event_counts VALUES (new.type, new.state, coalesce(new.outcome, ''), 1)
      ON CONFLICT DO UPDATE SET count = count + 1;
  END;

  -- What waits is spread over the dates of the events: a page of the index each.
  ALTER TABLE events ADD COLUMN indexed INTEGER NOT NULL DEFAULT 1;
  DROP INDEX events_waiting;
  CREATE INDEX events_waiting ON events (sort_date, id) WHERE state = 'waiting' AND failures < 5 AND indexed = 1;

  DROP INDEX events_unsettled;
  CREATE INDEX events_unsettled ON events (received_at) WHERE state <> 'settled' AND indexed = 1;
  DROP INDEX events_received;
  CREATE INDEX events_received ON events (received_at) WHERE state = 'settled';
  `,
  // The highest id of an event that was given: also of those that were pruned, which the audit log still names.
  `
  ALTER TABLE indexed ADD COLUMN last_event INTEGER NOT NULL DEFAULT 0;
  UPDATE indexed SET last_event = max(
    coalesce((SELECT max(id) FROM events), 0),
    coalesce((SELECT max(event) FROM audit), 0),
    coalesce((SELECT max(event) FROM audit_events), 0));
  `,
  // What the page's lists filter and sort by is in one index, and what it counts is counted by reason as well. So the
  // time that a list takes does not depend on what is asked for. The index gets an event after its acknowledgement.
  `
  CREATE TABLE senders_2 (
    number INTEGER PRIMARY KEY,
    sender_id TEXT NOT NULL UNIQUE,
    last_message INTEGER NOT NULL,
    last_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO senders_2 (sender_id, last_message, last_at) SELECT sender_id, last_message, last_at FROM senders;
  DROP TABLE senders;
  ALTER TABLE senders_2 RENAME TO senders;
  ALTER TABLE events ADD COLUMN sender INTEGER;
  UPDATE events SET sender = (SELECT s.number FROM messages m JOIN senders s USING (sender_id) WHERE m.id = events.message)
    WHERE indexed = 1;
  DROP INDEX events_outcome;
  DROP INDEX events_reason;
  CREATE INDEX events_list ON events (id, state, outcome, type, sender, reason, received_at, settled_at, attempts, date)
    WHERE indexed = 1;

  DROP TRIGGER events_count_change;
  DROP TRIGGER events_count_out;
  DROP TABLE event_counts;
  CREATE TABLE event_counts (
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (type, state, outcome, reason)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO event_counts
    SELECT type, state, coalesce(outcome, ''), coalesce(reason, ''), count(*) FROM events GROUP BY 1, 2, 3, 4;
  -- Indexing counts these as waiting, whatever became of them since.
  INSERT INTO event_counts SELECT type, 'waiting', '', '', -count(*) FROM events WHERE indexed = 0 GROUP BY 1
    ON CONFLICT DO UPDATE SET count = count + excluded.count;
  CREATE TRIGGER events_count_change AFTER UPDATE OF state, outcome, reason ON events BEGIN
    INSERT INTO event_counts VALUES (old.type, old.state, coalesce(old.outcome, ''), coalesce(old.reason, ''), -1)
      ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO event_counts VALUES (new.type, new.state, coalesce(new.outcome, ''), coalesce(new.reason, ''), 1)
      ON CONFLICT DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER events_count_out AFTER DELETE ON events BEGIN
    UPDATE event_counts SET count = count - 1
      WHERE type = old.type AND state = old.state AND outcome = coalesce(old.outcome, '')
        AND reason = coalesce(old.reason, '');
  END;
  `,
];

const NEWEST = BASE_VERSION + STEPS.length;

/**
 * Brings the database to the newest schema; a database of a newer bridge, or one from before 0.1.0, is refused.
 *
 * @param upgrade false refuses one of an older bridge, too
 */
export function migrate(db: DatabaseSync, upgrade = true): void {
  // A look without the lock is enough where nothing is to be done, which is nearly always.
  if (versionOf(db) === NEWEST) return;
  if (!upgrade) throw new Error(NOT_UPGRADED);
  db.function('identifier_hash', { deterministic: true }, (value) => identifierHash(String(value)));
  db.function('identifier_part', { deterministic: true }, (event) => partOf(Number(event)));
  db.function('message_key', { deterministic: true }, (sender, id) => messageKey(String(sender), String(id)));
  // A table that is replaced would take the rows that refer to it with it. Sorting a large table takes more than memory.
  // Neither can be set in a transaction.
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA temp_store = FILE; BEGIN IMMEDIATE');
  try {
    // Another process may have taken the steps while this one waited for the lock.
    const version = versionOf(db);
    assertKnown(version);
    if (version === 0) db.exec(BASE);
    for (const step of STEPS.slice(Math.max(0, version - BASE_VERSION))) db.exec(step);
    if (db.prepare('PRAGMA foreign_key_check').get()) throw new Error('the inbox has rows without a message');
    db.exec(`PRAGMA user_version = ${NEWEST}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  } finally {
    db.exec('PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
  }
}

function assertKnown(version: number): void {
  if (version > NEWEST) {
    throw new Error(`the inbox was written by a newer bridge (schema ${version}, this one knows ${NEWEST})`);
  }
  if (version > 0 && version < BASE_VERSION) {
    throw new Error(`the inbox is older than 0.1.0 (schema ${version}): let a bridge of 0.1.0 open it first`);
  }
}

function versionOf(db: DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}
