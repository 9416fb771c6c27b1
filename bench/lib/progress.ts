import { type Progress, showProgress } from '../../src/cli/progress.ts';

let shown: Progress | null = null;

/**
 * Says what is being done: on a terminal in one line that is written over, with a bar where it is known how much there
 * is to do; else in lines.
 *
 * @param part how much of it is done; null where that is not known
 */
export function progress(step: string, part: { done: number; total: number } | null = null): void {
  shown ??= showProgress();
  const detail = part === null ? undefined : `${part.done} of ${part.total}`;
  shown.update({ label: step, done: part?.done ?? 0, total: part?.total ?? null, detail });
}

/** Takes the progress line away, so that only results are left. */
export function clearProgress(): void {
  shown?.end();
  shown = null;
}

/** Writes to standard output, where the results go. */
export function print(text: string): void {
  clearProgress();
  process.stdout.write(`${text}\n`);
}
