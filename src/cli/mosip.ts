import type { Settings } from '../config/schema.ts';
import { subscribe } from '../connectors/mosip/hub.ts';
import { type Lease, LeaseBook } from '../connectors/mosip/leases.ts';
import { DciClientError } from '../dci/client/errors.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { withInbox } from './inbox.ts';
import { settingsOf } from './options.ts';
import { isoTime, printJson, printTable, printText } from './output.ts';

/** Shows the subscriptions at MOSIP's hub, or renews them. */
export function mosip(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Shows or renews the subscriptions to mosip.topics at MOSIP’s WebSub hub. A running bridge with mosip.hub_url renews them itself.',
  );
  group
    .command('subscriptions')
    .summary('show the subscriptions, and when each ends, as the bridge knows it')
    .withSettings()
    .runs((options) => show(settingsOf(options, env), options.json));
  group
    .command('subscribe')
    .summary('subscribe now, which also renews')
    .description(
      'Subscribes now, which also renews. The hub then asks the bridge at mosip.callback_url whether that is meant, so the bridge must be running. Exits with 1 where the hub refused.',
    )
    .argument('[topic...]', 'topics of mosip.topics; all where left out')
    .withSettings()
    .runs<object, [string[]]>((options, topics = []) =>
      subscribeNow(settingsOf(options, env), topics, options.json),
    );
}

async function show(settings: Settings, json: boolean): Promise<number> {
  const leases = await keptLeases(settings);
  if (json) printJson(leases);
  else if (leases.length === 0) printText('no topics (mosip.topics)');
  else printTable([['topic', 'state', 'confirmed', 'ends'], ...leases.map(rowOf)]);
  return 0;
}

async function subscribeNow(settings: Settings, named: readonly string[], json: boolean): Promise<number> {
  const hub = settings.mosip.hub;
  if (hub === null)
    throw new UsageError('mosip.hub_url and mosip.callback_url (and MOSIP_SECRET) are not set');
  const unknown = named.filter((topic) => !settings.mosip.topics.includes(topic));
  if (unknown.length > 0)
    throw new UsageError(`topics are those of mosip.topics: ${settings.mosip.topics.join(', ')}`);
  const outcomes: { topic: string; error: string | null }[] = [];
  for (const topic of named.length > 0 ? named : settings.mosip.topics) {
    try {
      await subscribe(topic, hub);
      outcomes.push({ topic, error: null });
    } catch (error) {
      if (!(error instanceof DciClientError)) throw error;
      outcomes.push({ topic, error: error.message });
    }
  }
  if (json) printJson(outcomes);
  for (const { topic, error } of json ? [] : outcomes) {
    printText(`${topic}: ${error ?? 'asked for; the hub asks the bridge now'}`);
  }
  return outcomes.every(({ error }) => error === null) ? 0 : 1;
}

/** The leases that the inbox keeps; it is changed in no way. @throws {InboxUnavailableError} */
export async function keptLeases(settings: Settings): Promise<Lease[]> {
  return withInbox(settings, 'look', (inbox) => new LeaseBook(inbox).list(settings.mosip.topics));
}

function rowOf({ topic, state, confirmedAt, endsAt, renewal }: Lease): string[] {
  const why = renewal.problem === null ? state : `${state} (${renewal.problem})`;
  return [topic, why, timeOf(confirmedAt), timeOf(endsAt)];
}

const timeOf = (at: number | null) => (at === null ? '-' : isoTime(at));
