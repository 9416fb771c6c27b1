import { join } from 'node:path';
import { type Measured, memoryGrowth, ratioOf, resultsOf, resultTable } from './backlog/results.ts';
import type { Delivery } from './delivery/deliverer-child.ts';
import { fillInbox } from './delivery/inbox.ts';
import { announcements } from './delivery/message.ts';
import { MIXES, planEvents } from './delivery/plan.ts';
import { deliver, TIMEOUT_MS } from './delivery/round.ts';
import { COMMON_FLAGS, FlagError, type FlagValues, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { makeRegistrants, newUins } from './lib/registrants.ts';
import { writeReport } from './lib/report.ts';
import { runBenchmark, temporaryFolder } from './lib/run.ts';
import { figure, goalLine } from './lib/table.ts';
import { odooTarget, sandboxTarget, type Target } from './lib/target.ts';

const ABOUT = `
Whether a large backlog costs more: how fast the bridge delivers 1,000, 10,000 and 100,000 events from its inbox, what
memory it takes, and how long its start takes. The bridge and the sandbox run in processes of their own; each backlog
meets a new bridge and a new sandbox with as many registrants as the largest backlog needs, so that nothing but the
backlog differs. The settings are those of config/default.yaml.`;

const FLAGS = {
  sizes: { kind: 'text', placeholder: 'N,N,…', help: 'the backlogs, smallest first (1000,10000,100000)' },
  mix: { kind: 'choice', default: 'all', choices: MIXES, help: 'the four types in turn, or births alone' },
  dates: { kind: 'count', default: 365, maximum: 7300, help: 'different dates of the events' },
  odoo: { kind: 'switch', help: 'deliver into the Odoo at ODOO_URL (see bench:delivery), not a sandbox' },
  remote: { kind: 'switch', help: 'ODOO_URL may be another machine' },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put' },
  ...COMMON_FLAGS,
} as const;

const MAXIMUM_SIZE = 1_000_000;

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:backlog --', ABOUT, FLAGS);
  if (!flags) return 0;
  const sizes = sizesOf(flags.sizes ?? '1000,10000,100000');
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  print(machineLine(machine));
  const rounds = new Map<number, Measured[]>(sizes.map((size) => [size, []]));
  for (let round = 1; round <= flags.rounds; round += 1) {
    for (const size of sizes) {
      const label = `round ${round} of ${flags.rounds}: ${size.toLocaleString('en-US')} events`;
      const delivery = await measure(size, Math.max(...sizes), folder, flags, label);
      rounds.get(size)?.push(measuredOf(delivery));
      progress(`${label}: ${figure(delivery.events / delivery.seconds)} events/s`);
    }
  }
  const results = resultsOf(rounds);
  const ratio = ratioOf(rounds);
  const growth = memoryGrowth(rounds);
  print(`\n${resultTable(results)}\n`);
  print(goalLine('rate, largest / smallest', ratio, { atLeast: 0.9 }));
  print(goalLine('growth of the peak memory, MiB', growth / 1_048_576, { atMost: 60 }));
  await writeReport(flags.json, {
    benchmark: 'backlog',
    machine,
    flags: { ...flags, sizes },
    results: {
      medians: Object.fromEntries(results),
      ratio,
      memoryGrowthBytes: growth,
      rounds: Object.fromEntries(rounds),
    },
  });
  return [...results.values()].every(({ errors }) => errors === 0) ? 0 : 1;
});

function sizesOf(text: string): number[] {
  const sizes = text.split(',').map(Number);
  const good = sizes.every((size) => Number.isInteger(size) && size > 0 && size <= MAXIMUM_SIZE);
  if (good && sizes.length > 1) return sizes.sort((one, other) => one - other);
  throw new FlagError(`--sizes must be two or more whole numbers up to ${MAXIMUM_SIZE}, such as 1000,10000`);
}

/** One backlog, delivered by a new bridge. */
async function measure(
  size: number,
  largest: number,
  folder: string,
  flags: FlagValues<typeof FLAGS>,
  label: string,
): Promise<Delivery> {
  const target = await openTarget(flags);
  // In a sandbox the table is as large for each; in an Odoo the registrants stay, and only those needed are made.
  const { prefix, uins } = newUins(target.kind === 'odoo' ? size : largest);
  const registrants = await makeRegistrants(target.admin, uins, (done) =>
    progress(`${label}: making registrants`, { done, total: uins.length }),
  );
  const plan = planEvents(registrants, { events: size, mix: flags.mix, dates: flags.dates, pairs: true });
  const inboxPath = join(folder, prefix, 'inbox.db');
  progress(`${label}: filling the inbox`);
  await fillInbox(inboxPath, announcements(plan, prefix, false, Date.now()));
  progress(`${label}: delivering`);
  const { profile } = flags;
  const delivery = await deliver(
    target,
    { profile, timeoutMs: TIMEOUT_MS },
    { kind: 'bridge', inboxPath, events: size, batchSize: null, concurrency: null },
  );
  await target.close();
  return delivery;
}

async function openTarget({ odoo, remote }: { odoo: boolean; remote: boolean }): Promise<Target> {
  if (!odoo) return sandboxTarget();
  const target = odooTarget(process.env, remote);
  if (!target) throw new FlagError('--odoo needs ODOO_URL');
  return target;
}

function measuredOf(delivery: Delivery): Measured {
  return {
    eventsPerSecond: delivery.events / delivery.seconds,
    callsPerEvent: delivery.calls / delivery.events,
    cpuMsPerEvent: (delivery.cpuSeconds * 1000) / delivery.events,
    peakRssBytes: delivery.peakRssBytes,
    endRssBytes: delivery.endRssBytes,
    startMs: delivery.firstBatchMs,
    firstSettledMs: delivery.firstSettledMs,
    errors: delivery.errors,
  };
}
