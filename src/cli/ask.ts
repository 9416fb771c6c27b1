import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Whether somebody sits at the terminal who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks at the terminal. The question goes to standard error, so that standard output can be kept.
 *
 * @param hidden what is typed does not show
 */
export async function ask(question: string, hidden = false): Promise<string> {
  process.stderr.write(question);
  // Readline echoes what is typed to its output; a hidden answer has one that shows nothing.
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const asking = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return (await asking.question('')).trim();
  } finally {
    asking.close();
    if (hidden) process.stderr.write('\n');
  }
}
