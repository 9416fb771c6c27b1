import { parseArgs } from 'node:util';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { EventDetails, EventFilter, EventSummary, Inbox } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import type { Command } from './run-command.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- events list [--state STATE] [--outcome OUTCOME] [--type TYPE] [--limit N] [--before ID]
       npm run -s bridge -- events show ID
       npm run -s bridge -- events retry ID ... | --all-errors

Looks into the inbox that INBOX_URL names; the bridge may be running. \`list\` shows no personal data, \`show\` shows the
event whole, with the message as received. \`retry\` delivers settled events again.

  --state     waiting, deferred, delivering or settled
  --outcome   processed or error
  --type      birth, death, marriage or divorce
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
  'all-errors': { type: 'boolean' },
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
    return run(async (inbox) => show(await inbox.show(id), values.json));
  }
  if (action === 'retry' && ids.length > 0 !== (values['all-errors'] ?? false)) {
    const wanted = ids.map((id) => wholeNumber(id, 'ID'));
    return run((inbox) => retry(inbox, wanted));
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
    ['id', 'type', 'date', 'state', 'outcome', 'odoo', 'attempts', 'received', 'sender'],
    ...found.map((event) => [
      String(event.id),
      event.type,
      event.date ?? '-',
      event.state,
      event.outcome ?? '-',
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
  for (const { startedAt, endedAt, outcome } of history) {
    const took = endedAt === null ? 'not ended' : `${endedAt - startedAt} ms`;
    process.stdout.write(
      `attempt: ${new Date(startedAt).toISOString()}, ${took}, ${outcome ?? 'under way'}\n`,
    );
  }
  process.stdout.write(`message:\n${body}\n`);
  return 0;
}

/** @param ids those to retry; none for all that ended in an error */
async function retry(inbox: Inbox, ids: number[]): Promise<number> {
  let retried = 0;
  if (ids.length > 0) {
    retried = (await inbox.retry(ids)).length;
  } else {
    for (let before: number | undefined; ; ) {
      const page = await inbox.list({ outcome: 'error', limit: 500, before });
      if (page.length === 0) break;
      before = page.at(-1)?.id;
      retried += (await inbox.retry(page.map(({ id }) => id))).length;
    }
  }
  process.stdout.write(`${retried} to be delivered again\n`);
  return retried >= Math.max(1, ids.length) || (ids.length === 0 && retried === 0) ? 0 : 1;
}

function filterOf(values: {
  state?: string;
  outcome?: string;
  type?: string;
  limit?: string;
  before?: string;
}): EventFilter {
  return {
    state: oneOf(values.state, ['waiting', 'deferred', 'delivering', 'settled'], '--state'),
    outcome: oneOf(values.outcome, ['processed', 'error'], '--outcome'),
    type: oneOf(values.type, VITAL_EVENT_TYPES, '--type'),
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
