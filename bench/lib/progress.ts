const { stderr } = process;
let shown = false;
let lastStep = '';

/**
 * Says what is being done: on a terminal in one line that is written over; else in a line of its own for each step.
 *
 * @param detail how far the step is; for a terminal alone
 */
export function progress(step: string, detail = ''): void {
  if (stderr.isTTY) {
    stderr.write(`\r\x1b[2K${(detail ? `${step}: ${detail}` : step).slice(0, stderr.columns - 1)}`);
    shown = true;
  } else if (step !== lastStep) {
    stderr.write(`${step}\n`);
  }
  lastStep = step;
}

/** Takes the progress line away, so that results stand alone. */
export function clearProgress(): void {
  if (shown) stderr.write('\r\x1b[2K');
  shown = false;
}

/** Writes to standard output, where the results go. */
export function print(text: string): void {
  clearProgress();
  process.stdout.write(`${text}\n`);
}
