import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ListenSettings, listen } from '../../src/http/listen.ts';
import { readTlsFiles, type TlsSettings, watchTlsFiles } from '../../src/http/tls.ts';
import { sharedInbox, temporaryFolder } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';
import { AUTHORITY, OTHER, RENEWED, SELF_SIGNED, SENDER, SERVER } from './certificates.ts';
import { envelope, type Face, HEADER, openFace } from './support.ts';

const shared = sharedInbox();

/** The paths of files with this certificate. */
function files({ cert, key }: { cert: string; key: string }, ca: string | null = null): TlsSettings {
  const folder = temporaryFolder();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    certificateFile: file('tls.crt', cert),
    keyFile: file('tls.key', key),
    clientCaFile: ca === null ? null : file('ca.crt', ca),
  };
}

async function served(
  face: Face,
  over: Partial<ListenSettings> = {},
): Promise<{ url: string; server: Awaited<ReturnType<typeof listen>>['server'] }> {
  const { server, url, stopWatching } = await listen(
    face.app,
    {
      host: '127.0.0.1',
      port: 0,
      requestTimeoutMs: 30_000,
      headersTimeoutMs: 10_000,
      keepAliveMs: 65_000,
      maxHeaderBytes: 8192,
      maxConnections: 100,
      maxConnectionsPerAddress: 100,
      handshakeTimeoutMs: 10_000,
      trustedProxies: [],
      tls: null,
      ...over,
    },
    face.log.log,
  );
  onTestFinished(async () => {
    stopWatching();
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url, server };
}

interface Got {
  status: number;
  headers: Record<string, unknown>;
  body: string;
  /** The serial number of the certificate that the server showed. */
  serial: string | null;
}

/** A request on a connection of its own. */
function ask(url: string, options: RequestOptions = {}, body?: string): Promise<Got> {
  const ask = url.startsWith('https') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = ask(url, { agent: false, ca: AUTHORITY, ...options }, async (response) => {
      const socket = response.socket as TLSSocket;
      const serial = 'getPeerCertificate' in socket ? socket.getPeerCertificate().serialNumber : null;
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, serial });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const post = (url: string, body: string, options: RequestOptions = {}) =>
  ask(`${url}/crvs`, { method: 'POST', ...options }, body);

describe('TLS', () => {
  it('is served where there is a certificate, and says so', async () => {
    const face = await openFace({}, { inbox: shared.inbox });
    const { url } = await served(face, { tls: files(SERVER) });
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { status, headers } = await post(url, await envelope());
    expect(status).toBe(202);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['x-content-type-options']).toBe('nosniff');
    await expect(ask(url, { ca: [] })).rejects.toMatchObject({ code: expect.stringMatching(/CERT|VERIFY/) });
    await expect(ask(url, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
    await expect(ask(url.replace('https', 'http'))).rejects.toThrow();
  });

  it('says nothing of TLS where there is none', async () => {
    const { url } = await served(await openFace({}, { inbox: shared.inbox }));
    expect((await ask(`${url}/healthz`)).headers['strict-transport-security']).toBeUndefined();
  });

  it('takes a renewed certificate without a restart, and keeps the old one where the new cannot be used', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const face = await openFace({}, { inbox: shared.inbox });
    const tls = files(SERVER);
    const { url } = await served(face, { tls });
    const before = (await ask(`${url}/healthz`)).serial;
    // Half of a renewal: the new certificate beside the old key.
    writeFileSync(tls.certificateFile, RENEWED.cert);
    vi.advanceTimersByTime(120_000);
    expect((await ask(`${url}/healthz`)).serial).toBe(before);
    expect(face.log.entries().filter(({ level }) => level === 'error')).toHaveLength(1);
    writeFileSync(tls.keyFile, RENEWED.key);
    vi.advanceTimersByTime(60_000);
    const after = (await ask(`${url}/healthz`)).serial;
    expect(after).not.toBe(before);
    expect(after).toMatch(/^[0-9A-F]+$/);
    expect(face.log.text()).toContain('read again');
  });

  it('looks at the files by itself, and stops when asked to', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const tls = files(SERVER);
    const setSecureContext = vi.fn();
    const stop = watchTlsFiles({ setSecureContext }, tls, readTlsFiles(tls), keptLog().log, 1000);
    vi.advanceTimersByTime(5000);
    expect(setSecureContext).not.toHaveBeenCalled();
    stop();
    writeFileSync(tls.certificateFile, RENEWED.cert);
    writeFileSync(tls.keyFile, RENEWED.key);
    vi.advanceTimersByTime(5000);
    expect(setSecureContext).not.toHaveBeenCalled();
  });

  it.each([
    ['no file', (tls: TlsSettings) => ({ ...tls, keyFile: '/nowhere/tls.key' }), 'server.tls_key_file'],
    ['no PEM', (tls: TlsSettings) => ({ ...tls, keyFile: tls.certificateFile }), 'server.tls_key_file'],
    [
      'no authorities',
      (tls: TlsSettings) => ({ ...tls, clientCaFile: '/nowhere/ca.crt' }),
      'server.tls_client_ca_file',
    ],
  ])('does not start with %s, and names the setting', async (_what, spoil, setting) => {
    const face = await openFace({}, { inbox: shared.inbox });
    await expect(served(face, { tls: spoil(files(SERVER)) })).rejects.toThrow(setting);
  });

  it('does not start with the key of another certificate', async () => {
    const face = await openFace({}, { inbox: shared.inbox });
    const tls = files({ cert: SERVER.cert, key: RENEWED.key });
    await expect(served(face, { tls })).rejects.toMatchObject({ name: 'TlsFilesError' });
  });
});

describe('client certificates', () => {
  it('are asked for where there is an authority, and only its own count', async () => {
    const face = await openFace({}, { inbox: shared.inbox });
    const { url } = await served(face, { tls: files(SERVER, AUTHORITY) });
    await expect(post(url, await envelope())).rejects.toThrow();
    await expect(post(url, await envelope(), SELF_SIGNED)).rejects.toThrow();
    expect((await post(url, await envelope(), OTHER)).status).toBe(202);
  });

  it('speak for their sender alone, where the settings say so', async () => {
    const face = await openFace({ clientIsSender: true }, { inbox: shared.inbox });
    const { url } = await served(face, { tls: files(SERVER, AUTHORITY) });
    const refused = await post(url, await envelope(), OTHER);
    expect([refused.status, JSON.parse(refused.body).message.error.code]).toEqual([
      401,
      'err.sender_id.invalid',
    ]);
    expect((await post(url, await envelope(), SENDER)).status).toBe(202);
    // The alternative names of the other's certificate get as far as the registry, which does not know them.
    for (const [sender_id, known] of [
      ['crvs.else', true],
      ['https://crvs.other/a', true],
      ['crvs.els', false],
    ] as const) {
      const body = await envelope(undefined, { header: { ...HEADER, sender_id } });
      const { message } = JSON.parse((await post(url, body, OTHER)).body);
      expect(message.error.message.includes('certificate'), sender_id).toBe(!known);
    }
  });

  it('cannot be replaced by a header, nor by plain HTTP', async () => {
    const face = await openFace({ clientIsSender: true }, { inbox: shared.inbox });
    const answer = await face.post('/crvs', await envelope(), {
      'x-forwarded-client-cert': 'CN=crvs.national.gov',
    });
    expect(answer.status).toBe(401);
  });
});

describe('the client’s address', () => {
  const refusal = async (trustedProxies: string[], forwarded: string | undefined) => {
    const face = await openFace({ trustedProxies }, { inbox: shared.inbox });
    const { url } = await served(face);
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    await post(url, 'nothing', { headers });
    expect(face.log.entries().filter(({ msg }) => msg === 'a request was refused')).toHaveLength(1);
    return face.log.entries().find(({ msg }) => msg === 'a request was refused')?.client;
  };

  it.each([
    [[], undefined, '127.0.0.1'],
    [[], '203.0.113.7', '127.0.0.1'],
    [['10.0.0.0/8'], '203.0.113.7', '127.0.0.1'],
    [['127.0.0.1'], '203.0.113.7', '203.0.113.7'],
    [['127.0.0.0/8'], '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    [['127.0.0.0/8', '10.0.0.0/8'], '203.0.113.7, 10.1.2.3', '203.0.113.7'],
    [['127.0.0.0/8'], '203.0.113.7, SECRET', '127.0.0.1'],
    [['127.0.0.0/8', '2001:db8::/32'], '2001:db9::1, 2001:db8::1', '2001:db9::1'],
    [['127.0.0.0/8'], '', '127.0.0.1'],
  ])('with %j trusted and %j forwarded is %s', async (trusted, forwarded, address) => {
    expect(await refusal(trusted, forwarded)).toBe(address);
  });

  it('is not logged of a message that is taken', async () => {
    const face = await openFace({ trustedProxies: ['127.0.0.1'] }, { inbox: shared.inbox });
    const { url } = await served(face);
    expect(
      (await post(url, await envelope(), { headers: { 'x-forwarded-for': '203.0.113.7' } })).status,
    ).toBe(202);
    expect(face.log.text()).not.toMatch(/203\.0\.113\.7|127\.0\.0\.1/);
  });
});

describe('the server’s limits', () => {
  it('are those of the settings', async () => {
    const { server } = await served(await openFace({}, { inbox: shared.inbox }), {
      headersTimeoutMs: 40_000,
    });
    expect(server).toMatchObject({
      requestTimeout: 30_000,
      headersTimeout: 30_000,
      keepAliveTimeout: 65_000,
      // What comes within one turn is for Node to bound; test/http/connections.integration.test.ts has our bounds.
      maxConnections: 228,
    });
  });

  it('431 for headers that are too large', async () => {
    const { url } = await served(await openFace({}, { inbox: shared.inbox }));
    expect((await ask(`${url}/healthz`, { headers: { x: 'a'.repeat(9000) } })).status).toBe(431);
  });

  it('413 says that the connection ends, with a length and without one', async () => {
    const { url } = await served(await openFace({}, { inbox: shared.inbox }));
    const body = 'x'.repeat(200_000);
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const connection = new Agent({ keepAlive: true });
      const answer = await post(url, body, { headers, agent: connection });
      expect([answer.status, answer.headers.connection]).toEqual([413, 'close']);
      connection.destroy();
    }
  });

  it('one connection too many takes the place of one that is idle', async () => {
    const { url } = await served(await openFace({}, { inbox: shared.inbox }), { maxConnections: 1 });
    const port = Number(new URL(url).port);
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    const second = connect(port, '127.0.0.1');
    await once(first, 'close');
    expect(second.readyState).toBe('open');
    second.destroy();
  });
});

it('security headers are on every answer', async () => {
  const face = await openFace({}, { inbox: shared.inbox });
  const answers = [
    await face.post('/crvs', await envelope()),
    await face.post('/crvs', ''),
    await face.get('/healthz'),
    await face.get('/readyz'),
    await face.get('/nothing'),
    await face.get('/api/status'),
  ];
  for (const { headers } of answers) {
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  }
});
