import { expect, test } from 'vitest';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { serve } from '../server.ts';
import { html, json, SETTINGS } from './fake-server.ts';

const PROTOCOL = { ...SETTINGS, protocol: 'json2' as const };

test('posts the keyword arguments to the method, with key and database in headers', async () => {
  const { url, seen } = await serve(json(200, true));
  const odoo = connectOdoo({ ...PROTOCOL, url });
  await odoo.call('res.partner', 'write', {
    ids: [1, 2],
    vals: { name: 'Ana' },
    context: { tracking_disable: true },
  });
  const [request] = seen;
  expect(request).toMatchObject({ method: 'POST', path: '/json/2/res.partner/write' });
  expect(request?.headers).toMatchObject({
    authorization: 'Bearer key-of-robot',
    'x-odoo-database': 'testdb',
    'content-type': 'application/json',
    'accept-language': 'en-US',
    // Odoo reads no chunked request.
    'content-length': String(Buffer.byteLength(request?.body ?? '')),
  });
  expect(JSON.parse(request?.body ?? '')).toEqual({
    ids: [1, 2],
    vals: { name: 'Ana' },
    context: { lang: 'en_US', tz: 'UTC', tracking_disable: true },
  });
});

test('knows the uid from the context of the user, asked once', async () => {
  const { url, seen } = await serve(json(200, { lang: 'en_US', tz: false, uid: 5 }));
  const odoo = connectOdoo({ ...PROTOCOL, url });
  expect(await Promise.all([odoo.uid(), odoo.uid()])).toEqual([5, 5]);
  expect(seen.map(({ path }) => path)).toEqual(['/json/2/res.users/context_get']);
});

test('a bad key is an authentication error', async () => {
  const fault = {
    name: 'werkzeug.exceptions.Unauthorized',
    message: 'Invalid apikey',
    arguments: [],
    debug: '',
  };
  const { url } = await serve(json(401, fault));
  const odoo = connectOdoo({ ...PROTOCOL, url });
  await expect(odoo.uid()).rejects.toMatchObject({ code: 'odoo.authentication' });
});

const noDatabase = html(404, 'No database is selected and the requested URL was not found.');

test('no database, PostgreSQL up: the database is not there', async () => {
  const health = json(200, { status: 'pass', db_server_status: true });
  const { url } = await serve((request, response) =>
    (request.path.startsWith('/web/health') ? health : noDatabase)(request, response),
  );
  const odoo = connectOdoo({ ...PROTOCOL, url });
  await expect(odoo.call('x', 'y')).rejects.toMatchObject({
    code: 'odoo.authentication',
    sentence: 'Odoo has no database of this name.',
  });
});

test('no database, PostgreSQL down: unavailable', async () => {
  const health = json(500, { status: 'fail', db_server_status: false });
  const { url } = await serve((request, response) =>
    (request.path.startsWith('/web/health') ? health : noDatabase)(request, response),
  );
  const odoo = connectOdoo({ ...PROTOCOL, url });
  await expect(odoo.call('x', 'y')).rejects.toMatchObject({ code: 'odoo.unavailable' });
});

test.each([
  { message: 'no upstream' },
  { name: 'ServiceUnavailable', message: 'no upstream' },
  null,
  'no upstream',
])('an error in JSON that names no exception is not Odoo’s: %j', async (body) => {
  const { url } = await serve(json(502, body));
  const odoo = connectOdoo({ ...PROTOCOL, url });
  await expect(odoo.call('x', 'y')).rejects.toMatchObject({ code: 'odoo.unavailable', sentence: undefined });
});
