import { createHmac } from 'node:crypto';
import { DciClientError, type DciClientErrorDetails } from '../../dci/client/errors.ts';
import { exchange, type HttpAnswer } from '../../dci/client/http.ts';
import { plainBody, tokenOf } from '../../dci/client/plain.ts';
import { Repeatable } from '../../dci/client/retry.ts';
import { SYSTEM_TIMING } from '../../lib/timing.ts';

/** Where MOSIP's WebSub hub is, and how it is asked. */
export interface HubSettings {
  /** Such as `https://api-internal.mosip.example/hub/`. */
  hubUrl: string;
  /** Where the hub reaches the bridge: `https://bridge.example/mosip/credentials`. */
  callbackUrl: string;
  /** What the hub is to sign deliveries with. */
  secret: string;
  /** OAuth 2 token endpoint (client credentials); null for a hub that asks for no token. */
  tokenUrl: string | null;
  clientId: string | null;
  clientSecret: string | null;
}

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1_048_576;
const REGISTRY = 'MOSIP’s hub';

/**
 * Subscribes to a topic, or renews the subscription, which to a hub is the same (W3C WebSub 5.1). The hub asks the
 * callback before it counts. The token goes into both the header and the cookie, as MOSIP's gateway wants it.
 *
 * @throws {DciClientError}
 */
export async function subscribe(topic: string, settings: HubSettings): Promise<void> {
  const token = await tokenFor(settings);
  const { status } = await post('subscribe', settings.hubUrl, {
    fields: {
      'hub.mode': 'subscribe',
      'hub.topic': topic,
      'hub.callback': provenCallback(topic, settings),
      'hub.secret': settings.secret,
    },
    headers: token === null ? {} : { authorization: token, cookie: `Authorization=${token}` },
  });
  if (status < 300) return;
  const isUnauthorized = status === 401 || status === 403;
  throw failure('subscribe', isUnauthorized ? 'registry.unauthorized' : 'registry.refused', {
    status,
    hint: isUnauthorized
      ? 'check mosip.client_id and mosip.client_secret, and whether the client may subscribe to this topic'
      : 'check mosip.hub_url, and whether the topic is registered at the hub',
  });
}

/**
 * What shows that a question about a subscription answers our request: anybody can ask, and a stranger's lease without end
 * would keep the bridge from renewing. A hub asks the callback as it was given, query and all.
 */
export function leaseProof(topic: string, secret: string): string {
  return createHmac('sha256', secret).update(`lease ${topic}`).digest('base64url');
}

function provenCallback(topic: string, { callbackUrl, secret }: HubSettings): string {
  const url = new URL(callbackUrl);
  url.searchParams.set('lease', leaseProof(topic, secret));
  return url.href;
}

async function tokenFor({ tokenUrl, clientId, clientSecret }: HubSettings): Promise<string | null> {
  if (tokenUrl === null) return null;
  const { status, body } = await post('token', tokenUrl, {
    fields: {
      grant_type: 'client_credentials',
      client_id: clientId ?? '',
      client_secret: clientSecret ?? '',
    },
    headers: {},
  });
  const token = status < 300 ? tokenOf(plainBody(body).access_token) : null;
  if (token !== null) return token;
  throw failure('token', 'registry.token', {
    status,
    hint: 'check mosip.token_url, mosip.client_id and mosip.client_secret',
  });
}

async function post(
  action: string,
  url: string,
  { fields, headers }: { fields: Record<string, string>; headers: Record<string, string> },
): Promise<HttpAnswer> {
  const context = {
    registry: REGISTRY,
    action,
    fetch: (address: string, init: RequestInit) => fetch(address, init),
    timing: SYSTEM_TIMING,
    timeoutMs: TIMEOUT_MS,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  };
  const request = {
    method: 'POST' as const,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
  try {
    return await exchange(context, url, request, undefined);
  } catch (error) {
    // The next look at the leases tries again.
    throw error instanceof Repeatable ? error.error : error;
  }
}

function failure(
  action: string,
  code: DciClientError['code'],
  details: Partial<DciClientErrorDetails>,
): DciClientError {
  return new DciClientError(code, { registry: REGISTRY, action, ...details });
}
