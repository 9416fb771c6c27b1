import { describe, expect, test } from 'vitest';
import type { OdooClient, OdooProtocol, OdooValue } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { tryTogether } from '../../src/odoo/halving.ts';
import { create, fieldsGet, read, search, searchCount, searchRead, write } from '../../src/odoo/orm.ts';
import type { OdooSettings } from '../../src/odoo/settings.ts';
import { PROTOCOLS } from './fake-server.ts';

const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_PASSWORD } = process.env;
const HERE = ODOO_URL && ODOO_DB && ODOO_LOGIN && ODOO_API_KEY && ODOO_PASSWORD;

const EVENT = 'spp.dci.crvs.event';
/** Ids that no record will ever have. */
const NO_RECORD = 2_000_000_000;
/** Marks the records of this run: Odoo lets the bridge's user delete nothing, and others test on the same Odoo. */
const MARK = `odoo-live-${crypto.randomUUID()}`;

const connect = (over: Partial<OdooSettings>) =>
  connectOdoo({
    url: ODOO_URL ?? '',
    db: ODOO_DB ?? '',
    login: ODOO_LOGIN ?? '',
    apiKey: ODOO_API_KEY,
    password: ODOO_PASSWORD,
    protocol: 'auto',
    timeoutMs: 30_000,
    ...over,
  });

/** One client for each protocol: logging in takes Odoo half a second. */
const shared = new Map(HERE ? PROTOCOLS.map((protocol) => [protocol, connect({ protocol })]) : []);

function client(protocol: OdooProtocol = 'json2'): OdooClient {
  const odoo = shared.get(protocol);
  if (!odoo) throw new Error('no Odoo here');
  return odoo;
}

/** How the same work ends over each protocol: its result, or what a caller may read of the error. */
async function overEach(work: (odoo: OdooClient) => Promise<unknown>, over?: Partial<OdooSettings>) {
  const ends: unknown[] = [];
  for (const protocol of PROTOCOLS) {
    const end = work(over ? connect({ ...over, protocol }) : client(protocol)).catch((error: unknown) => {
      if (!(error instanceof OdooError)) throw error;
      expect(error.protocol).toBe(protocol);
      return { code: error.code, sentence: error.sentence };
    });
    ends.push(await end);
  }
  return ends;
}

/** The one end that all three protocols had. */
async function sameOverEach(work: (odoo: OdooClient) => Promise<unknown>, over?: Partial<OdooSettings>) {
  const [json2, jsonrpc, xmlrpc] = await overEach(work, over);
  expect(jsonrpc).toEqual(json2);
  expect(xmlrpc).toEqual(json2);
  return json2;
}

const call =
  (model: string, method: string, args: Record<string, unknown> = {}) =>
  (odoo: OdooClient) =>
    odoo.call(model, method, args);

/** A contact of this run. */
async function contact(odoo: OdooClient, suffix: string): Promise<number> {
  const [id] = await create(odoo, 'res.partner', [{ name: `${MARK} ${suffix}` }]);
  return id ?? 0;
}

describe.skipIf(!HERE)('a real Odoo, the same over JSON-2, JSON-RPC and XML-RPC', () => {
  test('the user', async () => {
    expect(await sameOverEach((odoo) => odoo.uid())).toEqual(expect.any(Number));
    expect(await sameOverEach((odoo) => odoo.uid(), { password: undefined })).toEqual(expect.any(Number));
  });

  test('auto is JSON-2 on Odoo 19', async () => {
    const odoo = connect({ protocol: 'auto' });
    await odoo.uid();
    expect(odoo.protocol).toBe('json2');
  });

  test('reading: rows of every type of field, empty ones as false', async () => {
    const odoo = client();
    const id = await contact(odoo, 'reading');
    const fields = [
      'name',
      'ref',
      'birthdate',
      'create_date',
      'create_uid',
      'parent_id',
      'child_ids',
      'active',
    ];
    const numbers = ['color', 'partner_latitude'];
    const row = await sameOverEach((some) => read(some, 'res.partner', [id], [...fields, ...numbers]));
    expect(row).toEqual([
      {
        id,
        name: `${MARK} reading`,
        ref: false,
        birthdate: false,
        create_date: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
        create_uid: [expect.any(Number), expect.any(String)],
        parent_id: false,
        child_ids: [],
        active: true,
        color: 0,
        partner_latitude: 0,
      },
    ]);
    const domain = [['name', '=', `${MARK} reading`]];
    expect(await sameOverEach((some) => searchRead(some, 'res.partner', domain, fields))).toHaveLength(1);
    expect(await sameOverEach((some) => search(some, 'res.partner', domain))).toEqual([id]);
    expect(await sameOverEach((some) => searchCount(some, 'res.partner', domain))).toBe(1);
    expect(await sameOverEach((some) => read(some, 'res.partner', [id, NO_RECORD], ['ref']))).toHaveLength(1);
    expect(
      await sameOverEach((some) => searchRead(some, 'res.partner', domain, ['ref'], { limit: 0 })),
    ).toHaveLength(1);
  });

  test('what Odoo says about fields', async () => {
    const fields = await sameOverEach(async (odoo) => [...(await fieldsGet(odoo, EVENT))]);
    expect(new Map(fields as [string, unknown][]).get('event_date')).toMatchObject({ type: 'date' });
    await sameOverEach(call('res.partner', 'fields_get'));
  });

  test('text that is hard to carry comes back as it was sent', async () => {
    const texts: [sent: string, kept?: string][] = [
      ['{\n  "name": "Ana <b>&amp;</b> \\"é\\" 😀 ]]> ]]></string></value>"\n}'],
      ['a\r\nb\tc <\r\n'],
      ['  spaces  '],
      ['a\u0000b\u0001c\ud800d', 'a\ufffdb\ufffdc\ufffdd'],
      ['ñ'.repeat(50_000)],
    ];
    for (const [raw, kept = raw] of texts) {
      const stored = await overEach(async (odoo) => {
        const [id = 0] = await create(odoo, EVENT, [{ name: MARK, event_type: 'birth', raw_data: raw }]);
        return sameOverEach(async (other) => (await read(other, EVENT, [id], ['raw_data']))[0]?.raw_data);
      });
      expect(stored).toEqual([kept, kept, kept]);
    }
  });

  test('creating, one record and many', async () => {
    const values = [{ name: `${MARK} many 1` }, { name: `${MARK} many 2`, ref: null, active: true }];
    for (const ids of await overEach((odoo) => create(odoo, 'res.partner', values))) {
      expect(ids).toEqual([expect.any(Number), expect.any(Number)]);
    }
    for (const ids of await overEach(call('res.partner', 'create', { vals_list: { name: `${MARK} one` } }))) {
      expect([ids].flat()).toEqual([expect.any(Number)]);
    }
  });

  test('writing, false and null both empty a field', async () => {
    const id = await contact(client(), 'writing');
    for (const empty of [false, null]) {
      for (const protocol of PROTOCOLS) {
        const odoo = client(protocol);
        await write(odoo, 'res.partner', [id], { ref: MARK, birthdate: '1990-05-06' });
        await write(odoo, 'res.partner', [id], { birthdate: empty });
        expect(await read(odoo, 'res.partner', [id], ['ref', 'birthdate'])).toEqual([
          { id, ref: MARK, birthdate: false },
        ]);
      }
    }
    expect(await sameOverEach((odoo) => write(odoo, EVENT, [NO_RECORD], { notes: 'x' }))).toBeUndefined();
  });

  test('a method that gives None gives null, and took effect', async () => {
    for (const protocol of PROTOCOLS) {
      const odoo = client(protocol);
      const id = await contact(odoo, `archived ${protocol}`);
      expect(await odoo.call('res.partner', 'action_archive', { ids: [id] })).toBeNull();
      expect(await read(odoo, 'res.partner', [id], ['active'])).toEqual([{ id, active: false }]);
    }
  });

  test('a method on records may be called on none', async () => {
    const operation = 'write';
    expect(await sameOverEach(call('res.partner', 'has_access', { operation }))).toBe(true);
    expect(await sameOverEach(call('res.partner', 'has_access', { ids: [], operation }))).toBe(true);
  });

  test('many at once, one bad among them', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `${MARK} together ${index}`);
    for (const outcome of await overEach((odoo) =>
      tryTogether(names, (some) =>
        create(
          odoo,
          'res.partner',
          some.map((name) => ({ name, birthdate: name.endsWith('5') ? '2999-01-01' : false })),
        ),
      ),
    )) {
      expect(outcome).toMatchObject({ refused: [{ item: names[5], error: { code: 'odoo.refused' } }] });
      expect((outcome as { done: unknown[] }).done).toHaveLength(7);
    }
  });

  const event = {
    name: MARK,
    event_type: 'death',
    identifier_type: 'live',
    identifier_value: MARK,
    event_date: '2026-01-01',
  };
  const creating = (values: Record<string, OdooValue>) => (odoo: OdooClient) => create(odoo, EVENT, [values]);

  test('a constraint of the model: ValidationError', async () => {
    await create(client(), EVENT, [event]);
    expect(await sameOverEach(creating(event))).toEqual({
      code: 'odoo.refused',
      sentence: 'An event with this identifier, type, and date already exists.',
    });
  });

  test.each<[string, (odoo: OdooClient) => Promise<unknown>, code: string, sentence: string]>([
    [
      'a future date',
      creating({ ...event, event_date: '2999-01-01' }),
      'odoo.refused',
      'Event date cannot be in the future.',
    ],
    [
      'a value that is none',
      creating({ ...event, event_type: 'x' }),
      'odoo.refused',
      `Wrong value for ${EVENT}.event_type: 'x'`,
    ],
    [
      'a date that is none',
      creating({ ...event, event_date: '2026-13-45' }),
      'odoo.refused',
      "time data '2026-13-45'",
    ],
    [
      'an unknown field',
      creating({ ...event, nope: 1 }),
      'odoo.refused',
      `Invalid field 'nope' in '${EVENT}'`,
    ],
    [
      'a mandatory field left out',
      creating({ name: MARK }),
      'odoo.refused',
      'The operation cannot be completed:',
    ],
    [
      'a person who is not there',
      creating({ ...event, identifier_value: `${MARK} 2`, person_id: NO_RECORD }),
      'odoo.refused',
      'The operation cannot be completed:',
    ],
    [
      'no number where one must be',
      call('res.partner', 'load', { fields: ['.id', 'birthdate'], data: [['abc', '']] }),
      'odoo.refused',
      'invalid input syntax for type integer: "abc"',
    ],
    [
      'a key error',
      call('res.partner', 'load', { fields: ['.id', 'no.pe'], data: [['1', 'x']] }),
      'odoo.refused',
      'no.pe',
    ],
    [
      'an argument too many',
      call(EVENT, 'search_read', { domain: [], nope: 1 }),
      'odoo.refused',
      'BaseModel._read_format() got',
    ],
    [
      'a language that is none',
      call(EVENT, 'search_read', { domain: [], context: { lang: 'xx' } }),
      'odoo.refused',
      'Invalid language code: xx',
    ],
    [
      'no right to delete',
      call(EVENT, 'unlink', { ids: [NO_RECORD] }),
      'odoo.access',
      "You are not allowed to delete 'CRVS Event'",
    ],
    [
      'no right to write',
      call('spp.dci.crvs.sender', 'write', { ids: [NO_RECORD], vals: { name: 'x' } }),
      'odoo.access',
      'You are not allowed to modify',
    ],
    ['a private method', call(EVENT, '_check_event_date', { ids: [] }), 'odoo.access', 'Private methods'],
    [
      'a record that is gone',
      call(EVENT, 'process_event', { ids: [NO_RECORD] }),
      'odoo.missing',
      'Record does not exist or has been deleted.',
    ],
    [
      'an unknown model',
      call('spp.nope', 'search_read', { domain: [] }),
      'odoo.unknown_model',
      "The model 'spp.nope' does not exist",
    ],
    [
      'an unknown method',
      call(EVENT, 'frobnicate'),
      'odoo.unknown_method',
      `The method '${EVENT}.frobnicate' does not exist`,
    ],
    [
      'an unknown method on a record',
      call(EVENT, 'frobnicate', { ids: [NO_RECORD] }),
      'odoo.unknown_method',
      `The method '${EVENT}.frobnicate' does not exist`,
    ],
  ])('%s', async (_name, work, code, sentence) => {
    expect(await sameOverEach(work)).toEqual({ code, sentence: expect.stringContaining(sentence) });
  });

  const counting = (odoo: OdooClient) => searchCount(odoo, 'res.partner', []);

  test.each<[string, Partial<OdooSettings>, code: string, sentence: string | undefined]>([
    [
      'a wrong key',
      { apiKey: '0'.repeat(40), password: undefined },
      'odoo.authentication',
      'Odoo does not accept this login with this API key or password.',
    ],
    [
      'a wrong database',
      { db: 'no_such_database' },
      'odoo.authentication',
      'Odoo has no database of this name.',
    ],
    ['no patience', { timeoutMs: 1 }, 'odoo.timeout', undefined],
    ['a wrong path', { url: `${ODOO_URL}/nowhere` }, 'odoo.unavailable', undefined],
    ['a port where nobody listens', { url: 'http://127.0.0.1:9' }, 'odoo.unreachable', undefined],
  ])('%s', async (_name, over, code, sentence) => {
    expect(await sameOverEach(counting, over)).toEqual({ code, sentence });
  });
});
