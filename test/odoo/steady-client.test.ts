import { expect, it } from 'vitest';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { steadyClient } from '../../src/odoo/steady-client.ts';

/** A client that fails as often as it is told, and then answers. */
function failing(codes: OdooErrorCode[]): { client: OdooClient; calls: string[] } {
  const calls: string[] = [];
  const left = [...codes];
  const client: OdooClient = {
    protocol: 'json2',
    uid: async () => 1,
    async call(_model, method): Promise<OdooValue> {
      calls.push(method);
      const code = left.shift();
      if (code) throw new OdooError(code, { protocol: 'json2' });
      return true;
    },
  };
  return { client: steadyClient(client), calls };
}

it.each(['odoo.unreachable', 'odoo.unavailable', 'odoo.conflict'] as const)(
  'asks a read again where the trouble passes (%s)',
  async (code) => {
    const { client, calls } = failing([code, code]);
    expect(await client.call('m', 'search_read', {})).toBe(true);
    expect(calls).toHaveLength(3);
  },
);

it('gives up after the third time', async () => {
  const { client, calls } = failing(Array<OdooErrorCode>(5).fill('odoo.unreachable'));
  await expect(client.call('m', 'read', {})).rejects.toThrow('odoo.unreachable');
  expect(calls).toHaveLength(3);
});

it.each(['odoo.timeout', 'odoo.refused', 'odoo.access', 'odoo.authentication'] as const)(
  'does not ask again what would be answered the same, or had its time (%s)',
  async (code) => {
    const { client, calls } = failing([code]);
    await expect(client.call('m', 'search_read', {})).rejects.toThrow(code);
    expect(calls).toHaveLength(1);
  },
);

it.each(['create', 'write', 'web_save_multi', 'action_retry_processing'])(
  'never makes %s twice',
  async (method) => {
    const { client, calls } = failing(['odoo.unreachable']);
    await expect(client.call('m', method, {})).rejects.toThrow('odoo.unreachable');
    expect(calls).toHaveLength(1);
  },
);

it('does not go on once its caller has gone', async () => {
  const gone = new AbortController();
  const { client, calls } = failing(['odoo.unreachable']);
  gone.abort();
  await expect(client.call('m', 'read', {}, { signal: gone.signal })).rejects.toThrow('odoo.unreachable');
  expect(calls).toHaveLength(1);
});
