import { loadSettings } from '../config/load.ts';
import type { CliCommand } from './cli-command.ts';
import { orNoSandbox } from './no-sandbox.ts';
import { printJson, printText } from './output.ts';
import { showProgress } from './progress.ts';

/** Shows everything with a sandbox in place of OpenSPP. Takes no settings: it must not touch a real deployment. */
export function demo(command: CliCommand): void {
  command.runs(async ({ json }) => {
    const { runDemo } = await orNoSandbox(import('../demo/run-demo.ts'));
    const progress = showProgress();
    const lines: string[] = [];
    const out = (line: string) => {
      progress.end();
      if (json) lines.push(line);
      else printText(line);
    };
    const ok = await runDemo(loadSettings({}), out, (label, done, total) =>
      progress.update({ label, done, total }),
    );
    progress.end();
    if (json) printJson({ ok, lines });
    return ok ? 0 : 1;
  });
}
