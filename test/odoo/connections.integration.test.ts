import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { listen, type Respond } from '../server.ts';
import { failure } from './failure.ts';
import { ANSWERS, isLogin, PROTOCOLS, SETTINGS } from './fake-server.ts';

// With real connections: what is cut in the middle of an answer, and whether a connection is closed, nock cannot show.
describe.each(PROTOCOLS)('%s', (protocol) => {
  const { result } = ANSWERS[protocol];

  async function against(respond: Respond<ServerResponse>, timeoutMs: number = SETTINGS.timeoutMs) {
    const { url, close } = await listen<ServerResponse>((request, response) =>
      isLogin(request) ? result(7)(request, response) : respond(request, response),
    );
    onTestFinished(close);
    return { odoo: connectOdoo({ ...SETTINGS, url, protocol, timeoutMs }) };
  }

  const count = (odoo: OdooClient) => odoo.call('res.partner', 'search_count', { domain: [] });

  test('gives a text of 300 kB as it is, over any number of packets', async () => {
    const long = 'Añ<&>😀 '.repeat(30_000);
    const { odoo } = await against(result([{ id: 1, raw: long }]));
    expect(await odoo.call('res.partner', 'read', { ids: [1] })).toEqual([{ id: 1, raw: long }]);
  });

  test('an answer that ends before its Content-Length is unavailable', async () => {
    const { odoo } = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"jsonrpc": "2.0", "id": 1, ', () => response.destroy());
    });
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.unavailable' });
  });

  test('an answer that does not come in time is a time-out; the connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    const { odoo } = await against((_request, response) => {
      response.on('close', () => closed.resolve());
      vi.advanceTimersByTime(SETTINGS.timeoutMs);
    });
    // A login that takes long is none of this.
    if (protocol !== 'json2') await odoo.uid();
    // The time is over once the call has arrived: on a busy machine it may come later than any short time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await failure(count(odoo))).toMatchObject({
      code: 'odoo.timeout',
      model: 'res.partner',
      method: 'search_count',
    });
    await closed.promise;
  });

  test('an answer that begins and does not end in time is a time-out', async () => {
    const { odoo } = await against((_request, response) => response.writeHead(200).write('<'), 50);
    expect(await failure(count(odoo))).toMatchObject({ code: 'odoo.timeout' });
  });

  test('an aborted call rejects with the reason of its signal and closes the connection', async () => {
    const controller = new AbortController();
    const reason = new Error('shutting down');
    const closed = Promise.withResolvers<void>();
    const { odoo } = await against((_request, response) => {
      response.on('close', () => closed.resolve());
      controller.abort(reason);
    });
    const { signal } = controller;
    await expect(odoo.call('res.partner', 'search_count', { domain: [] }, { signal })).rejects.toBe(reason);
    await closed.promise;
  });
});
