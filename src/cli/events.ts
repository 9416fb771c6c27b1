import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import {
  EVENT_STATES,
  type EventDetails,
  type EventFilter,
  type EventSummary,
  type Inbox,
} from '../inbox/inbox.ts';
import { noteCommand } from './audit.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { CommandError, UsageError } from './command-error.ts';
import { withInbox } from './inbox.ts';
import { settingsOf } from './options.ts';
import { isoTime, printJson, printTable, printText, shortTime } from './output.ts';
import { showProgress } from './progress.ts';
import { choice, idArgument, idArguments, numberOption } from './values.ts';
import { watchDelivery } from './watch-delivery.ts';

type Filter = Pick<EventFilter, 'state' | 'outcome' | 'type' | 'reason'> & { sender?: string };

/** Lists, shows, retries and sets aside the events in the inbox. */
export function events(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Looks into the inbox that INBOX_URL names; the bridge may be running. "show" prints personal data, and leaves a trace in the audit log.',
  );
  const withEvents = <T>(options: CommonOptions, work: (inbox: Inbox) => Promise<T>) =>
    withInbox(settingsOf(options, env), false, work);
  filtered(group.command('list').summary('list events, newest first, without personal data'))
    .addOption(numberOption('--limit <n>', 'how many (50 where left out)'))
    .addOption(numberOption('--before <id>', 'only events with a lower id: the next page'))
    .withSettings()
    .runs<Filter & Pick<EventFilter, 'limit' | 'before'>>((options) =>
      withEvents(options, async (inbox) => {
        const { limit, before } = options;
        return list(await inbox.list({ ...filterOf(options), limit, before }), options.json);
      }),
    );
  group
    .command('show')
    .summary('show an event whole, with the message as received: personal data')
    .argument('<id>', 'the number of the event', idArgument)
    .withSettings()
    .runs<object, [number]>((options, id) =>
      withEvents(options, async (inbox) => {
        const event = await inbox.show(id);
        if (!event) throw new CommandError('event.unknown', 'there is no event with this id');
        await noteCommand(inbox, 'show', { eventId: id });
        return show(event, options.json);
      }),
    );
  filtered(
    group
      .command('retry')
      .summary('deliver settled, deferred and dead events again')
      .argument('[id...]', 'the numbers of the events', idArguments),
  )
    .option('--all', 'all that the options match; name at least one of them')
    .option('--all-errors', 'all that ended in an error')
    .option('--watch', 'with --all: show how the events settle, until none waits; Ctrl-C ends only the view')
    .withSettings()
    .runs<Filter & Bulk, [number[] | undefined]>((options, ids = []) => {
      const filter = retryFilter(options, ids);
      return withEvents(options, (inbox) =>
        filter === null
          ? onEach(inbox, ids, 'retry', options.json)
          : retryAll(inbox, filter, options.watch ?? false, options.json),
      );
    });
  group
    .command('set-aside')
    .summary('make events dead that wait or ended in an error: nobody tries them until a retry')
    .argument('<id...>', 'the numbers of the events', idArguments)
    .withSettings()
    .runs<object, [number[]]>((options, ids) =>
      withEvents(options, (inbox) => onEach(inbox, ids, 'set_aside', options.json)),
    );
}

interface Bulk {
  all?: boolean;
  allErrors?: boolean;
  watch?: boolean;
}

function filtered(command: CliCommand): CliCommand {
  return command
    .addOption(choice('--state <state>', 'only events in this state', EVENT_STATES))
    .addOption(choice('--outcome <outcome>', 'only events that ended so', ['processed', 'error']))
    .addOption(choice('--type <type>', 'only events of this type', INBOX_EVENT_TYPES))
    .option('--sender <id>', 'only events of this sender, by the name that its messages have')
    .option('--reason <code>', 'only events that are not processed for this reason, such as match.none');
}

const filterOf = ({ state, outcome, type, sender, reason }: Filter): EventFilter => ({
  state,
  outcome,
  type,
  senderId: sender,
  reason,
});

/** What a retry is about; null for the events that are named. An empty filter would be everything there ever was. */
function retryFilter(options: Filter & Bulk, ids: readonly number[]): EventFilter | null {
  const filter = filterOf(options);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const isBulk = options.all === true || options.allErrors === true;
  if (ids.length > 0 && !isBulk && !isFiltered && !options.watch) return null;
  if (ids.length > 0 || !isBulk || (options.all && !isFiltered)) {
    throw new UsageError(
      'name the events, or --all with at least one of --state, --outcome, --type, --sender and --reason, or --all-errors',
    );
  }
  return options.allErrors ? { ...filter, outcome: 'error' } : filter;
}

function list(found: EventSummary[], json: boolean): number {
  if (json) printJson(found);
  else if (found.length === 0) printText('no events');
  else {
    printTable([
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
        shortTime(event.receivedAt),
        event.senderId,
      ]),
    ]);
  }
  return 0;
}

function show(event: EventDetails, json: boolean): number {
  if (json) {
    printJson(event);
    return 0;
  }
  const { history, body, identifiers, ...rest } = event;
  for (const [name, value] of Object.entries(rest)) {
    if (value === null) continue;
    printText(`${name}: ${name.endsWith('At') && typeof value === 'number' ? isoTime(value) : value}`);
  }
  for (const { type, value } of identifiers) printText(`identifier: ${type} ${value}`);
  for (const { startedAt, endedAt, outcome, calls } of history) {
    const took = endedAt === null ? 'not ended' : `${endedAt - startedAt} ms`;
    printText(`attempt: ${isoTime(startedAt)}, ${took}, ${outcome ?? 'under way'}`);
    for (const { model, method, outcome: ended, ms } of calls) {
      printText(`  call: ${model}.${method}, ${ended}, ${ms} ms`);
    }
  }
  process.stdout.write(`message:\n${body}\n`);
  return 0;
}

const DONE = { retry: 'to be delivered again', set_aside: 'set aside' } as const;

/** Does it with each of the events, and says of the others why not. */
async function onEach(
  inbox: Inbox,
  ids: readonly number[],
  action: 'retry' | 'set_aside',
  json: boolean,
): Promise<number> {
  const found = action === 'retry' ? await inbox.retry([...ids]) : await inbox.setAside([...ids]);
  for (const eventId of found) await noteCommand(inbox, action, { eventId });
  const others: { id: number; reason: string }[] = [];
  for (const id of new Set(ids)) {
    if (!found.includes(id)) others.push({ id, reason: whyNot(await inbox.show(id), action) });
  }
  if (json) printJson({ changed: found, unchanged: others });
  else {
    printText(`${found.length} ${DONE[action]}`);
    for (const { id, reason } of others) printText(`event ${id}: ${reason}`);
  }
  return others.length === 0 ? 0 : 1;
}

/** Why an event stays as it is. */
function whyNot(
  event: Pick<EventDetails, 'state' | 'outcome'> | null,
  action: 'retry' | 'set_aside',
): string {
  if (!event) return 'there is no event with this id';
  if (event.state === 'delivering') return 'it is being delivered; try again when it has settled';
  if (event.state === 'waiting') return 'it waits already and needs no retry';
  if (event.state === 'dead') return 'it is set aside already';
  return action === 'retry' ? `it is ${event.state}` : 'it is processed, and nothing is to be set aside';
}

/** Gives events back, many at a time, and where wanted shows how they settle. */
async function retryAll(
  inbox: Inbox,
  filter: EventFilter,
  isWatched: boolean,
  json: boolean,
): Promise<number> {
  const progress = showProgress();
  const changed = await inbox.retryAll(filter, (count) =>
    progress.update({ label: 'giving back', done: count, total: null, detail: `${count} events` }),
  );
  progress.end();
  await noteCommand(inbox, 'retry_all', { count: changed });
  if (!json) printText(`${changed} ${DONE.retry}`);
  if (!isWatched || changed === 0) {
    if (json) printJson({ changed });
    return 0;
  }
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  try {
    const counts = await watchDelivery(inbox, progress, stopping.signal);
    progress.end();
    const { waiting, delivering, deferred, processed, error, dead } = counts;
    if (json) printJson({ changed, inbox: counts });
    else {
      printText(
        `${waiting + delivering} to go, ${deferred} deferred; in the whole inbox ${processed} processed, ${error} in error, ${dead} dead`,
      );
    }
    return waiting + delivering === 0 ? 0 : 1;
  } finally {
    process.removeListener('SIGINT', stop);
  }
}
