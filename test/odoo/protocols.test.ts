import { describe, expect, test } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { type Answering, closedUrl, type Respond, serve } from '../server.ts';
import { failure } from './failure.ts';
import { ANSWERS, calls, type FakeFault, html, PROTOCOLS, SETTINGS, serveOdoo } from './fake-server.ts';

const FAULTS: [code: string, fault: FakeFault, sentence: string][] = [
  [
    'odoo.refused',
    { name: 'odoo.exceptions.ValidationError', message: 'Not <so> & "so".\n', status: 422, faultCode: 2 },
    'Not <so> & "so".',
  ],
  [
    'odoo.refused',
    { name: 'builtins.ValueError', message: "Invalid field 'x' in 'y'" },
    "Invalid field 'x' in 'y'",
  ],
  [
    'odoo.access',
    { name: 'odoo.exceptions.AccessError', message: 'You may not.', status: 403, faultCode: 4 },
    'You may not.',
  ],
  [
    'odoo.missing',
    {
      name: 'odoo.exceptions.MissingError',
      message: 'Gone.\n(Record: x(1,), User: 7)',
      status: 404,
      faultCode: 2,
    },
    'Gone.\n(Record: x(1,), User: 7)',
  ],
  [
    'odoo.authentication',
    { name: 'odoo.exceptions.AccessDenied', message: 'Access Denied', status: 403, faultCode: 3 },
    'Odoo does not accept this login with this API key or password.',
  ],
  [
    'odoo.conflict',
    { name: 'psycopg2.errors.SerializationFailure', message: 'could not serialize access\n' },
    'could not serialize access',
  ],
  [
    'odoo.unavailable',
    { name: 'psycopg2.OperationalError', message: 'Connection refused\n\tIs the server running?\n' },
    'Connection refused\n\tIs the server running?',
  ],
];

describe.each(PROTOCOLS)('%s', (protocol) => {
  const { result, fault } = ANSWERS[protocol];

  async function against(respond: Respond, over: { timeoutMs?: number; path?: string } = {}) {
    const { url, seen } = await serveOdoo(protocol, respond);
    const { path = '', ...settings } = over;
    return { odoo: connectOdoo({ ...SETTINGS, url: url + path, protocol, ...settings }), seen };
  }

  const count = (odoo: OdooClient) => odoo.call('res.partner', 'search_count', { domain: [] });

  test.each([
    [
      'rows',
      [{ id: 1, name: 'Ana <&> "é" 😀', active: true, ref: false, age: 1.5, owner: [7, 'x'], tags: [] }],
    ],
    ['true', true],
    ['false', false],
    ['a number', 42],
    ['an empty text', ''],
    ['an empty list', []],
    ['an empty struct', {}],
    ['None', null],
  ])('gives the result as it is: %s', async (_name, value) => {
    const { odoo } = await against(result(value));
    expect(await odoo.call('res.partner', 'x', { ids: [1] })).toEqual(value);
    expect(odoo.protocol).toBe(protocol);
  });

  test.each(FAULTS)('%s: $name', async (code, exception, sentence) => {
    const { odoo } = await against(fault(exception));
    const error = await failure(odoo.call('res.partner', 'write', { ids: [1], vals: {} }));
    expect(error).toMatchObject({ code, sentence, protocol, model: 'res.partner', method: 'write' });
  });

  test('a server that nobody runs is unreachable', async () => {
    const odoo = connectOdoo({ ...SETTINGS, url: await closedUrl(), protocol });
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unreachable' });
  });

  test('a connection closed before the answer began is unreachable', async () => {
    const { odoo } = await against((_request, response) => response.destroy());
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unreachable' });
  });

  test('an answer cut in half is unavailable, even where HTTP thinks it whole', async () => {
    const { odoo } = await against((request, response) => {
      const captured = { text: '' };
      const recorder = {
        writeHead: () => recorder,
        end: (text: string) => {
          captured.text = text;
        },
      };
      result([{ id: 1, name: 'Ana' }])(request, recorder as unknown as Answering);
      response.writeHead(200).end(captured.text.slice(0, captured.text.length / 2));
    });
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unavailable' });
  });

  test.each([500, 502, 503, 504, 429, 404, 200])(
    'an HTML page with status %i is unavailable',
    async (status) => {
      const { odoo } = await against(html(status));
      expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unavailable', sentence: undefined });
    },
  );

  test('an empty answer is unavailable', async () => {
    const { odoo } = await against((_request, response) => response.writeHead(200).end());
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unavailable' });
  });

  test.each([401, 403])('a proxy that answers %i is for an operator to correct', async (status) => {
    const { odoo } = await against(html(status));
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.authentication' });
  });

  test('a body that a proxy finds too large is refused, so that half of it is tried', async () => {
    const { odoo } = await against(html(413));
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.refused', transient: false });
  });

  test('a redirect is not followed: it would carry the key', async () => {
    const { url, seen } = await serve((_request, response) =>
      response.writeHead(302, { location: '/elsewhere' }).end(),
    );
    const odoo = connectOdoo({ ...SETTINGS, url, protocol });
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unavailable' });
    expect(seen).toHaveLength(1);
  });

  test('a call that was aborted before it began asks nothing', async () => {
    const reason = new Error('too late');
    const { odoo, seen } = await against(result(1));
    const signal = AbortSignal.abort(reason);
    await expect(odoo.call('res.partner', 'search_count', { domain: [] }, { signal })).rejects.toBe(reason);
    expect(seen).toEqual([]);
  });

  test('a path prefix of the URL comes before every path, a trailing slash or not', async () => {
    const { odoo, seen } = await against(result(1), { path: '/behind/proxy/' });
    await count(odoo);
    expect(seen.every(({ path }) => path.startsWith('/behind/proxy/') && !path.includes('//'))).toBe(true);
  });

  test('calls that run at once get their own answers', async () => {
    const { odoo } = await against((request, response) => {
      result(request.body.includes('first') ? 1 : 2)(request, response);
    });
    const first = odoo.call('res.partner', 'search_count', { domain: [['name', '=', 'first']] });
    const second = odoo.call('res.partner', 'search_count', { domain: [['name', '=', 'second']] });
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  test('no error says the key, the password or the URL in its message', async () => {
    const odoo = connectOdoo({ ...SETTINGS, url: await closedUrl(), protocol });
    const { message, stack } = await failure(count(odoo));
    for (const secret of ['key-of-robot', 'password-of-robot', '127.0.0.1']) {
      expect(message + stack).not.toContain(secret);
    }
  });
});

/** JSON-2 logs in nowhere: the other two share these tests. */
describe.each(['jsonrpc', 'xmlrpc'] as const)('%s login', (protocol) => {
  const { result, fault } = ANSWERS[protocol];
  const count = (odoo: OdooClient) => odoo.call('res.partner', 'search_count', { domain: [] });

  test('is asked once for all calls, also for those that run at once', async () => {
    const { url, seen } = await serveOdoo(protocol, result(1));
    const odoo = connectOdoo({ ...SETTINGS, url, protocol });
    await Promise.all([count(odoo), count(odoo), odoo.uid()]);
    await count(odoo);
    expect(await odoo.uid()).toBe(7);
    expect(seen.length - calls(seen).length).toBe(1);
  });

  test('is asked again after Odoo refused the uid', async () => {
    const answers = [
      fault({ name: 'odoo.exceptions.AccessDenied', message: 'Access Denied', faultCode: 3 }),
      result(1),
    ];
    const { url, seen } = await serveOdoo(protocol, (...exchange) => answers.shift()?.(...exchange));
    const odoo = connectOdoo({ ...SETTINGS, url, protocol });
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.authentication' });
    expect(await count(odoo)).toBe(1);
    expect(seen.length - calls(seen).length).toBe(2);
  });

  test('refused with false is an authentication error, and is asked again by the next call', async () => {
    const answers = [result(false), result(7), result(1)];
    const { url } = await serve((...exchange) => answers.shift()?.(...exchange));
    const odoo = connectOdoo({ ...SETTINGS, url, protocol });
    expect(await failure(count(odoo))).toMatchObject({
      code: 'odoo.authentication',
      sentence: 'Odoo does not accept this login with this API key or password.',
    });
    expect(await count(odoo)).toBe(1);
  });

  test('a database that is no Odoo of any kind is an authentication error too', async () => {
    const { url } = await serve(fault({ name: 'builtins.KeyError', message: "'res.users'" }));
    const odoo = connectOdoo({ ...SETTINGS, url, protocol });
    expect(await failure(odoo.uid())).toMatchObject({ code: 'odoo.authentication' });
  });

  test('the first caller may give up while the second waits on', async () => {
    const asked = Promise.withResolvers<() => void>();
    const answers: Respond[] = [(...exchange) => asked.resolve(() => result(7)(...exchange)), result(1)];
    const { url } = await serve((...exchange) => answers.shift()?.(...exchange));
    const odoo = connectOdoo({ ...SETTINGS, url, protocol });
    const controller = new AbortController();
    const first = odoo.call('res.partner', 'search_count', { domain: [] }, { signal: controller.signal });
    const second = count(odoo);
    const answer = await asked.promise;
    controller.abort(new Error('gave up'));
    await expect(first).rejects.toThrow('gave up');
    answer();
    expect(await second).toBe(1);
  });
});
