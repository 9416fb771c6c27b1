import { ConfigError } from '../config/config-error.ts';
import { gatewaySettings, webhookCallback } from '../config/opencrvs-gateway.ts';
import type { Settings } from '../config/schema.ts';
import {
  OpencrvsGateway,
  shownAddress,
  type WebhookSubscription,
} from '../connectors/opencrvs-v1/gateway.ts';
import { WEBHOOK_TOPICS, webhookTopicOf } from '../connectors/opencrvs-v1/reader.ts';
import { DciClientError } from '../dci/client/errors.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './command-error.ts';
import { settingsOf } from './options.ts';
import { oneLine, printJson, printTable, printText } from './output.ts';

/** What opencrvs-core itself sends; the others are a country's own. */
const USUAL_TOPICS = ['BIRTH_REGISTERED', 'DEATH_REGISTERED'] as const;
const OTHER_TOPICS = WEBHOOK_TOPICS.filter((topic) => !USUAL_TOPICS.some((usual) => usual === topic));

/** Subscribes to the webhooks of an OpenCRVS 1.x. */
export function opencrvs(group: CliCommand, env: NodeJS.ProcessEnv): void {
  group.description(
    'Subscribes to the webhooks of an OpenCRVS 1.x, as the client of opencrvs_webhooks.client_id (OPENCRVS_CLIENT_ID), at the gateway of opencrvs_webhooks.gateway_url.',
  );
  const gatewayOf = (settings: Settings) => new OpencrvsGateway(gatewaySettings(settings));
  group
    .command('subscribe')
    .summary('subscribe to topics')
    .description(
      `Subscribes to ${USUAL_TOPICS.join(' and ')}, unless you name topics; the others that mean something here are ${OTHER_TOPICS.join(', ')}. OpenCRVS asks the bridge at opencrvs_webhooks.callback_url whether that is meant, so the bridge must be running. What is subscribed to already stays as it is. Exits with 1 where OpenCRVS denied one.`,
    )
    .argument('[topic...]', 'topics')
    .option(
      '--replace',
      'make a new subscription with the first of opencrvs_webhooks.secrets, and end those that there were for the topic',
      false,
    )
    .withSettings()
    .runs<{ replace: boolean }, [string[]]>((options, names = []) => {
      const settings = settingsOf(options, env);
      return subscribe(gatewayOf(settings), settings, names, options.replace, options.json);
    });
  group
    .command('list')
    .summary('list the subscriptions')
    .withSettings()
    .runs((options) => list(gatewayOf(settingsOf(options, env)), options.json));
  group
    .command('unsubscribe')
    .summary('end subscriptions; exits with 1 where there is no subscription of that id')
    .argument('[id...]', 'subscriptions')
    .option(
      '--all',
      'end all subscriptions of this client that lead to opencrvs_webhooks.callback_url',
      false,
    )
    .withSettings()
    .runs<{ all: boolean }, [string[]]>((options, ids = []) => {
      if (options.all === ids.length > 0) throw new UsageError('name the subscriptions, or --all');
      const settings = settingsOf(options, env);
      return unsubscribe(gatewayOf(settings), settings, ids, options.json);
    });
}

/** What became of one topic. */
interface Subscribed {
  topic: string;
  state: 'subscribed' | 'kept' | 'denied';
  /** Ids of subscriptions that it took the place of. */
  ended: string[];
  error: string | null;
}

async function subscribe(
  gateway: OpencrvsGateway,
  settings: Settings,
  names: string[],
  replace: boolean,
  json: boolean,
): Promise<number> {
  const unknown = names.filter((name) => webhookTopicOf(name) === null);
  if (unknown.length > 0) throw new UsageError(`topics are ${WEBHOOK_TOPICS.join(', ')}`);
  const topics = names.length > 0 ? [...new Set(names)] : USUAL_TOPICS;
  const callback = webhookCallback(settings);
  const [secret] = settings.opencrvs_webhooks.secrets;
  if (secret === undefined) {
    throw new ConfigError(
      'opencrvs_webhooks.secrets (OPENCRVS_WEBHOOK_SECRETS) is not set: give the SHA secret of the client',
    );
  }
  const known = (await gateway.list()).filter(leadingTo(callback));
  const outcomes: Subscribed[] = [];
  for (const topic of topics) {
    const before = known.filter((one) => one.topic === topic);
    if (before.length > 0 && !replace) outcomes.push({ topic, state: 'kept', ended: [], error: null });
    else outcomes.push(await subscribed(gateway, { topic, callback, secret }, before));
  }
  if (json) printJson(outcomes);
  else for (const outcome of outcomes) printText(lineOf(outcome));
  return outcomes.some(({ state }) => state === 'denied') ? 1 : 0;
}

/** The new one is there before the old ones end: nothing is missed, and what comes by both is one message. */
async function subscribed(
  gateway: OpencrvsGateway,
  request: { topic: string; callback: string; secret: string },
  before: readonly WebhookSubscription[],
): Promise<Subscribed> {
  const { topic } = request;
  try {
    await gateway.subscribe(request);
  } catch (error) {
    // One that was denied says nothing of the next topic; where nobody answers, the next would not do better.
    if (!(error instanceof DciClientError) || error.code !== 'registry.refused') throw error;
    return { topic, state: 'denied', ended: [], error: sentenceOf(error) };
  }
  for (const { id } of before) await gateway.unsubscribe(id);
  return { topic, state: 'subscribed', ended: before.map(({ id }) => id), error: null };
}

function sentenceOf({ message, registryMessage }: DciClientError): string {
  return registryMessage === undefined ? message : `${message}; OpenCRVS says: ${registryMessage}`;
}

function lineOf({ topic, state, ended, error }: Subscribed): string {
  if (state === 'denied') return `${topic}: ${error}`;
  if (state === 'kept') return `${topic}: subscribed already; --replace makes a new subscription`;
  return ended.length === 0
    ? `${topic}: subscribed`
    : `${topic}: subscribed again, ended ${ended.map(oneLine).join(', ')}`;
}

async function list(gateway: OpencrvsGateway, json: boolean): Promise<number> {
  const found = await gateway.list();
  if (json) printJson(found);
  else if (found.length === 0) printText('no subscriptions');
  else printTable([['id', 'topic', 'callback'], ...found.map(rowOf)]);
  return 0;
}

const rowOf = ({ id, topic, callback }: WebhookSubscription) => [id, topic, callback].map(oneLine);

async function unsubscribe(
  gateway: OpencrvsGateway,
  settings: Settings,
  ids: string[],
  json: boolean,
): Promise<number> {
  const isOurs = ids.length === 0 ? leadingTo(webhookCallback(settings)) : null;
  const known = await gateway.list();
  // OpenCRVS would end any client's subscription, and say nothing of one that is not there.
  const ended = known.filter((one) => (isOurs ? isOurs(one) : ids.includes(one.id))).map(({ id }) => id);
  const missing = ids.filter((id) => !ended.includes(id));
  for (const id of ended) await gateway.unsubscribe(id);
  if (json) printJson({ ended, missing });
  else {
    for (const id of ended) printText(`${oneLine(id)}: ended`);
    for (const id of missing) printText(`${oneLine(id)}: this client has no such subscription`);
    if (ended.length + missing.length === 0) printText('no subscriptions');
  }
  return missing.length > 0 ? 1 : 0;
}

function leadingTo(callback: string): (one: WebhookSubscription) => boolean {
  const address = shownAddress(callback);
  return (one) => one.callback === address;
}
