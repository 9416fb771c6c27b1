import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** Statuses for which `Response` takes no body. */
const BODILESS = new Set([204, 205, 304]);

/**
 * A `fetch` that accepts any TLS certificate, for the little of `fetch` that the bridge uses. Node's own has no
 * switch for it short of one for the whole process.
 */
export function fetchUnverified(url: string, init: RequestInit): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const { method = 'GET', signal, body } = init;
  const headers = { ...(init.headers as Record<string, string>) };
  const options = { method, headers, rejectUnauthorized: false, ...(signal ? { signal } : {}) };
  const outgoing = request(url, options, (incoming) => {
    const status = incoming.statusCode ?? 0;
    try {
      const body = BODILESS.has(status) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
      resolve(new Response(body, { status, headers: headersOf(incoming.headersDistinct) }));
    } catch (error) {
      // A status that HTTP does not have.
      incoming.destroy();
      reject(error);
    }
  });
  outgoing.on('error', reject);
  outgoing.end(body ?? undefined);
  return promise;
}

function headersOf(distinct: NodeJS.Dict<string[]>): [string, string][] {
  return Object.entries(distinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
}
