import { join } from 'node:path';
import { type InboxCosts, inFile, measureInbox } from './inbox/measure.ts';
import type { Contender } from './ingest/contenders.ts';
import { measure } from './ingest/measure.ts';
import type { Measured } from './ingest/results.ts';
import { signedLoad } from './ingest/signed-load.ts';
import { COMMON_FLAGS, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { predict, type StageCosts } from './lib/receiver-model.ts';
import { writeReport } from './lib/report.ts';
import { runBenchmark, temporaryFolder } from './lib/run.ts';
import { lineThrough } from './lib/scale-model.ts';
import { median } from './lib/statistics.ts';
import { figure, goalLine, table } from './lib/table.ts';
import { countryTable } from './scale/countries.ts';

const ABOUT = `
Whether the model of docs/scale.md holds on this machine. Each stage is measured alone: the bridge with an inbox that
keeps nothing, with 8, 50 and 200 connections, and the inbox in groups of 25 and 200. The model makes of these what the
whole bridge takes, and that is measured beside it. At the end it prints what a country of three sizes needs.`;

const FLAGS = {
  seconds: { kind: 'count', default: 8, maximum: 300, help: 'seconds of each measurement' },
  warmup: { kind: 'count', default: 2, minimum: 0, maximum: 60, help: 'seconds of load before it' },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put; its disk decides' },
  ...COMMON_FLAGS,
} as const;

const REGISTRANTS = 4000;
const PER_SECOND = 8000;
const CONNECTIONS = [8, 50, 200] as const;
const GROUPS = { small: 25, large: 200 } as const;
/** Messages in the inbox before it is measured alone, and those measured. */
const BEFORE = 10_000;
const MESSAGES = 3000;

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:scale --', ABOUT, FLAGS);
  if (!flags) return 0;
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  print(machineLine(machine));
  const { load, row } = await signedLoad(
    PER_SECOND * (flags.seconds + flags.warmup),
    Array.from({ length: REGISTRANTS }, (_, n) => `U${String(n).padStart(7, '0')}`),
  );
  const bridge = (inboxUrl: (round: number) => string | null): Pick<Contender, 'letter' | 'job'> => ({
    letter: 'n',
    job: async (round) => ({
      job: { kind: 'bridge', sender: row, inboxUrl: inboxUrl(round) },
      close: async () => {},
    }),
  });
  const failures: string[] = [];
  const under = (server: Pick<Contender, 'letter' | 'job'>, round: number, connections: number) =>
    measure(server, round, load, { ...flags, connections }, failures);

  const inboxes: { small: InboxCosts; large: InboxCosts }[] = [];
  const receivers = new Map<number, Measured[]>(CONNECTIONS.map((connections) => [connections, []]));
  const measured = new Map<number, number[]>(CONNECTIONS.map((connections) => [connections, []]));
  for (let round = 1; round <= flags.rounds; round += 1) {
    const label = `round ${round} of ${flags.rounds}`;
    progress(`${label}: the inbox alone`);
    const alone = (size: number) =>
      measureInbox(inFile(join(folder, `alone-${round}-${size}`, 'inbox.db')), BEFORE, MESSAGES, size);
    inboxes.push({ small: await alone(GROUPS.small), large: await alone(GROUPS.large) });
    for (const connections of CONNECTIONS) {
      progress(`${label}: all but the inbox, ${connections} connections`);
      const withoutInbox = bridge(() => null);
      receivers.get(connections)?.push(await under(withoutInbox, round, connections));
      progress(`${label}: the bridge, ${connections} connections`);
      const whole = bridge(() => `sqlite:${join(folder, `${round}-${connections}`, 'inbox.db')}`);
      measured.get(connections)?.push((await under(whole, round, connections)).requestsPerSecond);
    }
  }
  await load.end();

  const inbox = inboxStages(inboxes);
  const stages = new Map<number, StageCosts>(
    [...receivers].map(([connections, all]) => [connections, { ...receiverStages(all), ...inbox }]),
  );
  const names = Object.keys([...stages.values()][0] ?? {}) as (keyof StageCosts)[];
  print(
    `\n${table(
      ['stage, ms', ...CONNECTIONS.map((connections) => `${connections} connections`)],
      names.map((name) => [name, ...[...stages.values()].map((one) => figure(one[name], 3))]),
    )}\n`,
  );
  const points = CONNECTIONS.map((connections) => {
    const said = predict(stages.get(connections) as StageCosts, connections, machine.cores);
    const found = median(measured.get(connections) ?? []);
    return { connections, ...said, measuredPerSecond: found, error: said.messagesPerSecond / found - 1 };
  });
  print(
    table(
      ['connections', 'model, messages/s', 'measured', 'error', 'model: a commit', 'limit'],
      points.map((point) => [
        String(point.connections),
        figure(point.messagesPerSecond, 0),
        figure(point.measuredPerSecond, 0),
        `${figure(point.error * 100, 0)} %`,
        figure(point.groupSize, 0),
        point.limit,
      ]),
    ),
  );
  const worst = Math.max(...points.map(({ error }) => Math.abs(error)));
  print(`\n${goalLine('largest error of the model', worst, { atMost: 0.25 })}`);
  print(`\nWhat a country needs (docs/scale.md):\n${countryTable()}`);
  for (const failure of new Set(failures)) print(`Error: ${failure}`);
  await writeReport(flags.json, {
    benchmark: 'scale',
    machine,
    flags,
    results: { costs: Object.fromEntries(stages), points, failures },
  });
  return failures.length === 0 ? 0 : 1;
});

/**
 * What a receiver costs without an inbox. Measured with as many connections as are asked for: what is in hand at the same
 * time costs the garbage collector.
 */
function receiverStages(all: readonly Measured[]): Pick<StageCosts, 'receiveMs' | 'helperMs' | 'clientMs'> {
  const of = (value: (one: Measured) => number) => median(all.map(value));
  return {
    receiveMs: of((one) => one.mainSecondsPer1000),
    helperMs: of((one) => one.cpuSecondsPer1000 - one.mainSecondsPer1000),
    clientMs: of((one) => (one.generatorCores * 1000) / one.requestsPerSecond),
  };
}

/** What the inbox costs: the line through two sizes of groups. */
function inboxStages(
  all: readonly { small: InboxCosts; large: InboxCosts }[],
): Omit<StageCosts, 'receiveMs' | 'helperMs' | 'clientMs'> {
  const line = (value: (one: InboxCosts) => number) =>
    lineThrough(
      { size: GROUPS.small, each: median(all.map(({ small }) => value(small))) },
      { size: GROUPS.large, each: median(all.map(({ large }) => value(large))) },
    );
  const main = line(({ mainCpuMs }) => mainCpuMs);
  const thread = line(({ cpuMs, mainCpuMs }) => cpuMs - mainCpuMs);
  return {
    handOverMs: main.fixed,
    packMs: main.each,
    commitCpuMs: thread.fixed,
    storeCpuMs: thread.each,
    diskMs: GROUPS.small * median(all.map(({ small }) => small.waitMs)),
  };
}
