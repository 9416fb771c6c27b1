import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import type { EventAction, SkipReason } from '../inbox/event-actions.ts';
import type { EventDetails, EventSummary, Inbox } from '../inbox/inbox.ts';
import { EventOperations, type Page, type Selection } from '../operations/events.ts';
import { type EventQuery, FilterError, isNarrow, parseFilter, STATES } from '../operations/filter.ts';
import { commandOperator } from './audit.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { CommandError, UsageError } from './command-error.ts';
import { withInbox } from './inbox.ts';
import { settingsOf } from './options.ts';
import { isoTime, printJson, printTable, printText, shortTime } from './output.ts';
import { showProgress } from './progress.ts';
import { choice, dateOption, idArgument, idArguments, numberOption } from './values.ts';
import { watchDelivery } from './watch-delivery.ts';

/** Lists, shows, retries and sets aside the events in the inbox. */
export function events(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Looks into the inbox that INBOX_URL names; the bridge may be running. "show" prints personal data, and leaves a trace in the audit log.',
  );
  const withEvents = <T>(
    options: CommonOptions,
    work: (operations: EventOperations, inbox: Inbox) => Promise<T>,
  ) =>
    withInbox(settingsOf(options, env), false, (inbox) =>
      work(new EventOperations(inbox, null, Date.now), inbox),
    );
  filtered(group.command('list').summary('list events, newest first, without personal data'))
    .addOption(numberOption('--limit <n>', 'how many (50 where left out)'))
    .addOption(numberOption('--before <id>', 'only events with a lower id: the next page'))
    .withSettings()
    .runs<Page>((options) => {
      const query = filterOf(options);
      const { limit, before } = options;
      return withEvents(options, async (operations) =>
        list(await operations.list(query, { limit, before }), options.json),
      );
    });
  group
    .command('show')
    .summary('show an event whole, with the message as received: personal data')
    .argument('<id>', 'the number of the event', idArgument)
    .withSettings()
    .runs<object, [number]>((options, id) =>
      withEvents(options, async (operations) => {
        const event = await operations.show(id, commandOperator());
        if (!event) throw new CommandError('event.unknown', 'there is no event with this id');
        return show(event, options.json);
      }),
    );
  for (const [name, action, summary] of [
    ['retry', 'retry', 'deliver settled, deferred and dead events again'],
    [
      'set-aside',
      'set_aside',
      'make events dead that wait or ended in an error: nobody tries them until a retry',
    ],
  ] as const) {
    filtered(
      group.command(name).summary(summary).argument('[id...]', 'the numbers of the events', idArguments),
    )
      .option('--all', 'all that the options match; name at least one of them')
      .option('--all-errors', 'all that ended in an error')
      .option(
        '--watch',
        'with --all: show how the events settle, until none waits; Ctrl-C ends only the view',
      )
      .withSettings()
      .runs<Bulk, [number[] | undefined]>((options, ids = []) => {
        const selection = selectionOf(options, ids);
        return withEvents(options, (operations, inbox) => act(operations, inbox, action, selection, options));
      });
  }
}

interface Bulk {
  all?: boolean;
  allErrors?: boolean;
  watch?: boolean;
}

function filtered(command: CliCommand): CliCommand {
  return command
    .addOption(choice('--state <state>', 'only events in this state (dead: set aside)', STATES))
    .addOption(choice('--outcome <outcome>', 'only events that ended so', ['processed', 'error']))
    .addOption(choice('--type <type>', 'only events of this type', INBOX_EVENT_TYPES))
    .option('--sender <id>', 'only events of this sender, by the name that its messages have')
    .option('--reason <code>', 'only events that are not processed for this reason, such as match.none')
    .addOption(dateOption('--from <day>', 'only events received on that day or later (UTC)'))
    .addOption(dateOption('--to <day>', 'only events received on that day or before (UTC)'))
    .addOption(numberOption('--audit <id>', 'only events that this entry of the audit log changed'));
}

function filterOf(options: object): EventQuery {
  try {
    return parseFilter({ ...options });
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}

/** What an action is about. An empty filter would be everything there ever was. */
function selectionOf(options: Bulk, ids: readonly number[]): Selection {
  const query = filterOf(options.allErrors ? { ...options, state: 'error' } : options);
  const isBulk = options.all === true || options.allErrors === true;
  if (ids.length > 0 && !isBulk && !isNarrow(query) && !options.watch) return { ids };
  if (ids.length > 0 || !isBulk || !isNarrow(query)) {
    throw new UsageError(
      'name the events, or --all with at least one of --state, --outcome, --type, --sender, --reason, --from, --to and --audit, or --all-errors',
    );
  }
  return { query };
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

/** Why an event stays as it is. */
const SKIPPED: Readonly<Record<SkipReason, string>> = {
  not_found: 'there is no event with this id',
  waiting: 'it waits already and needs no retry',
  delivering: 'it is being delivered; try again when it has settled',
  processed: 'it is processed, and nothing is to be set aside',
  dead: 'it is set aside already',
  taken_back: 'its registry took it back',
  changed: 'something else changed it at the same time',
};

/** Changes events, and says of the others why not; where wanted it shows how they settle. */
async function act(
  operations: EventOperations,
  inbox: Inbox,
  action: EventAction,
  selection: Selection,
  { json, watch }: Bulk & { json: boolean },
): Promise<number> {
  const progress = showProgress();
  const result = await operations.act(action, selection, commandOperator(), (count) =>
    progress.update({ label: 'changing', done: count, total: null, detail: `${count} events` }),
  );
  progress.end();
  const { changed, unchanged, skipped } = result;
  const isNamed = 'ids' in selection;
  if (!json) {
    printText(`${changed} ${DONE[action]}`);
    if (isNamed) for (const { id, reason } of unchanged) printText(`event ${id}: ${SKIPPED[reason]}`);
    else
      for (const [reason, count] of Object.entries(skipped))
        printText(`${count} skipped: ${SKIPPED[reason as SkipReason]}`);
  }
  if (!watch || changed === 0) {
    if (json) printJson(result);
    return isNamed && unchanged.length > 0 ? 1 : 0;
  }
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  try {
    const counts = await watchDelivery(inbox, progress, stopping.signal);
    progress.end();
    const { waiting, delivering, deferred, processed, error, dead } = counts;
    if (json) printJson({ ...result, inbox: counts });
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
