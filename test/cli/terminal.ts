import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import { childEnv } from '../child-env.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const BY_SCRIPT = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');

/** Whether tests at a terminal must be left out: without util-linux, but never in CI. */
export const NO_TERMINAL = !BY_SCRIPT && !process.env.CI;

/**
 * Runs a command at a pseudo-terminal.
 *
 * @param answers what is typed once the words before it show, in this order
 * @returns the exit code and what the terminal showed, without colours and cursor movements
 */
export async function atTerminal(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  answers: readonly (readonly [shown: string, typed: string])[] = [],
  folder = process.cwd(),
): Promise<{ code: number | null; shown: string }> {
  const words = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const child = spawn('script', ['-qefc', `exec ${words.join(' ')}`, '/dev/null'], {
    cwd: folder,
    env: childEnv({ TERM: 'xterm', SHELL: '/bin/sh', ...env }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let raw = '';
  let from = 0;
  const left = [...answers];
  child.stdout.on('data', (chunk) => {
    raw += String(chunk);
    const [next] = left;
    const at = next ? raw.indexOf(next[0], from) : -1;
    if (!next || at < 0) return;
    left.shift();
    from = raw.length;
    child.stdin.write(next[1]);
  });
  const [code] = await once(child, 'close');
  return { code, shown: stripVTControlCharacters(raw).replaceAll('\r', '') };
}
