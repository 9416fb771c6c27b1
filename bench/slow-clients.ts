import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { LoadResult } from './ingest/load.ts';
import type { ServerQuestions } from './ingest/server-child.ts';
import { PATH } from './ingest/servers.ts';
import { signedLoad } from './ingest/signed-load.ts';
import { Child } from './lib/child.ts';
import { COMMON_FLAGS, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { writeReport } from './lib/report.ts';
import { runBenchmark, temporaryFolder } from './lib/run.ts';
import { serviceFlags } from './lib/service-flags.ts';
import { median } from './lib/statistics.ts';
import { figure, goalLine, table } from './lib/table.ts';

const ABOUT = `
What clients that never finish cost those that do: signed notifications to the bridge, alone and beside connections that
send a byte now and then, half of them of a request's head, half of its body. Both are measured in turn, round by round,
each with a new server and a new inbox.`;

const FLAGS = {
  slow: { kind: 'count', default: 200, maximum: 2000, help: 'connections that never finish' },
  connections: { kind: 'count', default: 10, maximum: 1000, help: 'connections that do' },
  seconds: { kind: 'count', default: 5, maximum: 300, help: 'seconds of each measurement' },
  warmup: { kind: 'count', default: 2, minimum: 0, maximum: 60, help: 'seconds of load before it' },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put' },
  ...COMMON_FLAGS,
} as const;

const PER_SECOND = 10_000;
const BYTE_EVERY_MS = 200;

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:slow-clients --', ABOUT, FLAGS);
  if (!flags) return 0;
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  print(machineLine(machine));
  const { load, row } = await signedLoad(PER_SECOND * (flags.seconds + flags.warmup), ['U1']);

  const rounds: { alone: LoadResult; beside: LoadResult }[] = [];
  for (let round = 1; round <= flags.rounds; round += 1) {
    const measured = async (name: string, slow: number): Promise<LoadResult> => {
      const done = 2 * (round - 1) + (slow > 0 ? 1 : 0);
      progress(`round ${round} of ${flags.rounds}: ${name}`, { done, total: 2 * flags.rounds });
      const server = new Child<ServerQuestions>(new URL('./ingest/server-child.ts', import.meta.url), {
        profile: flags.profile,
        nodeFlags: serviceFlags(),
      });
      const inboxUrl = `sqlite:${join(folder, `${name}${round}`, 'inbox.db')}`;
      const port = await server.ask('serve', { kind: 'bridge', sender: row, inboxUrl });
      const stop = dawdle(port, slow);
      await load.ask('start', {
        port,
        connections: flags.connections,
        warmupMs: flags.warmup * 1000,
        measuredMs: flags.seconds * 1000,
        again: false,
      });
      const result = await load.ask('finish', undefined as never);
      stop();
      await server.end();
      return result;
    };
    rounds.push({ alone: await measured('alone', 0), beside: await measured('beside', flags.slow) });
  }
  await load.end();

  const of = (which: 'alone' | 'beside', what: (result: LoadResult) => number) =>
    median(rounds.map((round) => what(round[which])));
  const line = (title: string, which: 'alone' | 'beside') => [
    title,
    figure(
      of(which, ({ completed, seconds }) => completed / seconds),
      0,
    ),
    figure(of(which, ({ p50 }) => p50)),
    figure(of(which, ({ p99 }) => p99)),
    figure(
      rounds.reduce((sum, round) => sum + round[which].errors, 0),
      0,
    ),
  ];
  const ratio = median(rounds.map(({ alone, beside }) => beside.p99 / alone.p99));
  print(
    `\n${table(
      ['load', 'requests/s', 'p50 ms', 'p99 ms', 'errors'],
      [line('alone', 'alone'), line(`beside ${flags.slow} slow clients`, 'beside')],
    )}\n`,
  );
  print(goalLine('p99, beside / alone', ratio, { atMost: 2 }));
  await writeReport(flags.json, { benchmark: 'slow-clients', machine, flags, results: { ratio, rounds } });
  return rounds.some(({ alone, beside }) => alone.errors + beside.errors > 0) ? 1 : 0;
});

/** Opens connections that never finish a request, and again those that the server cuts; gives what ends them. */
function dawdle(port: number, count: number): () => void {
  const sockets = new Set<Socket>();
  let ended = false;
  const open = (inBody: boolean) => {
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (!ended) open(inBody);
    });
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: bridge\r\n`);
    if (inBody) socket.write('Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{');
    else socket.write('X-Slow: ');
  };
  for (let one = 0; one < count; one += 1) open(one % 2 === 0);
  const timer = setInterval(() => {
    for (const socket of sockets) socket.write('x');
  }, BYTE_EVERY_MS);
  return () => {
    ended = true;
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}
