import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Credentials } from '../../src/sandbox/accounts.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { run as runCommand } from '../cli/run.ts';
import { pairOf, pemOf } from '../dci/support.ts';
import { closedUrl } from '../server.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  const values = { name: 'CRVS', sender_id: 'crvs.example.org', algorithm: 'ed25519' };
  const public_key = pemOf(pairOf('ed25519').publicKey);
  sandbox.execute('admin', 'spp.dci.crvs.sender', 'create', { vals_list: [{ ...values, public_key }] });
});
afterAll(() => sandbox.close());

const run = (args: string[], env: NodeJS.ProcessEnv) => runCommand(['doctor', ...args], env);

const environment = ({ login, apiKey, password }: Credentials): NodeJS.ProcessEnv => ({
  ODOO_URL: sandbox.url,
  ODOO_DB: sandbox.db,
  ODOO_LOGIN: login,
  ODOO_API_KEY: apiKey,
  ODOO_PASSWORD: password,
});

test('prints a report and exits with 0 where there is no problem', async () => {
  const { code, out } = await run([], environment(sandbox.bridge));
  expect(out).toMatch(/^OpenSPP at http.*database sandbox\n\nConnection\n {2}✓ Odoo answers/);
  expect(out).toMatch(/\nno problems, 4 warnings, \d+ ok\n$/);
  expect(out).not.toContain('\u001b');
  expect(out).not.toContain(sandbox.bridge.apiKey);
  expect(out).not.toContain(sandbox.bridge.password);
  expect(code).toBe(0);
});

test('exits with 1 where there is a problem', async () => {
  const { code, out } = await run([], environment(sandbox.clerk));
  expect(out).toContain('✗ Registrants (res.partner): the user may not write.');
  expect(out).toMatch(/\n3 problems, /);
  expect(code).toBe(1);
});

test('warns of registries that are asked in a dangerous way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'bridge.yaml');
  const source = {
    base_url: 'https://crvs.example.org',
    dialect: 'opencrvs',
    auth_type: 'none',
    sender_id: 'openspp.example.org',
    repeats_identifiers: false,
  };
  writeFileSync(file, JSON.stringify({ sources: { crvs_main: source } }));
  const env = { ...environment(sandbox.bridge), KEYS_DIR: join(folder, 'keys') };
  const { out } = await run(['--config', file], env);
  expect(out).toContain('! sources.crvs_main.repeats_identifiers is false');
  expect(out).toContain('! sources.crvs_main.registry_jwks_url is not set');
  expect(out).toContain('! sources.crvs_main.sender_id is no address');
  expect(out).toContain('! sources.crvs_main: this bridge has no signing key');
  const report = JSON.parse((await run(['--config', file, '--json'], env)).out);
  expect(report.sources).toHaveLength(out.match(/^! sources\./gm)?.length ?? 0);
});

test('--json prints one object', async () => {
  const { code, out } = await run(['--json'], environment(sandbox.bridge));
  const report = JSON.parse(out);
  expect(code).toBe(0);
  expect(report).toMatchObject({
    ok: true,
    db: 'sandbox',
    summary: { problem: 0, warning: 4, skipped: 0 },
    event_table: {
      rows: 0,
      lookup_events: 500,
      create: null,
      index_sql: expect.stringMatching(/^CREATE INDEX/),
    },
  });
  expect(report.checks[0]).toEqual({
    area: 'connection',
    id: 'connection.url',
    state: 'ok',
    found: `Odoo answers at ${sandbox.url}.`,
    fix: null,
  });
});

test('--json also where nothing answers', async () => {
  const env = { ...environment(sandbox.bridge), ODOO_URL: await closedUrl() };
  const { code, out } = await run(['--json'], env);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, summary: { problem: 1 }, event_table: null });
});

test('takes the matching from a configuration file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'bridge.yaml');
  writeFileSync(file, 'matching: { order: [UIN, VOTER_ID], aliases: { DRN: [tax_id] } }\n');
  const { out } = await run(['--config', file], environment(sandbox.bridge));
  expect(out).toMatch(/These cannot, since they have no ID type: VOTER_ID\./);
  expect(out).toContain('The registration number of a death is stored: DRN as tax_id.');
});

test('warns of a large write-ahead log of the inbox, and is silent about a small one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'inbox.db');
  const env = { ...environment(sandbox.bridge), INBOX_URL: `sqlite:${path}` };
  writeFileSync(path, '');
  writeFileSync(`${path}-wal`, '');
  expect((await run([], env)).out).not.toContain('write-ahead');
  // The last process that opens the inbox empties the log. This is a hole, which takes no space.
  writeFileSync(`${path}-wal`, '');
  truncateSync(`${path}-wal`, 300 * 1024 * 1024);
  expect((await run([], env)).out).toMatch(/\nInbox\n {2}! The write-ahead log of the inbox has 300 MB: /);
});

test('without ODOO_URL says to set it', async () => {
  expect(await run([], {})).toMatchObject({ code: 2, out: '', err: expect.stringContaining('ODOO_URL') });
});

test('--help says that measured rows stay', async () => {
  const { code, out } = await run(['--help'], {});
  expect(code).toBe(0);
  expect(out).toMatch(/--measure-create[\s\S]*they stay/);
});
