import { expect, it } from 'vitest';
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
  expect(unknown.err).toContain('--sandbox must be one of plain, extras, spmis, oldids');
  const odoo = { ODOO_URL: 'http://127.0.0.1:1', ODOO_DB: 'd', ODOO_LOGIN: 'l', ODOO_API_KEY: 'k' };
  const both = await run(['serve', '--sandbox', 'spmis'], odoo);
  expect(both).toMatchObject({ code: 2, out: '' });
  expect(both.err).toContain('--sandbox has no use where ODOO_URL is set');
});
