import { loadSettings } from '../config/load.ts';
import { runDemo } from '../demo/run-demo.ts';
import type { Command } from './command.ts';
import { showProgress } from './progress.ts';

/** Shows the whole way with a sandbox in place of OpenSPP. Takes no settings: it must not touch a real deployment. */
export const demo: Command = async () => {
  const progress = showProgress();
  const out = (line: string) => {
    progress.end();
    process.stdout.write(`${line}\n`);
  };
  const fine = await runDemo(loadSettings({}), out, (label, done, total) =>
    progress.update({ label, done, total }),
  );
  progress.end();
  return fine ? 0 : 1;
};
