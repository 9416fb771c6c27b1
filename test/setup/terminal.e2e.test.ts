import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { atTerminal, NO_TERMINAL } from '../cli/terminal.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { closedUrl } from '../server.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const place = () => ({ ODOO_URL: sandbox.url, ODOO_DB: sandbox.db });
const LOGIN = ['login:', '\r'] as const;
const PASSWORD = 'Password of admin:';

if (NO_TERMINAL)
  process.stderr.write('setup at a terminal is not tested: `script` of util-linux is missing\n');

describe.skipIf(NO_TERMINAL)('setup at a terminal', () => {
  it('shows its questions, hides the password, and says what comes next', async () => {
    const folder = temporaryFolder();
    const { code, shown } = await atTerminal(
      ['setup', '--sample-registrant', '--write', 'bridge.env'],
      place(),
      [LOGIN, [PASSWORD, `${sandbox.admin.password}\r`], ['Make these?', 'y\r']],
      folder,
    );
    expect(code, shown).toBe(0);
    expect(shown).toContain('Administrator’s login:');
    expect(shown).toContain(`${PASSWORD} ${'*'.repeat(sandbox.admin.password.length)}`);
    expect(shown).not.toContain(`${sandbox.admin.password}\n`);
    expect(shown).toMatch(/Make these\? \(y\/N\)/);
    expect(shown).toContain('✓ make a sample registrant with UIN SAMPLE-0001');
    const next = shown.slice(shown.indexOf('Next:\n')).split('\n');
    expect(next.slice(1, 5)).toEqual([
      `  set -a; . ${join(folder, 'bridge.env')}; set +a`,
      '  npx crvs-bridge doctor',
      '  npm start',
      'The page is then at http://127.0.0.1:8080/; it asks for the token, which is ADMIN_TOKEN in bridge.env.',
    ]);
    const settings = parseEnv(readFileSync(join(folder, 'bridge.env'), 'utf8'));
    expect(settings.ADMIN_TOKEN?.length).toBeGreaterThan(31);
    expect(shown).not.toContain(settings.ODOO_API_KEY);
  });

  it.each([
    ['the login', []],
    ['the password', [LOGIN]],
  ])('ends with one line and 130 at Ctrl-C, asked for %s', async (_what, before) => {
    const { code, shown } = await atTerminal(['setup'], place(), [
      ...before,
      [before.length === 0 ? 'login:' : PASSWORD, '\u0003'],
    ]);
    expect(code, shown).toBe(130);
    expect(shown.trimEnd().split('\n').at(-1)).toBe('stopped; nothing was made');
    expect(shown).not.toMatch(/ {4}at |Error/);
  });

  it('says what is wrong before it asks for a login', async () => {
    const none = await atTerminal(['setup'], { ...place(), ODOO_URL: await closedUrl() });
    expect(none).toMatchObject({
      code: 2,
      shown: expect.stringMatching(/^Nothing listens there .*Start Odoo/),
    });
    const database = await atTerminal(['setup'], { ...place(), ODOO_DB: 'opensp' });
    expect(database.code).toBe(2);
    expect(database.shown).toMatch(/^Odoo has no database opensp, or cannot open it\. Set ODOO_DB/);
    expect(none.shown + database.shown).not.toContain('login:');
  });

  it('says that the password is wrong', async () => {
    const { code, shown } = await atTerminal(['setup'], place(), [LOGIN, [PASSWORD, 'not-the-password\r']]);
    expect(code).toBe(2);
    expect(shown).toContain('Odoo does not accept the administrator’s login admin with this password.');
    expect(shown).not.toContain('not-the-password\n');
  });
});
