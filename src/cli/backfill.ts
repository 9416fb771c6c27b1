import { parseArgs } from 'node:util';
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
import type { Command } from './command.ts';
import { settingsOf } from './options.ts';
import { type Progress, showProgress } from './progress.ts';
import { REGISTRY_OPTIONS, withRegistries } from './registries.ts';
import { UsageError } from './usage-error.ts';
import { withInbox } from './with-inbox.ts';

const USAGE = `Usage: npm run -s bridge -- crvs backfill --from DATE --to DATE --types TYPE[,TYPE ...] [--source CODE]
                                         [--slice-days N] [--page-size N] [--attribute NAME] [--restart]
       npm run -s bridge -- crvs backfill --status | --stop

Asks the civil registry for the events of past days and puts them into the inbox that INBOX_URL names, from which the
bridge delivers them like any others; the bridge may be running. What is done is kept: after Ctrl-C, a failure or a
crash the same command line goes on where it was. An event that is there already, also one that was notified, is not
delivered twice. Ends with 1 where something could not be had or understood.

  --from, --to    the first and the last day of the events
  --types         birth, death, marriage, divorce
  --source        the source's code (default ${DEFAULT_SOURCES.crvs})
  --slice-days    days that are asked for at once (backfill.slice_days)
  --page-size     records that are asked for at once (backfill.page_size)
  --attribute     the registry's name of the date that the range is about, where it cannot search by the event's date
  --restart       ask again for what is done
  --status        show how the last catch-up stands, whoever runs it
  --stop          stop it, whoever runs it
  --json          print JSON
  --config        a configuration file
`;

const OPTIONS = {
  ...REGISTRY_OPTIONS,
  from: { type: 'string' },
  to: { type: 'string' },
  types: { type: 'string', multiple: true },
  attribute: { type: 'string' },
  'slice-days': { type: 'string' },
  'page-size': { type: 'string' },
  restart: { type: 'boolean', default: false },
  status: { type: 'boolean', default: false },
  stop: { type: 'boolean', default: false },
} as const;

/** Catches up on past events: `crvs backfill`. */
export const backfill: Command = async (args, env) => {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const settings = settingsOf(values, env);
  const { source = DEFAULT_SOURCES.crvs, from, to, types, attribute, json, restart } = values;
  if (values.status || values.stop) {
    return withInbox(settings, false, (inbox) => (values.stop ? stop(inbox) : status(inbox, json)));
  }
  if (from === undefined || to === undefined || types === undefined) throw new UsageError(USAGE);
  const pageSize = whole(values['page-size'], '--page-size', 1000) ?? settings.backfill.pageSize;
  const sliceDays = whole(values['slice-days'], '--slice-days', 3660) ?? settings.backfill.sliceDays;
  const plan = checked({ source, from, to, types: types.flatMap((one) => one.split(',')), attribute });
  return withInbox(settings, true, (inbox) =>
    withRegistries(settings, false, ({ registries }) =>
      run(settings, inbox, registries, plan, { pageSize, sliceDays, restart, json }),
    ),
  );
};

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
    if (!json) process.stdout.write(`done on ${day(earlier.updatedAt)} already; --restart asks again\n`);
    return report(earlier, json);
  }
  const { client, registry, source } = await registryOf(registries, plan.source);
  for (const note of backfillNotes(source, plan.types)) process.stderr.write(`note: ${note}\n`);
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
      process.stderr.write(
        `${ended.state.state === 'stopped' ? 'stopped' : 'not finished'}; the same command line goes on from where it was\n`,
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
  if (json) process.stdout.write(`${JSON.stringify(state)}\n`);
  else print(state);
  return state.state === 'done' && state.short.length === 0 && state.counts.unreadable === 0 ? 0 : 1;
}

function print({ plan, state, counts, unreadable, short, problem }: BackfillState): void {
  const { source, types, from, to } = plan;
  const out = (line: string) => process.stdout.write(`${line}\n`);
  const names = VITAL_EVENT_TYPES.filter((type) => types.includes(type)).map((type) => PLURALS[type]);
  out(`${names.join(', ')} from ${source}, ${from} to ${to}: ${state}`);
  out(figuresOf(counts));
  for (const one of unreadable) {
    out(
      `not understood: ${PLURALS[one.type]} ${one.from} to ${one.to}, page ${one.page}, record ${one.position}: ${one.reason}`,
    );
  }
  if (counts.unreadable > unreadable.length) out(`and ${counts.unreadable - unreadable.length} more`);
  for (const one of short) {
    out(
      `not all: ${PLURALS[one.type]} ${one.from} to ${one.to}: the registry gave fewer than it counts; ask again, in smaller slices`,
    );
  }
  if (problem !== null) out(`problem: ${problem}`);
}

async function status(inbox: Inbox, json: boolean): Promise<number> {
  const state = await latestState(inbox);
  if (json) process.stdout.write(`${JSON.stringify(state)}\n`);
  else if (state) print(state);
  else process.stdout.write('there was no catch-up yet\n');
  return 0;
}

async function stop(inbox: Inbox): Promise<number> {
  const isStopping = await requestStop(inbox);
  process.stdout.write(isStopping ? 'it stops after its page\n' : 'no catch-up is under way\n');
  return isStopping ? 0 : 1;
}

function whole(text: string | undefined, option: string, maximum: number): number | null {
  if (text === undefined) return null;
  const number = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= maximum) return number;
  throw new UsageError(`${option}: expected a whole number from 1 to ${maximum}`);
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
