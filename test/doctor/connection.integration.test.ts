import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkLogin } from '../../src/doctor/connection.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { SERVER } from '../http/certificates.ts';
import { html, json } from '../odoo/fake-server.ts';
import { closedUrl, type Respond, serve } from '../server.ts';
import { examineAt, examineSandbox, failed, findingOf, gapsOf, statesOf } from './support.ts';

const VERSION = { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' };

describe('an address where no Odoo answers', () => {
  async function addressOf(url: string) {
    const { findings } = await examineAt({ url });
    expect(findings.slice(1).every(({ state }) => state === 'skipped')).toBe(true);
    expect(findings[0]).toMatchObject({ id: 'connection.url', state: 'problem', fix: expect.any(String) });
    return findings[0]?.found;
  }

  test('a closed port', async () => {
    expect(await addressOf(await closedUrl())).toMatch(/^Nothing listens there .*ECONNREFUSED/);
  });

  test('an unknown host', async () => {
    expect(await addressOf('http://no-such-host.invalid')).toMatch(/^The host name is not known here/);
  });

  test('plain HTTP where TLS is asked for', async () => {
    const { url } = await serve(html(200));
    expect(await addressOf(url.replace('http:', 'https:'))).toMatch(
      /^This port speaks plain HTTP, and not https/,
    );
  });

  test('https where plain HTTP is asked for', async () => {
    const server = createTlsServer(SERVER, (_request, response) => void response.end('hello')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await addressOf(`http://127.0.0.1:${port}`)).toMatch(
      /^This port speaks https, and not plain HTTP/,
    );
    expect(await addressOf(`https://127.0.0.1:${port}`)).toMatch(/^No trusted TLS connection/);
  });

  test.each(['/web', '/odoo/', '/web/login'])('the path %s of a page', async (path) => {
    const { url } = await serve((request, response) =>
      (request.path === '/web/version' ? json(200, VERSION) : html(404))(request, response),
    );
    const { findings } = await examineAt({ url: url + path });
    expect(findings[0]?.found).toContain('ODOO_URL has a path');
    expect(findings[0]?.fix).toBe(`Set ODOO_URL to ${url}.`);
  });

  test('no HTTP', async () => {
    const server = createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await addressOf(`http://127.0.0.1:${port}`)).toMatch(/does not speak HTTP|connection fails/);
  });

  test.each([
    ['another web server', html(200), 'is not Odoo (HTTP 200)'],
    ['a page that is not there', html(404), 'is not Odoo (HTTP 404)'],
    ['JSON of something else', json(200, { version: 3 }), 'is not Odoo (HTTP 200)'],
    ['a proxy with a login', html(401), 'asks for a login of its own'],
    ['a proxy without its server', html(502), 'has a failure (HTTP 502)'],
  ])('%s', async (_name, respond: Respond, found) => {
    const { url } = await serve(respond);
    expect(await addressOf(url)).toContain(found);
  });

  test('a redirect to another address is named and not followed', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(301, { location: 'https://odoo.example.org/web/version' }).end();
    });
    expect(await addressOf(url)).toContain('redirects to https://odoo.example.org;');
  });
});

describe('an Odoo', () => {
  /** An Odoo that takes no key, so that nothing but the address is looked at. */
  async function odooWith(version: Respond): Promise<string> {
    const { url } = await serve((request, response) => {
      const isVersion = request.path === '/web/version' || request.body.includes('"version"');
      (isVersion ? version : json(401, { name: 'odoo.exceptions.AccessDenied', message: 'no' }))(
        request,
        response,
      );
    });
    return url;
  }

  test.each([
    [-300, 'warning', 'behind'],
    [300, 'warning', 'ahead of'],
    [5, 'ok', ''],
  ])('whose clock is off by %i s', async (seconds, state, word) => {
    const url = await odooWith((_request, response) => {
      const date = new Date(Date.now() + seconds * 1000).toUTCString();
      response.writeHead(200, { date }).end(JSON.stringify(VERSION));
    });
    const { findings } = await examineAt({ url });
    expect(findingOf(findings, 'connection.clock')).toMatchObject({
      state,
      found: expect.stringContaining(word),
    });
  });

  test('of an older version is known by the question that every Odoo answers', async () => {
    const url = await odooWith((request, response) => {
      if (request.path === '/web/version') return html(404)(request, response);
      json(200, { result: { server_version: '17.0', server_version_info: [17, 0, 0, 'final', 0, ''] } })(
        request,
        response,
      );
    });
    const { findings } = await examineAt({ url });
    expect(findingOf(findings, 'connection.version')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('Odoo 17.0'),
    });
  });
});

describe('the login', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  const protocols = ['json2', 'jsonrpc', 'xmlrpc'] as const;

  test.each(protocols)('with a bad key over %s', async (protocol) => {
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, { protocol, apiKey: 'wrong-key' });
    expect(statesOf(findings)).toMatchObject({
      'connection.url': 'ok',
      'connection.database': 'ok',
      'connection.credentials': 'problem',
      'models.all': 'skipped',
    });
    expect(findingOf(findings, 'connection.credentials').found).toContain('API key');
  });

  test('with a bad password', async () => {
    const user = { apiKey: undefined, password: 'wrong-password' };
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, user);
    expect(findingOf(findings, 'connection.credentials')).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('with this password'),
      fix: expect.stringContaining('ODOO_PASSWORD'),
    });
    expect(JSON.stringify(findings)).not.toContain('wrong-password');
  });

  test('with a password where Odoo asks for a second factor', async () => {
    const { url } = await serve((request, response) => {
      const answers: Record<string, unknown> = {
        '/web/version': VERSION,
        '/web/session/authenticate': { jsonrpc: '2.0', id: 1, result: { uid: null } },
        '/jsonrpc': { jsonrpc: '2.0', id: 1, result: request.body.includes('db_exist') },
      };
      json(200, answers[request.path])(request, response);
    });
    const { findings } = await examineAt({ url, apiKey: undefined, password: 'right' });
    expect(findingOf(findings, 'connection.second-factor')).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('asks the user bridge for a second factor'),
      fix: expect.stringContaining('Make an API key'),
    });
  });

  test('with a key that ended, as the settings say', async () => {
    const options = { apiKeyEnd: Date.UTC(2024, 0, 31) };
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, { apiKey: 'ended' }, options);
    expect(findingOf(findings, 'connection.credentials')).toMatchObject({
      found: 'Odoo does not accept the API key: it ended on 2024-01-31, as ODOO_API_KEY_EXPIRES says.',
      fix: expect.stringContaining('`setup --new-key`'),
    });
  });

  test.each(protocols)('into an unknown database over %s', async (protocol) => {
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, { protocol, db: 'nope' });
    expect(findingOf(findings, 'connection.database')).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('nope'),
      fix: expect.stringContaining('ODOO_DB'),
    });
    expect(findingOf(findings, 'connection.credentials').state).toBe('skipped');
  });

  test('with a password alone speaks a deprecated protocol, and says how to leave it', async () => {
    const user = { apiKey: undefined, password: sandbox.bridge.password };
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, user);
    expect(findingOf(findings, 'connection.protocol')).toMatchObject({
      state: 'warning',
      found: expect.stringMatching(/JSON-RPC, because there is no API key/),
      fix: expect.stringContaining('ODOO_API_KEY'),
    });
  });

  test.each(['jsonrpc', 'xmlrpc'] as const)('over %s because the settings say so', async (protocol) => {
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, { protocol });
    expect(gapsOf(findings)).toContain('warning connection.protocol');
    expect(findingOf(findings, 'connection.protocol').fix).toBe('Set ODOO_PROTOCOL to auto.');
  });

  test('with a key of another user than ODOO_LOGIN', async () => {
    const { findings } = await examineSandbox(sandbox, sandbox.bridge, { login: 'somebody' });
    expect(findingOf(findings, 'user.login').state).toBe('warning');
  });

  test.each([
    ['json2', 17, 'problem'],
    ['jsonrpc', 17, 'ok'],
    ['json2', 20, 'ok'],
  ] as const)('%s with Odoo %i is %s', (protocol, major, state) => {
    const settings = { db: 'x', login: 'bridge', protocol, apiKey: 'key' };
    const login = { protocol, uid: failed('odoo.timeout'), loginMatches: null };
    const findings = checkLogin(settings, login, major);
    expect(statesOf(findings)).toMatchObject({
      'connection.protocol': state,
      'connection.database': 'problem',
      'connection.credentials': 'skipped',
    });
  });
});
