import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeyEnd, apiKeyEnd, DAY_MS, readOwnKeyEnds } from '../../src/odoo/api-key-end.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { odooDatetime } from '../../src/odoo/values.ts';
import { connectWebSession } from '../../src/odoo/web-session.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { makeApiKey } from '../../src/setup/api-key.ts';

const NOON = Date.UTC(2026, 10, 28, 12);
const [JAN, FEB] = [Date.UTC(2027, 0, 1), Date.UTC(2027, 1, 1)];

describe('when the API key ends', () => {
  it.each([
    ['Odoo does not say', null, JAN, JAN],
    ['Odoo has no key of this user', [], JAN, JAN],
    ['nobody says', null, null, null],
    ['there is one key, and the settings are outdated', [FEB], JAN, FEB],
    ['there is one key, and it does not end', [null], JAN, null],
    ['there are several, one of the day in the settings', [JAN, FEB + 3600_000], FEB, FEB + 3600_000],
    ['there are several, none of that day', [FEB, JAN], Date.UTC(2026, 11, 1), JAN],
    ['there are several, and no settings', [null, FEB, JAN], null, JAN],
  ])('%s', (_what, known, configured, end) => {
    expect(apiKeyEnd(known, configured)).toBe(end);
  });
});

/** An Odoo whose keys are read by questions that the test answers. */
function fakeOdoo(rows: () => Record<string, unknown>[]) {
  const place = { asked: 0 };
  const client: OdooClient = {
    protocol: 'json2',
    uid: async () => 5,
    async call() {
      place.asked += 1;
      return rows() as never;
    },
  };
  return { client, place };
}

describe('ApiKeyEnd', () => {
  const row = (end: number | null, scope: string | false = false) => ({
    id: 1,
    scope,
    expiration_date: end === null ? false : odooDatetime(end),
  });

  it('leaves out keys that have ended or have another purpose', async () => {
    const { client } = fakeOdoo(() => [row(NOON), row(JAN, 'other'), row(FEB, 'rpc'), row(null)]);
    expect(await readOwnKeyEnds(client, NOON)).toEqual([FEB, null]);
  });

  it('asks once an hour, and keeps what it knew where Odoo fails', async () => {
    let now = NOON;
    let fails = false;
    const { client, place } = fakeOdoo(() => {
      if (fails) throw new OdooError('odoo.timeout', { protocol: 'json2' });
      return [row(JAN)];
    });
    const key = new ApiKeyEnd(client, { usesKey: true, endsAt: FEB }, () => now);
    expect(key.now, 'before Odoo answered').toBe(FEB);
    await key.ask();
    expect(key.now).toBe(JAN);
    const asked = place.asked;
    now += 3_599_000;
    expect([key.now, place.asked]).toEqual([JAN, asked]);
    fails = true;
    now += 2000;
    await key.ask();
    expect(key.now).toBe(JAN);
  });

  it('says nothing, and asks nothing, where a password is used', () => {
    const { client, place } = fakeOdoo(() => [row(JAN)]);
    expect(new ApiKeyEnd(client, { usesKey: false, endsAt: FEB }, () => NOON).now).toBe(null);
    expect(place.asked).toBe(0);
  });
});

describe('in OpenSPP', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  it('the user reads when the own keys end, and nobody else’s', async () => {
    const { url, db, bridge, clerk } = sandbox;
    const place = { url, db, protocol: 'jsonrpc', timeoutMs: 10_000 } as const;
    for (const { login, password } of [bridge, clerk]) {
      await makeApiKey(connectWebSession({ ...place, login, password }), password, 'key');
    }
    const odoo = connectOdoo({ ...place, ...bridge, protocol: 'json2' });
    const [end, ...others] = await readOwnKeyEnds(odoo, Date.now());
    expect(others).toEqual([]);
    // As long as Odoo lets an internal user choose.
    expect(Math.round(((end ?? 0) - Date.now()) / DAY_MS)).toBe(90);
  });
});
