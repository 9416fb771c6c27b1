import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAdminRoutes } from '../../src/http/admin-routes.ts';
import type { AppEnv } from '../../src/http/app-env.ts';
import { HttpError } from '../../src/http/http-error.ts';
import { addRegistryRoutes } from '../../src/http/registry-routes.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { EventOperations } from '../../src/operations/events.ts';
import { Registries } from '../../src/registries/registries.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { MALFORMED, NO_ANSWERS } from './malformed.ts';
import { StandIn } from './stand-in.ts';
import { FakeTime, OUR_ID } from './support.ts';

const TOKEN = 'an-admin-token-of-at-least-32-characters';
const ENTRY = {
  identifiers: { BRN: '2020-12345', UIN: '123456789', NATIONAL_ID: 'N-1' },
  birth: '2020-01-15',
  more: { programs: ['Grant'], disability_status: 'approved', functional_scores: { Vision: 3 } },
};

let registry: StandIn;
let sandbox: Sandbox;
let app: Hono<AppEnv>;
let person: number;
let nobody: number;

beforeAll(async () => {
  registry = await new StandIn({ entries: [ENTRY], subscribeAtOnce: true }).start();
  sandbox = await startSandbox({ disability: true });
  const make = (model: string, rows: object[]) =>
    sandbox.execute('admin', model, 'create', { vals_list: rows }) as number[];
  [person = 0, nobody = 0] = make('res.partner', [
    { name: 'Ann', is_registrant: true },
    { name: 'Ben', is_registrant: true },
  ]);
  const domain = [['code', '=', 'national_id']];
  const [type] = sandbox.execute('admin', 'spp.vocabulary.code', 'search', { domain }) as number[];
  make('spp.registry.id', [{ partner_id: person, id_type_id: type, value: 'N-1' }]);
  const { url, db, bridge } = sandbox;
  const odoo = connectOdoo({ url, db, protocol: 'json2', timeoutMs: 10_000, ...bridge });
  const one = { baseUrl: registry.url, authType: 'none', senderId: OUR_ID } as const;
  const settings = new Map(['crvs_main', 'ibr_main', 'dr_main'].map((code) => [code, one]));
  app = new Hono<AppEnv>();
  const inbox = {
    list: never,
    count: never,
    show: never,
    find: never,
    retry: never,
    setAside: never,
    counts: never,
    audit: never,
    extendAudit: never,
  };
  const operations = new EventOperations(inbox, null, Date.now);
  addAdminRoutes(app, TOKEN, { inbox, operations, clients: { addressOf: () => null }, clock: Date.now });
  addRegistryRoutes(app, new Registries(settings, odoo, { timing: new FakeTime() }));
  app.onError((error, c) => {
    if (!(error instanceof HttpError)) throw error;
    return c.json({ code: error.code, message: error.message }, error.status as 400);
  });
});
afterAll(async () => {
  await registry.close();
  await sandbox.close();
});

function never(): never {
  throw new Error('no route of these asks the inbox');
}

async function ask(path: string, body?: unknown, token = TOKEN): Promise<{ status: number; json: unknown }> {
  const response = await app.request(`/api/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}

describe('the routes that ask registries', () => {
  const BRN = { type: 'BRN', value: '2020-12345' };
  const UIN = { type: 'UIN', value: '123456789' };

  it.each<[string, () => unknown, unknown]>([
    ['crvs/verify-birth', () => BRN, { kind: 'yes', record: { birth_date: '2020-01-15' } }],
    ['crvs/verify-birth', () => ({ ...BRN, value: '1' }), { kind: 'no' }],
    ['crvs/check-death', () => UIN, { kind: 'no', because: 'nothing_registered' }],
    [
      'crvs/subscribe',
      () => ({ types: ['DEATH'] }),
      { subscriptions: [{ state: 'subscribed', codes: ['SUB-1'], error: null }] },
    ],
    ['crvs/unsubscribe', () => ({ codes: ['SUB-1'] }), { status: 'pdng' }],
    [
      'ibr/check-duplication',
      () => ({ partnerId: person }),
      { kind: 'yes', matchedPrograms: ['Grant'], recorded: { state: 'written', id: expect.any(Number) } },
    ],
    [
      'ibr/check-duplication',
      () => ({ partnerId: person, record: false }),
      { kind: 'yes', recorded: { state: 'off', id: null } },
    ],
    ['ibr/search', () => UIN, { kind: 'yes', beneficiaries: [{ programs: ['Grant'] }] }],
    ['ibr/enrollment', () => UIN, { kind: 'yes', programs: ['Grant'] }],
    ['dr/status', () => ({ partnerId: person }), { kind: 'yes', status: { hasDisability: true } }],
    ['dr/assessment', () => UIN, { kind: 'yes', assessment: { scores: { Vision: 3 } } }],
    ['dr/is-pwd', () => ({ partnerId: person }), { kind: 'yes', by: 'registry' }],
    ['dr/sync', () => ({ partnerId: person }), { created: true, answer: { kind: 'yes' } }],
    ['sources/crvs_main/test', () => ({}), { ok: true, status: 200 }],
  ])('POST /api/%s', async (path, body, expected) => {
    const { status, json } = await ask(path, body());
    expect(json).toMatchObject(expected as object);
    expect(status).toBe(200);
  });

  it.each([...MALFORMED, ...NO_ANSWERS])(
    'answer with 424 what is neither a yes nor a no: %s',
    async (_, body, reason) => {
      for (const path of [
        'crvs/check-death',
        'crvs/verify-birth',
        'ibr/search',
        'ibr/enrollment',
        'dr/assessment',
      ]) {
        registry.faults.push({ status: 200, body });
        const answer = await ask(path, UIN);
        expect([path, answer]).toMatchObject([path, { status: 424, json: { kind: 'not_known', reason } }]);
      }
      for (const path of ['ibr/check-duplication', 'dr/status']) {
        registry.faults.push({ status: 200, body });
        const answer = await ask(path, { partnerId: person });
        expect([path, answer]).toMatchObject([path, { status: 424, json: { kind: 'not_known', reason } }]);
      }
    },
  );

  it('GET /api/sources', async () => {
    const { json } = await ask('sources');
    expect(json).toMatchObject({ sources: [{ code: 'crvs_main', problem: null }, {}, {}] });
  });

  it('are closed without the token', async () => {
    expect((await ask('crvs/check-death', UIN, 'another')).status).toBe(401);
    expect((await ask('sources', undefined, 'another')).status).toBe(401);
  });

  it.each<[string, string, () => unknown, number, RegExp]>([
    ['no value', 'crvs/check-death', () => ({ type: 'UIN' }), 400, /^value: /],
    ['an unknown member', 'crvs/check-death', () => ({ ...UIN, Ann: 1 }), 400, /^body: there are members/],
    ['no JSON', 'dr/status', () => null, 400, /^body: /],
    [
      'an identifier that is none',
      'crvs/check-death',
      () => ({ type: 'UIN', value: ' ' }),
      400,
      /request\.invalid/,
    ],
    ['an unknown source', 'crvs/check-death', () => ({ ...UIN, source: 'x' }), 404, /there is no source x/],
    [
      'an unknown registrant',
      'ibr/check-duplication',
      () => ({ partnerId: 99_999 }),
      404,
      /no registrant with id 99999/,
    ],
    [
      'a registrant without identifiers',
      'dr/status',
      () => ({ partnerId: nobody }),
      422,
      /has no identifier/,
    ],
  ])('say what is wrong with a request: %s', async (_, path, body, status, message) => {
    const answer = await ask(path, body());
    expect(answer.status).toBe(status);
    expect((answer.json as { message: string }).message).toMatch(message);
  });

  it.each([
    [
      'refuses',
      { status: 400, body: { error: { code: 'err.request.bad', message: 'Ann is unknown' } } },
      'refused',
    ],
    ['is busy', { status: 429, headers: { 'retry-after': '3600' } }, 'unavailable'],
  ])('report a registry that %s, without its words', async (_, fault, reason) => {
    registry.faults.push(fault);
    const answer = await ask('crvs/check-death', UIN);
    expect(answer).toMatchObject({ status: 424, json: { kind: 'not_known', reason } });
    expect(JSON.stringify(answer.json)).not.toMatch(/Ann|123456789/);
  });
});
