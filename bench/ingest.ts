import { ALGORITHM_NAMES } from '../src/dci/algorithms.ts';
import { contendersOf, makeSender, SENDER_ID } from './ingest/contenders.ts';
import type { LoadQuestions } from './ingest/load-child.ts';
import { measure } from './ingest/measure.ts';
import { PostgresDatabases } from './ingest/postgres-databases.ts';
import { type Measured, ratioLines, ratiosOf, resultsOf, resultTable } from './ingest/results.ts';
import { PATH } from './ingest/servers.ts';
import { Child } from './lib/child.ts';
import { COMMON_FLAGS, FlagError, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { writeReport } from './lib/report.ts';
import { onEnd, runBenchmark, temporaryFolder } from './lib/run.ts';
import { figure } from './lib/table.ts';

const ABOUT = `
How many signed notifications a server takes: (a) a bare Hono route that only reads and parses the body, (b) one that
also canonicalises and verifies, (c) the bridge with its fsynced inbox, (p) the bridge with its inbox in
PostgreSQL, --postgres or one that is started for it; with --with-delivery also (d), the whole bridge
while it delivers to a sandbox. Each server runs in a process of its own, the load generator in another; all servers
are measured in turn, round by round. A warm-up goes before each measurement. GET /healthz is asked 50 times a second
meanwhile.`;

const FLAGS = {
  connections: {
    kind: 'count',
    default: 50,
    maximum: 1000,
    help: 'connections, each with one request at a time',
  },
  seconds: { kind: 'count', default: 10, maximum: 300, help: 'seconds of each measurement' },
  warmup: { kind: 'count', default: 2, minimum: 0, maximum: 60, help: 'seconds of load before it' },
  algorithm: { kind: 'choice', default: 'ed25519', choices: ALGORITHM_NAMES, help: 'how they are signed' },
  messages: {
    kind: 'count',
    default: 0,
    minimum: 0,
    maximum: 500_000,
    help: 'notifications to sign; 0 signs 10,000 for each second, warm-up included',
  },
  'with-delivery': { kind: 'switch', help: 'measure the bridge while it delivers, too' },
  only: { kind: 'text', placeholder: 'LETTERS', help: 'measure only these, such as c or bc' },
  postgres: {
    kind: 'text',
    placeholder: 'URL',
    help: 'a server on which databases may be created; without it one is started',
  },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put; its disk decides' },
  ...COMMON_FLAGS,
} as const;

const REGISTRANTS = 4000;
const PER_SECOND = 10_000;

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:ingest --', ABOUT, FLAGS);
  if (!flags) return 0;
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  print(machineLine(machine));
  const { privateKey, row } = makeSender(flags.algorithm);
  const uins = Array.from({ length: REGISTRANTS }, (_, n) => `U${String(n).padStart(7, '0')}`);
  const postgres = new PostgresDatabases(flags.postgres, flags.folder ?? undefined);
  onEnd(() => postgres.close());
  const contenders = contendersOf(row, folder, flags['with-delivery'], uins, postgres).filter(
    ({ letter }) => flags.only === null || flags.only.includes(letter),
  );
  if (contenders.length === 0) throw new FlagError('--only names none of the servers');

  const load = new Child<LoadQuestions>(new URL('./ingest/load-child.ts', import.meta.url));
  const count = flags.messages || PER_SECOND * (flags.seconds + flags.warmup);
  progress(`signing ${count} notifications (${flags.algorithm})`);
  const { averageBytes } = await load.ask('sign', {
    count,
    path: PATH,
    senderId: SENDER_ID,
    algorithm: flags.algorithm,
    privateKey,
    uins,
  });
  print(
    `${count} notifications signed, ${Math.round(averageBytes)} bytes on average with the request's head; ${flags.connections} connections, ${flags.rounds} rounds of ${flags.seconds} s`,
  );

  const rounds = new Map<string, Measured[]>(contenders.map(({ letter }) => [letter, []]));
  const failures: string[] = [];
  for (let round = 1; round <= flags.rounds; round += 1) {
    for (const [at, contender] of contenders.entries()) {
      const done = (round - 1) * contenders.length + at;
      const total = flags.rounds * contenders.length;
      progress(`round ${round} of ${flags.rounds}: ${contender.title}`, { done, total });
      const measured = await measure(contender, round, load, flags, failures);
      rounds.get(contender.letter)?.push(measured);
      progress(
        `round ${round} of ${flags.rounds}: ${contender.title}: ${figure(measured.requestsPerSecond, 0)} requests/s`,
        { done: done + 1, total },
      );
    }
  }
  await load.end();

  const results = resultsOf(rounds);
  print(resultTable(contenders, results));
  const ratios = ratiosOf(rounds);
  print(ratioLines(ratios, results.get('c')));
  for (const failure of new Set(failures)) print(`Error: ${failure}`);
  await writeReport(flags.json, {
    benchmark: 'ingest',
    machine,
    flags: { ...flags, requestBytes: Math.round(averageBytes) },
    results: { medians: Object.fromEntries(results), ratios, rounds: Object.fromEntries(rounds), failures },
  });
  return failures.length === 0 ? 0 : 1;
});
