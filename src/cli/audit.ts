import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { Inbox } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { type AuditNote, Auditor, type Operator } from '../operations/auditor.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { printJson } from './print-value.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- audit list [--event ID] [--limit N] [--before ID]

Shows who saw personal data in the inbox, or changed what becomes of an event: on the page, by the API or by a command.

  --event     only what was done with this event
  --limit     how many, newest first (default 50)
  --before    only traces with a lower id: the next page
  --json      print JSON
  --config    a configuration file
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  event: { type: 'string' },
  limit: { type: 'string' },
  before: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Shows the audit log. */
export const audit: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== 'list') throw new UsageError(USAGE);
  const filter = {
    eventId: wholeNumber(values.event, '--event'),
    limit: wholeNumber(values.limit, '--limit'),
    before: wholeNumber(values.before, '--before'),
  };
  const inbox = await openInbox(settingsOf(values, env).inbox.url, { create: false });
  try {
    const found = await inbox.auditTrail(filter);
    if (values.json) printJson(found);
    else if (found.length === 0) process.stdout.write('no traces\n');
    else {
      printTable([
        ['id', 'when', 'who', 'from', 'what', 'event', 'events', 'filter'],
        ...found.map(({ id, at, actor, address, action, eventId, count, filter }) => [
          String(id),
          new Date(at).toISOString().slice(0, 19),
          actor,
          address ?? '-',
          action,
          eventId === null ? '-' : String(eventId),
          count === null ? '-' : String(count),
          filter ?? '-',
        ]),
      ]);
    }
    return 0;
  } finally {
    await inbox.close();
  }
};

/** Leaves a trace of a command, before what it shows is printed. */
export function noteCommand(inbox: Pick<Inbox, 'audit'>, note: AuditNote): Promise<number> {
  return new Auditor(inbox, null, Date.now).note(commandOperator(), note);
}

/** Who runs a command, for the audit log. */
export function commandOperator(): Operator {
  return { actor: `command (${account()})`, address: null };
}

/** Who runs it on this machine; a container's user may have no name. */
function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

function wholeNumber(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${what}: expected a whole number`);
  return Number(text);
}
