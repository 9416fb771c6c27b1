import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import nationalId from '../../examples/national-id-check/extension.ts';
import { matchLate } from '../../src/delivery/late-matches.ts';
import {
  EventRefused,
  type Extension,
  type ExtensionEvent,
  type FoundPerson,
} from '../../src/extensions/extension.ts';
import { textAt } from '../../src/extensions/plain.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { read } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { MATCHING, TARGETS, type Target } from '../contract/target.ts';
import { World } from '../contract/world.ts';
import { addField, putInForce, saying } from './support.ts';

const EVENT = 'spp.dci.crvs.event';
const SECRET = 'Zebulon-190283746551';

let target: Target;
let world: World;
let bridgeUser: World['client'];
beforeAll(async () => {
  const sandbox = TARGETS[0];
  if (!sandbox) throw new Error('there is always the sandbox');
  target = await sandbox.open();
  bridgeUser = target.bridge('json2');
  world = new World(target, bridgeUser);
  if (!target.admin) throw new Error('the sandbox has an administrator');
  await addField(target.admin, EVENT, 'x_count', 'integer');
  await addField(target.admin, 'res.partner', 'x_count', 'integer');
});
afterAll(() => target?.close());

const extension = (members: Partial<Extension>): Extension => ({ name: 'trial', api: 1, ...members });

/** A birth of somebody who is known, whose message says what its extension is to do. */
async function birth(does: string) {
  const nid = world.unique('N');
  const registrant = await world.registrant({ national_id: nid });
  const told = world.claimed({
    type: 'birth',
    date: '2020-02-03',
    identifiers: [{ type: 'UIN', value: nid }],
  });
  return { nid, registrant, told: saying(told, { does, name: SECRET }) };
}

/** Does what the message says; most of it is no good. */
async function misbehave<T>(
  event: ExtensionEvent,
  tools: Parameters<NonNullable<Extension['findPerson']>>[1],
  good: T,
) {
  switch (textAt(event.message, 'does')) {
    case 'throw':
      throw new TypeError(`cannot read ${SECRET}`);
    case 'throw text':
      throw SECRET;
    case 'refuse':
      throw new EventRefused('This is refused.');
    case 'nonsense':
      return { made: 'up' } as T;
    case 'hang':
      return new Promise<T>(() => {});
    case 'ask for a model that is not there':
      await tools.odoo.searchRead('x.nothing', [], ['id']);
      return good;
    case 'ask for a field that is not there':
      await tools.odoo.searchRead('res.partner', [], ['x_nothing']);
      return good;
    case 'ask again and again':
      for (;;) await tools.odoo.searchRead('res.partner', [['id', '=', 1]], ['id']);
    default:
      return good;
  }
}

const SENTENCES: Record<string, string> = {
  throw: 'The extension "trial" failed in MEMBER (TypeError).',
  'throw text': 'The extension "trial" failed in MEMBER (it threw a value of type string).',
  refuse: 'Refused by the extension "trial": This is refused.',
  hang: 'The extension "trial" failed in MEMBER: it did not answer within 0.5 s.',
  'ask for a model that is not there':
    'The extension "trial" failed in MEMBER (OdooError odoo.unknown_model on x.nothing).',
  'ask for a field that is not there':
    'The extension "trial" failed in MEMBER (OdooError odoo.refused on res.partner).',
  'ask again and again': 'The extension "trial" failed in MEMBER: it asked Odoo more than 50 times.',
};
const WAYS = ['good', ...Object.keys(SENTENCES), 'nonsense', 'good'];

describe.each([
  ['findPerson', { findPerson: (event, tools) => misbehave(event, tools, 'bridge') }],
  [
    'findPersons',
    {
      findPersons: (events, tools) =>
        Promise.all(events.map((event) => misbehave<FoundPerson>(event, tools, 'bridge'))),
    },
  ],
  [
    'eventFields.values',
    { eventFields: { fields: ['x_count'], values: (e, t) => misbehave(e, t, { x_count: 1 }) } },
  ],
  [
    'registrantFields.values',
    { registrantFields: { fields: ['x_count'], values: (e, _, t) => misbehave(e, t, { x_count: 1 }) } },
  ],
] satisfies [string, Partial<Extension>][])('an extension that misbehaves in %s', (member, members) => {
  it('fails its own event, with a sentence that names it, and no other', async () => {
    const { logged } = putInForce(world, extension(members));
    const births = await Promise.all(WAYS.map(birth));
    const outcomes = await world.deliver(...births.map(({ told }) => told));
    const said = Object.fromEntries(
      outcomes.map((one, at) => [
        WAYS[at],
        one.kind === 'settled' ? (one.errorMessage ?? 'processed') : one.kind,
      ]),
    );
    const expected = Object.entries(SENTENCES).map(([way, text]) => [way, text.replace('MEMBER', member)]);
    expect(said).toEqual({
      good: 'processed',
      ...Object.fromEntries(expected),
      nonsense: expect.stringMatching(`^The extension "trial" failed in ${member}: `),
    });
    expect(outcomes.map((one) => (one.kind === 'settled' ? one.odooEventId : null))).not.toContain(null);
    expect(logged()).toContain('an extension failed');
    expect(logged()).not.toContain(SECRET);
  });
});

describe('a rule of an extension', () => {
  const counting: Extension = extension({
    registrantFields: { fields: ['x_count'] },
    rules: {
      birth: (input, rule) => {
        const change = rule(input);
        const does = textAt(input.event.message, 'does');
        if (does === 'throw') throw new TypeError(SECRET);
        if (does === 'nonsense') return { patch: SECRET } as never;
        if (does === 'promise') return Promise.resolve(change) as never;
        const count = Number(input.registrant.fields?.x_count) + 1;
        return { ...change, patch: { ...change.patch, x_count: count, x_gone: 1 } };
      },
    },
  });

  it('wraps the bridge’s own, with what is in the registrant; what it does wrong ends its own event', async () => {
    const { logged } = putInForce(world, counting);
    const births = await Promise.all(['good', 'throw', 'nonsense', 'promise'].map(birth));
    const outcomes = await world.deliver(...births.map(({ told }) => told));
    expect(outcomes).toMatchObject([
      {
        outcome: 'processed',
        notes: 'Birth date: 2020-02-03.\nNot changed: this OpenSPP has no field x_gone on registrants.',
      },
      { outcome: 'error', errorMessage: 'The extension "trial" failed in rules.birth (TypeError).' },
      { outcome: 'error', errorMessage: expect.stringContaining('failed in rules.birth: patch must be') },
      { outcome: 'error', errorMessage: expect.stringContaining('rules are synchronous') },
    ]);
    const held = await read(
      bridgeUser,
      'res.partner',
      births.map(({ registrant }) => registrant),
      ['birthdate', 'x_count'],
    );
    expect(held).toMatchObject([
      { birthdate: '2020-02-03', x_count: 1 },
      ...Array(3).fill({ birthdate: false, x_count: 0 }),
    ]);
    expect(logged()).not.toContain(SECRET);
  });
});

describe('what an extension adds', () => {
  it('that Odoo refuses is isolated to its own event, whose row is made without it and filled once it is corrected', async () => {
    const counted = (value: (does: string) => string) =>
      extension({
        eventFields: {
          fields: ['x_count'],
          values: ({ message }) => ({ x_count: value(textAt(message, 'does') ?? '') }),
        },
      });
    putInForce(
      world,
      counted((does) => does),
    );
    const ways = ['1', '2', 'no number', '4'];
    const births = await Promise.all(ways.map(birth));
    const outcomes = await world.deliver(...births.map(({ told }) => told));
    const rows = outcomes.map((one) => (one.kind === 'settled' ? (one.odooEventId ?? 0) : 0));
    expect(outcomes[2]).toMatchObject({
      outcome: 'error',
      errorMessage: expect.stringMatching(
        /^Odoo refused what is added by x_count of the extension "trial": invalid literal/,
      ),
    });
    const fields = ['x_count', 'state', 'event_date'];
    expect(await read(bridgeUser, EVENT, rows, fields)).toMatchObject([
      { x_count: 1, state: 'processed' },
      { x_count: 2, state: 'processed' },
      { x_count: 0, state: 'error', event_date: '2020-02-03' },
      { x_count: 4, state: 'processed' },
    ]);
    // Tried again as it is, it says the same; corrected, it goes through.
    const again = births[2]?.told;
    if (!again) throw new Error('there are four births');
    const [same] = await world.deliver({ ...again, odooEventId: rows[2] ?? null });
    expect(same).toMatchObject({
      outcome: 'error',
      errorMessage: expect.stringContaining('extension "trial"'),
    });
    putInForce(
      world,
      counted(() => '3'),
    );
    const [mended] = await world.deliver({ ...again, odooEventId: rows[2] ?? null });
    expect(mended).toMatchObject({ outcome: 'processed', odooEventId: rows[2] });
    expect(await read(bridgeUser, EVENT, [rows[2] ?? 0], fields)).toMatchObject([
      { x_count: 3, state: 'processed' },
    ]);
  });

  it('to the registrant and Odoo refuses, is named beside Odoo’s sentence', async () => {
    putInForce(
      world,
      extension({
        registrantFields: {
          fields: ['x_count'],
          values: (e) => ({ x_count: textAt(e.message, 'does') ?? '' }),
        },
      }),
    );
    const births = await Promise.all(['7', 'no number'].map(birth));
    expect(await world.deliver(...births.map(({ told }) => told))).toMatchObject([
      { outcome: 'processed' },
      { outcome: 'error', errorMessage: expect.stringContaining('(What was written includes x_count of') },
    ]);
  });

  it('for a field that this OpenSPP does not have is a note, and a warning at the start', async () => {
    const fields = ['x_not_there'];
    const values = () => ({ x_not_there: 'a' });
    const { logged, warnOfMissingFields } = putInForce(
      world,
      extension({ eventFields: { fields, values }, registrantFields: { fields, values } }),
    );
    const { told } = await birth('good');
    const [outcome] = await world.deliver(told);
    expect(outcome).toMatchObject({
      outcome: 'processed',
      notes:
        'Birth date: 2020-02-03.\n' +
        'The extension "trial" has a x_not_there, but this OpenSPP has no such field on registrants.\n' +
        'The extension "trial" has a x_not_there, but this OpenSPP has no such field on CRVS events.',
    });
    await warnOfMissingFields(new CapabilityCache(bridgeUser));
    expect(logged()).toContain('"model":"spp.dci.crvs.event","field":"x_not_there"');
    expect(logged()).toContain('"model":"res.partner","field":"x_not_there"');
  });
});

describe('an Odoo that cannot be asked', () => {
  let client: World['client'];
  beforeEach(() => {
    client = world.client;
  });

  it('is no failure of the extension: the batch is to be tried again', async () => {
    const ask = extension({
      async findPerson(_, { odoo }) {
        // Whatever it makes of the failure.
        await odoo.searchRead('res.partner', [['ref', '=', 'x']], ['id']).catch(() => {});
        return null;
      },
    });
    const down: World['client'] = {
      ...client,
      protocol: client.protocol,
      uid: () => client.uid(),
      async call(model, method, args, options) {
        const { domain } = (args ?? {}) as { domain?: unknown[][] };
        if (domain?.[0]?.[0] === 'ref')
          throw new OdooError('odoo.unreachable', { protocol: 'json2', model, method });
        return client.call(model, method, args, options);
      },
    };
    const elsewhere = new World({ ...target, admin: null }, down);
    putInForce(elsewhere, ask);
    const { told } = await birth('good');
    await expect(elsewhere.deliver(told)).rejects.toMatchObject({ code: 'odoo.unreachable' });
  });
});

describe('matching of a country’s own', () => {
  it('asks once for all events, checks the number, and leaves the others to the bridge', async () => {
    const asked: string[] = [];
    const tapped: World['client'] = {
      protocol: bridgeUser.protocol,
      uid: () => bridgeUser.uid(),
      call(model, method, args, options) {
        asked.push(`${model}.${method}`);
        return bridgeUser.call(model, method, args, options);
      },
    };
    const own = new World(target, tapped);
    putInForce(own, nationalId);
    // 7992739871 with the check digits 3 (right) and 4 (wrong), as Luhn's example goes.
    const known = await own.registrant({ national_id: '79927398713' });
    const wrong = await own.registrant({ national_id: '79927398714' });
    const { told, registrant } = await birth('good');
    const born = (value: string) =>
      own.claimed({ type: 'birth', date: '2020-02-03', identifiers: [{ type: 'NID', value }] });
    const before = asked.length;
    const outcomes = await own.deliver(born('7992-7398 713'), born('79927398714'), told);
    const reads = asked.slice(before).filter((one) => one === 'spp.registry.id.search_read');
    // The extension's, the bridge's own for the event left to it; the rest are the registration numbers.
    expect(reads.length).toBeLessThanOrEqual(3);
    expect(outcomes).toMatchObject([
      { outcome: 'processed' },
      { outcome: 'error', errorMessage: 'No matching person found in registry' },
      { outcome: 'processed' },
    ]);
    const rows = outcomes.map((one) => (one.kind === 'settled' ? (one.odooEventId ?? 0) : 0));
    const persons = (await read(bridgeUser, EVENT, rows, ['person_id'])).map((row) =>
      many2oneId(row.person_id),
    );
    expect(persons).toEqual([known, null, registrant]);
    expect(persons).not.toContain(wrong);
  });

  it('that names a group, or several, changes nobody', async () => {
    const group = await world.registrant({}, { is_group: true });
    const some = await Promise.all([world.registrant(), world.registrant()]);
    let answer: FoundPerson = group;
    putInForce(world, extension({ findPerson: () => answer }));
    const { told } = await birth('good');
    expect(await world.deliver(told)).toMatchObject([
      { outcome: 'error', errorMessage: 'No matching person found in registry' },
    ]);
    answer = some;
    const other = await birth('good');
    expect(await world.deliver(other.told)).toMatchObject([
      {
        outcome: 'error',
        errorMessage: expect.stringContaining('lead to different registrants (extension trial to'),
      },
    ]);
  });

  it('is asked again for late matches, with the whole message', async () => {
    const seen: string[] = [];
    const { hooks } = putInForce(
      world,
      extension({
        findPerson(event) {
          const does = textAt(event.message, 'does') ?? '';
          seen.push(`${does} ${event.position}`);
          return does === 'come' ? 1 : null;
        },
      }),
    );
    const events = await Promise.all(['come', 'stay away'].map(birth));
    const retried: number[] = [];
    const inbox: Parameters<typeof matchLate>[1]['inbox'] = {
      dueMatches: async () => events.map(({ told }) => ({ ...told, reason: null, settledAt: Date.now() })),
      find: async () => [],
      show: async (id) => ({ ...events.find(({ told }) => told.id === id)?.told }) as never,
      matchAgain: async () => {},
      retry: async (events) => {
        const ids = events.map((event) => (typeof event === 'number' ? event : event.id));
        retried.push(...ids);
        return ids;
      },
    };
    const deps = {
      inbox,
      client: bridgeUser,
      capabilities: new CapabilityCache(bridgeUser),
      matching: MATCHING,
    };
    const times = { intervalMs: 1000, maximumIntervalMs: 1000, forMs: 1_000_000 };
    expect(await matchLate(times, { ...deps, hooks })).toEqual({ looked: 2, matched: 1 });
    expect(retried).toEqual([events[0]?.told.id]);
    expect(seen).toEqual(['come 0', 'stay away 0']);
  });
});
