import pg from 'pg';
import type { Inbox, NewMessage } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import type { PostgresDatabases } from '../ingest/postgres-databases.ts';
import { newMessages } from './messages.ts';

/** Of one message, on average. */
export interface InboxCosts {
  /** CPU of this process, what is indexed afterwards included. */
  cpuMs: number;
  /** Of that, the main thread's: what hands messages over, and takes their receipts. */
  mainCpuMs: number;
  /** Until the last acknowledgement, without the CPU that it took: the disk, and the way to the inbox's thread. */
  waitMs: number;
  /** Bytes of the log when the last message was acknowledged. */
  bytesAcknowledged: number;
  /** Bytes of the log when everything was indexed. */
  bytesInAll: number;
  milliseconds: number;
}

/** Where an inbox is put, and what is known of its log. */
export interface Storage {
  url: string;
  /** Bytes that an open inbox has written to its log, from any point in time on. */
  logged(inbox: Inbox): Promise<number>;
  close(): Promise<void>;
}

/** In a file, by SQLite. */
export function inFile(path: string): Storage {
  return {
    url: `sqlite:${path}`,
    // The log begins with each opening, and its file does not shrink before the first checkpoint, which comes later.
    logged: async (inbox) => (await inbox.logBytes()) ?? 0,
    close: async () => {},
  };
}

/** In a new database of PostgreSQL. */
export async function inPostgres(databases: PostgresDatabases): Promise<Storage> {
  const { url, drop } = await databases.create();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    url,
    async logged() {
      const { rows } = await client.query("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes");
      return Number(rows[0].bytes);
    },
    async close() {
      await client.end();
      await drop();
    },
  };
}

/**
 * What an inbox alone costs.
 *
 * @param before messages that are there before
 * @param count messages that are measured
 * @param size messages in a group; the next group comes when the last one is acknowledged
 */
export async function measureInbox(
  { url, logged }: Storage,
  before: number,
  count: number,
  size: number,
): Promise<InboxCosts> {
  const full = await openInbox(url, { exclusive: true });
  for (const group of newMessages(0, before, 500)) await acceptTogether(full, group);
  await full.close();
  const inbox = await openInbox(url, { exclusive: true });
  // A search sees everything, so what is filled in afterwards is there.
  await inbox.find('nobody', 1);
  const groups = [...newMessages(before, before + count, size)];
  const logBefore = await logged(inbox);
  const cpu = process.cpuUsage();
  const main = process.threadCpuUsage();
  const start = performance.now();
  for (const group of groups) await acceptTogether(inbox, group);
  const milliseconds = performance.now() - start;
  const cpuAcknowledged = process.cpuUsage(cpu);
  const logAcknowledged = await logged(inbox);
  await inbox.find('nobody', 1);
  const all = process.cpuUsage(cpu);
  const ofMain = process.threadCpuUsage(main);
  const logInAll = await logged(inbox);
  await inbox.close();
  return {
    cpuMs: millisecondsOf(all) / count,
    mainCpuMs: millisecondsOf(ofMain) / count,
    waitMs: Math.max(0, milliseconds - millisecondsOf(cpuAcknowledged)) / count,
    bytesAcknowledged: (logAcknowledged - logBefore) / count,
    bytesInAll: (logInAll - logBefore) / count,
    milliseconds: milliseconds / count,
  };
}

function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

async function acceptTogether(inbox: Inbox, messages: readonly NewMessage[]): Promise<void> {
  await Promise.all(messages.map((message) => inbox.accept(message)));
}
