import { afterEach, describe, expect, test } from 'vitest';
import { OdooException } from '../../src/sandbox/errors.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

const EVENT = 'spp.dci.crvs.event';
const running: Sandbox[] = [];

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  running.push(sandbox);
  return sandbox;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
});

function post(sandbox: Sandbox, path: string, body: unknown): Promise<Response> {
  return fetch(`${sandbox.url}/json/2/${path}`, {
    method: 'POST',
    headers: {
      authorization: `bearer ${sandbox.bridge.apiKey}`,
      'content-type': 'application/json',
      'x-odoo-database': sandbox.db,
    },
    body: JSON.stringify(body),
  });
}

describe('startSandbox', () => {
  test('gives random keys, or those that are wanted', async () => {
    const [first, second] = [
      await start(),
      await start({ bridge: { login: 'me', apiKey: 'k', password: 'p' } }),
    ];
    expect(first.bridge.apiKey).not.toBe(second.bridge.apiKey);
    expect(first.bridge.apiKey).toMatch(/^[0-9a-f]{40}$/);
    expect(second.bridge).toEqual({ login: 'me', apiKey: 'k', password: 'p' });
    expect((await post(second, 'res.users/context_get', {})).status).toBe(200);
  });

  test('counts calls, those that failed too', async () => {
    const sandbox = await start();
    await post(sandbox, `${EVENT}/search_count`, { domain: [] });
    await post(sandbox, `${EVENT}/search_count`, {});
    sandbox.execute('bridge', EVENT, 'search', { domain: [] });
    expect(sandbox.requests).toEqual({ [`${EVENT}.search_count`]: 2, [`${EVENT}.search`]: 1 });
  });

  test('can be without the programs module', async () => {
    const sandbox = await start({ programs: false });
    const response = await post(sandbox, 'spp.program.membership/search_count', { domain: [] });
    expect(response.status).toBe(404);
    expect(sandbox.hasModel('spp.program')).toBe(false);
  });

  test('takes no more calls once closed', async () => {
    const sandbox = await startSandbox();
    await post(sandbox, 'res.users/context_get', {});
    await sandbox.close();
    await expect(post(sandbox, 'res.users/context_get', {})).rejects.toThrow();
  });

  test('refuses a port that is taken', async () => {
    const sandbox = await start();
    await expect(startSandbox({ port: Number(new URL(sandbox.url).port) })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('execute', () => {
  test('raises what HTTP would answer', async () => {
    const sandbox = await start();
    const call = (): unknown =>
      sandbox.execute('clerk', 'res.partner', 'create', { vals_list: [{ name: 'x' }] });
    expect(call).toThrow(OdooException);
    expect(call).toThrow(/You are not allowed to create 'Contact'/);
  });

  test('knows only users who may log in', async () => {
    const sandbox = await start();
    sandbox.execute('admin', 'res.users', 'write', { ids: [6], vals: { active: false } });
    expect(() => sandbox.execute('clerk', EVENT, 'search', { domain: [] })).toThrow(/no user clerk/);
  });
});

describe('the clock', () => {
  // Late on the last day of the year in UTC: it is next year in the east, and still the day before in the west.
  const clock = (): number => Date.UTC(2025, 11, 31, 23, 30);
  const birth = (sandbox: Sandbox, birthdate: string, tz?: string): unknown =>
    sandbox.execute('bridge', 'res.partner', 'create', {
      vals_list: [{ name: 'Kim', birthdate }],
      ...(tz !== undefined && { context: { tz } }),
    });
  const event = (sandbox: Sandbox, date: string, tz: string): unknown =>
    sandbox.execute('bridge', EVENT, 'create', {
      vals_list: [{ event_type: 'birth', event_date: date }],
      context: { tz },
    });

  test('a birth must not be later than today where the user is', async () => {
    const sandbox = await start({ clock });
    expect(() => birth(sandbox, '2026-01-01')).toThrow(
      'Date of birth cannot be in the future: Kim has 2026-01-01.',
    );
    birth(sandbox, '2026-01-01', 'Asia/Manila');
    birth(sandbox, '2025-12-31', 'Mars/Base');
    expect(() => birth(sandbox, '2026-01-01', 'Pacific/Honolulu')).toThrow('in the future');
    sandbox.execute('admin', 'res.users', 'write', { ids: [5], vals: { tz: 'Asia/Manila' } });
    birth(sandbox, '2026-01-01');
  });

  test('an event must not be later than today in UTC', async () => {
    const sandbox = await start({ clock });
    expect(() => event(sandbox, '2026-01-01', 'Asia/Manila')).toThrow('Event date cannot be in the future.');
    event(sandbox, '2025-12-31', 'Pacific/Honolulu');
  });

  test('names, dates and the log follow it', async () => {
    const sandbox = await start({ clock });
    const [id] = event(sandbox, '2025-12-31', 'UTC') as number[];
    const fields = ['name', 'received_date', 'create_date'];
    expect(sandbox.execute('bridge', EVENT, 'read', { ids: [id], fields })).toEqual([
      {
        id,
        name: 'CRVS-BIRTH-20251231233000',
        received_date: '2025-12-31 23:30:00',
        create_date: '2025-12-31 23:30:00',
      },
    ]);
  });
});

describe('logging in', () => {
  const authenticate = async (sandbox: Sandbox, secret: string): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}/jsonrpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        params: { service: 'common', method: 'authenticate', args: [sandbox.db, 'clerk', secret, {}] },
      }),
    });
    return ((await response.json()) as { result: unknown }).result;
  };

  test('a user who was archived cannot', async () => {
    const sandbox = await start();
    expect(await authenticate(sandbox, sandbox.clerk.password)).toBe(6);
    sandbox.execute('admin', 'res.users', 'write', { ids: [6], vals: { active: false } });
    expect(await authenticate(sandbox, sandbox.clerk.password)).toBe(false);
    expect(await authenticate(sandbox, sandbox.clerk.apiKey)).toBe(false);
  });
});
