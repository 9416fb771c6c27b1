import { userInfo } from 'node:os';
import type { Inbox } from '../inbox/inbox.ts';
import { type AuditNote, Auditor, type Operator } from '../operations/auditor.ts';
import type { CliCommand } from './cli-command.ts';
import { withInbox } from './inbox.ts';
import { settingsOf } from './options.ts';
import { printJson, printTable, printText, shortTime } from './output.ts';
import { numberOption } from './values.ts';

/** Shows the audit log. */
export function audit(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group
    .command('list')
    .summary('list who saw personal data or changed what becomes of an event: by page, API or command')
    .addOption(numberOption('--event <id>', 'only what was done with this event'))
    .addOption(numberOption('--limit <n>', 'how many, newest first (50 where left out)'))
    .addOption(numberOption('--before <id>', 'only traces with a lower id: the next page'))
    .withSettings()
    .runs<{ event?: number; limit?: number; before?: number }>((options) =>
      withInbox(settingsOf(options, env), false, async (inbox) => {
        const { event: eventId, limit, before, json } = options;
        return list(await inbox.auditTrail({ eventId, limit, before }), json);
      }),
    );
}

function list(found: Awaited<ReturnType<Inbox['auditTrail']>>, json: boolean): number {
  if (json) printJson(found);
  else if (found.length === 0) printText('no traces');
  else {
    printTable([
      ['id', 'when', 'who', 'from', 'what', 'event', 'events', 'filter'],
      ...found.map(({ id, at, actor, address, action, eventId, count, filter }) => [
        String(id),
        shortTime(at),
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
}

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
