import { expect, it } from 'vitest';
import { InboxUnavailableError } from '../../src/inbox/unavailable.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { whileHeld } from '../../src/openspp/batch.ts';
import type { Outcome } from '../../src/openspp/stages.ts';

const GRACE_MS = 5000;

/** Milliseconds after which the key of an event is freed whose work ends like this. */
async function freedAfter(work: () => Promise<Outcome[]>, signal = new AbortController().signal) {
  const freed: unknown[] = [];
  const context = {
    holds: {
      hold: async (keys: readonly string[]) => new Set(keys),
      free: async (keys: readonly string[], afterMs?: number) => void freed.push([keys, afterMs]),
    },
    signal,
    unansweredGraceMs: GRACE_MS,
  };
  await whileHeld([{ event: { id: 1 }, keys: ['registrant 8'] }], context, work).catch(() => {});
  expect(freed).toEqual([[['registrant 8'], expect.any(Number)]]);
  return (freed[0] as [unknown, number])[1];
}

function failing(code: OdooErrorCode, method: string) {
  return async () => {
    throw new OdooError(code, { protocol: 'json2', model: 'res.partner', method });
  };
}

it.each(['odoo.unreachable', 'odoo.timeout', 'odoo.request_cut', 'odoo.unavailable'] as const)(
  'a registrant stays held while Odoo may still write to it: %s',
  async (code) => {
    expect(await freedAfter(failing(code, 'write'))).toBe(GRACE_MS);
    expect(await freedAfter(failing(code, 'search_read')), 'a question changes nothing').toBe(0);
  },
);

it('a registrant is free at once where Odoo is done with it', async () => {
  expect(await freedAfter(async () => [])).toBe(0);
  for (const code of ['odoo.conflict', 'odoo.refused', 'odoo.access', 'odoo.authentication'] as const) {
    expect(await freedAfter(failing(code, 'write')), code).toBe(0);
  }
  const fail = (error: Error) => async () => {
    throw error;
  };
  expect(await freedAfter(fail(new TypeError('a fault of the bridge'))), 'it is tried again alone').toBe(0);
  expect(await freedAfter(fail(new InboxUnavailableError('the inbox is away')))).toBe(0);
});

it('a registrant stays held where the bridge cuts its own call off', async () => {
  const reason = new Error('the bridge is stopping');
  const work = async () => {
    throw reason;
  };
  expect(await freedAfter(work, AbortSignal.abort(reason))).toBe(GRACE_MS);
});
