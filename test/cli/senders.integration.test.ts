import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../src/sandbox/accounts.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { SenderDirectory } from '../../src/senders/sender-directory.ts';
import { sharedInbox, temporaryFolder } from '../inbox/support.ts';
import { type KeyServer, keyServer, pair } from '../registry-keys/support.ts';
import { keptLog, pemOf, RSA, senderRow } from '../senders/support.ts';
import { closedUrl } from '../server.ts';
import { type Ran, run } from './run.ts';

const MODEL = 'spp.dci.crvs.sender';
const shared = sharedInbox();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.close());

const one = pair('one');
let server: KeyServer;
let config: string;
beforeEach(async () => {
  const ids = sandbox.execute('admin', MODEL, 'search', { domain: [] });
  sandbox.execute('admin', MODEL, 'unlink', { ids });
  server = await keyServer(one.jwk);
  register('crvs.pem', { public_key: pemOf(RSA), algorithm: 'rs256', name: 'Province' });
  register('crvs.set', { jwks_url: server.url });
  config = join(temporaryFolder(), 'config.yaml');
  writeFileSync(
    config,
    `jwks: {allow_http: true, allow_private_addresses: true}
senders:
  by_id:
    crvs.set: {aliases: ['https://crvs.example/api'], event_types: [birth], max_window_seconds: 60, rate_per_minute: 9}
`,
  );
});

function register(sender_id: string, values: Record<string, unknown>): void {
  sandbox.execute('admin', MODEL, 'create', { vals_list: [{ name: sender_id, sender_id, ...values }] });
}

function rowOf(senderId: string): Record<string, unknown> {
  const fields = ['public_key', 'algorithm', 'last_key_fetch'];
  const domain = [['sender_id', '=', senderId]];
  const rows = sandbox.execute('admin', MODEL, 'search_read', { domain, fields });
  return (rows as Record<string, unknown>[])[0] ?? {};
}

const secrets = ({ login, apiKey, password }: Credentials) => [login, apiKey, password] as const;

function senders(args: string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const [login, apiKey] = secrets(sandbox.bridge);
  return run(['senders', ...args], {
    ODOO_URL: sandbox.url,
    ODOO_DB: sandbox.db,
    ODOO_LOGIN: login,
    ODOO_API_KEY: apiKey,
    INBOX_URL: `sqlite:${shared.path}`,
    CONFIG_FILE: config,
    ...over,
  });
}

const json = async (...args: string[]) => JSON.parse((await senders([...args, '--json'])).out);

it('senders show and doctor say that the line breaks of a key are missing', async () => {
  register('crvs.lost', { public_key: pemOf(RSA).replaceAll('\n', 'n'), algorithm: 'rs256' });
  expect((await senders(['show', 'crvs.lost'])).out).toContain('its line breaks are missing');
  const examined = await run(['doctor'], {
    ODOO_URL: sandbox.url,
    ODOO_DB: sandbox.db,
    ODOO_LOGIN: sandbox.bridge.login,
    ODOO_API_KEY: sandbox.bridge.apiKey ?? undefined,
  });
  expect(examined.out).toContain(
    'Messages of sender crvs.lost cannot be verified: the key cannot be read: its line breaks are missing',
  );
});

describe('senders list', () => {
  it('prints a line a sender, with what is known of its keys', async () => {
    const { code, out, err } = await senders(['list']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['sender', 'keys', 'jwks', 'fetched', 'name'],
      ['crvs.pem', '1', '-', '-', 'Province'],
      ['crvs.set', '0', 'not fetched', '-', 'crvs.set'],
      [''],
    ]);
    server.answer = (_request, response) => response.end('<html>');
    await senders(['fetch-keys']);
    expect((await senders(['list'])).out).toContain('crvs.set  0     jwks.html');
    server.answer = null;
    await senders(['fetch-keys']);
    expect((await senders(['list'])).out).toMatch(/crvs\.set {2}1 {5}ok {4}20\d\d-/);
  });

  it('takes the senders from the inbox where OpenSPP does not answer', async () => {
    const away = { ODOO_URL: await closedUrl() };
    expect(await senders(['list'], away)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('odoo.unreachable'),
    });
    const directory = new SenderDirectory(
      { openspp: `${sandbox.db} at ${away.ODOO_URL}`, refreshMs: 1e6, unknownCooldownMs: 1 },
      {
        documents: shared.inbox,
        readRows: async () => [senderRow('crvs.kept')],
        log: keptLog().log,
      },
    );
    await directory.refresh();
    const { code, out, err } = await senders(['list'], away);
    expect(code).toBe(0);
    expect(out).toContain('crvs.kept');
    expect(err).toContain('OpenSPP does not answer (odoo.unreachable)');
  });

  it('does without an inbox, and says so', async () => {
    const { code, out, err } = await senders(['list'], { INBOX_URL: `sqlite:${shared.path}.none` });
    expect(code).toBe(0);
    expect(out).toContain('crvs.pem');
    expect(err).toContain('without an inbox');
  });
});

describe('senders show', () => {
  it('prints keys by name and thumbprint, limits, and how the last fetch went', async () => {
    await senders(['fetch-keys']);
    server.answer = (_request, response) => response.writeHead(500).end();
    await senders(['fetch-keys']);
    const { code, out } = await senders(['show', 'crvs.set']);
    expect(code).toBe(0);
    for (const line of [
      'sender: crvs.set',
      'alias: https://crvs.example/api',
      'event types: birth',
      'longest signature window: 60 s',
      'messages a minute: 9',
      `JWKS URL: ${server.url}`,
      `key: ed25519, kid one, thumbprint ${one.key.thumbprint}`,
    ]) {
      expect(out.split('\n')).toContain(line);
    }
    expect(out).toMatch(/^last try failed: jwks\.status at 20/m);
    expect(out).not.toMatch(/must encrypt|problem/);
    expect(out.split(/[:, \n]+/)).not.toContain('null');
  });

  it('shows a key that is no longer published, and one that is in OpenSPP, too', async () => {
    await senders(['fetch-keys'], { ODOO_ADMIN_API_KEY: sandbox.admin.apiKey });
    server.keys = [pair('two').jwk];
    await senders(['fetch-keys']);
    const { keys } = await json('show', 'crvs.set');
    expect(keys).toEqual([
      expect.objectContaining({ kid: 'two', source: 'jwks', endsAt: null }),
      expect.objectContaining({ kid: 'one', source: 'both', endsAt: expect.stringMatching(/^20.*Z$/) }),
    ]);
  });

  it('prints JSON without any key itself', async () => {
    expect(await json('show', 'crvs.pem')).toEqual({
      senderId: 'crvs.pem',
      name: 'Province',
      problem: null,
      aliases: [],
      limits: { eventTypes: null, maxWindowSeconds: null, mustEncrypt: false, ratePerMinute: null },
      keys: [
        { kid: null, algorithm: 'rs256', thumbprint: expect.any(String), source: 'openspp', endsAt: null },
      ],
      jwks: null,
    });
    expect((await json('list')).map(({ senderId }: { senderId: string }) => senderId)).toEqual([
      'crvs.pem',
      'crvs.set',
    ]);
  });

  it('ends with 1 where there is no such sender', async () => {
    expect(await senders(['show', 'crvs.nobody'])).toMatchObject({ code: 1, out: '' });
  });
});

describe('senders fetch-keys', () => {
  it('fetches, keeps, and is content where the bridge’s user may not change senders', async () => {
    expect(await senders(['fetch-keys'])).toEqual({
      code: 0,
      out: 'crvs.set: 1 key fetched; not stored in OpenSPP, since the user may not change senders\n',
      err: '',
    });
    expect(rowOf('crvs.set')).toMatchObject({ public_key: false, last_key_fetch: false });
    expect((await json('show', 'crvs.set')).keys).toHaveLength(1);
  });

  it.each([
    ['the environment', async () => [[], { ODOO_ADMIN_API_KEY: sandbox.admin.apiKey }] as const],
    [
      'a file',
      async () => {
        const file = join(temporaryFolder(), 'key');
        writeFileSync(file, `${sandbox.admin.apiKey}\n`);
        return [['--admin-api-key-file', file], {}] as const;
      },
    ],
    [
      'a password in a file that the environment names',
      async () => {
        const file = join(temporaryFolder(), 'password');
        writeFileSync(file, sandbox.admin.password);
        const login = sandbox.admin.login;
        return [['--admin-login', login], { ODOO_ADMIN_PASSWORD_FILE: file }] as const;
      },
    ],
  ])('stores a key in OpenSPP as an administrator, from %s', async (_what, given) => {
    const [args, env] = await given();
    const { code, out } = await senders(['fetch-keys', 'crvs.set', ...args], env);
    expect([code, out]).toEqual([0, 'crvs.set: 1 key fetched; stored in OpenSPP\n']);
    expect(rowOf('crvs.set')).toMatchObject({
      public_key: expect.stringContaining('BEGIN PUBLIC KEY'),
      algorithm: 'ed25519',
      last_key_fetch: expect.stringMatching(/^20/),
    });
  });

  it('ends with 1 where keys cannot be fetched, and says why without quoting the answer', async () => {
    server.answer = (_request, response) => response.end('<html>SECRET');
    const { code, out } = await senders(['fetch-keys']);
    expect([code, out]).toEqual([
      1,
      'crvs.set: not fetched, jwks.html: the answer is a web page, not a key set\n',
    ]);
    expect(await json('fetch-keys')).toEqual([
      { senderId: 'crvs.set', keys: null, problem: 'jwks.html', stored: null },
    ]);
  });

  it('ends with 1 where a user was given and nothing could be stored', async () => {
    const wrong = { ODOO_ADMIN_API_KEY: 'f'.repeat(40) };
    const refused = await senders(['fetch-keys'], wrong);
    expect([refused.code, refused.out]).toEqual([1, 'crvs.set: 1 key fetched; odoo.authentication\n']);
    const { code } = await senders(['fetch-keys'], { ODOO_ADMIN_API_KEY: sandbox.clerk.apiKey });
    expect(code).toBe(1);
  });

  it('asks nobody over http, nor at private addresses, unless the configuration allows that', async () => {
    const { code, out } = await senders(['fetch-keys'], { CONFIG_FILE: '' });
    expect([code, out.slice(0, 40)]).toEqual([1, 'crvs.set: not fetched, jwks.not_https: t']);
    expect(server.asked).toBe(0);
  });

  it('says where there is nothing to fetch', async () => {
    expect(await senders(['fetch-keys', 'crvs.pem'])).toMatchObject({
      code: 1,
      err: 'this sender has no JWKS URL in OpenSPP\n',
    });
    expect(await senders(['fetch-keys', 'crvs.nobody'])).toMatchObject({ code: 1 });
    const ids = sandbox.execute('admin', MODEL, 'search', { domain: [['sender_id', '=', 'crvs.set']] });
    sandbox.execute('admin', MODEL, 'write', { ids, vals: { jwks_url: false } });
    expect(await senders(['fetch-keys'])).toMatchObject({ code: 0, out: 'no sender has a JWKS URL\n' });
  });
});

describe('senders', () => {
  it.each([
    [[], 'Usage'],
    [['list', 'x'], 'Usage'],
    [['show'], 'Usage'],
    [['show', 'a', 'b'], 'Usage'],
    [['remove', 'a'], 'Usage'],
    [['fetch-keys', '--admin-login', 'admin'], '--admin-login: give'],
    [['fetch-keys', '--admin-api-key-file', '/none'], '--admin-api-key-file: the file cannot be read'],
    [['fetch-keys', '--admin-api-key', 'x'], '--admin-api-key'],
  ])('%j ends with 2 and says why', async (args, why) => {
    const { code, out, err } = await senders(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });

  it('asks for an OpenSPP', async () => {
    const { code, err } = await run(['senders', 'list']);
    expect(code).toBe(2);
    expect(err).toContain('ODOO_URL is not set');
  });
});
