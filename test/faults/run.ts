import { parseArgs } from 'node:util';
import { canMount, clock, crash, database, disk, network, outage, replicas } from './scenarios.ts';

// `npm run test:faults -- [crash] [outage] [network] [clock] [disk] [replicas] [database] [--registrants N] [--kills N] [--seed N] [--rate R]
// [--stop-odoo COMMAND --start-odoo COMMAND]`; against ODOO_URL where it is set.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    registrants: { type: 'string', default: '400' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    grace: { type: 'string', default: '5' },
    'kill-every': { type: 'string', default: '5' },
    rate: { type: 'string', default: '0.15' },
    'stop-odoo': { type: 'string' },
    'start-odoo': { type: 'string' },
  },
});
const registrants = Number(values.registrants);
const scenarios = {
  crash: () =>
    crash({
      registrants,
      kills: Number(values.kills),
      seed: Number(values.seed),
      graceSeconds: Number(values.grace),
    }),
  outage: () =>
    outage({
      registrants,
      ...(values['stop-odoo'] ? { stop: values['stop-odoo'] } : {}),
      ...(values['start-odoo'] ? { start: values['start-odoo'] } : {}),
    }),
  network: () => network({ registrants, seed: Number(values.seed), rate: Number(values.rate) }),
  disk: () => {
    if (!canMount()) throw new Error('disk needs the right to mount a tmpfs');
    return disk({ registrants });
  },
  replicas: () =>
    replicas({
      registrants,
      killEveryMs: Number(values['kill-every']) * 1000,
      seed: Number(values.seed),
    }),
  database: () => database({ registrants, seed: Number(values.seed) }),
  clock: () => clock({ registrants, jumps: Number(values.kills), seed: Number(values.seed) }),
};
let failed = false;
for (const [name, play] of Object.entries(scenarios)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const startedAt = Date.now();
  const result = await play();
  // Refusals are what a full disk is answered with; all were sent again.
  const bad = result.accepted - result.settled + result.lost + result.doubled + result.wrong + result.leaked;
  failed ||= bad > 0;
  const figures = Object.entries(result).map(([what, count]) => `${what} ${count}`);
  process.stdout.write(`${name}: ${figures.join(', ')} (${Math.round((Date.now() - startedAt) / 1000)} s)\n`);
}
process.exitCode = failed ? 1 : 0;
