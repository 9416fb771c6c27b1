import { parseArgs } from 'node:util';
import { backfill } from './backfill.ts';
import { canMount, clock, crash, database, disk, network, outage, random, replicas } from './scenarios.ts';
import { screening } from './screening.ts';

// `npm run test:faults -- [crash] [outage] [network] [clock] [disk] [replicas] [database] [backfill] [screening] [--registrants N] [--kills N] [--seed N] [--rate R]
// [--by command|bridge] [--slice-days N] [--batch-size N] [--stop-odoo COMMAND --start-odoo COMMAND]`; against ODOO_URL where it is set.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    registrants: { type: 'string', default: '400' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    grace: { type: 'string', default: '5' },
    'kill-every': { type: 'string', default: '5' },
    rate: { type: 'string', default: '0.15' },
    by: { type: 'string', default: 'command' },
    'slice-days': { type: 'string', default: '28' },
    'batch-size': { type: 'string', default: '10' },
    'stop-odoo': { type: 'string' },
    'start-odoo': { type: 'string' },
  },
});
const registrants = Number(values.registrants);
const scenarios = {
  crash: () =>
    crash({
      registrants,
      kills: Number(values.kills ?? 50),
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
  backfill: () =>
    backfill({
      registrants,
      kills: Number(values.kills ?? 2),
      by: values.by === 'bridge' ? 'bridge' : 'command',
      sliceDays: Number(values['slice-days']),
      pageSize: 100,
      notified: Math.floor(registrants / 20),
    }),
  screening: async () => {
    const by = values.by === 'bridge' ? ('bridge' as const) : ('command' as const);
    const result = await screening({
      registrants,
      kills: Number(values.kills ?? 2),
      by,
      perSecond: 50,
      batchSize: Number(values['batch-size']),
      random: random(Number(values.seed)),
    });
    const unfiled = Math.abs(result.deceased - result.filed) + Math.abs(result.deceased - result.applied);
    return { accepted: result.deceased, settled: result.applied, ...result, extra: unfiled + result.tooFast };
  },
  clock: () => clock({ registrants, jumps: Number(values.kills ?? 50), seed: Number(values.seed) }),
};
let failed = false;
for (const [name, play] of Object.entries(scenarios)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const startedAt = Date.now();
  const result = await play();
  // Refusals are what a full disk is answered with; all were sent again.
  const extra = 'extra' in result ? Math.abs(Number(result.extra)) : 0;
  const bad =
    result.accepted - result.settled + result.lost + result.doubled + result.wrong + result.leaked + extra;
  failed ||= bad > 0;
  const figures = Object.entries(result).map(([what, count]) => `${what} ${count}`);
  process.stdout.write(`${name}: ${figures.join(', ')} (${Math.round((Date.now() - startedAt) / 1000)} s)\n`);
}
process.exitCode = failed ? 1 : 0;
