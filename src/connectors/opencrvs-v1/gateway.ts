import { DciClientError, type DciClientErrorDetails } from '../../dci/client/errors.ts';
import { exchange, type HttpAnswer } from '../../dci/client/http.ts';
import { isPlain, type Plain, plainBody, tokenOf } from '../../dci/client/plain.ts';
import { Repeatable } from '../../dci/client/retry.ts';
import { SYSTEM_TIMING } from '../../lib/timing.ts';

/** Where an OpenCRVS 1.x is administered, and as which of its clients. */
export interface GatewaySettings {
  /** Of its gateway, such as `https://gateway.opencrvs.example.org`. */
  gatewayUrl: string;
  /** Of its auth service, such as `https://auth.opencrvs.example.org`. */
  authUrl: string;
  clientId: string;
  clientSecret: string;
  /** Milliseconds that one request may take. OpenCRVS asks the callback before it answers. */
  timeoutMs?: number;
}

/** A subscription as OpenCRVS lists it. */
export interface WebhookSubscription {
  id: string;
  topic: string;
  /** The address that is posted to, without a password or a query. */
  callback: string;
}

export interface WebhookRequest {
  topic: string;
  callback: string;
  /** The client's SHA secret, which the webhooks will be signed with. */
  secret: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1_048_576;

/**
 * The webhook subscriptions of one client at the gateway of an OpenCRVS 1.x (`packages/webhooks` of opencrvs-core). A
 * token is fetched once and kept: this lives as long as a command.
 */
export class OpencrvsGateway {
  readonly #settings: GatewaySettings;
  #token: Promise<string> | null = null;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
  }

  /** Those of this client, oldest first. @throws {DciClientError} */
  async list(): Promise<WebhookSubscription[]> {
    const { status, body } = await this.#asClient('list', 'GET', '/webhooks');
    const { entries } = plainBody(body);
    if (Array.isArray(entries)) {
      const read = entries.map(subscriptionOf).filter((one) => one !== null);
      if (read.length === entries.length) return read;
    }
    throw failure('list', 'registry.answer', {
      status,
      hint: 'expected {"entries": [{"id", "topic", "callback"}]}; is opencrvs_webhooks.gateway_url the gateway of an OpenCRVS 1.x?',
    });
  }

  /**
   * Subscribes to one topic. OpenCRVS asks the callback for its challenge meanwhile, so the bridge must be running. It
   * does not look whether there is one already: then there are two, and each record comes twice.
   *
   * @throws {DciClientError} `registry.refused` with what OpenCRVS says, where it denies it
   */
  async subscribe({ topic, callback, secret }: WebhookRequest): Promise<void> {
    const hub = { callback, mode: 'subscribe', secret, topic };
    const { status } = await this.#asClient('subscribe', 'POST', '/webhooks', { hub });
    if (status === 202) return;
    throw failure('subscribe', 'registry.answer', {
      status,
      hint: 'expected 202; is opencrvs_webhooks.gateway_url the gateway of an OpenCRVS 1.x?',
    });
  }

  /**
   * Ends a subscription. OpenCRVS answers the same for one that is not there, or is another client's: look at
   * {@link list} first.
   *
   * @throws {DciClientError}
   */
  async unsubscribe(id: string): Promise<void> {
    await this.#asClient('unsubscribe', 'DELETE', `/webhooks/${encodeURIComponent(id)}`);
  }

  async #asClient(
    action: string,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    content?: Plain,
  ): Promise<HttpAnswer> {
    this.#token ??= this.#authenticate();
    const token = await this.#token;
    const answer = await this.#request(action, this.#settings.gatewayUrl, path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(content === undefined ? {} : { content }),
    });
    const { status, body } = answer;
    if (status < 400) return answer;
    const words = wordsOf(body);
    const isUnauthorized = status === 401 || status === 403;
    throw failure(action, isUnauthorized ? 'registry.unauthorized' : 'registry.refused', {
      status,
      hint: hintFor(status, words),
      registryMessage: words === '' ? undefined : this.#withoutSecrets(words, content),
    });
  }

  /** From OpenCRVS 1.3 on by `/token`; 1.2 has `/authenticateSystemClient` alone. */
  async #authenticate(): Promise<string> {
    const { authUrl, clientId, clientSecret } = this.#settings;
    const query = new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'client_credentials',
    });
    let answer = await this.#request('token', authUrl, `/token?${query}`, { method: 'POST', headers: {} });
    if (answer.status === 404) {
      answer = await this.#request('token', authUrl, '/authenticateSystemClient', {
        method: 'POST',
        headers: {},
        content: { client_id: clientId, client_secret: clientSecret },
      });
    }
    const { status, body } = answer;
    const { access_token, token } = plainBody(body);
    const given = tokenOf(access_token ?? token);
    if (status < 400 && given !== null) return given;
    throw failure('token', 'registry.token', {
      status,
      hint:
        status < 400 || status === 404
          ? 'the answer holds no token: is opencrvs_webhooks.auth_url the auth service of an OpenCRVS 1.x?'
          : 'check opencrvs_webhooks.client_id and client_secret, and whether the client is active in OpenCRVS',
    });
  }

  async #request(
    action: string,
    base: string,
    path: string,
    request: { method: 'GET' | 'POST' | 'DELETE'; headers: Record<string, string>; content?: Plain },
  ): Promise<HttpAnswer> {
    const { method, headers, content } = request;
    const context = {
      registry: REGISTRY,
      action,
      fetch: (url: string, init: RequestInit) => fetch(url, init),
      timing: SYSTEM_TIMING,
      timeoutMs: this.#settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    };
    const accept = { accept: 'application/json', ...headers };
    try {
      return await exchange(
        context,
        base.replace(/\/+$/, '') + path,
        content === undefined
          ? { method, headers: accept }
          : {
              method,
              headers: { ...accept, 'content-type': 'application/json' },
              body: JSON.stringify(content),
            },
        undefined,
      );
    } catch (error) {
      // Nothing is repeated: the person who runs the command can do it, and a subscription could be made twice.
      throw error instanceof Repeatable ? error.error : error;
    }
  }

  /** Should OpenCRVS ever quote what it was sent. */
  #withoutSecrets(words: string, content: Plain | undefined): string {
    const { hub } = content ?? {};
    const sent = isPlain(hub) && typeof hub.secret === 'string' ? [hub.secret] : [];
    return [this.#settings.clientSecret, ...sent].reduce(
      (text, secret) => text.replaceAll(secret, '(not shown)'),
      words,
    );
  }
}

const REGISTRY = 'OpenCRVS';

function failure(
  action: string,
  code: DciClientError['code'],
  details: Partial<DciClientErrorDetails>,
): DciClientError {
  return new DciClientError(code, { registry: REGISTRY, action, ...details });
}

/** OpenCRVS's own sentences, each with the fix. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /callback check failed/i,
    'OpenCRVS got no challenge back from opencrvs_webhooks.callback_url: the bridge must be running, reachable from OpenCRVS, and have opencrvs_webhooks.secrets',
  ],
  [
    /hub\.secret/i,
    'the first of opencrvs_webhooks.secrets is not the SHA secret of this client (opencrvs_webhooks.client_id)',
  ],
  [/no longer authorized/i, 'the client is not active in OpenCRVS'],
];

function hintFor(status: number, words: string): string | undefined {
  const known = HINTS.find(([form]) => form.test(words))?.[1];
  if (known !== undefined) return known;
  if (status === 401 || status === 403)
    return 'OpenCRVS does not let this client manage webhooks; it must be of type webhook';
  if (status === 404) return 'is opencrvs_webhooks.gateway_url the gateway of an OpenCRVS 1.x?';
  return words === '' ? 'OpenCRVS gave no reason; its webhooks service may have logged one' : undefined;
}

/** The reason in `{hub: {mode: "denied", reason}}`, in hapi's `{message}`, or a sentence as plain text. */
function wordsOf(body: Uint8Array): string {
  const { hub, message } = plainBody(body);
  if (isPlain(hub) && typeof hub.reason === 'string') return hub.reason;
  if (typeof message === 'string') return message;
  const text = Buffer.from(body).toString('utf8').trim();
  return /^[{[<]/.test(text) ? '' : text;
}

function subscriptionOf(entry: unknown): WebhookSubscription | null {
  if (!isPlain(entry)) return null;
  const { id, topic, callback } = entry;
  if (typeof id !== 'string' || typeof topic !== 'string' || typeof callback !== 'string') return null;
  return { id, topic, callback: shownAddress(callback) };
}

/** An address without what may be secret in it, and in one spelling, so that two can be compared. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return '(no address)';
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}
