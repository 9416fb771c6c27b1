import { Child } from '../lib/child.ts';
import { print } from '../lib/progress.ts';
import { serviceFlags } from '../lib/service-flags.ts';
import { figure } from '../lib/table.ts';
import type { Contender } from './contenders.ts';
import type { LoadQuestions } from './load-child.ts';
import { HealthProbe } from './probe.ts';
import type { Measured } from './results.ts';
import type { ServerQuestions } from './server-child.ts';

/** One server, started, warmed up, measured and ended. What went wrong is added to `failures`. */
export async function measure(
  contender: Pick<Contender, 'letter' | 'job'>,
  round: number,
  load: Child<LoadQuestions>,
  flags: { connections: number; seconds: number; warmup: number; profile: string | null },
  failures: string[],
): Promise<Measured> {
  const { job, close } = await contender.job(round);
  const server = new Child<ServerQuestions>(new URL('./server-child.ts', import.meta.url), {
    profile: contender.letter === 'a' ? null : flags.profile,
    nodeFlags: serviceFlags(),
  });
  const nothing = undefined as never;
  const port = await server.ask('serve', job);
  const probe = new HealthProbe(port);
  await load.ask('start', {
    port,
    connections: flags.connections,
    warmupMs: flags.warmup * 1000,
    measuredMs: flags.seconds * 1000,
    again: contender.letter === 'a' || contender.letter === 'b',
  });
  const cpuBefore = await server.ask('cpu', nothing);
  const mainBefore = await server.ask('mainCpu', nothing);
  const commitsBefore = await server.ask('commits', nothing);
  probe.start();
  const seen = await load.ask('finish', nothing);
  const cpu = (await server.ask('cpu', nothing)) - cpuBefore;
  const mainCpu = (await server.ask('mainCpu', nothing)) - mainBefore;
  const commits = (await server.ask('commits', nothing)) - commitsBefore;
  const health = await probe.stop();
  const kept = await server.ask('kept', nothing);
  const peakRssBytes = await server.ask('peakRss', nothing);
  await server.end();
  await close();

  const fail = (what: string) => failures.push(`(${contender.letter}) ${what}`);
  if (seen.firstError !== null) fail(seen.firstError);
  if (seen.exhausted) {
    print(`Note: the signed messages ran out after ${figure(seen.seconds)} s; --messages signs more`);
  }
  const lost = kept === null ? 0 : seen.acknowledged - kept;
  if (lost !== 0) fail(`${seen.acknowledged} were acknowledged, but the inbox has ${kept}`);
  return {
    requestsPerSecond: seen.completed / seen.seconds,
    p50Ms: seen.p50,
    p99Ms: seen.p99,
    cpuSecondsPer1000: (cpu / seen.completed) * 1000,
    mainSecondsPer1000: (mainCpu / seen.completed) * 1000,
    messagesPerCommit: seen.completed / commits,
    healthzP99Ms: health.p99,
    healthzLongestMs: health.longest,
    peakRssBytes,
    generatorCores: seen.generatorCores,
    errors: seen.errors + Math.abs(lost),
  };
}
