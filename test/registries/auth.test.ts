import { describe, expect, it } from 'vitest';
import { keptLog } from '../senders/support.ts';
import { CLIENT } from './stand-in.ts';
import { clientOf, errorOf, FakeTime, oauth2, standIn } from './support.ts';

describe('OAuth2', () => {
  it.each(['body', 'query'] as const)('gives the credentials in the %s', async (location) => {
    const registry = await standIn({ oauth2: { location, scope: 'record search' } });
    const auth = { ...oauth2(registry, location), scope: 'record search' };
    await clientOf(registry, { auth }).searchById('BRN', '1');
    const [{ query, form } = { query: '', form: '' }] = registry.tokens;
    const [given, other] = location === 'body' ? [form, query] : [query, form];
    expect(new URLSearchParams(given).get('client_secret')).toBe(CLIENT.clientSecret);
    expect(other).toBe('');
  });

  it('takes one token for calls in parallel, and keeps it until a minute before its end', async () => {
    const registry = await standIn({ oauth2: { location: 'body', expiresIn: '600' } });
    const timing = new FakeTime();
    const client = clientOf(registry, { auth: oauth2(registry) }, { timing });
    await Promise.all(Array.from({ length: 20 }, () => client.searchById('BRN', '1')));
    expect(registry.tokenRequests).toBe(1);
    timing.ms += 539_000;
    await client.searchById('BRN', '1');
    expect(registry.tokenRequests).toBe(1);
    timing.ms += 2000;
    await client.searchById('BRN', '1');
    expect(registry.tokenRequests).toBe(2);
  });

  it('keeps a short-lived token for half of its life', async () => {
    const registry = await standIn({ oauth2: { location: 'body', expiresIn: 60 } });
    const timing = new FakeTime();
    const client = clientOf(registry, { auth: oauth2(registry) }, { timing });
    await client.searchById('BRN', '1');
    timing.ms += 29_000;
    await client.searchById('BRN', '1');
    expect(registry.tokenRequests).toBe(1);
    timing.ms += 2000;
    await client.searchById('BRN', '1');
    expect(registry.tokenRequests).toBe(2);
  });

  it('renews it once, for all, when the registry no longer knows it', async () => {
    const registry = await standIn({ oauth2: { location: 'body' } });
    const client = clientOf(registry, { auth: oauth2(registry) });
    await client.searchById('BRN', '1');
    registry.revoke();
    await Promise.all(Array.from({ length: 8 }, () => client.searchById('BRN', '1')));
    expect(registry.tokenRequests).toBe(2);
  });

  it('gives up where a fresh token is refused, too', async () => {
    const registry = await standIn({
      oauth2: { location: 'body' },
      fault: onlyAt('/registry/sync/search', 401),
    });
    const error = await errorOf(clientOf(registry, { auth: oauth2(registry) }).searchById('BRN', '1'));
    expect(error).toMatchObject({ code: 'registry.unauthorized', status: 401 });
    expect(registry.tokenRequests).toBe(2);
  });

  it('forgets it on request', async () => {
    const registry = await standIn({ oauth2: { location: 'body' } });
    const client = clientOf(registry, { auth: oauth2(registry) });
    await client.searchById('BRN', '1');
    client.clearTokenCache();
    await client.searchById('BRN', '1');
    expect(registry.tokenRequests).toBe(2);
  });

  it('says what the token endpoint said, and no secret', async () => {
    const registry = await standIn({ oauth2: { location: 'query' } });
    const auth = oauth2(registry, 'query', { clientSecret: 'wrong-secret' });
    const error = await errorOf(clientOf(registry, { auth }).searchById('BRN', '1'));
    expect(error).toMatchObject({ code: 'registry.token', status: 401, registryCode: 'invalid_client' });
    expect(error.registryMessage).toBe('no such client');
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toMatch(/wrong-secret|no such client/);
    expect(registry.tokenRequests).toBe(1);
  });

  it.each<[string, unknown]>([
    ['no token', { expires_in: 3600 }],
    ['a token that is no header', { access_token: 'two\nlines' }],
    ['no JSON', 'hello'],
  ])('takes no answer with %s', async (_, body) => {
    const registry = await standIn({
      fault: ({ path }) => (path === '/token' ? { status: 200, body } : null),
    });
    const error = await errorOf(clientOf(registry, { auth: oauth2(registry) }).searchById('BRN', '1'));
    expect(error.code).toBe('registry.token');
  });

  it('asks again where the token endpoint is busy', async () => {
    const registry = await standIn({
      oauth2: { location: 'body' },
      fault: ({ path, count }) => (path === '/token' && count < 2 ? { status: 503 } : null),
    });
    await clientOf(registry, { auth: oauth2(registry) }).searchById('BRN', '1');
    expect(registry.received).toHaveLength(1);
  });

  it('a caller can give up while the token is asked for', async () => {
    const registry = await standIn({ fault: () => ({ status: 0, hang: true }) });
    const controller = new AbortController();
    const client = clientOf(registry, { auth: oauth2(registry) });
    const call = client.searchById('BRN', '1', { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('gone')));
    await expect(call).rejects.toThrow('gone');
  });

  it('one caller that gives up does not take the token from the others', async () => {
    const registry = await standIn({ oauth2: { location: 'body' } });
    const client = clientOf(registry, { auth: oauth2(registry) });
    const controller = new AbortController();
    const gone = client.searchById('BRN', '1', { signal: controller.signal });
    const other = client.searchById('BRN', '1');
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect((await other).records).toEqual([]);
    expect(registry.tokenRequests).toBe(1);
  });
});

describe('a secret that fetch cannot send', () => {
  it.each([
    ['in a header', { type: 'bearer', token: 'hidden\nsecret' }],
    [
      'in an address',
      {
        type: 'oauth2',
        tokenUrl: 'http://hidden:secret@127.0.0.1:1/',
        clientId: 'c',
        clientSecret: 'hidden',
        location: 'query',
      },
    ],
  ] as const)('is in no log: %s', async (_, auth) => {
    const registry = await standIn();
    const error = await errorOf(clientOf(registry, { auth }).searchById('BRN', '1'));
    const { log, text } = keptLog();
    log.error({ err: error }, 'failed');
    expect(text()).toContain('registry.unreachable');
    expect(text()).not.toMatch(/hidden|secret/);
  });
});

describe('other ways', () => {
  it.each([
    ['bearer', { type: 'bearer', token: 'static-token' }, 'Bearer static-token'],
    [
      'basic',
      { type: 'basic', username: 'us', password: 'pässword' },
      `Basic ${Buffer.from('us:pässword').toString('base64')}`,
    ],
  ] as const)('%s', async (_, auth, authorization) => {
    const registry = await standIn({ authorization });
    await clientOf(registry, { auth }).searchById('BRN', '1');
    expect(registry.received).toHaveLength(1);
  });

  it('none', async () => {
    const registry = await standIn();
    await clientOf(registry).searchById('BRN', '1');
    expect(registry.received[0]?.headers.authorization).toBeUndefined();
  });

  it('a static token that is refused is not tried again', async () => {
    const registry = await standIn({ authorization: 'Bearer right' });
    let calls = 0;
    const counting = (url: string, init: RequestInit) => {
      calls += 1;
      return fetch(url, init);
    };
    const client = clientOf(registry, { auth: { type: 'bearer', token: 'wrong' } }, { fetch: counting });
    const error = await errorOf(client.searchById('BRN', '1'));
    expect(error).toMatchObject({ code: 'registry.unauthorized', registryCode: 'err.request.unauthorized' });
    expect(calls).toBe(1);
  });
});

function onlyAt(path: string, status: number) {
  return (request: { path: string }) => (request.path === path ? { status } : null);
}
