import { accessSync, constants, createWriteStream, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { screeningSettings } from '../config/screening.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { secondsOf } from '../screening/duration.ts';
import { type Screening, Screenings } from '../screening/job.ts';
import { type Population, SCREENING_KINDS, ScreeningError, type ScreeningPlan } from '../screening/plan.ts';
import { BOM, csvReport, jsonReport } from '../screening/report.ts';
import { outcomesOf, type ScreeningCounts } from '../screening/result.ts';
import { runScreening, type ScreeningProgress } from '../screening/run-screening.ts';
import { SERVICE_OF } from '../screening/run-tools.ts';
import { estimateOf, planOf, runDependencies, type ScreeningDependencies } from '../screening/service.ts';
import { noteCommand } from './audit.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { NOT_KNOWN_EXIT } from './print-answer.ts';
import { printJson } from './print-value.ts';
import { type Progress, showProgress } from './progress.ts';
import { withRegistries } from './registries.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';
import { withInbox } from './with-inbox.ts';

const DEFAULTS = SCREENING_KINDS.map((kind) => DEFAULT_SOURCES[SERVICE_OF[kind]]).join(', ');

const USAGE = `Usage: npm run -s bridge -- screen deaths     --program ID | --cycle ID | --all [--file-events] [options]
       npm run -s bridge -- screen duplicates --program ID | --cycle ID | --all [options]
       npm run -s bridge -- screen disability --program ID | --cycle ID | --all [options]
       npm run -s bridge -- screen list
       npm run -s bridge -- screen report ID [--csv FILE] [--json]
       npm run -s bridge -- screen cancel ID

Asks a registry about every registrant who is enrolled in a program or a payment round (of households their members),
or about all; those that are disabled in OpenSPP are left out. Ends in a report with every registrant once: alive or
deceased (with date and number), not known (why), no identifier. \`duplicates\` asks the beneficiary registry and writes
duplication checks, \`disability\` the disability registry and fills the disability status. What is answered is kept in
the inbox that INBOX_URL names: after Ctrl-C, a failure or a crash the same command line goes on where it was.

  --program, --cycle   the id of the program (spp.program) or of the payment round (spp.cycle) in OpenSPP
  --all                all registrants
  --source             the source's code (default ${DEFAULTS})
  --file-events        deaths: put those that are found into the inbox; the bridge applies them like notifications
  --max-age            take over plain answers of earlier screenings that are not older, such as 12h or 30d
  --dry-run            say how many people, requests and minutes it would take, and ask nothing
  --csv                write the report to this file, or with - to standard output
  --json               print the report as JSON
  --restart            begin again, where the same screening is not finished
  --config             a configuration file

Ends with 0 where everybody's answer is known, 3 where somebody's is not (or there is no identifier to ask by), 1 where
the screening is not finished, 2 where the command line or a setting cannot be used.
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  program: { type: 'string' },
  cycle: { type: 'string' },
  all: { type: 'boolean', default: false },
  source: { type: 'string' },
  'file-events': { type: 'boolean', default: false },
  'max-age': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  csv: { type: 'string' },
  json: { type: 'boolean', default: false },
  restart: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What a report says is for the eyes of its caller. */
const FILE_MODE = 0o600;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];
type Output = { csv?: string | undefined; json: boolean };

/** Screens registrants: `screen deaths --program 7 --csv report.csv`. */
export const screen: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [action, id, ...rest] = positionals;
  if (values.csv !== undefined && values.csv !== '-') assertWritable(values.csv);
  if (values.csv === '-' && values.json) throw new UsageError('--csv -: not together with --json');
  const settings = settingsOf(values, env);
  if (action === 'list' && id === undefined)
    return withInbox(settings, false, (inbox) => list(inbox, values.json));
  if (action === 'report' && id !== undefined && rest.length === 0) {
    return withInbox(settings, false, async (inbox) => {
      const screening = await new Screenings(inbox).get(id);
      return finish(inbox, screening, {
        csv: values.csv ?? (values.json ? undefined : '-'),
        json: values.json,
      });
    });
  }
  if (action === 'cancel' && id !== undefined && rest.length === 0) {
    return withInbox(settings, false, (inbox) => cancel(inbox, id));
  }
  const kind = SCREENING_KINDS.find((one) => one === action);
  if (!kind || id !== undefined) throw new UsageError(USAGE);
  const plan = planned(kind, values);
  return withInbox(settings, true, (inbox) =>
    withRegistries(settings, false, ({ registries }, client) => {
      if (!client) {
        throw new UsageError('a screening needs OpenSPP: set odoo.url (ODOO_URL) and what goes with it');
      }
      const deps = { inbox, client, registries, settings: screeningSettings(settings) };
      return values['dry-run'] ? dryRun(deps, plan, values.json) : run(deps, plan, values);
    }),
  );
};

function planned(kind: ScreeningPlan['kind'], values: Values): ScreeningPlan {
  const maxAge = values['max-age'];
  const maxAgeSeconds = maxAge === undefined ? null : secondsOf(maxAge);
  if (maxAge !== undefined && maxAgeSeconds === null) {
    throw new UsageError('--max-age: expected a number with s, m, h or d, such as 12h or 30d');
  }
  try {
    return planOf({
      kind,
      population: populationOf(values),
      source: values.source,
      fileEvents: values['file-events'],
      maxAgeSeconds,
    });
  } catch (error) {
    if (error instanceof ScreeningError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}

function populationOf({ program, cycle, all }: Values): Population {
  const given = [program, cycle, all || undefined].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError('name one of --program ID, --cycle ID and --all');
  if (program !== undefined) return { of: 'program', id: idOf(program, '--program') };
  return cycle === undefined ? { of: 'all' } : { of: 'cycle', id: idOf(cycle, '--cycle') };
}

function idOf(text: string, option: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UsageError(`${option}: expected an id of OpenSPP`);
  return Number(text);
}

async function dryRun(deps: ScreeningDependencies, plan: ScreeningPlan, json: boolean): Promise<number> {
  const progress = showProgress();
  try {
    const found = await withSignal((signal) =>
      estimateOf(deps, plan, signal, (done) =>
        progress.update({ label: 'counting', done, total: null, detail: `${done} registrants` }),
      ),
    );
    progress.end();
    if (json) printJson(found);
    else {
      const { people, noIdentifier, kept, questions, requests, seconds } = found;
      const asked = people - noIdentifier - kept;
      process.stdout.write(
        `${people} registrants: ${asked} to be asked about, ${kept} with an answer that is fresh enough, ` +
          `${noIdentifier} without an identifier\n${questions} identifiers in ${requests} requests, about ` +
          `${Math.ceil(seconds / 60)} min (at the pace of the source, with a second for each answer)\n`,
      );
    }
    return 0;
  } finally {
    progress.end();
  }
}

async function run(deps: ScreeningDependencies, plan: ScreeningPlan, values: Values): Promise<number> {
  const inbox = deps.inbox as Inbox;
  const { id } = await begun(inbox, plan, deps.settings.chunkSize, values.restart);
  await noteCommand(inbox, 'screening_start', {});
  const progress = showProgress();
  try {
    const { screening, error } = await withSignal((signal) =>
      runScreening(id, runDependencies(deps, false), signal, (now) => show(progress, plan, now)),
    );
    progress.end();
    if (screening.state === 'done') return await finish(inbox, screening, values);
    // Where not even the registrants were counted, there is nothing to go on from.
    const more = screening.people === null ? '' : '; the same command line goes on from there';
    const where =
      screening.people === null ? '' : ` at ${done(screening)} of ${screening.people} registrants`;
    process.stderr.write(`screening ${id} is ${screening.state}${where}${more}\n`);
    if (error) process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    progress.end();
  }
}

/** The unfinished screening of the same plan, or a new one. */
async function begun(inbox: Inbox, plan: ScreeningPlan, chunkSize: number, restart: boolean) {
  const screenings = new Screenings(inbox);
  const now = Date.now();
  const latest = await screenings.latestOf(plan);
  const isOurs = latest?.by === 'command' && latest.state !== 'done';
  if (latest && isOurs && !restart) {
    return latest.state === 'running' && !latest.cancel ? latest : resumed(screenings, latest, now);
  }
  // Another process may be at work on it still.
  if (latest && isOurs) await screenings.cancel(latest.id, now);
  return screenings.create(plan, { by: 'command', chunkSize }, now);
}

/** One that was asked to stop while nobody was at work on it counts as stopped. */
async function resumed(screenings: Screenings, { id }: Screening, now: number): Promise<Screening> {
  return screenings.change(id, (one) => ({
    ...one,
    state: 'running',
    cancel: false,
    problem: null,
    retryAt: null,
    updatedAt: now,
  }));
}

async function withSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(stopping.signal);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

const LABELS = { deaths: 'deaths', duplicates: 'duplicates', disability: 'disability' } as const;

function show(
  progress: Progress,
  { kind }: ScreeningPlan,
  { phase, done, total, counts, requests }: ScreeningProgress,
): void {
  progress.update({
    label: phase === 'counting' ? 'counting' : LABELS[kind],
    done,
    total,
    detail: phase === 'counting' ? `${done} registrants` : `${figures(kind, counts)}; ${requests} requests`,
  });
}

const figures = (kind: ScreeningPlan['kind'], { outcomes }: ScreeningCounts) =>
  outcomesOf(kind)
    .map((one) => `${outcomes[one] ?? 0} ${one.replaceAll('_', ' ')}`)
    .join(', ');

/** Gives the report where it is wanted, and the figures; returns the exit code. */
async function finish(inbox: Inbox, screening: Screening, { csv, json }: Output): Promise<number> {
  const { plan, people, counts, requests, state } = screening;
  if (csv !== undefined || json) await noteCommand(inbox, 'screening_report', { count: people ?? 0 });
  if (csv !== undefined) await writeCsv(inbox, screening, csv);
  if (json) await print(jsonReport(inbox, screening));
  const out = json || csv === '-' ? process.stderr : process.stdout;
  const lines = [
    `screening ${screening.id} for ${plan.kind} at ${plan.source}: ${state}, ${people ?? 0} registrants, ${requests} requests`,
    figures(plan.kind, counts),
    ...(counts.kept > 0 ? [`taken over from earlier screenings: ${counts.kept}`] : []),
    ...Object.entries(counts.effects).map(([effect, count]) => `${effect}: ${count}`),
  ];
  out.write(`${lines.join('\n')}\n`);
  if (state !== 'done') return 1;
  const { not_known: unknown = 0, no_identifier: none = 0 } = counts.outcomes;
  return unknown + none > 0 ? NOT_KNOWN_EXIT : 0;
}

/** Said before the work is begun, rather than at its end. @throws {UsageError} */
function assertWritable(file: string): void {
  try {
    accessSync(existsSync(file) ? file : dirname(resolve(file)), constants.W_OK);
  } catch (error) {
    throw new UsageError(`--csv: the file cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function writeCsv(inbox: Inbox, screening: Screening, file: string): Promise<void> {
  if (file === '-') return print(csvReport(inbox, screening));
  async function* whole() {
    yield BOM;
    yield* csvReport(inbox, screening);
  }
  await pipeline(Readable.from(whole()), createWriteStream(file, { mode: FILE_MODE }));
}

async function print(parts: AsyncIterable<string>): Promise<void> {
  for await (const part of parts) {
    if (!process.stdout.write(part)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

async function list(inbox: Inbox, json: boolean): Promise<number> {
  const all = await new Screenings(inbox).list();
  if (json) printJson(all);
  else if (all.length === 0) process.stdout.write('no screenings\n');
  else {
    printTable([
      ['id', 'for', 'of', 'source', 'state', 'done', 'answers', 'begun'],
      ...all.map((one) => [
        one.id,
        one.plan.kind,
        one.plan.population.of === 'all' ? 'all' : `${one.plan.population.of} ${one.plan.population.id}`,
        one.plan.source,
        one.state,
        `${done(one)}/${one.people ?? '?'}`,
        figures(one.plan.kind, one.counts),
        new Date(one.createdAt).toISOString().slice(0, 19),
      ]),
    ]);
  }
  return 0;
}

const done = ({ next, chunkSize, people }: Screening) => Math.min(next * chunkSize, people ?? 0);

async function cancel(inbox: Inbox, id: string): Promise<number> {
  const screening = await new Screenings(inbox).cancel(id, Date.now());
  if (screening.cancel) await noteCommand(inbox, 'screening_cancel', {});
  process.stdout.write(screening.cancel ? 'it stops at its next step\n' : `it is ${screening.state}\n`);
  return screening.cancel ? 0 : 1;
}
