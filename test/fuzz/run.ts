import { parseArgs } from 'node:util';
import { type FuzzReport, fuzz } from './fuzz.ts';
import { KINDS } from './kinds/all.ts';

const USAGE = `Usage: npm run fuzz -- [--seconds N] [--inputs N] [--seed N] [--kind NAME] [--json]

Sends mutated envelopes, HTTP-signatures, JWS, sealed messages and FHIR bundles through the whole receive path: the app, real keys, an inbox in a
temporary folder, no network. Looks for crashes, an event loop that works on one input for more than 100 ms, acknowledged
forgeries (judged by jose and node:crypto), honest messages refused, answers with 5xx, and names or identifiers in
answers and logs. Exits with 1 where there is any.

  --seconds N   for how long (60 by default)
  --inputs N    after how many inputs to stop earlier
  --seed N      which choices to make; the same seed makes the same (default: from the clock). The keys are new each time
  --kind NAME   one kind alone: ${Object.keys(KINDS).join(', ')}
  --json        the whole report as JSON, with what it takes to have each finding again
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    inputs: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    kind: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const numbers = [values.seconds, values.inputs ?? '1', values.seed];
const isKind = values.kind === undefined || Object.hasOwn(KINDS, values.kind);
if (values.help || !isKind || !numbers.every((text) => /^\d{1,9}$/.test(text))) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  const report = await fuzz({
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    ...(values.kind === undefined ? {} : { kind: values.kind }),
    ...(values.inputs === undefined ? {} : { inputs: Number(values.inputs) }),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : print(report));
  process.exitCode = Object.values(report.faults).some((count) => count > 0) ? 1 : 0;
}

function print(report: FuzzReport): string {
  const { seed, seconds, inputs, accepted, refused, faults, kinds, findings } = report;
  const lines = [
    `seed ${seed}, ${seconds} s`,
    `inputs tried    ${inputs} (${accepted} accepted, ${refused} refused)`,
    `crashes         ${faults.crash}`,
    `hangs           ${faults.hang} (longest ${report.longestBlockMs} ms of work on one input in one go)`,
    `false accepts   ${faults.falseAccept}`,
    `false refusals  ${faults.falseRefusal}`,
    `5xx             ${faults.serverError}`,
    `leaks           ${faults.leak}`,
    ...Object.entries(kinds)
      .filter(([, { tried }]) => tried > 0)
      .map(([name, one]) => `  ${name}: ${one.tried} tried, ${one.accepted} accepted`),
    ...findings.map(({ fault, kind, path, detail }) => `found: ${fault}, ${kind}, ${path}: ${detail}`),
  ];
  if (findings.length > 0) lines.push(`--seed ${seed} --json gives what it takes to have them again`);
  return `${lines.join('\n')}\n`;
}
