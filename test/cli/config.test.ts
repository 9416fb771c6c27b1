import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { showSettings } from '../../src/config/show.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { settingPaths } from '../settings.ts';
import { run } from './run.ts';

const SECRET = 'sEcReT-of-at-least-thirty-two-characters';
const ENV = {
  ODOO_URL: `https://user:${SECRET}@odoo.example.org/?api_key=${SECRET}&x=1`,
  ODOO_DB: 'openspp',
  ODOO_LOGIN: 'bridge',
  ODOO_API_KEY: SECRET,
  ODOO_PASSWORD: `${SECRET}2`,
  ADMIN_TOKEN: `${SECRET}3`,
  SIGNING_KEY: `${SECRET}4`,
  ENCRYPTION_KEY: `${SECRET}5`,
  INBOX_URL: `postgres://bridge:${SECRET}6@127.0.0.1/inbox`,
};

function file(text: string): string {
  const path = join(temporaryFolder(), 'config.yaml');
  writeFileSync(path, text);
  return path;
}

describe('config show', () => {
  it('shows every setting, and where it came from', async () => {
    const path = file('server:\n  port: 9000\n  host: 0.0.0.0\nreceiver_ids: [openspp]\n');
    const { code, out, err } = await run(['config', 'show', '--config', path], { HOST: '127.0.0.2' });
    expect([code, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines).toContain('server.port: 9000  # file');
    expect(lines).toContain('server.host: "127.0.0.2"  # environment');
    expect(lines).toContain('server.admin_token: null  # default');
    expect(lines).toContain('receiver_ids: ["openspp"]  # file');
    expect(lines).toContain('log.level: "info"  # default');
    expect(lines.map((line) => line.slice(0, line.indexOf(':'))).sort()).toEqual(settingPaths().sort());
  });

  it.each([[[]], [['--json']]])('with %j never shows a secret', async (options) => {
    const { code, out } = await run(['config', 'show', ...options], ENV);
    expect(code).toBe(0);
    expect(out).not.toContain(SECRET);
    expect(out).toContain('(set, not shown)');
    expect(out).toContain('odoo.example.org');
  });

  it('never shows one from a file', async () => {
    const path = file(`odoo:\n  password: ${SECRET}\nserver:\n  admin_token: ${SECRET}\n`);
    expect((await run(['config', 'show', '--config', path])).out).not.toContain(SECRET);
  });

  it('masks what has the name of a secret, before anybody entered it', () => {
    const tree = {
      registry: { client_secret: SECRET, id: 'x', map: { token: SECRET } },
    };
    const rows = showSettings({ tree, sources: [] });
    expect(rows.find(({ path }) => path === 'registry.id')?.value).toBe('x');
    expect(JSON.stringify(rows)).not.toContain(SECRET);
  });

  it('as JSON is for programs', async () => {
    const rows = JSON.parse((await run(['config', 'show', '--json'], ENV)).out);
    expect(rows).toContainEqual({ path: 'odoo.login', value: 'bridge', source: 'environment' });
  });

  it.each([[[]], [['list']], [['show', 'all']]])('of %j ends with 2', async (args) => {
    const { code, out, err } = await run(['config', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('config show');
  });

  it('names the setting that is wrong', async () => {
    const { code, err } = await run(['config', 'show', '--config', file('server:\n  port: x\n')]);
    expect(code).toBe(2);
    expect(err).toContain('server.port (PORT)');
  });
});

describe('settings that go together', () => {
  it.each([
    ['a certificate without a key', 'tls_certificate_file: a.pem', 'tls_key_file'],
    ['a key without a certificate', 'tls_key_file: a.pem', 'tls_certificate_file'],
    ['authorities without a certificate', 'tls_client_ca_file: ca.pem', 'server.tls_client_ca_file'],
    ['a bound client without authorities', 'tls_client_is_sender: true', 'server.tls_client_is_sender'],
    ['a proxy by name', 'trusted_proxies: [proxy]', 'server.trusted_proxies'],
    ['a network of 33 bits', 'trusted_proxies: [10.0.0.0/33]', 'server.trusted_proxies'],
  ])('%s is refused', async (_what, line, name) => {
    const { code, err } = await run(['config', 'show', '--config', file(`server:\n  ${line}\n`)]);
    expect(code).toBe(2);
    expect(err).toContain(name);
  });

  it('networks of both kinds are taken', () => {
    const path = file('server:\n  trusted_proxies: [127.0.0.1, 10.0.0.0/8, "::1", "2001:db8::/32"]\n');
    expect(loadSettings({}, path).server.trustedProxies).toHaveLength(4);
  });
});
