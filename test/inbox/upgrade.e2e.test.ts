import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { identifierHash } from '../../src/inbox/identifier-hash.ts';
import { ALONE_FROM, type ClaimQueue, type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { openPostgresInbox } from '../../src/inbox/postgres/postgres-inbox.ts';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { execute, opened, temporaryDatabase } from './postgres-support.ts';
import { DAY, message, NOON, settled, temporaryFolder } from './support.ts';

/** Of each state. */
const EACH = 1000;
const STATES = ['waiting', 'deferred', 'delivering', 'settled', 'dead'] as const;

interface OldEvent {
  id: number;
  state: (typeof STATES)[number];
  sortDate: string;
  failures: number;
}

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const pad = (number: number) => String(number).padStart(2, '0');

/** The rows of an inbox of 0.1.0, by table and column, as both engines had them; each event in a message of its own. */
function oldRows() {
  const messages: Record<string, unknown>[] = [];
  const events: Record<string, unknown>[] = [];
  const attempts: Record<string, unknown>[] = [];
  const identifiers: { hash: number; event: number }[] = [];
  for (let id = 1; id <= EACH * STATES.length; id += 1) {
    const state = STATES[id % STATES.length] ?? 'waiting';
    const date = id % 7 === 0 ? null : `2023-${pad(1 + (id % 12))}-${pad(1 + (id % 28))}`;
    const correction = id % 11 === 0;
    const outcome = state === 'settled' ? (id % 3 === 0 ? 'error' : 'processed') : null;
    messages.push({
      id,
      sender_id: 'crvs.test',
      message_id: `m-${id}`,
      content_digest: `d-${id}`,
      correlation_id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
      action: 'notify',
      dialect: 'openspp',
      kid: 'crvs.test|key-1|ed25519',
      received_at: NOON - id,
      settled_at: state === 'settled' ? NOON : null,
      body: `{"header": {}, "message": {"id": ${id}}}`,
    });
    events.push({
      id,
      message: id,
      position: 0,
      type: ['birth', 'death', 'marriage', 'identity'][id % 4],
      date,
      identifiers: JSON.stringify([{ type: 'UIN', value: `N-${id}` }]),
      reference: `CRVS-${id}`,
      sort_date: correction ? '2024-06-15' : (date ?? '2024-06-15'),
      received_at: NOON - id,
      state,
      due_at: state === 'deferred' ? NOON + id : null,
      attempts: id % 3,
      failures: id % 13 === 0 ? ALONE_FROM : id % 2,
      outcome,
      odoo_event_id: id % 2 === 0 ? 1_000_000 + id : null,
      error_message: outcome === 'error' ? `no match ${id}` : null,
      notes: outcome === 'processed' ? `note ${id}` : null,
      settled_at: outcome === null ? null : NOON,
      match_at: outcome === 'error' ? NOON + id : null,
      adopted: false,
      person_id: null,
      correction,
    });
    identifiers.push({ hash: identifierHash(`N-${id}`), event: id });
    if (state === 'waiting') continue;
    const ended = state === 'delivering' ? null : NOON;
    const ends = { deferred: 'odoo.timeout', delivering: null, settled: outcome, dead: 'event.poison' };
    attempts.push({
      id,
      event: id,
      started_at: NOON - 5,
      ended_at: ended,
      outcome: ends[state],
      calls: null,
    });
  }
  return { messages, events, attempts, identifiers };
}

const EVENT_COLUMNS = `id, message, position, type, date, identifiers, reference, sort_date, received_at, state, due_at,
  attempts, failures, outcome, odoo_event_id, error_message, notes, settled_at, match_at, person_id`;
const CHECKED = [
  `SELECT ${EVENT_COLUMNS} FROM events ORDER BY id`,
  'SELECT sender_id, message_id, content_digest, received_at, settled_at, body FROM messages ORDER BY id',
  'SELECT id, event, started_at, ended_at, outcome FROM attempts ORDER BY id',
];
const SEARCHED = 'SELECT hash, event FROM identifiers ORDER BY event, hash';

/** A time at which all deferred events of these inboxes are due. */
const LATER = Date.now() + 60_000;

/** The ids in the order in which a queue gives them. */
async function drained(inbox: Inbox, queue: ClaimQueue): Promise<number[]> {
  const ids: number[] = [];
  for (;;) {
    const claimed = await inbox.claim(1000, LATER, queue);
    if (claimed.length === 0) return ids;
    ids.push(...claimed.map(({ id }) => id));
    await inbox.settle(
      claimed.map(({ id }) => settled(id)),
      LATER,
    );
  }
}

function inOrder(events: readonly OldEvent[]): number[] {
  return [...events]
    .sort((a, b) => (a.sortDate < b.sortDate ? -1 : a.sortDate > b.sortDate ? 1 : a.id - b.id))
    .map(({ id }) => id);
}

/** What PostgreSQL knows a message by: the hash of its sender and message_id. */
const keyOf = (messageId: string) => createHash('sha256').update(`9:crvs.test${messageId}`).digest('hex');

/** What an upgraded inbox that serves must show, whatever the engine. */
async function checkUpgraded(inbox: Inbox, events: readonly OldEvent[]): Promise<void> {
  const of = (state: OldEvent['state']) => events.filter((event) => event.state === state);
  expect(await inbox.counts()).toMatchObject({
    waiting: EACH,
    deferred: 2 * EACH,
    delivering: 0,
    dead: EACH,
    byReason: [
      { reason: 'event.poison', count: EACH },
      { reason: 'interrupted', count: EACH },
      { reason: 'odoo.timeout', count: EACH },
    ],
  });
  expect(await inbox.list({ reason: 'event.poison', limit: 10 * EACH })).toHaveLength(EACH);
  const [one] = of('delivering');
  expect(await inbox.show(one?.id ?? 0)).toMatchObject({ history: [{ outcome: 'interrupted' }] });
  expect(await inbox.find(`n-${one?.id}`, 10)).toMatchObject([{ id: one?.id }]);
  expect(
    await inbox.accept(message({ messageId: `m-${one?.id}`, contentDigest: `d-${one?.id}` })),
  ).toMatchObject({ kind: 'repeated', inboxId: one?.id, events: [{ id: one?.id }] });
  // An interrupted delivery counts as a failure, up to where an event goes alone.
  const open = [
    ...of('waiting'),
    ...of('deferred'),
    ...of('delivering').map((event) => ({
      ...event,
      failures: Math.min(event.failures + 1, Math.max(event.failures, ALONE_FROM)),
    })),
  ];
  expect(await drained(inbox, 'common')).toEqual(
    inOrder(open.filter(({ failures }) => failures < ALONE_FROM)),
  );
  expect(await drained(inbox, 'alone')).toEqual(
    inOrder(open.filter(({ failures }) => failures >= ALONE_FROM)),
  );
  const errors = of('settled').filter(({ id }) => id % 3 === 0).length;
  expect(await inbox.counts()).toMatchObject({
    waiting: 0,
    deferred: 0,
    delivering: 0,
    processed: 4 * EACH - errors,
    error: errors,
    unmatched: errors,
    dead: EACH,
  });
  expect(await inbox.dueMatches(EACH, NOON + DAY)).toHaveLength(errors);
  expect(await inbox.prune(NOON + 1)).toBe(EACH);
}

const old = (rows: readonly Record<string, unknown>[]) =>
  rows.map(
    ({ id, state, sort_date, failures }) => ({ id, state, sortDate: sort_date, failures }) as OldEvent,
  );

describe('an inbox of 0.1.0 with a backlog in every state', () => {
  it('is upgraded in SQLite by being opened: nothing lost, doubled or reordered', async () => {
    const path = join(temporaryFolder(), 'inbox.db');
    const database = new DatabaseSync(path);
    database.exec(fixture('sqlite-0.1.0.sql'));
    const { messages, events, attempts, identifiers } = oldRows();
    const insert = (table: string, rows: readonly object[]) => {
      const columns = Object.keys(rows[0] ?? {});
      const statement = database.prepare(
        `INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?').join(', ')})`,
      );
      for (const row of rows) {
        statement.run(
          ...Object.values(row).map((value) => (typeof value === 'boolean' ? Number(value) : value)),
        );
      }
    };
    database.exec('BEGIN');
    insert('messages', messages);
    insert('events', events);
    insert('attempts', attempts);
    insert('identifiers', identifiers);
    database.exec(
      "INSERT INTO event_counts SELECT type, state, coalesce(outcome, ''), count(*) FROM events GROUP BY 1, 2, 3; COMMIT",
    );
    // About an event that 0.1.0 pruned, after which it gave lower ids again.
    database.exec(
      `INSERT INTO audit (at, actor, action, event) VALUES (${NOON}, 'api', 'show', ${2 * STATES.length * EACH})`,
    );
    const before = CHECKED.map((sql) => database.prepare(sql).all());
    const pairs = () =>
      database
        .prepare(SEARCHED)
        .all()
        .map(({ hash, event }) => `${hash} ${event}`);
    const searched = pairs();
    // Who only looks upgrades it, too, and changes nothing else.
    await (await openSqliteInbox({ path, create: false })).close();
    expect(CHECKED.map((sql) => database.prepare(sql).all())).toEqual(before);
    expect(new Set(pairs()), 'each is also found by its correlation id now').toEqual(
      new Set([
        ...searched,
        ...events.map(
          ({ id }) => `${identifierHash(String(messages[Number(id) - 1]?.correlation_id))} ${id}`,
        ),
      ]),
    );
    database.close();
    const inbox = await openSqliteInbox({ path, exclusive: true, interruptedGraceMs: 0 });
    try {
      await checkUpgraded(inbox, old(events));
      const { rows } = await inbox.tally();
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(4 * EACH);
      const { events: later } = await inbox.accept(message({ messageId: 'new' }));
      expect(later[0]?.id).toBe(2 * STATES.length * EACH + 1);
    } finally {
      await inbox.close();
    }
  });

  /** A database as 0.1.0 left it: the replica `dead` had what is being delivered. */
  async function oldDatabase() {
    const url = await temporaryDatabase();
    await execute(url, fixture('postgres-0.1.0.sql'));
    const { messages, events, attempts, identifiers } = oldRows();
    const insert = (table: string, rows: readonly object[]) =>
      execute(
        url,
        `INSERT INTO crvs_bridge.${table} (${Object.keys(rows[0] ?? {})}) OVERRIDING SYSTEM VALUE
         SELECT ${Object.keys(rows[0] ?? {})} FROM json_populate_recordset(NULL::crvs_bridge.${table}, $1::json)`,
        [JSON.stringify(rows)],
      );
    const owner = '00000000-0000-4000-8000-00000000dead';
    const uuid = (id: number) => `00000000-0000-4000-9000-${String(id).padStart(12, '0')}`;
    await insert(
      'messages',
      messages.map((row) => ({
        ...row,
        key: `\\x${keyOf(String(row.message_id))}`,
        size: String(row.body).length,
      })),
    );
    await insert(
      'events',
      events.map((row) => ({
        ...row,
        job: row.state === 'waiting' || row.state === 'delivering' ? uuid(Number(row.id)) : null,
        owner: row.state === 'delivering' ? owner : null,
      })),
    );
    await insert('attempts', attempts);
    await insert('identifiers', identifiers);
    // What 0.1.0 had beside them: a job for each event that waits or is being delivered.
    await execute(
      url,
      `INSERT INTO crvs_bridge_boss.job (id, name, priority, data, state)
       SELECT job, CASE WHEN failures >= ${ALONE_FROM} THEN 'deliver-alone' ELSE 'deliver' END,
              -(sort_date::date - date '1970-01-01'), jsonb_build_object('event', id),
              (CASE state WHEN 'delivering' THEN 'active' ELSE 'created' END)::crvs_bridge_boss.job_state
       FROM crvs_bridge.events WHERE job IS NOT NULL;
       SELECT setval(pg_get_serial_sequence('crvs_bridge.' || name, 'id'), ${STATES.length * EACH})
       FROM unnest(ARRAY['messages', 'events', 'attempts']) AS name;
       INSERT INTO crvs_bridge.replicas VALUES ('${owner}', clock_timestamp() - interval '1 s');
       ANALYZE`,
    );
    return { url, events: old(events), owner };
  }

  it('is upgraded in PostgreSQL by being opened, the jobs of pg-boss with it', async () => {
    const { url, events } = await oldDatabase();
    const rows = (sql: string) => execute(url, sql.replace(/ FROM /, ' FROM crvs_bridge.'));
    const before = await Promise.all([...CHECKED, SEARCHED].map(rows));
    // Two at the same time: one of them upgrades it.
    const looking = await Promise.all([1, 2].map(() => openPostgresInbox({ url, create: false })));
    await Promise.all(looking.map((inbox) => inbox.close()));
    expect(await Promise.all([...CHECKED, SEARCHED].map(rows))).toEqual(before);
    expect(await execute(url, "SELECT to_regnamespace('crvs_bridge_boss') AS schema")).toEqual([
      { schema: null },
    ]);
    const inbox = await opened({ url, exclusive: true, interruptedGraceMs: 0 });
    await checkUpgraded(inbox, events);
  });

  it('leaves to a bridge that still runs what it has, and keeps it from taking or settling anything', async () => {
    const { url, owner } = await oldDatabase();
    await execute(url, "UPDATE crvs_bridge.replicas SET expires_at = 'infinity'");
    const inbox = await opened({ url, exclusive: true, leaseMs: 3000, interruptedGraceMs: 0 });
    expect(await inbox.counts()).toMatchObject({ delivering: EACH, deferred: EACH, waiting: EACH });
    // Each of these names the column of the jobs, as every statement does with which 0.1.0 takes, claims or settles.
    for (const statement of [
      `INSERT INTO crvs_bridge.events (message, position, type, identifiers, reference, sort_date, received_at, state, job)
       VALUES (1, 0, 'death', '[]', 'R', '2024-06-15', 1, 'waiting', gen_random_uuid())`,
      "UPDATE crvs_bridge.events SET state = 'settled', owner = NULL, job = NULL WHERE state = 'delivering'",
      "SELECT id, job, failures FROM crvs_bridge.events WHERE state = 'delivering'",
      'SELECT * FROM crvs_bridge_boss.job',
    ]) {
      await expect(execute(url, statement), statement).rejects.toThrow(/does not exist/);
    }
    // When it is stopped, its lease runs out.
    const given = Promise.withResolvers<void>();
    inbox.onWaiting(given.resolve);
    await execute(url, "UPDATE crvs_bridge.replicas SET expires_at = '-infinity' WHERE id = $1", [owner]);
    await given.promise;
    expect(await inbox.counts()).toMatchObject({ delivering: 0, deferred: 2 * EACH });
  });

  it('is upgraded where the user may not drop the schema of the jobs', async () => {
    const url = await temporaryDatabase();
    await execute(url, fixture('postgres-0.1.0.sql'));
    const role = `bridge_${new URL(url).pathname.slice(1, 20)}`;
    const limited = new URL(url);
    limited.username = role;
    limited.password = 'limited';
    await execute(url, `CREATE ROLE ${role} LOGIN PASSWORD 'limited'`);
    try {
      await execute(
        url,
        `GRANT ALL ON SCHEMA crvs_bridge TO ${role};
         DO $$ DECLARE found regclass; BEGIN
           FOR found IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'crvs_bridge'::regnamespace
                        AND relkind = 'r' LOOP
             EXECUTE format('ALTER TABLE %s OWNER TO ${role}', found);
           END LOOP;
         END $$`,
      );
      const inbox = await openPostgresInbox({ url: limited.href, exclusive: true });
      await inbox.accept(message());
      expect(await inbox.claim(1, NOON)).toHaveLength(1);
      await inbox.close();
    } finally {
      await execute(url, `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });

  it('is refused afterwards by a bridge that knows the old schema only', async () => {
    const url = await temporaryDatabase();
    await execute(url, fixture('postgres-0.1.0.sql'));
    await (await openPostgresInbox({ url })).close();
    const [row] = await execute<{ version: number }>(url, 'SELECT version FROM crvs_bridge.version');
    // 0.1.0 refuses whatever is above 7.
    expect(row?.version).toBeGreaterThan(7);
    await execute(url, 'UPDATE crvs_bridge.version SET version = version + 1');
    await expect(openPostgresInbox({ url })).rejects.toBeInstanceOf(InboxUnavailableError);
    await execute(url, 'UPDATE crvs_bridge.version SET version = 6');
    await expect(openPostgresInbox({ url })).rejects.toThrow('let a bridge of 0.1.0 open it');
  });
});
