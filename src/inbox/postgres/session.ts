import type pg from 'pg';
import { InboxUnavailableError } from '../unavailable.ts';

/** Of a connection, as far as it matters here: `processID` is what the other end called its session. */
export type Session = Pick<pg.ClientBase, 'query'> & { processID?: number | null };

/**
 * Makes sure that all transactions of a connection run in one session of the server. A pooler in transaction mode, such
 * as PgBouncer's, gives each to whichever session is free: prepared statements are missing then, and settings are
 * another connection's.
 *
 * Without a pooler the server itself names the session, and nothing more is asked. A pooler makes names up in every mode:
 * then a second connection begins a transaction, and either of the two must stay where it is. A second one that is not
 * let in says nothing: the session of the first would have been free for it in transaction mode.
 *
 * @param first the server's process that the connection was in just now
 * @param open a second connection to the same place, and what ends it
 * @throws {InboxUnavailableError} where the sessions change
 */
export async function assertOwnSession(
  session: Session,
  first: number,
  open: () => Promise<{ session: Session; end(): Promise<void> }>,
): Promise<void> {
  if (first === session.processID) return;
  const other = await open().catch(() => null);
  if (!other) return;
  try {
    const second = await other.session.query('BEGIN').then(
      () => pidOf(other.session),
      (error: { code?: unknown }) => {
        // So says PgBouncer in statement mode to every transaction.
        if (error.code === PROTOCOL_VIOLATION) throw new InboxUnavailableError(SHARED_SESSION);
        return null;
      },
    );
    if (second === null) return;
    const shared = second === first || (await pidOf(session)) !== first;
    await other.session.query('ROLLBACK');
    if (shared) throw new InboxUnavailableError(SHARED_SESSION);
  } finally {
    await other.end().catch(() => {});
  }
}

async function pidOf(session: Session): Promise<number> {
  const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

const PROTOCOL_VIOLATION = '08P01';
const SHARED_SESSION =
  'between the bridge and PostgreSQL is a connection pooler (such as PgBouncer) in transaction or statement mode: set pool_mode = session for this database, or name the server itself in INBOX_URL';
