import { randomBytes, randomUUID } from 'node:crypto';
import { type Respond, serve } from '../../server.ts';

export const CLIENT = {
  id: 'client-of-the-bridge',
  secret: 'client-secret-of-the-bridge',
  sha: 'sha-secret-of-it',
};

/** What a test may turn of an OpenCRVS. */
interface Turned {
  /** 1.2 has no `/token`. */
  release: '1.2' | '1.9';
  /** Whether the client is active. */
  active: boolean;
  /** Answers in place of the gateway. */
  gateway: Respond | null;
}

interface Webhook {
  id: string;
  callback: string;
  topic: string;
  secret: string;
  client: string;
}

/**
 * The auth service, gateway and webhooks service of an OpenCRVS 1.x in one, as far as subscriptions go: the same routes,
 * checks, statuses and sentences, and the same question to the callback (`features/manage/handler.ts` of its webhooks
 * service).
 */
export async function openCrvs() {
  const turned: Turned = { release: '1.9', active: true, gateway: null };
  const webhooks: Webhook[] = [];
  const tokens = new Set<string>();
  const { url, seen } = await serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.path, 'http://gateway');
    const answer = (status: number, body?: unknown) => {
      const isText = typeof body === 'string';
      const text = body === undefined ? '' : isText ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json' }).end(text);
    };
    const boom = (statusCode: number, error: string) =>
      answer(statusCode, { statusCode, error, message: error });
    const issue = (id: unknown, secret: unknown, name: string) => {
      if (id !== CLIENT.id || secret !== CLIENT.secret) return boom(401, 'Unauthorized');
      const token = randomBytes(20).toString('hex');
      tokens.add(token);
      return answer(200, { [name]: token });
    };
    if (pathname === '/auth/token' && turned.release !== '1.2') {
      if (searchParams.get('grant_type') !== 'client_credentials') return boom(400, 'Bad Request');
      return issue(searchParams.get('client_id'), searchParams.get('client_secret'), 'access_token');
    }
    if (pathname === '/auth/authenticateSystemClient') {
      const { client_id, client_secret } = JSON.parse(request.body);
      return issue(client_id, client_secret, 'token');
    }
    if (!pathname.startsWith('/gateway/webhooks')) return boom(404, 'Not Found');
    if (turned.gateway) return turned.gateway(request, response);
    if (!tokens.has(request.headers.authorization?.replace(/^Bearer /, '') ?? ''))
      return boom(401, 'Unauthorized');
    if (request.method === 'DELETE') {
      const at = webhooks.findIndex(({ id }) => id === decodeURIComponent(pathname.split('/')[3] ?? ''));
      if (at >= 0) webhooks.splice(at, 1);
      return answer(204);
    }
    const inactive = 'Active system details cannot be found.  This system is no longer authorized';
    if (request.method === 'GET') {
      if (!turned.active) return answer(400, inactive);
      const own = webhooks.filter(({ client }) => client === CLIENT.id);
      return answer(200, {
        entries: own.map(({ id, callback, topic, client }) => ({
          id,
          callback,
          createdAt: '+057830-01-01T00:00:00.000Z',
          createdBy: { client_id: client, name: 'OpenSPP', type: 'webhook', username: 'openspp' },
          topic,
        })),
      });
    }
    const { hub } = JSON.parse(request.body);
    const denied = (reason: string) => answer(400, { hub: { mode: 'denied', topic: hub.topic, reason } });
    if (!/^(BIRTH|DEATH)_(REGISTERED|CERTIFIED|CORRECTED)$/.test(hub.topic))
      return denied(`Unsupported topic: ${hub.topic}`);
    if (!turned.active) return denied(inactive);
    if (hub.secret !== CLIENT.sha) return denied('hub.secret is incorrect');
    if (hub.mode !== 'subscribe') return denied('hub.mode must be set to subscribe');
    const challenge = randomBytes(18).toString('base64');
    const question = `?mode=subscribe&challenge=${encodeURIComponent(challenge)}&topic=${hub.topic}`;
    const echoed = await fetch(new URL(question, hub.callback), {
      headers: { 'Content-Type': 'application/json' },
    })
      .then((got) => got.json() as Promise<{ challenge?: string }>)
      .catch(() => ({ challenge: undefined }));
    if (echoed.challenge !== challenge) return answer(400, 'Subscription callback check failed');
    const { callback, topic, secret } = hub;
    webhooks.push({ id: randomUUID(), callback, topic, secret, client: CLIENT.id });
    return answer(202);
  });
  return { authUrl: `${url}/auth`, gatewayUrl: `${url}/gateway/`, seen, webhooks, turned };
}
