import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlagError } from './flags.ts';
import { clearProgress } from './progress.ts';

const endings: (() => unknown)[] = [];
let ending = false;

/** Has something done when the benchmark ends, by itself, by a failure or by Ctrl-C; the latest first. */
export function onEnd(work: () => unknown): void {
  endings.push(work);
}

/** A folder that is gone after the benchmark. */
export async function temporaryFolder(parent: string | null): Promise<string> {
  const folder = await mkdtemp(join(parent ?? tmpdir(), 'crvs-bridge-bench-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs a benchmark and ends the process, with the code that it gives; 1 where it throws, 2 for a wrong command line,
 * 130 after Ctrl-C.
 */
export async function runBenchmark(benchmark: () => Promise<number>): Promise<never> {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => void end(code));
  }
  let code: number;
  try {
    code = await benchmark();
  } catch (error) {
    // After Ctrl-C the children are gone: that they do not answer is no news.
    if (ending) return end(1);
    clearProgress();
    code = error instanceof FlagError ? 2 : 1;
    process.stderr.write(`${error instanceof FlagError ? error.message : (error as Error).stack}\n`);
  }
  return end(code);
}

async function end(code: number): Promise<never> {
  // A signal while the end is under way: the first one finishes it.
  if (ending) return new Promise<never>(() => {});
  ending = true;
  clearProgress();
  for (const work of endings.reverse()) {
    try {
      await work();
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
    }
  }
  process.exit(code);
}
