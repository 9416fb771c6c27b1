import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { gatewaySettings, webhookCallback } from '../config/opencrvs-gateway.ts';
import type { Settings } from '../config/schema.ts';
import {
  OpencrvsGateway,
  shownAddress,
  type WebhookSubscription,
} from '../connectors/opencrvs-v1/gateway.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { WEBHOOK_TOPICS, webhookTopicOf } from '../events/opencrvs/webhook-dialect.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { printJson } from './print-value.ts';
import type { Command } from './run-command.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';

/** What opencrvs-core itself sends; the others are a country's own. */
const USUAL_TOPICS = ['BIRTH_REGISTERED', 'DEATH_REGISTERED'] as const;

const USAGE = `Usage: npm run -s bridge -- opencrvs subscribe [TOPIC ...] [--replace] [--json]
       npm run -s bridge -- opencrvs list [--json]
       npm run -s bridge -- opencrvs unsubscribe ID ... [--json]
       npm run -s bridge -- opencrvs unsubscribe --all [--json]

Subscribes to the webhooks of an OpenCRVS 1.x, as the client of opencrvs_webhooks.client_id (OPENCRVS_CLIENT_ID), at the
gateway of opencrvs_webhooks.gateway_url. OpenCRVS asks the bridge at opencrvs_webhooks.callback_url whether that is
meant, so the bridge must be running. What is subscribed to already stays as it is.

Topics are ${USUAL_TOPICS.join(' and ')}, unless named; the others that mean something here are
${WEBHOOK_TOPICS.filter((topic) => !USUAL_TOPICS.some((usual) => usual === topic)).join(', ')}.

  --replace   subscribe anew, with the first of opencrvs_webhooks.secrets, and end those that there were for the topic
  --all       end all subscriptions of this client that lead to opencrvs_webhooks.callback_url
  --json      print JSON
  --config    a configuration file

Exits with 1 where OpenCRVS denied one, or there is no subscription of that id.
`;

const OPTIONS = {
  ...CONFIG_OPTION,
  replace: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Subscribes to the webhooks of an OpenCRVS 1.x. */
export const opencrvs: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [action, ...names] = positionals;
  const { replace, all, json } = values;
  const wanted =
    (action === 'subscribe' && !all) ||
    (action === 'list' && names.length === 0 && !all && !replace) ||
    (action === 'unsubscribe' && !replace && all === (names.length === 0));
  if (!wanted) throw new UsageError(USAGE);
  const settings = settingsOf(values, env);
  const gateway = new OpencrvsGateway(gatewaySettings(settings));
  if (action === 'subscribe') return subscribe(gateway, settings, names, replace, json);
  if (action === 'list') return list(gateway, json);
  return unsubscribe(gateway, settings, names, json);
};

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
  else for (const outcome of outcomes) process.stdout.write(`${lineOf(outcome)}\n`);
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
  if (state === 'kept') return `${topic}: subscribed already; --replace subscribes anew`;
  return ended.length === 0
    ? `${topic}: subscribed`
    : `${topic}: subscribed anew, ended ${ended.map(oneLine).join(', ')}`;
}

async function list(gateway: OpencrvsGateway, json: boolean): Promise<number> {
  const found = await gateway.list();
  if (json) printJson(found);
  else if (found.length === 0) process.stdout.write('no subscriptions\n');
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
    for (const id of ended) process.stdout.write(`${oneLine(id)}: ended\n`);
    for (const id of missing) process.stdout.write(`${oneLine(id)}: this client has no such subscription\n`);
    if (ended.length + missing.length === 0) process.stdout.write('no subscriptions\n');
  }
  return missing.length > 0 ? 1 : 0;
}

function leadingTo(callback: string): (one: WebhookSubscription) => boolean {
  const address = shownAddress(callback);
  return (one) => one.callback === address;
}

/** What OpenCRVS wrote must not move the terminal's cursor. */
const oneLine = (text: string) => text.replace(/\p{Cc}+/gu, ' ');
