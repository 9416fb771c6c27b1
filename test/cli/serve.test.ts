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
