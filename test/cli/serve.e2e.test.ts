import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { orNoSandbox } from '../../src/cli/no-sandbox.ts';
import { SANDBOX_FACES } from '../../src/cli/serve.ts';
import { FACES } from '../../src/sandbox/faces.ts';
import { childEnv } from '../child-env.ts';
import { MAIN } from '../faults/bridge-process.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { closedUrl } from '../server.ts';
import { run } from './run.ts';
import { atTerminal, NO_TERMINAL } from './terminal.ts';

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
    env: childEnv({ PORT: '0' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    if (line.includes('the bridge is listening')) return child;
  }
  throw new Error('it ended before it listened');
}

it('leaves the key of the sandbox’s registry to its owner alone, and makes it and the inbox again at each start', async () => {
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

/** A bridge as a process of its own, in an empty folder. */
function served(env: NodeJS.ProcessEnv, args: readonly string[] = []) {
  const bridge = spawn(process.execPath, [MAIN, 'serve', ...args], {
    cwd: temporaryFolder(),
    env: childEnv(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void bridge.kill('SIGKILL'));
  let said = '';
  bridge.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return { bridge, ended: once(bridge, 'close').then(([code]) => ({ code, said })) };
}

/** A server that takes connections and never answers; resolves with the first of them. */
async function silentServer() {
  const server = createServer().listen(0, '127.0.0.1');
  const asked = once(server, 'connection');
  await once(server, 'listening');
  asked.then(([socket]) => onTestFinished(() => void (socket as Socket).destroy()));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}

it('ends where it cannot start, with its sandbox', async () => {
  const { port } = await silentServer();
  expect(await served({ PORT: String(port) }).ended).toMatchObject({
    code: 2,
    said: expect.stringContaining('the port is taken by another program'),
  });
});

it('ends at once where its inbox cannot be written', async () => {
  expect(await served({ INBOX_URL: 'sqlite:/proc/x/inbox.db', PORT: '0' }).ended).toMatchObject({
    code: 2,
    said: expect.stringContaining('the inbox cannot be used: the folder /proc/x cannot be made there'),
  });
});

it.each(['SIGTERM', 'SIGINT'] as const)(
  'ends at %s while its start hangs, with its sandbox',
  async (signal) => {
    const { port, asked } = await silentServer();
    const { bridge, ended } = served({ INBOX_URL: `postgres://u:p@127.0.0.1:${port}/x`, PORT: '0' });
    await asked;
    bridge.kill(signal);
    expect(await ended).toMatchObject({ code: 0 });
  },
);

describe.skipIf(NO_TERMINAL)('at a terminal', () => {
  it('prints lines for people: what is wrong with OpenSPP, doctor, and where the page is', async () => {
    const folder = temporaryFolder();
    const env = {
      ODOO_URL: await closedUrl(),
      ODOO_DB: 'openspp',
      ODOO_LOGIN: 'crvs-bridge',
      ODOO_API_KEY: 'a-key',
      INBOX_URL: `sqlite:${folder}/inbox.db`,
      ADMIN_TOKEN: 'a-token-of-more-than-32-characters-in-all',
      PORT: '0',
    };
    const { code, shown } = await atTerminal(['serve'], env, [['crvs-bridge doctor', '\u0003']], folder);
    expect(code, shown).toBe(0);
    expect(shown).toMatch(/^\d\d:\d\d:\d\d info {2}the bridge is listening url=http/m);
    expect(shown).toMatch(
      / info {2}the page for operators asks for a token: the value of ADMIN_TOKEN page=http/,
    );
    expect(shown).toMatch(
      / error OpenSPP cannot be used: Nothing listens there \(http.*ECONNREFUSED\)\. Run `crvs-bridge doctor`\. .*fix=Start Odoo/,
    );
    expect(shown).not.toContain('{"level"');
    expect(shown).not.toContain('a-token');
  });
});
