import type { Delivery } from './delivery/deliverer-child.ts';
import { addOldEvents, removeEvents } from './delivery/old-events.ts';
import { MIXES } from './delivery/plan.ts';
import { Postgres } from './delivery/postgres.ts';
import {
  callTable,
  type Figures,
  figuresOf,
  ratioLines,
  ratiosOf,
  resultsOf,
  resultTable,
  verificationLines,
} from './delivery/results.ts';
import { CONTENDERS, type RoundOptions, runRound, TIMEOUT_MS } from './delivery/round.ts';
import { differencesIn, type Verification, verify } from './delivery/verify.ts';
import { COMMON_FLAGS, FlagError, type FlagValues, readFlags } from './lib/flags.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import { print, progress } from './lib/progress.ts';
import { writeReport } from './lib/report.ts';
import { onEnd, runBenchmark, temporaryFolder } from './lib/run.ts';
import { figure } from './lib/table.ts';
import { assertHere, odooTarget, sandboxTarget, type Target } from './lib/target.ts';

const ABOUT = `
How fast events reach OpenSPP: (a) one at a time in the seven calls that OpenSPP's module needs, (b) in OpenSPP's own
way, create and process_event, each at 1 and at 4 callers and on a sample, (c) the bridge, from an inbox that holds a
backlog, with the settings of config/default.yaml. Into the Odoo at ODOO_URL (ODOO_DB, ODOO_LOGIN, ODOO_API_KEY or
ODOO_PASSWORD; for fixtures ODOO_ADMIN_API_KEY or ODOO_ADMIN_PASSWORD), else into a sandbox. Everybody delivers other
events of other registrants, round by round. The events of a round are deleted after it, so that the next one meets the
same table; the registrants stay in that Odoo.

With ODOO_PG (such as postgres://odoo:odoo@127.0.0.1/openspp), --old-events and --index go through the program psql,
and the space of deleted events is given back; PostgreSQL would go on reading it.`;

const FLAGS = {
  events: { kind: 'count', default: 2000, maximum: 200_000, help: 'events of the backlog' },
  registrants: {
    kind: 'count',
    default: 4000,
    maximum: 400_000,
    help: 'registrants that a round makes, at least',
  },
  mix: { kind: 'choice', default: 'all', choices: MIXES, help: 'the four types in turn, or births alone' },
  dates: { kind: 'count', default: 365, maximum: 7300, help: 'different dates of the events' },
  numbers: { kind: 'switch', help: 'the messages carry registration numbers, too' },
  'sample-a': { kind: 'count', default: 100, maximum: 10_000, help: 'events that (a) delivers, each time' },
  'sample-b': { kind: 'count', default: 200, maximum: 10_000, help: 'events that (b) delivers, each time' },
  'batch-size': {
    kind: 'count',
    default: 0,
    minimum: 0,
    maximum: 5000,
    help: 'events a batch of (c), fixed; 0 lets it adapt',
  },
  concurrency: {
    kind: 'count',
    default: 0,
    minimum: 0,
    maximum: 64,
    help: "batches of (c) at once; 0 is the configuration's",
  },
  'old-events': {
    kind: 'count',
    default: 0,
    minimum: 0,
    maximum: 2_000_000,
    help: 'rows in the event table, at least',
  },
  index: {
    kind: 'choice',
    default: 'as-is',
    choices: ['as-is', 'with', 'without', 'both'],
    help: 'the index that doctor recommends; needs ODOO_PG',
  },
  calls: { kind: 'switch', help: 'show what (c) asks of Odoo, and how long that takes' },
  verify: { kind: 'switch', help: 'compare with a delivery one at a time' },
  remote: { kind: 'switch', help: 'ODOO_URL may be another machine' },
  folder: { kind: 'text', placeholder: 'DIR', help: 'where the inbox is put' },
  ...COMMON_FLAGS,
} as const;

type Flags = FlagValues<typeof FLAGS>;

/** One comparison, with or without the index. */
interface Section {
  title: string;
  results: Map<string, Figures>;
  ratios: Record<string, number>;
  rounds: Record<string, Figures[]>;
  /** The bridge's last delivery. */
  last: Delivery | null;
  verification: Verification | null;
}

await runBenchmark(async () => {
  const flags = readFlags('npm run bench:delivery --', ABOUT, FLAGS);
  if (!flags) return 0;
  const postgres = openPostgres(flags);
  const folder = await temporaryFolder(flags.folder);
  const machine = describeMachine(folder);
  const target = odooTarget(process.env, flags.remote) ?? (await sandboxTarget());
  print(machineLine(machine));
  print(
    `${flags.events} events (${flags.mix}, ${flags.dates} dates) into ${target.kind === 'odoo' ? `the Odoo at ${target.bridge.url}` : 'a sandbox'}, ${flags.rounds} rounds`,
  );
  if (flags['old-events'] > 0) await addOld(target, postgres, flags['old-events']);

  const sections: Section[] = [];
  for (const index of flags.index === 'both' ? (['without', 'with'] as const) : [flags.index]) {
    if (index === 'with') await postgres?.createIndex();
    if (index === 'without') await postgres?.dropIndex();
    const section = await compare(
      target,
      postgres,
      folder,
      flags,
      index === 'as-is' ? '' : `${index} the index: `,
    );
    sections.push(section);
    print(`\n${section.title}${resultTable(section.results)}\n`);
    print(ratioLines(section.ratios, section.results.get('c'), target.kind === 'odoo'));
    if (flags.calls && section.last) print(`\n${callTable(section.last)}\n`);
    if (section.verification) print(verificationLines(section.verification));
  }
  await writeReport(flags.json, {
    benchmark: 'delivery',
    machine,
    flags: { ...flags, target: target.kind },
    results: sections.map((section) => ({ ...section, results: Object.fromEntries(section.results) })),
  });
  return sections.every(isRight) ? 0 : 1;
});

function openPostgres(flags: Flags): Postgres | null {
  const { ODOO_PG, ODOO_URL } = process.env;
  if (!ODOO_PG || !ODOO_URL) {
    if (flags.index === 'as-is') return null;
    throw new FlagError('--index needs ODOO_URL and ODOO_PG, such as postgres://odoo:odoo@127.0.0.1/openspp');
  }
  assertHere('ODOO_PG', ODOO_PG, flags.remote);
  const postgres = new Postgres(ODOO_PG);
  if (flags.index !== 'as-is') restoreIndexAtEnd(postgres);
  return postgres;
}

/** The index is left as it was found. */
function restoreIndexAtEnd(postgres: Postgres): void {
  const before = postgres.hasIndex();
  onEnd(async () => ((await before) ? postgres.createIndex() : postgres.dropIndex()));
  before.catch(() => {});
}

async function addOld(target: Target, postgres: Postgres | null, wanted: number): Promise<void> {
  progress('filling the event table');
  const added = await addOldEvents(target.admin, postgres, wanted, (done) =>
    progress('filling the event table', { done, total: wanted }),
  );
  print(`${added} old events added; the event table has ${wanted} or more`);
}

async function compare(
  target: Target,
  postgres: Postgres | null,
  folder: string,
  flags: Flags,
  title: string,
): Promise<Section> {
  const options: RoundOptions = {
    ...flags,
    sampleA: flags['sample-a'],
    sampleB: flags['sample-b'],
    batchSize: flags['batch-size'] || null,
    concurrency: flags.concurrency || null,
    withNumbers: flags.numbers,
    timeoutMs: TIMEOUT_MS,
  };
  const rounds = new Map<string, Figures[]>(CONTENDERS.map(({ name }) => [name, []]));
  let last: Delivery | null = null;
  let verification: Verification | null = null;
  for (let round = 1; round <= flags.rounds; round += 1) {
    const label = `${title}round ${round} of ${flags.rounds}`;
    const { deliveries, delivered } = await runRound(target, folder, options, label);
    last = deliveries.get('c') ?? null;
    for (const [name, delivery] of deliveries) rounds.get(name)?.push(figuresOf(delivery));
    const rates = [...rounds].map(
      ([name, all]) => `${name} ${figure(all.at(-1)?.eventsPerSecond ?? Number.NaN)}`,
    );
    progress(`${label}: ${rates.join(', ')} events/s`);
    if (flags.verify && round === flags.rounds) {
      verification = await verify(target, folder, options, delivered);
      await removeEvents(target.admin, postgres, verification.twinPrefix);
    }
    progress(`${label}: taking the events out again`);
    await removeEvents(target.admin, postgres, delivered.prefix);
  }
  return {
    title: title && `${title}\n`,
    results: resultsOf(rounds),
    ratios: ratiosOf(rounds),
    rounds: Object.fromEntries(rounds),
    last,
    verification,
  };
}

function isRight({ results, verification }: Section): boolean {
  return results.get('c')?.errors === 0 && (verification === null || differencesIn(verification) === 0);
}
