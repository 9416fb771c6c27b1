import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { SETTINGS } from './fake-server.ts';

/** An Odoo behind a proxy that cuts clients that send more than so many bytes. */
async function cutting(bytes: number, answer: string, type: string): Promise<string> {
  const server = createServer((request, response) => {
    let came = 0;
    request.on('data', (chunk: Buffer) => {
      came += chunk.length;
      if (came > bytes) request.socket.resetAndDestroy();
    });
    request.on('error', () => {});
    request.on('end', () => response.setHeader('content-type', type).end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const large = { values: 'x'.repeat(400_000) };
const login = (protocol: string) =>
  protocol === 'xmlrpc'
    ? '<?xml version="1.0"?><methodResponse><params><param><value><int>7</int></value></param></params></methodResponse>'
    : JSON.stringify(protocol === 'json2' ? 7 : { jsonrpc: '2.0', id: 1, result: 7 });

test.each(['json2', 'jsonrpc', 'xmlrpc'] as const)(
  'over %s a large request that is cut names its size, and a small one does not',
  async (protocol) => {
    const type = protocol === 'xmlrpc' ? 'text/xml' : 'application/json';
    const odoo = connectOdoo({ ...SETTINGS, protocol, url: await cutting(100_000, login(protocol), type) });
    await expect(odoo.call('res.partner', 'create', large)).rejects.toMatchObject({
      code: 'odoo.request_cut',
      transient: true,
      requestBytes: expect.any(Number),
    });
    const refusing = connectOdoo({ ...SETTINGS, protocol, url: await cutting(0, login(protocol), type) });
    await expect(refusing.call('res.partner', 'create', { values: 'x' })).rejects.toMatchObject({
      code: 'odoo.unreachable',
    });
  },
);
