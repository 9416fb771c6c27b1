import { describe, expect, test } from 'vitest';
import type { OdooCallReport } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { OdooSettingsError } from '../../src/odoo/settings.ts';
import { closedUrl, type Respond, serve } from '../server.ts';
import { ANSWERS, html, json, SETTINGS } from './fake-server.ts';

const AUTO = { ...SETTINGS, protocol: 'auto' as const };

describe('settings', () => {
  const settings = { ...AUTO, url: 'http://127.0.0.1:8069' };

  test.each([
    ['ODOO_URL', { url: '' }],
    ['ODOO_URL', { url: 'odoo.example.org' }],
    ['ODOO_URL', { url: 'ftp://odoo.example.org' }],
    ['ODOO_URL', { url: 'http://user:secret@odoo.example.org' }],
    ['ODOO_URL', { url: 'http://odoo.example.org/?db=x' }],
    ['ODOO_DB', { db: '' }],
    ['ODOO_DB', { db: 'my db' }],
    ['ODOO_LOGIN', { login: '' }],
    ['ODOO_API_KEY', { apiKey: undefined, password: undefined }],
    ['ODOO_API_KEY', { apiKey: '', password: '' }],
    ['ODOO_API_KEY', { apiKey: 'secret\n' }],
    ['ODOO_API_KEY', { apiKey: undefined, protocol: 'json2' as const }],
    ['ODOO_PROTOCOL', { protocol: 'soap' as 'auto' }],
    ['ODOO_TIMEOUT_MS', { timeoutMs: 0 }],
    ['ODOO_TIMEOUT_MS', { timeoutMs: Number.NaN }],
  ])('a bad %s is named at once, without its value', (setting, over) => {
    let error: unknown;
    try {
      connectOdoo({ ...settings, ...over });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(OdooSettingsError);
    expect(error).toMatchObject({ setting, message: expect.stringContaining(setting) });
    expect(String(error)).not.toContain('secret');
  });
});

describe('auto', () => {
  const VERSION = (major: number | string): Respond =>
    json(200, { version_info: [major, 0, 0, 'final', 0, ''] });

  /** An Odoo that speaks both, whose version page answers as the test says. */
  async function speaking(...versions: Respond[]) {
    const { url, seen } = await serve((request, response) => {
      const version = () => (versions.length > 1 ? versions.shift() : versions[0]);
      if (request.path === '/web/version') return version()?.(request, response);
      const login = request.body.includes('"authenticate"');
      const answer = request.path === '/jsonrpc' ? ANSWERS.jsonrpc.result(login ? 7 : 1) : json(200, 1);
      answer(request, response);
    });
    const paths = () => seen.map(({ path }) => path);
    return { url, paths };
  }

  const CALL = ['res.partner', 'search_count', { domain: [] }] as const;
  const JSON2 = '/json/2/res.partner/search_count';

  test('is JSON-2 from Odoo 19 on, asked by nobody before the first call', async () => {
    const { url, paths } = await speaking(VERSION(19));
    const odoo = connectOdoo({ ...AUTO, url });
    expect(odoo.protocol).toBe('json2');
    expect(paths()).toEqual([]);
    expect(await odoo.call(...CALL)).toBe(1);
    expect(await odoo.call(...CALL)).toBe(1);
    expect(paths()).toEqual(['/web/version', JSON2, JSON2]);
  });

  test.each([
    ['Odoo’s own hosting, 19.1', VERSION('saas~19'), 'json2'],
    ['an older Odoo that has the page', VERSION(18), 'jsonrpc'],
    ['an older Odoo that has none', html(404), 'jsonrpc'],
  ])('%s', async (_name, version, protocol) => {
    const { url } = await speaking(version);
    const odoo = connectOdoo({ ...AUTO, url });
    await odoo.call(...CALL);
    expect(odoo.protocol).toBe(protocol);
  });

  test('is JSON-RPC without a key, with nothing to ask', async () => {
    const { url, paths } = await speaking(VERSION(19));
    const odoo = connectOdoo({ ...AUTO, url, apiKey: undefined });
    expect(odoo.protocol).toBe('jsonrpc');
    await odoo.call(...CALL);
    expect(paths()).toEqual(['/jsonrpc', '/jsonrpc']);
  });

  test('asks once for first calls that run at once', async () => {
    const { url, paths } = await speaking(VERSION(19));
    const odoo = connectOdoo({ ...AUTO, url });
    await Promise.all([odoo.call(...CALL), odoo.call(...CALL), odoo.call(...CALL)]);
    expect(paths().filter((path) => path === '/web/version')).toHaveLength(1);
  });

  test.each([
    ['a gateway without Odoo', html(502), 'odoo.unavailable'],
    ['a page of something else', html(200), 'odoo.unavailable'],
    ['JSON of something else', json(200, { status: 'ok' }), 'odoo.unavailable'],
    ['no answer', ((_request, response) => response.destroy()) as Respond, 'odoo.unreachable'],
  ])('does not keep what it got from %s', async (_name, first, code) => {
    const { url } = await speaking(first, VERSION(19));
    const odoo = connectOdoo({ ...AUTO, url });
    await expect(odoo.call(...CALL)).rejects.toMatchObject({ code });
    expect(await odoo.call(...CALL)).toBe(1);
    expect(odoo.protocol).toBe('json2');
  });

  test('waits for it no longer than for the call', async () => {
    const { url } = await speaking(() => {});
    const odoo = connectOdoo({ ...AUTO, url });
    await expect(odoo.call(...CALL, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'odoo.timeout' });
  });
});

describe('reports', () => {
  async function reporting(respond: Respond) {
    const reports: OdooCallReport[] = [];
    const { url } = await serve(respond);
    const settings = { ...AUTO, protocol: 'json2' as const, url };
    return { reports, odoo: connectOdoo({ ...settings, onCall: (report) => reports.push(report) }) };
  }

  test('each call once, with how it ended and how long it took', async () => {
    const { odoo, reports } = await reporting(json(200, true));
    await odoo.call('res.partner', 'write', { ids: [1], vals: { name: 'Ana' } });
    const { milliseconds, ...report } = reports[0] as OdooCallReport;
    expect(report).toEqual({ model: 'res.partner', method: 'write', protocol: 'json2', outcome: 'ok' });
    expect(milliseconds).toBeGreaterThan(0);
    expect(reports).toHaveLength(1);
  });

  test('failed and aborted calls too', async () => {
    const { odoo, reports } = await reporting(html(502));
    await expect(odoo.call('res.partner', 'write')).rejects.toThrow();
    await expect(odoo.call('res.partner', 'write', {}, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(reports.map(({ outcome }) => outcome)).toEqual(['odoo.unavailable', 'aborted']);
  });

  test('a call to nobody as well', async () => {
    const reports: OdooCallReport[] = [];
    const odoo = connectOdoo({ ...AUTO, url: await closedUrl(), onCall: (report) => reports.push(report) });
    await expect(odoo.call('res.partner', 'write')).rejects.toMatchObject({ code: 'odoo.unreachable' });
    expect(reports.map(({ outcome }) => outcome)).toEqual(['odoo.unreachable']);
  });
});
