import { loadSettings } from '../config/load.ts';
import { runDemo } from '../demo/run-demo.ts';
import type { Command } from './run-command.ts';

/** Shows the whole way with a sandbox in place of OpenSPP. Takes no settings: it must not touch a real deployment. */
export const demo: Command = async () => {
  const fine = await runDemo(loadSettings({}), (line) => process.stdout.write(`${line}\n`));
  return fine ? 0 : 1;
};
