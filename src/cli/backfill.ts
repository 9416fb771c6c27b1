import { backfillNotes } from '../backfill/notes.ts';
import { BackfillError, type BackfillPlan, planOf } from '../backfill/plan.ts';
import { registryOf } from '../backfill/registry.ts';
import { type BackfillProgress, runBackfill } from '../backfill/run-backfill.ts';
import {
  type BackfillState,
  begin,
  isComplete,
  latestState,
  requestStop,
  stateOf,
} from '../backfill/state.ts';
import type { Settings } from '../config/schema.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Registries } from '../registries/registries.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { withInbox } from './inbox.ts';
import { settingsOf } from './options.ts';
import { printJson, printText, say } from './output.ts';
import { type Progress, showProgress } from './progress.ts';
import { withRegistries, withSource } from './registries.ts';
import { dateOption, numberOption, several } from './values.ts';

interface Options {
  from?: string;
  to?: string;
  types?: string[];
  source?: string;
  attribute?: string;
  sliceDays?: number;
  pageSize?: number;
  restart: boolean;
  status?: boolean;
  stop?: boolean;
}

/** Adds `crvs backfill`, which catches up on past events. */
export function addBackfill(group: CliCommand, env: NodeJS.ProcessEnv): void {
  const command = group
    .command('backfill')
    .summary('catch up on past events')
    .description(
      'Asks the civil registry for the events of past days and puts them into the inbox that INBOX_URL names, from which the bridge delivers them like any others; the bridge may be running. The inbox keeps what is done: after Ctrl-C, a failure or a crash the same command line continues where it was. An event that is there already, also one that came as a notification, is not delivered twice. Exits with 1 where something could not be had or understood.',
    )
    .addOption(dateOption('--from <date>', 'the first day of the events'))
    .addOption(dateOption('--to <date>', 'the last day of the events'))
    .addOption(several('--types <type,...>', VITAL_EVENT_TYPES.join(', ')))
    .addOption(numberOption('--slice-days <n>', 'days that are asked for at once (backfill.sliceDays)', 3660))
    .addOption(
      numberOption('--page-size <n>', 'records that are asked for at once (backfill.pageSize)', 1000),
    )
    .option(
      '--attribute <name>',
      'the registry’s name of the date that the range is about, where it cannot search by the date of the event',
    )
    .option('--restart', 'ask again for what is done', false)
    .option('--status', 'show how far the last catch-up is')
    .option('--stop', 'stop the catch-up that runs');
  withSource(command, DEFAULT_SOURCES.crvs).runs<Options>((options) => {
    const settings = settingsOf(options, env);
    const { source = DEFAULT_SOURCES.crvs, from, to, types, attribute, json, restart } = options;
    if (options.status || options.stop) {
      return withInbox(settings, false, (inbox) => (options.stop ? stop(inbox, json) : status(inbox, json)));
    }
    if (from === undefined || to === undefined || types === undefined) {
      throw new UsageError('--from, --to and --types are needed, or --status or --stop');
    }
    const { pageSize = settings.backfill.pageSize, sliceDays = settings.backfill.sliceDays } = options;
    const plan = checked({ source, from, to, types: types.flatMap((one) => one.split(',')), attribute });
    return withInbox(settings, true, (inbox) =>
      withRegistries(settings, false, ({ registries }) =>
        run(settings, inbox, registries, plan, { pageSize, sliceDays, restart, json }),
      ),
    );
  });
}

async function run(
  settings: Settings,
  inbox: Inbox,
  registries: Registries,
  plan: BackfillPlan,
  options: { pageSize: number; sliceDays: number; restart: boolean; json: boolean },
): Promise<number> {
  const { json, ...how } = options;
  const earlier = await stateOf(inbox, plan);
  if (earlier && isComplete(earlier) && !options.restart) {
    if (!json) printText(`done on ${day(earlier.updatedAt)} already; --restart asks again`);
    return report(earlier, json);
  }
  const { client, registry, source } = await registryOf(registries, plan.source);
  for (const note of backfillNotes(source, plan.types)) say(`note: ${note}`);
  const stopping = new AbortController();
  const stopIt = () => stopping.abort();
  process.once('SIGINT', stopIt);
  process.once('SIGTERM', stopIt);
  const progress = showProgress();
  try {
    const state = await begin(inbox, plan, { by: 'command', ...how }, Date.now());
    const deps = { inbox, client, registry, settings: settings.backfill };
    const ended = await runBackfill(state, deps, stopping.signal, (now) => show(progress, now));
    progress.end();
    if (ended.state.state !== 'done') {
      say(
        `${ended.state.state === 'stopped' ? 'stopped' : 'not finished'}; the same command line continues where it was`,
      );
    }
    const code = report(ended.state, json);
    if (ended.error) throw ended.error;
    return code;
  } finally {
    progress.end();
    process.removeListener('SIGINT', stopIt);
    process.removeListener('SIGTERM', stopIt);
  }
}

/** A plan of what the command line says. @throws {UsageError} */
function checked(asked: Parameters<typeof planOf>[0]): BackfillPlan {
  try {
    return planOf(asked, Date.now());
  } catch (error) {
    if (error instanceof BackfillError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}

const PLURALS = { birth: 'births', death: 'deaths', marriage: 'marriages', divorce: 'divorces' } as const;

function show(progress: Progress, { slice, page, days, counts }: BackfillProgress): void {
  progress.update({
    label: PLURALS[slice.type],
    done: days.done,
    total: days.total,
    detail: `${slice.from}${page > 1 ? ` page ${page}` : ''}, ${figuresOf(counts)}`,
  });
}

function figuresOf({ records, created, known, unreadable }: BackfillState['counts']): string {
  const more = unreadable === 0 ? '' : `, ${unreadable} not understood`;
  return `${records} records: ${created} new, ${known} known${more}`;
}

/** @returns the exit code: 1 where something is missing */
function report(state: BackfillState, json: boolean): number {
  if (json) printJson(state);
  else print(state);
  return state.state === 'done' && state.short.length === 0 && state.counts.unreadable === 0 ? 0 : 1;
}

function print({ plan, state, counts, unreadable, short, problem }: BackfillState): void {
  const { source, types, from, to } = plan;
  const names = VITAL_EVENT_TYPES.filter((type) => types.includes(type)).map((type) => PLURALS[type]);
  printText(`${names.join(', ')} from ${source}, ${from} to ${to}: ${state}`);
  printText(figuresOf(counts));
  for (const one of unreadable) {
    printText(
      `not understood: ${PLURALS[one.type]} ${one.from} to ${one.to}, page ${one.page}, record ${one.position}: ${one.reason}`,
    );
  }
  if (counts.unreadable > unreadable.length) printText(`and ${counts.unreadable - unreadable.length} more`);
  for (const one of short) {
    printText(
      `not all: ${PLURALS[one.type]} ${one.from} to ${one.to}: the registry gave fewer than it counts; ask again, in smaller slices`,
    );
  }
  if (problem !== null) printText(`problem: ${problem}`);
}

async function status(inbox: Inbox, json: boolean): Promise<number> {
  const state = await latestState(inbox);
  if (json) printJson(state);
  else if (state) print(state);
  else printText('there was no catch-up yet');
  return 0;
}

async function stop(inbox: Inbox, json: boolean): Promise<number> {
  const isStopping = await requestStop(inbox);
  if (json) printJson({ stopping: isStopping });
  else printText(isStopping ? 'it stops after its page' : 'no catch-up is under way');
  return isStopping ? 0 : 1;
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
