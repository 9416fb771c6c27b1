import { parseArgs } from 'node:util';
import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import {
  EVENT_STATES,
  type EventDetails,
  type EventFilter,
  type EventSummary,
  type Inbox,
} from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { noteCommand } from './audit.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { showProgress } from './progress.ts';
import type { Command } from './run-command.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';
import { watchDelivery } from './watch-delivery.ts';

const USAGE = `Usage: npm run -s bridge -- events list [--state STATE] [--outcome OUTCOME] [--type TYPE] [--sender ID]
                                          [--reason CODE] [--limit N] [--before ID]
       npm run -s bridge -- events show ID
       npm run -s bridge -- events retry ID ... | --all [--state STATE] [--outcome OUTCOME] [--type TYPE] [--sender ID]
                                          [--reason CODE] [--watch]
       npm run -s bridge -- events set-aside ID ...

Looks into the inbox that INBOX_URL names; the bridge may be running. \`list\` shows no personal data, \`show\` shows the
event whole, with the message as received, and leaves a trace in the audit log. \`retry\` delivers settled, deferred and dead events again; \`set-aside\` makes
those dead that wait or ended in an error: nobody tries them again until they are retried.

  --state     waiting, deferred, delivering, settled or dead
  --outcome   processed or error
  --type      birth, death, marriage, divorce or identity
  --sender    as its messages name it
  --reason    why it is not processed, such as match.none; the list shows it
  --all       all that the others of these options match; at least one of them
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
  const run = async (work: (inbox: Inbox) => Promise<number>) => {
    const inbox = await openInbox(settings.inbox.url, { create: false });
    try {
      return await work(inbox);
    } finally {
      await inbox.close();
    }
  };
  if (action === 'list' && ids.length === 0) {
    const filter = filterOf(values);
    return run(async (inbox) => list(await inbox.list(filter), values.json));
  }
  if (action === 'show' && ids.length === 1) {
    const id = wholeNumber(ids[0], 'ID');
    return run(async (inbox) => {
      const event = await inbox.show(id);
      if (event) await noteCommand(inbox, 'show', { eventId: id });
      return show(event, values.json);
    });
  }
  if (action === 'retry' && ids.length > 0 && !values.all && !values['all-errors']) {
    const wanted = ids.map((id) => wholeNumber(id, 'ID'));
    return run(async (inbox) => {
      const found = await inbox.retry(wanted);
      for (const eventId of found) await noteCommand(inbox, 'retry', { eventId });
      return counted(found.length, ids.length, 'to be delivered again');
    });
  }
  if (action === 'retry' && ids.length === 0) {
    const filter = values['all-errors'] ? { outcome: 'error' as const } : retryFilter(values);
    return run((inbox) => retryAll(inbox, filter, values.watch));
  }
  if (action === 'set-aside' && ids.length > 0) {
    const wanted = ids.map((id) => wholeNumber(id, 'ID'));
    return run(async (inbox) => {
      const found = await inbox.setAside(wanted);
      for (const eventId of found) await noteCommand(inbox, 'set_aside', { eventId });
      return counted(found.length, ids.length, 'set aside');
    });
  }
  throw new UsageError(USAGE);
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

/** Gives events back, many at a time, and where wanted shows how they settle. */
async function retryAll(inbox: Inbox, filter: EventFilter, isWatched: boolean): Promise<number> {
  const progress = showProgress();
  const found = await inbox.retryAll(filter, (count) =>
    progress.update({ label: 'giving back', done: count, total: null, detail: `${count} events` }),
  );
  progress.end();
  await noteCommand(inbox, 'retry_all', { count: found });
  const code = counted(found, 0, 'to be delivered again');
  if (!isWatched || found === 0) return code;
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

/** @param wanted how many there should be: fewer is a "no" */
function counted(found: number, wanted: number, what: string): number {
  process.stdout.write(`${found} ${what}\n`);
  return found >= wanted ? 0 : 1;
}

/** What `retry --all` is about: an empty filter would be everything there ever was. */
function retryFilter(values: { all?: boolean } & Parameters<typeof filterOf>[0]): EventFilter {
  const { limit, before, ...filter } = filterOf(values);
  const named = Object.values(filter).some((value) => value !== undefined);
  if (!values.all || !named || limit !== undefined || before !== undefined) throw new UsageError(USAGE);
  return filter;
}

function filterOf(values: {
  state?: string;
  outcome?: string;
  type?: string;
  sender?: string;
  reason?: string;
  limit?: string;
  before?: string;
}): EventFilter {
  return {
    state: oneOf(values.state, EVENT_STATES, '--state'),
    outcome: oneOf(values.outcome, ['processed', 'error'], '--outcome'),
    type: oneOf(values.type, INBOX_EVENT_TYPES, '--type'),
    senderId: values.sender,
    reason: values.reason,
    limit: values.limit === undefined ? undefined : wholeNumber(values.limit, '--limit'),
    before: values.before === undefined ? undefined : wholeNumber(values.before, '--before'),
  };
}

function oneOf<T extends string>(
  value: string | undefined,
  known: readonly T[],
  option: string,
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (!found) throw new UsageError(`${option}: expected ${known.join(', ')}`);
  return found;
}

function wholeNumber(text: string | undefined, what: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text ?? '')) throw new UsageError(`${what}: expected a whole number`);
  return Number(text);
}
