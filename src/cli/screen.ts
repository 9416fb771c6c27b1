import { accessSync, constants, createWriteStream, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Inbox } from '../inbox/inbox.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { type Screening, Screenings } from '../screening/job.ts';
import { type Population, SCREENING_KINDS, ScreeningError, type ScreeningPlan } from '../screening/plan.ts';
import { BOM, csvReport, jsonReport } from '../screening/report.ts';
import { outcomesOf, type ScreeningCounts } from '../screening/result.ts';
import { runScreening, type ScreeningProgress } from '../screening/run-screening.ts';
import { SERVICE_OF } from '../screening/run-tools.ts';
import { estimateOf, planOf, runDependencies, type ScreeningDependencies } from '../screening/service.ts';
import { noteCommand } from './audit.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { withInbox } from './inbox.ts';
import { guardFor } from './openspp.ts';
import { settingsOf } from './options.ts';
import { printJson, printTable, printText, say, shortTime } from './output.ts';
import { NOT_KNOWN_EXIT } from './print-answer.ts';
import { type Progress, showProgress } from './progress.ts';
import { withRegistries, withSource } from './registries.ts';
import { durationOption } from './values.ts';

/** What a report says is for the eyes of its caller. */
const FILE_MODE = 0o600;

interface Output {
  csv?: string;
  json: boolean;
}

interface Options {
  program?: string;
  cycle?: string;
  all?: boolean;
  source?: string;
  fileEvents?: boolean;
  maxAge?: number;
  dryRun?: boolean;
  restart: boolean;
  csv?: string;
}

const SUMMARIES = {
  deaths: 'find registrants whose death is registered',
  duplicates: 'find registrants who are enrolled elsewhere, and write duplication checks',
  disability: 'fill the disability status of registrants',
} as const;

/** Screens registrants: `screen deaths --program 7 --csv report.csv`. */
export function screen(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Asks a registry about every registrant who is enrolled in a program or a payment round (of households their members), or about all; those that are disabled in OpenSPP are left out. Ends in a report with every registrant once: alive or deceased (with date and number), not known (why), no identifier. The inbox that INBOX_URL names keeps what is answered: after Ctrl-C, a failure or a crash the same command line continues where it was. Exits with 0 where the answer about each registrant is known, 3 where one is not (or there is no identifier to ask by), 1 where the screening is not finished.',
  );
  for (const kind of SCREENING_KINDS) addScreening(group, env, kind);
  const withJobs = (options: CommonOptions, work: (inbox: Inbox) => Promise<number>) =>
    withInbox(settingsOf(options, env), false, work);
  group
    .command('list')
    .summary('list the screenings')
    .withSettings()
    .runs((options) => withJobs(options, (inbox) => list(inbox, options.json)));
  group
    .command('report')
    .summary('print the report of a screening')
    .argument('<id>', 'of the screening')
    .option('--csv <file>', 'write the report to this file, or with - to standard output')
    .withSettings()
    .runs<Output, [string]>((options, id) => {
      checkOutput(options);
      const csv = options.csv ?? (options.json ? undefined : '-');
      return withJobs(options, async (inbox) =>
        finish(inbox, await new Screenings(inbox).get(id), { json: options.json, ...(csv && { csv }) }),
      );
    });
  group
    .command('cancel')
    .summary('stop a screening at its next step')
    .argument('<id>', 'of the screening')
    .withSettings()
    .runs<object, [string]>((options, id) => withJobs(options, (inbox) => cancel(inbox, id, options.json)));
}

function addScreening(group: CliCommand, env: NodeJS.ProcessEnv, kind: ScreeningPlan['kind']): void {
  const command = group
    .command(kind)
    .summary(SUMMARIES[kind])
    .option('--program <id>', 'the id of a program (spp.program) in OpenSPP')
    .option('--cycle <id>', 'the id of a payment round (spp.cycle) in OpenSPP')
    .option('--all', 'all registrants')
    .addOption(
      durationOption(
        '--max-age <time>',
        'take over plain answers of earlier screenings that are not older, such as 12h or 30d',
      ),
    )
    .option('--dry-run', 'say how many people, requests and minutes it would take, and ask nothing')
    .option('--csv <file>', 'write the report to this file, or with - to standard output')
    .option('--restart', 'begin again, where the same screening is not finished', false);
  if (kind === 'deaths') {
    command.option(
      '--file-events',
      'put the deaths that are found into the inbox; the bridge applies them like notifications',
    );
  }
  withSource(command, DEFAULT_SOURCES[SERVICE_OF[kind]]).runs<Options>((options) => {
    checkOutput(options);
    const settings = settingsOf(options, env);
    const plan = planned(kind, options);
    return withInbox(settings, true, (inbox) =>
      withRegistries(settings, false, ({ registries }, client) => {
        if (!client) {
          throw new UsageError('a screening needs OpenSPP: set odoo.url (ODOO_URL) and what goes with it');
        }
        const guarded = guardFor(inbox, client, settings).guard(client);
        const deps = { inbox, client: guarded, registries, settings: settings.screening };
        return options.dryRun ? dryRun(deps, plan, options.json) : run(deps, plan, options);
      }),
    );
  });
}

/** What the report is printed to, before the work begins rather than at its end. @throws {UsageError} */
function checkOutput({ csv, json }: Output): void {
  if (csv === '-' && json) throw new UsageError('--csv -: not together with --json');
  if (csv === undefined || csv === '-') return;
  try {
    accessSync(existsSync(csv) ? csv : dirname(resolve(csv)), constants.W_OK);
  } catch (error) {
    throw new UsageError(`--csv: the file cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function planned(kind: ScreeningPlan['kind'], options: Options): ScreeningPlan {
  try {
    return planOf({
      kind,
      population: populationOf(options),
      source: options.source,
      fileEvents: options.fileEvents ?? false,
      maxAgeSeconds: options.maxAge ?? null,
    });
  } catch (error) {
    if (error instanceof ScreeningError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}

function populationOf({ program, cycle, all }: Options): Population {
  const given = [program, cycle, all || undefined].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError('name one of --program, --cycle and --all');
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
      printText(
        `${people} registrants: ${asked} to be asked about, ${kept} with an answer that is fresh enough, ` +
          `${noIdentifier} without an identifier\n${questions} identifiers in ${requests} requests, about ` +
          `${Math.ceil(seconds / 60)} min (at the pace of the source, with a second for each answer)`,
      );
    }
    return 0;
  } finally {
    progress.end();
  }
}

async function run(
  deps: ScreeningDependencies,
  plan: ScreeningPlan,
  options: Options & Output,
): Promise<number> {
  const inbox = deps.inbox as Inbox;
  const { id } = await begun(inbox, plan, deps.settings.chunkSize, options.restart);
  await noteCommand(inbox, { action: 'screening_start' });
  const progress = showProgress();
  try {
    const { screening, error } = await withSignal((signal) =>
      runScreening(id, runDependencies(deps, false), signal, (now) => show(progress, plan, now)),
    );
    progress.end();
    if (screening.state === 'done') return await finish(inbox, screening, options);
    // Where not even the registrants were counted, there is nothing to continue.
    const more = screening.people === null ? '' : '; the same command line continues there';
    const where =
      screening.people === null ? '' : ` at ${done(screening)} of ${screening.people} registrants`;
    say(`screening ${id} is ${screening.state}${where}${more}`);
    if (error) say(error.message);
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
  if (csv !== undefined || json) await noteCommand(inbox, { action: 'screening_report', count: people ?? 0 });
  if (csv !== undefined) await writeCsv(inbox, screening, csv);
  if (json) await print(jsonReport(inbox, screening));
  const lines = [
    `screening ${screening.id} for ${plan.kind} at ${plan.source}: ${state}, ${people ?? 0} registrants, ${requests} requests`,
    figures(plan.kind, counts),
    ...(counts.kept > 0 ? [`taken over from earlier screenings: ${counts.kept}`] : []),
    ...Object.entries(counts.effects).map(([effect, count]) => `${effect}: ${count}`),
  ];
  (json || csv === '-' ? say : printText)(lines.join('\n'));
  if (state !== 'done') return 1;
  const { not_known: unknown = 0, no_identifier: none = 0 } = counts.outcomes;
  return unknown + none > 0 ? NOT_KNOWN_EXIT : 0;
}

async function writeCsv(inbox: Inbox, screening: Screening, file: string): Promise<void> {
  if (file === '-') return print(csvReport(inbox, screening));
  async function* whole() {
    yield BOM;
    yield* csvReport(inbox, screening);
  }
  await pipeline(Readable.from(whole()), createWriteStream(file, { mode: FILE_MODE }));
}

async function print(pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (!process.stdout.write(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

async function list(inbox: Inbox, json: boolean): Promise<number> {
  const all = await new Screenings(inbox).list();
  if (json) printJson(all);
  else if (all.length === 0) printText('no screenings');
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
        shortTime(one.createdAt),
      ]),
    ]);
  }
  return 0;
}

const done = ({ next, chunkSize, people }: Screening) => Math.min(next * chunkSize, people ?? 0);

async function cancel(inbox: Inbox, id: string, json: boolean): Promise<number> {
  const screening = await new Screenings(inbox).cancel(id, Date.now());
  if (screening.cancel) await noteCommand(inbox, { action: 'screening_cancel' });
  if (json) printJson({ id, state: screening.state, cancel: screening.cancel });
  else printText(screening.cancel ? 'it stops at its next step' : `it is ${screening.state}`);
  return screening.cancel ? 0 : 1;
}
