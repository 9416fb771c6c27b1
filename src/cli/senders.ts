import { NO_LIMITS } from '../senders/limits.ts';
import { type SenderView, viewOf } from '../senders/sender-view.ts';
import { trustedSender } from '../senders/trusted-sender.ts';
import { type AdminOptions, adminOf, withAdmin } from './admin-user.ts';
import type { CliCommand } from './cli-command.ts';
import { CommandError } from './command-error.ts';
import { fetchKeys } from './fetch-keys.ts';
import { settingsOf } from './options.ts';
import { printJson, printTable, printText } from './output.ts';
import { follow, rowsOf, type SenderTools, withSenders } from './sender-tools.ts';
import { detailsOf, tableOf } from './sender-view.ts';

/** Lists and shows the senders, and fetches their keys. */
export function senders(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Shows the senders that OpenSPP at ODOO_URL has, with what the inbox at INBOX_URL keeps of their keys; the bridge may be running. Where OpenSPP does not answer, "list" and "show" take the senders from the inbox, too.',
  );
  group
    .command('list')
    .summary('list the senders')
    .withSettings()
    .runs((options) =>
      withSenders(settingsOf(options, env), async (tools) => list(await viewsOf(tools), options.json)),
    );
  group
    .command('show')
    .summary('show a sender, its keys and limits')
    .argument('<id>', 'its sender_id')
    .withSettings()
    .runs<object, [string]>((options, id) =>
      withSenders(settingsOf(options, env), async (tools) => {
        const view = (await viewsOf(tools)).find(({ senderId }) => senderId === id);
        if (!view) throw new CommandError('sender.unknown', 'there is no active sender with this sender_id');
        if (options.json) printJson(view);
        else printText(detailsOf(view).trimEnd());
        return 0;
      }),
    );
  const fetching = group
    .command('fetch-keys')
    .summary('fetch keys from JWKS URLs now, and store them in OpenSPP')
    .description(
      'Fetches the keys of the senders with a JWKS URL (or of the one with that sender_id) now, says what went wrong, keeps them, and stores a key in the sender’s row in OpenSPP where the user may: the bridge’s, or the one that you give. Exits with 1 where keys could not be fetched, or not stored though a user was given.',
    )
    .argument('[id]', 'the sender_id of the only sender wanted');
  withAdmin(fetching, 'a user who may change senders')
    .withSettings()
    .runs<AdminOptions, [string | undefined]>(async (options, id) => {
      const settings = settingsOf(options, env);
      const admin = await adminOf(options, env);
      return withSenders(settings, (tools) => fetchKeys(tools, id ?? null, admin, options.json));
    });
}

async function viewsOf(tools: SenderTools): Promise<SenderView[]> {
  const { settings, sets } = tools;
  const rows = await rowsOf(tools);
  follow(sets, rows);
  const { aliases, limits } = settings.senders;
  return rows
    .map((row) => {
      const rules = { limits: limits.get(row.senderId) ?? NO_LIMITS, rate: null };
      const known = sets.of(row.senderId);
      const names = [...aliases].filter(([, senderId]) => senderId === row.senderId).map(([alias]) => alias);
      return viewOf(trustedSender(row, known, rules), names, known?.state ?? null, settings.jwks.graceMs);
    })
    .sort((a, b) => (a.senderId < b.senderId ? -1 : 1));
}

function list(views: SenderView[], json: boolean): number {
  if (json) printJson(views);
  else if (views.length === 0) printText('no senders');
  else printTable(tableOf(views));
  return 0;
}
