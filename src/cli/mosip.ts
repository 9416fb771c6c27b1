import { parseArgs } from 'node:util';
import type { Settings } from '../config/schema.ts';
import { subscribe } from '../connectors/mosip/hub.ts';
import { type Lease, LeaseBook } from '../connectors/mosip/leases.ts';
import { DciClientError } from '../dci/client/errors.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { printJson } from './print-value.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- mosip subscriptions [--json]
       npm run -s bridge -- mosip subscribe [TOPIC ...]

Shows the subscriptions to mosip.topics at MOSIP's WebSub hub, and when each ends, as the bridge knows it; or subscribes
now, which also renews. The hub then asks the bridge at mosip.callback_url whether that is meant, so the bridge must be
running. A running bridge with mosip.hub_url renews by itself.

  --json      print JSON
  --config    a configuration file

Exits with 1 where the hub refused.
`;

/** Shows the subscriptions at MOSIP's hub, or renews them. */
export const mosip: Command = async (args, env) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...CONFIG_OPTION,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [action, ...topics] = positionals;
  const settings = settingsOf(values, env);
  if (action === 'subscriptions' && topics.length === 0) return show(settings, values.json);
  if (action === 'subscribe' && !values.json) return subscribeNow(settings, topics);
  throw new UsageError(USAGE);
};

async function show(settings: Settings, json: boolean): Promise<number> {
  const leases = await keptLeases(settings);
  if (json)
    printJson(leases.map((one) => ({ ...one, confirmedAt: iso(one.confirmedAt), endsAt: iso(one.endsAt) })));
  else if (leases.length === 0) process.stdout.write('no topics (mosip.topics)\n');
  else printTable([['topic', 'state', 'confirmed', 'ends'], ...leases.map(rowOf)]);
  return 0;
}

async function subscribeNow(settings: Settings, named: readonly string[]): Promise<number> {
  const { hub } = settings.mosip;
  if (hub === null)
    throw new UsageError('mosip.hub_url and mosip.callback_url (and MOSIP_SECRET) are not set');
  const unknown = named.filter((topic) => !settings.mosip.topics.includes(topic));
  if (unknown.length > 0)
    throw new UsageError(`topics are those of mosip.topics: ${settings.mosip.topics.join(', ')}`);
  let refused = 0;
  for (const topic of named.length > 0 ? named : settings.mosip.topics) {
    try {
      await subscribe(topic, hub);
      process.stdout.write(`${topic}: asked for; the hub asks the bridge now\n`);
    } catch (error) {
      if (!(error instanceof DciClientError)) throw error;
      refused += 1;
      process.stdout.write(`${topic}: ${error.message}\n`);
    }
  }
  return refused === 0 ? 0 : 1;
}

/** The leases that the inbox keeps. @throws {InboxUnavailableError} */
export async function keptLeases(settings: Settings): Promise<Lease[]> {
  return withInbox(settings, (inbox) => new LeaseBook(inbox).list(settings.mosip.topics));
}

async function withInbox<T>(settings: Settings, work: (inbox: Inbox) => Promise<T>): Promise<T> {
  const inbox = await openInbox(settings.inbox.url, { create: false });
  try {
    return await work(inbox);
  } finally {
    await inbox.close();
  }
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

function rowOf({ topic, state, confirmedAt, endsAt, renewal }: Lease): string[] {
  const why = renewal.problem === null ? state : `${state} (${renewal.problem})`;
  return [topic, why, iso(confirmedAt) ?? '-', iso(endsAt) ?? '-'];
}
