import { describe, expect, it, onTestFinished } from 'vitest';
import { type FetchJwksOptions, fetchJwks, MAX_JWKS_BYTES } from '../../src/registry-keys/fetch.ts';
import { JwksError } from '../../src/registry-keys/jwks-error.ts';
import { closedUrl, serve } from '../server.ts';
import { FETCH, keyServer, MINUTE, pair } from './support.ts';

const one = pair('one');

/** The code of the failure; `fetched` where there was none. */
async function failure(url: string, over: Partial<FetchJwksOptions> = {}): Promise<string> {
  try {
    await fetchJwks(url, { ...FETCH, ...over });
    return 'fetched';
  } catch (error) {
    expect(error).toBeInstanceOf(JwksError);
    return (error as JwksError).code;
  }
}

describe('fetching a key set', () => {
  it('gives every key that can verify, by whatever kid', async () => {
    const named = pair('crvs.a|key-1|ed25519');
    const nameless = pair(undefined, 'ES256');
    const sealing = { ...pair('seal', 'RS256').jwk, use: 'enc', alg: 'RSA-OAEP-256' };
    const server = await keyServer(one.jwk, named.jwk, nameless.jwk, sealing);
    const { keys, refused, lifetimeMs } = await fetchJwks(server.url, FETCH);
    expect(keys.map(({ kid }) => kid)).toEqual(['one', 'crvs.a|key-1|ed25519', nameless.key.thumbprint]);
    expect(refused.map(({ kid, error }) => [kid, error.code])).toEqual([['seal', 'key.use']]);
    expect(lifetimeMs).toBe(15 * MINUTE);
  });

  it.each([
    [{ 'cache-control': 'public, max-age=600' }, 10],
    [{ 'cache-control': 'max-age=600', age: '300' }, 5],
    [{ 'cache-control': 'max-age=999999999' }, 60],
    [{ 'cache-control': 'max-age=0' }, 1],
    [{ 'cache-control': 'no-store' }, 1],
    [{ expires: 'Mon, 24 Nov 2025 16:20:00 GMT', date: 'Mon, 24 Nov 2025 16:00:00 GMT' }, 20],
    [{ expires: '0' }, 1],
    [{ 'cache-control': 'max-age=120', expires: 'Mon, 24 Nov 2125 16:20:00 GMT' }, 2],
  ])('keeps it as long as %j says, within the bounds: %i minutes', async (headers, minutes) => {
    const server = await keyServer(one.jwk);
    Object.assign(server.headers, headers);
    expect((await fetchJwks(server.url, FETCH)).lifetimeMs).toBe(minutes * MINUTE);
  });

  it('follows a redirect within the host', async () => {
    const server = await keyServer(one.jwk);
    server.answer = ({ path }, response) => {
      if (path === '/new') response.end(JSON.stringify({ keys: [one.jwk] }));
      else response.writeHead(302, { location: '/new' }).end();
    };
    expect((await fetchJwks(server.url, FETCH)).keys).toHaveLength(1);
  });

  it('does not follow one to another host, another port or without end', async () => {
    const other = await keyServer(one.jwk);
    const server = await keyServer();
    const to = (location?: string) => {
      server.answer = (_request, response) =>
        response.writeHead(301, location === undefined ? {} : { location }).end();
    };
    for (const location of [other.url, server.url.replace('127.0.0.1', 'localhost'), undefined, 'http://[']) {
      to(location);
      expect(await failure(server.url), location).toBe('jwks.redirect');
    }
    expect(other.asked).toBe(0);
    to(server.url);
    server.asked = 0;
    expect(await failure(server.url)).toBe('jwks.redirect');
    expect(server.asked).toBe(4);
  });

  it('stops reading an answer that is too large, announced or not', async () => {
    const server = await keyServer();
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': String(MAX_JWKS_BYTES + 1) });
      response.write('{');
    };
    expect(await failure(server.url)).toBe('jwks.too_large');
    let sent = 0;
    server.answer = (_request, response) => {
      const more = (): void => {
        sent += 65_536;
        if (!response.destroyed) response.write(' '.repeat(65_536), () => setImmediate(more));
      };
      more();
    };
    expect(await failure(server.url)).toBe('jwks.too_large');
    expect(sent).toBeLessThan(64 * MAX_JWKS_BYTES);
  });

  it('takes one that is just as large as allowed', async () => {
    const server = await keyServer();
    server.answer = (_request, response) =>
      response.end(JSON.stringify({ keys: [one.jwk] }).padEnd(MAX_JWKS_BYTES));
    expect(await failure(server.url)).toBe('fetched');
  });

  it.each([
    ['never answers', (): void => {}],
    [
      'drips',
      (_request: unknown, response: { write(text: string): boolean; destroyed: boolean }): void => {
        const timer = setInterval(() => {
          if (response.destroyed) clearInterval(timer);
          else response.write(' ');
        }, 5);
      },
    ],
  ])('gives up a server that %s', async (_what, answer) => {
    const server = await keyServer();
    server.answer = answer;
    expect(await failure(server.url, { timeoutMs: 100 })).toBe('jwks.timeout');
  });

  it('gives up a name that nobody resolves in time', async () => {
    const resolve = () => new Promise<never>(() => {});
    expect(await failure('http://jwks.test/', { timeoutMs: 20, resolve })).toBe('jwks.timeout');
  });

  it.each([
    ['a web page', 'text/html; charset=utf-8', '<!doctype html><p>SECRET</p>', 'jwks.html'],
    ['a web page that says to be JSON', 'application/json', '\n<html>SECRET', 'jwks.html'],
    ['text', 'application/json', 'SECRET', 'jwks.not_json'],
    ['nothing', 'application/json', '', 'jwks.not_json'],
    ['no set', 'application/json', '{"SECRET": 1}', 'jwks.no_keys'],
    ['null', 'application/json', 'null', 'jwks.no_keys'],
    ['an empty set', 'application/json', '{"keys": []}', 'jwks.no_keys'],
    [
      'only keys that cannot be used',
      'application/json',
      '{"keys": [{"kty": "oct", "k": "SECRET"}]}',
      'jwks.no_keys',
    ],
    [
      'too many keys',
      'application/json',
      JSON.stringify({ keys: Array(101).fill({}) }),
      'jwks.too_many_keys',
    ],
  ])('refuses %s, and quotes nothing of it', async (_what, type, body, code) => {
    const server = await keyServer();
    server.answer = (_request, response) => response.writeHead(200, { 'content-type': type }).end(body);
    const error = await fetchJwks(server.url, FETCH).catch((caught: JwksError) => caught);
    expect(error).toMatchObject({ name: 'JwksError', code });
    expect(JSON.stringify(error) + (error as JwksError).message).not.toContain('SECRET');
  });

  it('refuses different keys under one kid, whole; the same key twice is one', async () => {
    const server = await keyServer(one.jwk, pair('other').jwk, pair('one').jwk);
    expect(await failure(server.url)).toBe('jwks.duplicate_kid');
    server.keys = [one.jwk, one.jwk];
    expect((await fetchJwks(server.url, FETCH)).keys).toHaveLength(1);
  });

  it('refuses an error of the server, and a compressed answer', async () => {
    const server = await keyServer();
    server.answer = (_request, response) => response.writeHead(503).end();
    await expect(fetchJwks(server.url, FETCH)).rejects.toMatchObject({ code: 'jwks.status', detail: '503' });
    server.answer = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    expect(await failure(server.url)).toBe('jwks.encoding');
  });

  it('says where nobody listens, where the name is unknown, and where the answer breaks off', async () => {
    const closed = await closedUrl();
    await expect(fetchJwks(closed, FETCH)).rejects.toMatchObject({
      code: 'jwks.unreachable',
      detail: 'ECONNREFUSED',
    });
    const resolve = () => Promise.reject(Object.assign(new Error('SECRET'), { code: 'ENOTFOUND' }));
    await expect(fetchJwks('http://jwks.test/', { ...FETCH, resolve })).rejects.toMatchObject({
      code: 'jwks.unreachable',
      detail: 'ENOTFOUND',
    });
    const server = await keyServer();
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    };
    expect(await failure(server.url)).toBe('jwks.unreachable');
  });

  it('talks https only by default', async () => {
    const server = await keyServer(one.jwk);
    expect(await failure(server.url, { allowHttp: false })).toBe('jwks.not_https');
    for (const url of [
      'ftp://crvs.example/',
      'file:///etc/passwd',
      'jwks',
      '',
      'https://user:pw@crvs.example/',
    ]) {
      expect(await failure(url), url).toBe('jwks.url');
    }
    // Plain text where TLS is expected.
    expect(await failure(server.url.replace('http:', 'https:'))).toBe('jwks.unreachable');
  });

  it('asks no address that is not public by default, however it is written', async () => {
    const server = await keyServer(one.jwk);
    const port = new URL(server.url).port;
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '0.0.0.0',
    ]) {
      expect(await failure(`http://${host}:${port}/`, { allowPrivateAddresses: false }), host).toBe(
        'jwks.private_address',
      );
    }
    expect(server.asked).toBe(0);
  });

  it('refuses a name that leads to a public and a private address', async () => {
    const resolve = async () => [
      { address: '8.8.8.8', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ];
    expect(await failure('http://jwks.test/', { allowPrivateAddresses: false, resolve })).toBe(
      'jwks.private_address',
    );
  });

  it('connects to the very address that was checked: the name is resolved once', async () => {
    const server = await keyServer(one.jwk);
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '192.0.2.1', family: 4 }];
    };
    let host: string | undefined;
    server.answer = (request, response) => {
      host = request.headers.host;
      response.end(JSON.stringify({ keys: [one.jwk] }));
    };
    const { port } = new URL(server.url);
    // No such name exists: only the given address can have been connected to.
    const { keys } = await fetchJwks(`http://keys.crvs.invalid:${port}/`, { ...FETCH, resolve });
    expect([keys.length, asked, host]).toEqual([1, 1, `keys.crvs.invalid:${port}`]);
  });

  it('checks the address again after a redirect', async () => {
    const server = await keyServer();
    server.answer = (_request, response) => response.writeHead(302, { location: '/' }).end();
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [];
    };
    const { port } = new URL(server.url);
    expect(await failure(`http://keys.crvs.invalid:${port}/`, { resolve })).toBe('jwks.unreachable');
    expect(asked).toBe(2);
  });

  it('sends no credentials and no cookies', async () => {
    let headers: unknown;
    const { url } = await serve((request, response) => {
      headers = request.headers;
      response.end(JSON.stringify({ keys: [one.jwk] }));
    });
    await fetchJwks(url, FETCH);
    expect(Object.keys(headers as object).sort()).toEqual(
      ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'].sort(),
    );
  });

  it('stops when it is asked to', async () => {
    const server = await keyServer();
    const stopping = new AbortController();
    onTestFinished(() => stopping.abort());
    server.answer = () => stopping.abort();
    expect(await failure(server.url, { signal: stopping.signal })).toBe('jwks.timeout');
  });
});
