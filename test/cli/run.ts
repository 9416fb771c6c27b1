import { vi } from 'vitest';
import { runCommand } from '../../src/cli/run-command.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs a command in this process, with nothing in its environment but what is given. */
export async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const written = (spy: typeof out) => spy.mock.calls.map(([chunk]) => String(chunk)).join('');
  try {
    const code = await runCommand(args, env);
    return { code, out: written(out), err: written(err) };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}
