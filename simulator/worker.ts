import { parentPort, workerData } from 'node:worker_threads';
import type { Break } from './broken.ts';
import { type Broken, brokenInvariants } from './invariants/check.ts';
import { type PlanOptions, planOf } from './plan/generate.ts';
import { simulate } from './simulation.ts';

/** What a thread simulates: every `step`-th seed from `first` on. */
export interface Share {
  first: number;
  last: number;
  step: number;
  options: PlanOptions;
  broken: Break | null;
}

/** How a seed ended. */
export interface SeedResult {
  seed: number;
  hash: string;
  broken: Broken[];
}

const { first, last, step, options, broken } = workerData as Share;
for (let seed = first; seed <= last; seed += step) {
  const ended = await simulate(planOf(seed, options), broken, false);
  const result: SeedResult = { seed, hash: ended.trace.hash, broken: brokenInvariants(ended) };
  parentPort?.postMessage(result);
}
