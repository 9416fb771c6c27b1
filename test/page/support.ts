import { Hono } from 'hono';
import type { AppEnv } from '../../src/http/app-env.ts';
import { clientsBehind } from '../../src/http/client.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { addPage, type PageDependencies, type PageSettings } from '../../src/page/page.ts';
import type { ListedSender } from '../../src/senders/sender-directory.ts';
import { trustedSender } from '../../src/senders/trusted-sender.ts';
import { NOON } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';
import { TOKEN } from './token.ts';

const COOKIE = /crvs_bridge_session=([^;]*)/;

const SENDER: ListedSender = {
  sender: trustedSender({
    senderId: 'crvs.test',
    name: 'Registry of <Utopia>',
    algorithm: 'ed25519',
    publicKey: null,
    jwksUrl: null,
  }),
  fetchedAt: null,
};

/** The page on its own, and a browser of one tab in front of it. */
export function openPage(
  inbox: Inbox,
  settings: Partial<PageSettings> = {},
  instead: Partial<PageDependencies> = {},
) {
  const app = new Hono<AppEnv>();
  const log = keptLog();
  const place = { now: NOON };
  addPage(
    app,
    {
      adminToken: TOKEN,
      sessionMs: 3_600_000,
      timeZone: 'UTC',
      odooUrl: 'https://odoo.example',
      receiver: false,
      allowUnsigned: false,
      ...settings,
    },
    {
      inbox,
      senders: { list: () => [SENDER], size: 1 },
      sources: { list: async () => [] },
      clients: clientsBehind([]),
      nameOf: () => 'Registry of <Utopia>',
      adoptedFrom: 'openspp:event',
      odooHealth: () => ({
        reachable: true,
        error: null,
        lastAnswerAt: NOON,
        waitsUntil: null,
        breaker: 'closed',
      }),
      latency: () => ({ median: 12, slowest: 340 }),
      apiKeyEnd: () => null,
      senderCount: () => 1,
      clock: () => place.now,
      log: log.log,
      ...instead,
    },
  );
  let cookie = '';
  const read = async (path: string, init: RequestInit, headers: Record<string, string>) => {
    const response = await app.request(path, {
      ...init,
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get('location'),
    };
  };
  const page = {
    app,
    place,
    logged: log.text,
    get: (path: string, headers: Record<string, string> = {}) => read(path, {}, headers),
    post: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      page.postText(path, new URLSearchParams(fields).toString(), headers),
    /** Sends the fields of a form as they are. */
    postText: (path: string, body: string, headers: Record<string, string> = {}) =>
      read(
        path,
        { method: 'POST', body },
        { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
      ),
    /** Gives the token; keeps the cookie. */
    async signIn(headers: Record<string, string> = {}) {
      const answer = await page.post('/sign-in', { token: TOKEN }, headers);
      const set = answer.headers.get('set-cookie') ?? '';
      const name = set.slice(0, set.indexOf('='));
      cookie = `${name}=${COOKIE.exec(set)?.[1] ?? ''}`;
      return answer;
    },
    get cookie() {
      return cookie;
    },
    set cookie(value: string) {
      cookie = value;
    },
    /** What the forms of this session carry. */
    async formToken(): Promise<string> {
      return /name="form_token" value="([^"]+)"/.exec((await page.get('/')).text)?.[1] ?? '';
    },
    /** Sends a form as a page of this session would. */
    async submit(path: string, fields: Record<string, string> = {}) {
      return page.post(path, { ...fields, form_token: await page.formToken() });
    },
  };
  return page;
}
