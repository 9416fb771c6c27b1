import { expect, it } from 'vitest';
import type { OdooCallReport, OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { boundClient, instrumentedClient } from '../../src/odoo/instrumented-client.ts';

/** A client whose transport fails with these codes, one after the other, and then answers; with all that it says. */
function failing(codes: OdooErrorCode[]) {
  const calls: string[] = [];
  const reports: OdooCallReport[] = [];
  const spans: string[] = [];
  const left = [...codes];
  const transport = {
    uid: async () => 1,
    async call({ method }: { method: string }): Promise<OdooValue> {
      calls.push(method);
      const code = left.shift();
      if (code) throw new OdooError(code, { protocol: 'json2' });
      return true;
    },
  };
  const client: OdooClient = instrumentedClient(
    { protocol: () => 'json2', transport: async () => transport },
    {
      timeoutMs: 10_000,
      retryReadsAfterMs: [1, 2],
      onCall: (report) => reports.push(report),
      inSpan: (model, method, attempt, outcomeOf) => {
        spans.push(`${model}.${method}`);
        return attempt().catch((error: unknown) => {
          spans.push(outcomeOf(error));
          throw error;
        });
      },
    },
  );
  return { client, calls, reports, spans };
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
  const answer = client.call('m', 'read', {}, { signal: gone.signal });
  gone.abort(new Error('gone'));
  await expect(answer).rejects.toThrow('gone');
  expect(calls.length).toBeLessThanOrEqual(1);
});

it('reports each attempt once, to the client, the call and the trace', async () => {
  const { client, reports, spans } = failing(['odoo.unavailable']);
  const own: OdooCallReport[] = [];
  await client.call('res.partner', 'read', {}, { onCall: (report) => own.push(report) });
  expect(reports.map(({ model, method, protocol, outcome }) => [model, method, protocol, outcome])).toEqual([
    ['res.partner', 'read', 'json2', 'odoo.unavailable'],
    ['res.partner', 'read', 'json2', 'ok'],
  ]);
  expect(own).toEqual(reports);
  expect(spans).toEqual(['res.partner.read', 'odoo.unavailable', 'res.partner.read']);
});

it('is bound to a piece of work: one signal for all its calls, and their reports', async () => {
  const ending = new AbortController();
  const { client } = failing([]);
  const own: OdooCallReport[] = [];
  const bound = boundClient(client, { signal: ending.signal, onCall: (report) => own.push(report) });
  await bound.call('m', 'write', {});
  ending.abort(new Error('the lease is lost'));
  await expect(bound.call('m', 'write', {})).rejects.toThrow('the lease is lost');
  await expect(
    bound.call('m', 'write', {}, { signal: AbortSignal.abort(new Error('own')) }),
  ).rejects.toThrow();
  expect(own.map(({ outcome }) => outcome)).toEqual(['ok', 'aborted', 'aborted']);
});
