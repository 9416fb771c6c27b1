import { ALONE_FROM } from '../event-queue.ts';
import { InboxUnavailableError, NOT_UPGRADED } from '../unavailable.ts';
import type { Database, Sql } from './database.ts';

/** The version of 0.1.0's schema, the oldest that is taken up. */
const BASE_VERSION = 7;

/**
 * The schema of 0.1.0.
 *
 * There are no foreign keys: rows are made and deleted together in one place each, and a check for every event would
 * lock, and write, its message's row a second time. Indexes are partial where a query looks at one state, so that they
 * stay as small as the backlog, whatever the history holds.
 */
const BASE = `
  CREATE TABLE crvs_bridge.messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of sender and message_id, which may be longer than an index takes.
    key bytea NOT NULL CONSTRAINT messages_key UNIQUE,
    sender_id text NOT NULL,
    message_id text NOT NULL,
    content_digest text NOT NULL,
    correlation_id uuid NOT NULL,
    action text NOT NULL,
    dialect text,
    kid text,
    received_at bigint NOT NULL,
    settled_at bigint,
    size integer NOT NULL,
    body text NOT NULL
  );
  CREATE INDEX messages_settled ON crvs_bridge.messages (settled_at) WHERE settled_at IS NOT NULL;

  CREATE TABLE crvs_bridge.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message bigint NOT NULL,
    position integer NOT NULL,
    type text NOT NULL,
    date text,
    identifiers text NOT NULL,
    reference text NOT NULL,
    sort_date text NOT NULL,
    received_at bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'deferred', 'delivering', 'settled', 'dead')),
    due_at bigint,
    attempts integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('processed', 'error')),
    odoo_event_id bigint,
    error_message text,
    notes text,
    settled_at bigint,
    match_at bigint,
    adopted boolean NOT NULL DEFAULT false,
    person_id bigint,
    correction boolean NOT NULL DEFAULT false,
    -- The job that stands for it in the queue, while it is waiting or delivering.
    job uuid,
    -- The replica that has it, while it is delivering.
    owner uuid,
    CHECK ((state IN ('waiting', 'delivering')) = (job IS NOT NULL)),
    CHECK ((state = 'delivering') = (owner IS NOT NULL)),
    CHECK ((state = 'deferred') = (due_at IS NOT NULL))
  );
  CREATE INDEX events_message ON crvs_bridge.events (message);
  CREATE INDEX events_deferred ON crvs_bridge.events (due_at) WHERE state = 'deferred';
  CREATE INDEX events_delivering ON crvs_bridge.events (owner) WHERE state = 'delivering';
  CREATE INDEX events_unsettled ON crvs_bridge.events (received_at) WHERE state <> 'settled';
  CREATE INDEX events_outcome ON crvs_bridge.events (outcome) WHERE outcome IS NOT NULL;
  CREATE INDEX events_match ON crvs_bridge.events (match_at) WHERE match_at IS NOT NULL;
  CREATE INDEX events_row ON crvs_bridge.events (odoo_event_id) WHERE odoo_event_id IS NOT NULL;

  CREATE TABLE crvs_bridge.attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    outcome text,
    calls text
  );
  CREATE INDEX attempts_event ON crvs_bridge.attempts (event);

  CREATE TABLE crvs_bridge.documents (name text PRIMARY KEY, json text NOT NULL);

  -- The bridges that serve now. What one has claimed and holds is its own until its time is over.
  CREATE TABLE crvs_bridge.replicas (id uuid PRIMARY KEY, expires_at timestamptz NOT NULL);

  -- Keys are hashed: they are made of identifiers.
  CREATE TABLE crvs_bridge.holds (key bytea PRIMARY KEY, owner uuid NOT NULL);
  CREATE INDEX holds_owner ON crvs_bridge.holds (owner);

  CREATE TABLE crvs_bridge.schedules (name text PRIMARY KEY, owner uuid, started_at timestamptz NOT NULL);
  CREATE TABLE crvs_bridge.questions (
    transaction_id text PRIMARY KEY,
    registry text NOT NULL,
    action text NOT NULL,
    sender_ids text NOT NULL,
    purpose text NOT NULL,
    asked_at bigint NOT NULL,
    correlation_id text
  );
  CREATE INDEX questions_asked ON crvs_bridge.questions (asked_at);
  -- Hashed: a registry may make them of any length.
  CREATE INDEX questions_correlation ON crvs_bridge.questions USING hash (correlation_id);
  CREATE TABLE crvs_bridge.answers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message bigint UNIQUE,
    question text,
    action text NOT NULL,
    sender_names text NOT NULL,
    correlation_id text,
    received_at bigint NOT NULL,
    body text
  );
  CREATE INDEX answers_question ON crvs_bridge.answers (question) WHERE question IS NOT NULL;
  CREATE INDEX answers_unasked ON crvs_bridge.answers USING hash (correlation_id) WHERE question IS NULL;
  CREATE INDEX messages_callbacks ON crvs_bridge.messages (received_at) WHERE dialect IS NULL;
  CREATE INDEX events_received ON crvs_bridge.events (received_at);
  CREATE INDEX events_settled ON crvs_bridge.events (settled_at) WHERE settled_at IS NOT NULL;
  CREATE INDEX events_kind ON crvs_bridge.events (state, outcome, type);
  CREATE INDEX messages_correlation ON crvs_bridge.messages (correlation_id);
  -- Either may be longer than an index takes.
  CREATE INDEX messages_sender ON crvs_bridge.messages (md5(sender_id), id);
  CREATE INDEX messages_message ON crvs_bridge.messages (md5(message_id));
  CREATE TABLE crvs_bridge.identifiers (
    hash bigint NOT NULL,
    event bigint NOT NULL,
    PRIMARY KEY (hash, event)
  );
  CREATE TABLE crvs_bridge.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    address text,
    action text NOT NULL,
    event bigint,
    count integer
  );
  CREATE INDEX audit_at ON crvs_bridge.audit (at);
  CREATE INDEX audit_event ON crvs_bridge.audit (event) WHERE event IS NOT NULL;
`;

/** What came since, one step a version, each in a transaction of its own. Steps are only ever added. */
const STEPS: readonly string[] = [
  // Until now the reason was only in the attempt.
  `
    ALTER TABLE crvs_bridge.events ADD COLUMN reason text;
    UPDATE crvs_bridge.events e SET reason =
        (SELECT nullif(nullif(outcome, 'processed'), 'error') FROM crvs_bridge.attempts
         WHERE event = e.id AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1)
      WHERE state IN ('deferred', 'dead');
    CREATE INDEX events_reason ON crvs_bridge.events (reason, id) WHERE reason IS NOT NULL;
    CREATE TABLE crvs_bridge.refusals (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at bigint NOT NULL,
      connector text NOT NULL,
      route text,
      sender_id text,
      code text NOT NULL,
      status integer,
      reason text NOT NULL,
      field text,
      correlation_id text NOT NULL
    );
    CREATE INDEX refusals_at ON crvs_bridge.refusals (at);
  `,
  // Events are claimed from their own table: the order and the states were always there, and the jobs said nothing more.
  // A bridge of an older version that still runs names the column in all that takes, claims and settles events: each of
  // these fails from here on, and nothing is acknowledged or delivered by it. Its lease goes on until it is stopped.
  `
    ALTER TABLE crvs_bridge.events DROP COLUMN job;
    ALTER TABLE crvs_bridge.events ADD CHECK ((state = 'delivering') = (owner IS NOT NULL));
    CREATE INDEX events_waiting ON crvs_bridge.events (sort_date, id)
      WHERE state = 'waiting' AND failures < ${ALONE_FROM};
    CREATE INDEX events_alone ON crvs_bridge.events (sort_date, id)
      WHERE state = 'waiting' AND failures >= ${ALONE_FROM};
  `,
  // By itself: an old bridge locks jobs before events, and the step before locks the events. A schema that a database
  // administrator made and kept is left, with jobs that name events by their ids and nothing else.
  `
    DO $$ BEGIN
      IF (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'crvs_bridge_boss') THEN
        DROP SCHEMA crvs_bridge_boss CASCADE;
      END IF;
    END $$`,
  // Which events a trace is about, where it is about many; what ended in an error, by time and reason.
  `
    ALTER TABLE crvs_bridge.audit ADD COLUMN filter text;
    CREATE TABLE crvs_bridge.audit_events (
      audit bigint NOT NULL REFERENCES crvs_bridge.audit ON DELETE CASCADE,
      event bigint NOT NULL,
      PRIMARY KEY (audit, event)
    );
    CREATE INDEX audit_events_event ON crvs_bridge.audit_events (event);
    CREATE INDEX events_errors ON crvs_bridge.events (settled_at, reason) WHERE outcome = 'error';
  `,
  // The search hashes are written after the acknowledgement (see `indexing.ts`). A message is found by its key, which its
  // sender and message_id make. What is not settled is in `events_unsettled`.
  `
    CREATE TABLE IF NOT EXISTS crvs_bridge.unindexed (events bigint[] NOT NULL);
    DROP INDEX IF EXISTS crvs_bridge.messages_message;
    DROP INDEX IF EXISTS crvs_bridge.events_received;
    CREATE INDEX events_received ON crvs_bridge.events (received_at) WHERE state = 'settled';
  `,
];

const NEWEST = BASE_VERSION + STEPS.length;

/** Any number that nobody else is likely to lock. */
const LOCK = 7_264_190_377_254;
const LOCK_TIMEOUT_MS = 60_000;

/**
 * Brings the database to the newest schema, one bridge at a time.
 *
 * @param create whether to make it where there is none
 * @throws {InboxUnavailableError} also where a newer bridge made it
 */
export async function migrate(database: Database, create: boolean, upgrade: boolean): Promise<void> {
  // A look without the lock is enough where nothing is to be done, which is nearly always.
  const version = await versionOf(database);
  if (version === NEWEST) return;
  if (version === 0 && !create) {
    throw new InboxUnavailableError('there is no inbox in this database; check INBOX_URL');
  }
  if (!upgrade) throw new InboxUnavailableError(NOT_UPGRADED);
  await database.session(async (sql) => {
    await sql.rows(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await sql.rows(`SELECT pg_advisory_lock(${LOCK})`);
    // Another bridge may have taken the steps while this one waited for the lock.
    const taken = await versionOf(sql);
    assertKnown(taken);
    if (taken === 0) {
      await createSchema(sql);
      await take(sql, BASE, BASE_VERSION);
    }
    for (const [position, step] of STEPS.entries()) {
      const version = BASE_VERSION + position + 1;
      if (version > taken) await take(sql, step, version);
    }
  });
}

function assertKnown(version: number): void {
  if (version > NEWEST) {
    throw new InboxUnavailableError(
      `the inbox was written by a newer bridge (schema ${version}, this one knows ${NEWEST})`,
    );
  }
  if (version > 0 && version < BASE_VERSION) {
    throw new InboxUnavailableError(
      `the inbox is older than 0.1.0 (schema ${version}): let a bridge of 0.1.0 open it first`,
    );
  }
}

/** What is cut off leaves nothing behind. */
async function take(sql: Sql, step: string, version: number): Promise<void> {
  await sql.rows(
    `BEGIN;
     ${step};
     INSERT INTO crvs_bridge.version (one, version) VALUES (true, ${version})
       ON CONFLICT (one) DO UPDATE SET version = excluded.version;
     COMMIT`,
  );
}

/** A database administrator may have made the schema, where the bridge's user may not. */
async function createSchema(sql: Sql): Promise<void> {
  const [found] = await sql.rows<{ there: boolean }>(
    "SELECT to_regnamespace('crvs_bridge') IS NOT NULL AS there",
  );
  if (!found?.there) await sql.rows('CREATE SCHEMA crvs_bridge');
  await sql.rows(
    'CREATE TABLE IF NOT EXISTS crvs_bridge.version (one boolean PRIMARY KEY CHECK (one), version integer NOT NULL)',
  );
}

async function versionOf(sql: Sql): Promise<number> {
  const [found] = await sql.rows<{ there: boolean }>(
    "SELECT to_regclass('crvs_bridge.version') IS NOT NULL AS there",
  );
  if (!found?.there) return 0;
  const [row] = await sql.rows<{ version: number }>('SELECT version FROM crvs_bridge.version');
  return row?.version ?? 0;
}
