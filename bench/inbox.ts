import { join } from 'node:path';
import { type InboxCosts, inFile, inPostgres, measureInbox } from './inbox/measure.ts';
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
    default: 0,
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
  const rounds = new Map<number, InboxCosts[]>(groups.map((size) => [size, []]));
  for (let round = 1; round <= flags.rounds; round += 1) {
    for (const size of groups) {
      progress(`round ${round} of ${flags.rounds}: groups of ${size}`);
      const storage =
        flags.engine === 'sqlite'
          ? inFile(join(folder, `${round}-${size}`, 'inbox.db'))
          : await inPostgres(databases);
      rounds.get(size)?.push(await measureInbox(storage, flags.before, flags.messages, size));
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
