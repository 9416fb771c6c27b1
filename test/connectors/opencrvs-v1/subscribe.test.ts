import { beforeEach, describe, expect, it } from 'vitest';
import { OpencrvsGateway } from '../../../src/connectors/opencrvs-v1/gateway.ts';
import { type Ran, run } from '../../cli/run.ts';
import { openFace } from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';
import { closedUrl, serve } from '../../server.ts';
import { CLIENT, openCrvs } from './stand-in.ts';

const shared = sharedInbox();
let crvs: Awaited<ReturnType<typeof openCrvs>>;
let callback: string;
beforeEach(async () => {
  crvs = await openCrvs();
  callback = `${await bridge()}/opencrvs/webhook`;
});

/** The bridge's own routes behind an address. */
async function bridge(secrets = [CLIENT.sha]): Promise<string> {
  const face = await openFace({ webhooks: { senderId: 'opencrvs', secrets } }, { inbox: shared.inbox });
  const { url } = await serve(async ({ method, path, headers, body }, response) => {
    const init = { method, headers: headers as Record<string, string>, ...(body === '' ? {} : { body }) };
    const answer = await face.app.request(path, init);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  return url;
}

/** Runs the command, and sees to it that no secret is in what it prints. */
async function opencrvs(args: string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const ran = await run(['opencrvs', ...args], {
    OPENCRVS_GATEWAY_URL: crvs.gatewayUrl,
    OPENCRVS_AUTH_URL: crvs.authUrl,
    OPENCRVS_CLIENT_ID: CLIENT.id,
    OPENCRVS_CLIENT_SECRET: CLIENT.secret,
    OPENCRVS_WEBHOOK_SECRETS: `${CLIENT.sha} another-sha-secret-of-before`,
    OPENCRVS_CALLBACK_URL: callback,
    ...over,
  });
  for (const secret of [CLIENT.secret, CLIENT.sha]) expect(ran.out + ran.err).not.toContain(secret);
  return ran;
}

const topics = () => crvs.webhooks.map(({ topic }) => topic);

describe('opencrvs subscribe', () => {
  it.each(['1.2', '1.9'] as const)(
    'subscribes at a %s, which gets its challenge from the bridge',
    async (release) => {
      crvs.turned.release = release;
      const { code, out, err } = await opencrvs(['subscribe']);
      expect([code, out, err]).toEqual([
        0,
        'BIRTH_REGISTERED: subscribed\nDEATH_REGISTERED: subscribed\n',
        '',
      ]);
      expect(crvs.webhooks).toMatchObject([
        { topic: 'BIRTH_REGISTERED', callback, secret: CLIENT.sha },
        { topic: 'DEATH_REGISTERED', callback, secret: CLIENT.sha },
      ]);
      // One token for all of it.
      const asked = crvs.seen.map(({ method, path }) => `${method} ${path.split('?')[0]}`);
      const gateway = ['GET /gateway/webhooks', 'POST /gateway/webhooks', 'POST /gateway/webhooks'];
      const auth =
        release === '1.2'
          ? ['POST /auth/token', 'POST /auth/authenticateSystemClient']
          : ['POST /auth/token'];
      expect(asked).toEqual([...auth, ...gateway]);
    },
  );

  it('leaves what is there, and makes no second one of it', async () => {
    await opencrvs(['subscribe', 'DEATH_REGISTERED']);
    const { code, out } = await opencrvs(['subscribe', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      { topic: 'BIRTH_REGISTERED', state: 'subscribed', ended: [], error: null },
      { topic: 'DEATH_REGISTERED', state: 'kept', ended: [], error: null },
    ]);
    expect(topics()).toEqual(['DEATH_REGISTERED', 'BIRTH_REGISTERED']);
  });

  it('with --replace makes a new one before it ends the old', async () => {
    await opencrvs(['subscribe', 'BIRTH_REGISTERED']);
    const old = crvs.webhooks[0]?.id;
    const { out } = await opencrvs(['subscribe', 'BIRTH_REGISTERED', '--replace']);
    expect(out).toBe(`BIRTH_REGISTERED: subscribed again, ended ${old}\n`);
    expect(topics()).toEqual(['BIRTH_REGISTERED']);
    expect(crvs.webhooks[0]?.id).not.toBe(old);
    expect(crvs.seen.slice(-2).map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it('says what OpenCRVS denied, and how to fix it', async () => {
    const closed = `${await bridge([])}/opencrvs/webhook`;
    for (const [over, words] of [
      [
        { OPENCRVS_CALLBACK_URL: closed },
        ['Subscription callback check failed', 'opencrvs_webhooks.callback_url'],
      ],
      [{ OPENCRVS_WEBHOOK_SECRETS: 'a-sha-secret-of-another' }, ['hub.secret is incorrect', 'SHA secret']],
    ] as const) {
      const { code, out } = await opencrvs(['subscribe', 'BIRTH_REGISTERED'], over);
      expect(code).toBe(1);
      for (const word of words) expect(out).toContain(word);
      const { code: again, out: printed } = await opencrvs(['subscribe', '--json'], over);
      expect(again).toBe(1);
      expect(JSON.parse(printed)).toMatchObject([
        { state: 'denied', error: expect.stringContaining(words[0]) },
        { state: 'denied' },
      ]);
    }
    expect(crvs.webhooks).toEqual([]);
  });

  it('prints no secret that OpenCRVS quotes', async () => {
    crvs.turned.gateway = ({ method, body }, response) => {
      if (method === 'GET') response.writeHead(200).end('{"entries": []}');
      else response.writeHead(400).end(`cannot read ${body} of ${CLIENT.secret}`);
    };
    const { out } = await opencrvs(['subscribe', 'BIRTH_REGISTERED']);
    expect(out).toContain('(not shown)');
  });
});

describe('opencrvs list and unsubscribe', () => {
  it('show the subscriptions of this client, and end them', async () => {
    expect((await opencrvs(['list'])).out).toBe('no subscriptions\n');
    await opencrvs(['subscribe', 'BIRTH_REGISTERED', 'BIRTH_CORRECTED', 'DEATH_REGISTERED']);
    const elsewhere = 'https://user:password@elsewhere.example/hook?token=t';
    crvs.webhooks.push({ id: 'w-elsewhere', callback: elsewhere, topic: 'X', secret: '', client: CLIENT.id });
    crvs.webhooks.push({ id: 'w-others', callback, topic: 'X', secret: '', client: 'another' });
    const [first, second, third] = crvs.webhooks.map(({ id }) => id);
    const listed = await opencrvs(['list', '--json']);
    expect(JSON.parse(listed.out)).toEqual([
      { id: first, topic: 'BIRTH_REGISTERED', callback },
      { id: second, topic: 'BIRTH_CORRECTED', callback },
      { id: third, topic: 'DEATH_REGISTERED', callback },
      { id: 'w-elsewhere', topic: 'X', callback: 'https://elsewhere.example/hook' },
    ]);
    const { out } = await opencrvs(['list']);
    expect(out.split('\n')[0]).toMatch(/^id +topic +callback$/);
    expect(out.split('\n')[1]).toMatch(new RegExp(`^${first} +BIRTH_REGISTERED +${callback}$`));
    const one = await opencrvs(['unsubscribe', first ?? '', 'w-others']);
    expect([one.code, one.out]).toEqual([
      1,
      `${first}: ended\nw-others: this client has no such subscription\n`,
    ]);
    const all = await opencrvs(['unsubscribe', '--all', '--json']);
    expect([all.code, JSON.parse(all.out)]).toEqual([0, { ended: [second, third], missing: [] }]);
    expect(crvs.webhooks.map(({ id }) => id)).toEqual(['w-elsewhere', 'w-others']);
    expect((await opencrvs(['unsubscribe', '--all'])).out).toBe('no subscriptions\n');
  });
});

describe('what keeps it from being done', () => {
  it.each([
    [
      'a setting that is missing',
      { OPENCRVS_GATEWAY_URL: '' },
      'opencrvs_webhooks.gateway_url (OPENCRVS_GATEWAY_URL)',
    ],
    ['a secret that is missing', { OPENCRVS_WEBHOOK_SECRETS: '' }, 'opencrvs_webhooks.secrets'],
    ['a callback with a query', { OPENCRVS_CALLBACK_URL: 'https://a.example/?b=c' }, 'must have no query'],
    [
      'a wrong client secret',
      { OPENCRVS_CLIENT_SECRET: 'wrong' },
      'registry.token: token at OpenCRVS (HTTP 401',
    ],
  ])('%s', async (_case, over, words) => {
    const { code, out, err } = await opencrvs(['subscribe'], over);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
    expect(crvs.webhooks).toEqual([]);
  });

  it('a client that is not active, or another server', async () => {
    crvs.turned.active = false;
    expect(await opencrvs(['list'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^registry.refused: list at OpenCRVS .*not active[\s\S]*no longer authorized/,
      ),
    });
    for (const [name, value] of [
      ['OPENCRVS_GATEWAY_URL', crvs.authUrl],
      ['OPENCRVS_AUTH_URL', crvs.gatewayUrl],
    ] as const) {
      const { code, err } = await opencrvs(['list'], { [name]: value });
      expect(code).toBe(2);
      expect(err).toContain(name === 'OPENCRVS_AUTH_URL' ? 'auth_url' : 'gateway_url');
    }
    const nobody = await opencrvs(['list'], { OPENCRVS_AUTH_URL: await closedUrl() });
    expect(nobody).toMatchObject({
      code: 2,
      err: expect.stringContaining('registry.unreachable: token at OpenCRVS'),
    });
  });

  it('a gateway that does not answer in time, or not as one', async () => {
    const { authUrl, gatewayUrl } = crvs;
    const client = { authUrl, gatewayUrl, clientId: CLIENT.id, clientSecret: CLIENT.secret };
    crvs.turned.gateway = (_request, response) => response.writeHead(200).end('{"entries": [{"id": 7}]}');
    const answered = new OpencrvsGateway(client).list();
    await expect(answered).rejects.toMatchObject({ code: 'registry.answer', transient: false });
    // The token comes in time, whatever the machine does: the gateway alone is silent.
    crvs.turned.gateway = () => {};
    const silent = new OpencrvsGateway({ ...client, timeoutMs: 1000 }).list();
    await expect(silent).rejects.toMatchObject({ code: 'registry.timeout', registry: 'OpenCRVS' });
  });

  it.each([
    [[]],
    [['list', 'x']],
    [['list', '--replace']],
    [['subscribe', '--all']],
    [['subscribe', 'MARRIAGE_REGISTERED']],
    [['unsubscribe']],
    [['unsubscribe', 'x', '--all']],
  ])('arguments that mean nothing: %j', async (args) => {
    const { code, err } = await opencrvs(args);
    expect(code).toBe(2);
    expect(err).toMatch(/Usage: crvs-bridge opencrvs|^topics|^name the subscriptions, or --all/);
    expect(crvs.seen).toEqual([]);
  });
});
