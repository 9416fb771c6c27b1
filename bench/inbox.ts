import { join } from 'node:path';
import pg from 'pg';
import type { Inbox, NewMessage } from '../src/inbox/inbox.ts';
import { openInbox } from '../src/inbox/open.ts';
import { newMessages } from './inbox/messages.ts';
import { PostgresDatabases } from './ingest/postgres-databases.ts';
import { COMMON_FLAGS, FlagError, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { writeReport } from './lib/report.ts';
import { onEnd, runBenchmark, temporaryFolder } from './lib/run.ts';
import { medians } from './lib/statistics.ts';
import { figure, goalLine, table } from './lib/table.ts';

const ABOUT = `
What the inbox alone costs for each message, without HTTP and without a signature: CPU time of this process, and bytes of
the storage's write-ahead log. Messages come in groups; the next group comes when the last one is acknowledged. The log
is measured twice: when the last message is acknowledged, and when everything that is filled in afterwards is there.`;

const FLAGS = {
  engine: { kind: 'choice', default: 'sqlite', choices: ['sqlite', 'postgres'], help: 'the storage' },
  before: {
    kind: 'count',
    default: 20_000,
    minimum: 0,
    maximum: 5_000_000,
    help: 'messages that are there before',
  },
  messages: { kind: 'count', default: 3000, maximum: 4000, help: 'messages that are measured' },
  groups: { kind: 'text', placeholder: 'N,N,…', help: 'messages in a group (25,200)' },
  postgres: {
    kind: 'text',
    placeholder: 'URL',
    help: 'a server on which databases may be created; without it one is started',
  },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put; its disk decides' },
  ...COMMON_FLAGS,
} as const;

type Measured = { cpuMs: number; bytesAcknowledged: number; bytesInAll: number; milliseconds: number };

/** Where an inbox is put, and what is known of its log. */
interface Storage {
  url: string;
  /** Bytes that an open inbox has written to its log, from any point in time on. */
  logged(inbox: Inbox): Promise<number>;
  close(): Promise<void>;
}

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:inbox --', ABOUT, FLAGS);
  if (!flags) return 0;
  const groups = (flags.groups ?? '25,200').split(',').map(Number);
  if (!groups.every((size) => Number.isInteger(size) && size > 0 && size <= 500)) {
    throw new FlagError('--groups must be whole numbers from 1 to 500, such as 25,200');
  }
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  print(machineLine(machine));
  const databases = new PostgresDatabases(flags.postgres, flags.folder ?? undefined);
  onEnd(() => databases.close());
  const rounds = new Map<number, Measured[]>(groups.map((size) => [size, []]));
  for (let round = 1; round <= flags.rounds; round += 1) {
    for (const size of groups) {
      progress(`round ${round} of ${flags.rounds}: groups of ${size}`);
      const storage =
        flags.engine === 'sqlite'
          ? inFile(join(folder, `${round}-${size}`, 'inbox.db'))
          : await inPostgres(databases);
      rounds.get(size)?.push(await measure(storage, flags.before, flags.messages, size));
      await storage.close();
    }
  }
  const results = new Map([...rounds].map(([size, all]) => [size, medians(all)]));
  print(
    `\n${table(
      ['messages in a group', 'CPU ms', 'log KB, acknowledged', 'log KB, in all', 'ms'],
      [...results].map(([size, { cpuMs, bytesAcknowledged, bytesInAll, milliseconds }]) => [
        String(size),
        figure(cpuMs, 3),
        figure(bytesAcknowledged / 1000),
        figure(bytesInAll / 1000),
        figure(milliseconds, 3),
      ]),
    )}\n`,
  );
  const small = results.get(25);
  if (small) {
    print(goalLine('log KB a message at groups of 25', small.bytesAcknowledged / 1000, { atMost: 4 }));
  }
  await writeReport(flags.json, {
    benchmark: 'inbox',
    machine,
    flags,
    results: { medians: Object.fromEntries(results), rounds: Object.fromEntries(rounds) },
  });
  return 0;
});

function inFile(path: string): Storage {
  return {
    url: `sqlite:${path}`,
    // The log begins with each opening, and its file does not shrink before the first checkpoint, which comes later.
    logged: async (inbox) => (await inbox.logBytes()) ?? 0,
    close: async () => {},
  };
}

async function inPostgres(databases: PostgresDatabases): Promise<Storage> {
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

async function measure(
  { url, logged }: Storage,
  before: number,
  count: number,
  size: number,
): Promise<Measured> {
  const full = await openInbox(url, { exclusive: true });
  for (const group of newMessages(0, before, 500)) await acceptTogether(full, group);
  await full.close();
  const inbox = await openInbox(url, { exclusive: true });
  // A search sees everything, so what is filled in afterwards is there.
  await inbox.find('nobody', 1);
  const groups = [...newMessages(before, before + count, size)];
  const logBefore = await logged(inbox);
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const group of groups) await acceptTogether(inbox, group);
  const milliseconds = performance.now() - start;
  const logAcknowledged = await logged(inbox);
  await inbox.find('nobody', 1);
  const { user, system } = process.cpuUsage(cpu);
  const logInAll = await logged(inbox);
  await inbox.close();
  return {
    cpuMs: (user + system) / 1000 / count,
    bytesAcknowledged: (logAcknowledged - logBefore) / count,
    bytesInAll: (logInAll - logBefore) / count,
    milliseconds: milliseconds / count,
  };
}

async function acceptTogether(inbox: Inbox, messages: readonly NewMessage[]): Promise<void> {
  await Promise.all(messages.map((message) => inbox.accept(message)));
}
