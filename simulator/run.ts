import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FACES, isFace } from '../src/sandbox/faces.ts';
import { BREAKS, type Break, isBreak } from './broken.ts';
import { brokenInvariants } from './invariants/check.ts';
import { type PlanOptions, planOf } from './plan/generate.ts';
import { ENGINES, type Plan } from './plan/plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import { storyOf } from './story.ts';
import type { SeedResult, Share } from './worker.ts';

const USAGE = `
npm run simulate -- [--seeds N] [--from N] [--seed N] [--engine NAME] [--face NAME] [--broken NAME] [--threads N]

Runs the bridge with everything outside of it simulated, one run a seed, and checks what must be true at the end.

  --seeds N      how many seeds (1000)
  --from N       the first of them (1)
  --seed N       this one alone: prints its story, shrunk where something breaks
  --whole        with --seed: does not shrink
  --save FILE    with --seed: writes the plan that breaks something, as JSON
  --plan FILE    runs such a plan
  --engine NAME  ${ENGINES.join(' or ')}; else the seed says
  --face NAME    ${Object.keys(FACES).join(', ')}; else the seed says
  --broken NAME  a bridge that is broken on purpose: ${Object.keys(BREAKS).join(', ')}
  --threads N    at most (${availableParallelism()})`;

const print = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);

/** Seeds that break something, whose story is printed. */
const STORIES = 3;

class UsageError extends Error {}

interface Flags {
  seeds: number;
  from: number;
  seed: number | null;
  whole: boolean;
  save: string | null;
  plan: string | null;
  threads: number;
  options: PlanOptions;
  broken: Break | null;
}

try {
  const flags = readFlags();
  if (flags === null) print(USAGE.trim());
  else process.exitCode = await run(flags);
} catch (error) {
  if (
    !(error instanceof UsageError) &&
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') !== true
  )
    throw error;
  complain(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}

function readFlags(): Flags | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      seeds: text,
      from: text,
      seed: text,
      engine: text,
      face: text,
      broken: text,
      save: text,
      plan: text,
      threads: text,
      whole: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return null;
  const number = (name: 'seeds' | 'from' | 'seed' | 'threads'): number | null => {
    const given = values[name];
    if (given === undefined) return null;
    if (!/^\d{1,9}$/.test(given)) throw new UsageError(`--${name}: expected a whole number, such as 1000`);
    return Number(given);
  };
  const { engine, face, broken } = values;
  const known = ENGINES.find((one) => one === engine);
  if (engine !== undefined && !known) throw new UsageError(`--engine: expected ${ENGINES.join(' or ')}`);
  if (face !== undefined && !isFace(face))
    throw new UsageError(`--face: expected one of ${Object.keys(FACES).join(', ')}`);
  if (broken !== undefined && !isBreak(broken))
    throw new UsageError(`--broken: expected one of ${Object.keys(BREAKS).join(', ')}`);
  return {
    seeds: number('seeds') ?? 1000,
    from: number('from') ?? 1,
    seed: number('seed'),
    whole: values.whole ?? false,
    save: values.save ?? null,
    plan: values.plan ?? null,
    threads: Math.max(1, number('threads') ?? availableParallelism()),
    options: { engine: known, face },
    broken: broken ?? null,
  };
}

/** @returns the exit code: 1 where something broke */
function run(flags: Flags): Promise<number> {
  const { plan, seed, options } = flags;
  if (plan !== null) return runOne(JSON.parse(readFileSync(plan, 'utf8')) as Plan, flags);
  return seed === null ? runAll(flags) : runOne(planOf(seed, options), flags);
}

async function runAll({ seeds, from, threads, options, broken }: Flags): Promise<number> {
  const started = Date.now();
  const results = new Map<number, SeedResult>();
  const count = Math.min(threads, seeds);
  const share = (at: number): Share => ({
    first: from + at,
    last: from + seeds - 1,
    step: count,
    options,
    broken,
  });
  await Promise.all(
    Array.from({ length: count }, (_, at) =>
      attend(share(at), (result) => {
        results.set(result.seed, result);
        const [first] = result.broken;
        if (first) complain(`seed ${result.seed}: ${first.invariant}`);
        if (results.size % 1000 === 0) complain(`${results.size} of ${seeds} seeds`);
      }),
    ),
  );
  const seconds = (Date.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  const cpuMs = (user + system) / 1000 / seeds;
  const inOrder = [...results.values()].sort((a, b) => a.seed - b.seed);
  const failed = inOrder.filter((one) => one.broken.length > 0);
  for (const { seed } of failed.slice(0, STORIES))
    await runOne(planOf(seed, options), { broken, whole: false, save: null });
  for (const [invariant, found] of Map.groupBy(failed, (one) => one.broken[0]?.invariant ?? '')) {
    const some = found.slice(0, 10).map(({ seed }) => seed);
    print(`${invariant}: ${found.length} seeds, such as ${some.join(', ')}`);
  }
  const hashes = inOrder.map((one) => one.hash).join();
  print(
    `${inOrder.length} seeds in ${seconds.toFixed(1)} s (${(inOrder.length / seconds).toFixed(1)}/s, ${cpuMs.toFixed(1)} ms of CPU each): ${failed.length} broke an invariant; hash of all traces ${hash('sha256', hashes).slice(0, 16)}`,
  );
  return failed.length > 0 ? 1 : 0;
}

function attend(workerData: Share, onResult: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    worker.on('message', onResult);
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))));
  });
}

async function runOne(
  plan: Plan,
  { broken, whole, save }: Pick<Flags, 'broken' | 'whole' | 'save'>,
): Promise<number> {
  const ended = await simulate(plan, broken, true);
  const [first] = brokenInvariants(ended);
  if (!first) {
    print(storyOf(plan, ended.trace.lines, []));
    print(`\nNothing breaks; hash of the trace ${ended.trace.hash}`);
    return 0;
  }
  const smallest = whole ? plan : await shrink(plan, first.invariant, broken);
  const again = await simulate(smallest, broken, true);
  print(`${storyOf(smallest, again.trace.lines, brokenInvariants(again))}\n`);
  if (save !== null) writeFileSync(save, `${JSON.stringify(smallest, null, 2)}\n`);
  return 1;
}
