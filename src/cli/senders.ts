import { parseArgs } from 'node:util';
import { NO_LIMITS } from '../senders/limits.ts';
import { type SenderView, viewOf } from '../senders/sender-view.ts';
import { trustedSender } from '../senders/trusted-sender.ts';
import { ADMIN_OPTIONS, adminOf } from './admin-user.ts';
import type { Command } from './command.ts';
import { fetchKeys } from './fetch-keys.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { type Desk, follow, rowsOf, withDesk } from './sender-desk.ts';
import { detailsOf, tableOf } from './sender-view.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- senders list [--json]
       npm run -s bridge -- senders show ID [--json]
       npm run -s bridge -- senders fetch-keys [ID] [--json] [--admin-login LOGIN] [--admin-api-key-file FILE|-]

Shows the senders that OpenSPP at ODOO_URL has, with what the inbox at INBOX_URL keeps of their keys; the bridge may be
running. Where OpenSPP does not answer, \`list\` and \`show\` take the senders from the inbox, too.

\`fetch-keys\` fetches the keys of the senders with a JWKS URL (or of the one with that sender_id) now, says what went
wrong, keeps them, and stores a key in the sender's row in OpenSPP where the user may: the bridge's, or the one that is
given. Exits with 1 where keys could not be fetched, or not stored though a user was given.

  --admin-login LOGIN          a user who may change senders, by default ODOO_ADMIN_LOGIN, or admin
  --admin-api-key-file FILE    that user's API key, in a file or (-) on standard input, by default ODOO_ADMIN_API_KEY
  --admin-password-file FILE   that user's password, in the same way, by default ODOO_ADMIN_PASSWORD
  --json                       print JSON
  --config FILE                a configuration file
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  ...ADMIN_OPTIONS,
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Lists and shows the senders, and fetches their keys. */
export const senders: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [action, id, ...more] = positionals;
  if (more.length > 0) throw new UsageError(USAGE);
  const json = values.json ?? false;
  const settings = settingsOf(values, env);
  if (action === 'list' && id === undefined) {
    return withDesk(settings, async (desk) => list(await viewsOf(desk), json));
  }
  if (action === 'show' && id !== undefined) {
    return withDesk(settings, async (desk) => show((await viewsOf(desk)).find(named(id)), json));
  }
  if (action === 'fetch-keys') {
    const admin = await adminOf(values, env);
    return withDesk(settings, (desk) => fetchKeys(desk, id ?? null, admin, json));
  }
  throw new UsageError(USAGE);
};

async function viewsOf(desk: Desk): Promise<SenderView[]> {
  const { settings, sets } = desk;
  const rows = await rowsOf(desk);
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

const named = (id: string) => (sender: { senderId: string }) => sender.senderId === id;

function list(views: SenderView[], json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(views)}\n`);
  else process.stdout.write(views.length === 0 ? 'no senders\n' : tableOf(views));
  return 0;
}

function show(view: SenderView | undefined, json: boolean): number {
  if (!view) {
    process.stderr.write('there is no active sender with this sender_id\n');
    return 1;
  }
  process.stdout.write(json ? `${JSON.stringify(view)}\n` : detailsOf(view));
  return 0;
}
