import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connectOdoo } from '../../src/odoo/connect.ts';
import type { Respond } from '../server.ts';
import { ANSWERS, SETTINGS } from './fake-server.ts';

// A key and a certificate that nobody trusts: made for this test, CN=127.0.0.1, self-signed.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6oYLccDhDT51BJfJ
YpeIs8JSzqfb9ZidSB/IQ6EiGSyhRANCAAR0U1w4byiaf3QcIp/LWcN5YKIpFBXX
qAJKseZlwaQxuTKKkbenG0nziRW+45j4lPnsER//hqPRJ/ghbStg/Qx3
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUBw9WknnWj9ZlCICGchsvozqhq98wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMTA0MzM1NVoYDzIxMjYxMDI4
MDQzMzU1WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR0U1w4byiaf3QcIp/LWcN5YKIpFBXXqAJKseZlwaQxuTKKkbenG0nz
iRW+45j4lPnsER//hqPRJ/ghbStg/Qx3o1MwUTAdBgNVHQ4EFgQU5yIg8scN6Fba
1UFq4X6gxXeRPRUwHwYDVR0jBBgwFoAU5yIg8scN6Fba1UFq4X6gxXeRPRUwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBDiAylEQ7JmUK8DzDuqVXg
ZocdU37rNno1s8lMttPWmgIgNL8bVnY4PY3rXxAP1BO2TM/L2blH/6R7MbbEq0EN
Dv4=
-----END CERTIFICATE-----`;

async function serveTls(respond: Respond): Promise<string> {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = incoming;
    respond({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') }, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const COUNT = ['res.partner', 'search_count', { domain: [] }] as const;

test.each(['json2', 'jsonrpc', 'xmlrpc'] as const)(
  '%s trusts no unknown certificate, unless it is set to',
  async (protocol) => {
    const url = await serveTls(ANSWERS[protocol].result(7));
    const settings = { ...SETTINGS, url, protocol };
    await expect(connectOdoo(settings).call(...COUNT)).rejects.toMatchObject({ code: 'odoo.unreachable' });
    expect(await connectOdoo({ ...settings, verifyTls: false }).call(...COUNT)).toBe(7);
  },
);

test('without verification, all else is as with it', async () => {
  const settings = { ...SETTINGS, protocol: 'json2' as const, verifyTls: false };
  const statuses = [204, 502, 999];
  const url = await serveTls((_request, response) => response.writeHead(statuses.shift() ?? 500).end());
  const odoo = connectOdoo({ ...settings, url });
  await expect(odoo.call(...COUNT)).rejects.toMatchObject({ code: 'odoo.unavailable' });
  await expect(odoo.call(...COUNT)).rejects.toMatchObject({ code: 'odoo.unavailable' });
  await expect(odoo.call(...COUNT)).rejects.toMatchObject({ transient: true });

  const cut = await serveTls((_request, response) => {
    response.writeHead(200, { 'content-length': '500' });
    response.write('[{"id": 1', () => response.destroy());
  });
  await expect(connectOdoo({ ...settings, url: cut }).call(...COUNT)).rejects.toMatchObject({
    code: 'odoo.unavailable',
  });

  const silent = await serveTls(() => {});
  const waiting = connectOdoo({ ...settings, url: silent }).call(...COUNT, { timeoutMs: 100 });
  await expect(waiting).rejects.toMatchObject({ code: 'odoo.timeout' });
});
