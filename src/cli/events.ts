import { parseArgs } from 'node:util';
import type { EventAction, SkipReason } from '../inbox/event-actions.ts';
import type { EventDetails, EventSummary, Inbox } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { EventOperations } from '../operations/events.ts';
import { type EventQuery, FilterError, isNarrow, parseFilter } from '../operations/filter.ts';
import { commandOperator } from './audit.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { showProgress } from './progress.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';
import { watchDelivery } from './watch-delivery.ts';

const USAGE = `Usage: npm run -s bridge -- events list [FILTER] [--limit N] [--before ID]
       npm run -s bridge -- events show ID
       npm run -s bridge -- events retry ID ... | --all FILTER [--watch]
       npm run -s bridge -- events set-aside ID ... | --all FILTER

Looks into the inbox that INBOX_URL names; the bridge may be running. \`list\` shows no personal data, \`show\` shows the
event whole, with the message as received, and leaves a trace in the audit log. \`retry\` delivers settled, deferred and
dead events again; \`set-aside\` makes those dead that wait or ended in an error: the bridge does not try them again
until they are retried. An event that its registry took back is not retried. What is skipped is printed with the reason.

FILTER is one or more of these:
  --state     waiting, deferred, delivering, processed, error, settled (processed or error) or dead (set aside)
  --type      birth, death, marriage, divorce or identity
  --sender    as its messages name it
  --reason    why it is not processed, such as match.none; the list shows it
  --from      received on that day or later, such as 2024-12-01 (UTC)
  --to        received on that day or before
  --audit     changed by that entry of the audit log

  --all       all that the filter matches
  --watch     show how the events settle, until none waits; Ctrl-C ends only the watching
  --limit     how many, newest first (default 50)
  --before    only events with a lower id: the next page
  --json      print JSON
  --config    a configuration file
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  state: { type: 'string' },
  outcome: { type: 'string' },
  type: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  audit: { type: 'string' },
  limit: { type: 'string' },
  before: { type: 'string' },
  sender: { type: 'string' },
  reason: { type: 'string' },
  all: { type: 'boolean' },
  'all-errors': { type: 'boolean' },
  watch: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Lists, shows and retries the events in the inbox. */
export const events: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [action, ...ids] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const settings = settingsOf(values, env);
  const run = async (work: (operations: EventOperations, inbox: Inbox) => Promise<number>) => {
    const inbox = await openInbox(settings.inbox.url, { create: false });
    try {
      return await work(new EventOperations(inbox, null, Date.now), inbox);
    } finally {
      await inbox.close();
    }
  };
  if (action === 'list' && ids.length === 0) {
    const query = filterOf(values);
    const page = {
      limit: values.limit === undefined ? undefined : wholeNumber(values.limit, '--limit'),
      before: values.before === undefined ? undefined : wholeNumber(values.before, '--before'),
    };
    return run(async (operations) => list(await operations.list(query, page), values.json));
  }
  if (action === 'show' && ids.length === 1) {
    const id = wholeNumber(ids[0], 'ID');
    return run(async (operations) => show(await operations.show(id, commandOperator()), values.json));
  }
  const verb = action === 'retry' ? 'retry' : action === 'set-aside' ? 'set_aside' : null;
  if (verb === null) throw new UsageError(USAGE);
  const isBulk = values.all || values['all-errors'];
  if (ids.length > 0 && !isBulk) {
    const wanted = ids.map((id) => wholeNumber(id, 'ID'));
    return run(async (operations) => {
      const { changed, skipped } = await operations.act(verb, { ids: wanted }, commandOperator());
      return printResult(verb, changed, skipped) || (changed >= new Set(wanted).size ? 0 : 1);
    });
  }
  if (ids.length > 0 || !isBulk || values.limit !== undefined || values.before !== undefined)
    throw new UsageError(USAGE);
  const query = filterOf(values['all-errors'] ? { ...values, state: 'error' } : values);
  if (!isNarrow(query)) throw new UsageError(USAGE);
  return run((operations, inbox) => actOnAll(operations, inbox, verb, query, values.watch));
};

function list(found: EventSummary[], json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else if (found.length === 0) process.stdout.write('no events\n');
  else printEvents(found);
  return 0;
}

function printEvents(found: EventSummary[]): void {
  const rows = [
    ['id', 'type', 'date', 'state', 'outcome', 'reason', 'odoo', 'attempts', 'received', 'sender'],
    ...found.map((event) => [
      String(event.id),
      event.type,
      event.date ?? '-',
      event.state,
      event.outcome ?? '-',
      event.reason ?? '-',
      event.odooEventId === null ? '-' : String(event.odooEventId),
      String(event.attempts),
      new Date(event.receivedAt).toISOString().slice(0, 19),
      event.senderId,
    ]),
  ];
  printTable(rows);
}

function show(event: EventDetails | null, json: boolean): number {
  if (!event) {
    process.stderr.write('there is no event with this id\n');
    return 1;
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return 0;
  }
  const { history, body, identifiers, ...rest } = event;
  for (const [name, value] of Object.entries(rest)) {
    if (value === null) continue;
    const isTime = name.endsWith('At') && typeof value === 'number';
    process.stdout.write(`${name}: ${isTime ? new Date(value).toISOString() : value}\n`);
  }
  for (const { type, value } of identifiers) process.stdout.write(`identifier: ${type} ${value}\n`);
  for (const { startedAt, endedAt, outcome, calls } of history) {
    const took = endedAt === null ? 'not ended' : `${endedAt - startedAt} ms`;
    process.stdout.write(
      `attempt: ${new Date(startedAt).toISOString()}, ${took}, ${outcome ?? 'under way'}\n`,
    );
    for (const { model, method, outcome: ended, ms } of calls) {
      process.stdout.write(`  call: ${model}.${method}, ${ended}, ${ms} ms\n`);
    }
  }
  process.stdout.write(`message:\n${body}\n`);
  return 0;
}

/** Changes events, many at a time, and where wanted shows how they settle. */
async function actOnAll(
  operations: EventOperations,
  inbox: Inbox,
  action: EventAction,
  query: EventQuery,
  isWatched: boolean,
): Promise<number> {
  const progress = showProgress();
  const { changed, skipped } = await operations.act(action, { query }, commandOperator(), (count) =>
    progress.update({ label: 'changing', done: count, total: null, detail: `${count} events` }),
  );
  progress.end();
  const code = printResult(action, changed, skipped);
  if (!isWatched || changed === 0) return code;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  try {
    const { waiting, delivering, deferred, processed, error, dead } = await watchDelivery(
      inbox,
      progress,
      stopping.signal,
    );
    progress.end();
    process.stdout.write(
      `${waiting + delivering} to go, ${deferred} deferred; in the whole inbox ${processed} processed, ${error} in error, ${dead} dead\n`,
    );
    return waiting + delivering === 0 ? code : 1;
  } finally {
    process.removeListener('SIGINT', stop);
  }
}

const DONE = { retry: 'to be delivered again', set_aside: 'set aside' } as const;
const SKIPPED: Readonly<Record<SkipReason, string>> = {
  not_found: 'not in the inbox',
  waiting: 'waiting already',
  delivering: 'being delivered now',
  processed: 'processed already',
  dead: 'set aside already',
  taken_back: 'taken back by the registry',
  changed: 'changed at the same time',
};

function printResult(
  action: EventAction,
  changed: number,
  skipped: Partial<Record<SkipReason, number>>,
): number {
  process.stdout.write(`${changed} ${DONE[action]}\n`);
  for (const [reason, count] of Object.entries(skipped))
    process.stdout.write(`${count} skipped: ${SKIPPED[reason as SkipReason]}\n`);
  return 0;
}

function filterOf(values: Parameters<typeof parseFilter>[0]): EventQuery {
  try {
    return parseFilter(values);
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}

function wholeNumber(text: string | undefined, what: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text ?? '')) throw new UsageError(`${what}: expected a whole number`);
  return Number(text);
}
