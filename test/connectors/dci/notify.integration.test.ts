import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { serve } from '@hono/node-server';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { envelope, type Face, openFace } from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
});

describe('over real HTTP', () => {
  async function listening(): Promise<number> {
    const server = serve({ fetch: face.app.fetch, hostname: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    onTestFinished(() => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }
  async function post(port: number, body: string | string[], headers: Record<string, string>) {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/crvs', method: 'POST', headers });
    request.on('error', () => {});
    const chunks = typeof body === 'string' ? [body] : body;
    for (const chunk of chunks.slice(0, -1)) request.write(chunk);
    request.end(chunks.at(-1));
    const [response] = await once(request, 'response');
    return { status: response.statusCode as number, json: (await readJson(response)) as object };
  }

  it('a message is taken whole, in one piece or in many', async () => {
    const port = await listening();
    const body = await envelope();
    expect(await post(port, body, { 'content-length': String(Buffer.byteLength(body)) })).toMatchObject({
      status: 202,
    });
    const pieces = [body.slice(0, 100), body.slice(100, 101), body.slice(101)];
    expect(await post(port, pieces, { 'transfer-encoding': 'chunked' })).toMatchObject({ status: 202 });
    expect(await face.inbox.list({})).toHaveLength(1);
  });

  it('a message that is too large is refused, in one piece or in many', async () => {
    const port = await listening();
    const large = 'x'.repeat(100_001);
    for (const headers of [{ 'content-length': '100001' }, { 'transfer-encoding': 'chunked' }]) {
      expect(await post(port, [large.slice(0, 60_000), large.slice(60_000)], headers)).toMatchObject({
        status: 413,
        json: { message: { ack_status: 'ERR' } },
      });
    }
  });
});
