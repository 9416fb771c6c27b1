import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { orNoSandbox } from '../../src/cli/no-sandbox.ts';
import { SANDBOX_FACES } from '../../src/cli/serve.ts';
import { FACES } from '../../src/sandbox/faces.ts';
import { MAIN } from '../faults/bridge-process.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { run } from './run.ts';

it('refuses the sandbox in production, and names what is missing', async () => {
  const { code, out, err } = await run(['serve'], { NODE_ENV: 'production' });
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toContain('odoo.url (ODOO_URL)');
});

it('refuses a setting that it does not know, by its name', async () => {
  const { code, err } = await run(['serve', '--config', new URL('unknown.yaml', import.meta.url).pathname]);
  expect(code).toBe(2);
  expect(err).toContain('delivery.batchsize');
});

it('refuses to divide the work of an SQLite inbox', async () => {
  const { code, err } = await run(['serve', '--role', 'worker'], { ROLE: 'all' });
  expect(code).toBe(2);
  expect(err).toContain('server.role (ROLE)');
  expect(err).toContain('INBOX_URL');
});

it('refuses a sandbox that it does not know, and any beside an Odoo', async () => {
  const unknown = await run(['serve', '--sandbox', 'x']);
  expect(unknown).toMatchObject({ code: 2, out: '' });
  expect(unknown.err).toContain('--sandbox: expected plain, extras, spmis, oldids');
  const odoo = { ODOO_URL: 'http://127.0.0.1:1', ODOO_DB: 'd', ODOO_LOGIN: 'l', ODOO_API_KEY: 'k' };
  const both = await run(['serve', '--sandbox', 'spmis'], odoo);
  expect(both).toMatchObject({ code: 2, out: '' });
  expect(both.err).toContain('--sandbox has no use where ODOO_URL is set');
});

it('knows the faces of the sandbox, and says where an installation has none', async () => {
  expect(SANDBOX_FACES).toEqual(Object.keys(FACES));
  const missing = Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(orNoSandbox(Promise.reject(missing))).rejects.toThrow(/has no sandbox: set ODOO_URL/);
  await expect(orNoSandbox(Promise.reject(new Error('other')))).rejects.toThrow('other');
});

/** `serve` in a process and a folder of its own, with a sandbox, until it listens. */
async function servedIn(cwd: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    cwd,
    env: { PATH: process.env.PATH, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    if (line.includes('the bridge is listening')) return child;
  }
  throw new Error('it ended before it listened');
}

it('leaves the key of the sandbox’s registry to its owner alone, and makes it and the inbox anew at each start', async () => {
  const cwd = temporaryFolder();
  const folder = join(cwd, 'data/sandbox');
  const keyFile = join(folder, 'registry-key.pem');
  const first = await servedIn(cwd);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  const key = readFileSync(keyFile, 'utf8');
  const ended = once(first, 'exit');
  first.kill('SIGTERM');
  await ended;
  writeFileSync(join(folder, 'inbox.db'), 'what a sandbox before left');
  await servedIn(cwd);
  expect(readFileSync(keyFile, 'utf8')).not.toBe(key);
  expect(readFileSync(join(folder, 'inbox.db'), 'latin1')).toMatch(/^SQLite format 3/);
});

it('ends where it cannot start, with its sandbox', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const { PATH } = process.env;
  const bridge = spawn(process.execPath, [MAIN, 'serve'], {
    cwd: temporaryFolder(),
    env: { PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void bridge.kill('SIGKILL'));
  let said = '';
  bridge.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(bridge, 'close');
  expect(code).toBe(2);
  expect(said).toContain('the port is taken by another program');
});
