import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClaimedEvent } from '../../src/inbox/inbox.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { searchRead, write } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

/** IDs that OpenSPP has no room for, on releases that keep a removed ID's type taken and on those that do not. */
describe.each(TARGETS)('IDs of a registrant: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
  });
  beforeEach(() => {
    world = new World(target, target.bridge('jsonrpc'));
  });
  afterAll(() => target?.close());

  const idsOf = (registrant: number) =>
    searchRead(
      world.client,
      'spp.registry.id',
      [['partner_id', '=', registrant]],
      ['id_type_id', 'value', 'status', 'description'],
      { order: 'id' },
    );

  /** What MOSIP says when it issues a UIN, as its connector keeps it. */
  function issued(registrant: { nid: string }, uin: string, at: number, type = 'UIN'): ClaimedEvent {
    const identifiers = [
      { type: 'PASSPORT', value: registrant.nid },
      { type, value: uin },
    ];
    const claimed = world.claimed({ type: 'birth', date: null, identifiers });
    const change = {
      change: 'issued',
      at: new Date(at).toISOString(),
      word: 'CREDENTIAL_ISSUED',
      expires_on: null,
      ids: [{ type, value: uin }],
    };
    const body = JSON.stringify({ header: {}, message: { identity_event: change } });
    return { ...claimed, type: 'identity', body };
  }

  async function withPassport() {
    const nid = world.unique('P');
    return { id: await world.registrant({ passport: nid }), nid };
  }

  it('a removed ID of the type does not keep a registration number out', async () => {
    const nid = world.unique('N');
    const id = await world.registrant({ national_id: nid });
    const { idTypes } = await world.capabilities();
    const type = idTypes.find(({ code }) => code.toLowerCase() === 'brn')?.code ?? 'birth_certificate';
    await world.giveId(id, type, world.unique('B'), { status: 'invalid' });
    const brn = world.unique('B');
    const row = await world.row({
      type: 'birth',
      date: '2020-02-29',
      identifiers: [
        { type: 'UIN', value: nid },
        { type: 'BRN', value: brn },
      ],
    });
    expect(row).toMatchObject({ state: 'processed', error_message: false });
    const idType = await world.idType(type);
    const rows = (await idsOf(id)).filter((one) => many2oneId(one.id_type_id) === idType);
    expect(rows.find(({ value }) => value === brn)).toMatchObject({ status: 'valid' });
    if (target.face === 'oldids') {
      expect(rows).toHaveLength(1);
      expect(row.notes).toContain(
        `Stored BRN ending ${brn.slice(-4)} in place of a removed ID of the same type.`,
      );
    } else {
      expect(rows).toHaveLength(2);
      expect(row.notes).toContain(`Stored BRN ending ${brn.slice(-4)}.`);
    }
  });

  it('a UIN that is replaced leaves the registrant with one at all times', async () => {
    const person = await withPassport();
    const [first, second] = [world.unique('U'), world.unique('U')];
    const now = Date.now();
    expect(await world.deliver(issued(person, first, now - 60_000))).toMatchObject([
      { outcome: 'processed' },
    ]);
    expect(await world.deliver(issued(person, second, now))).toMatchObject([{ outcome: 'processed' }]);
    const type = (await world.idType('UIN')) ?? (await world.idType('national_id'));
    const rows = (await idsOf(person.id)).filter((one) => many2oneId(one.id_type_id) === type);
    const live = rows.filter(({ status }) => status !== 'invalid');
    expect(live).toMatchObject([{ value: second, status: 'valid' }]);
    if (target.face === 'oldids') {
      expect(rows).toHaveLength(1);
      expect(live[0]?.description).toContain(`replaced …${first.slice(-4)} on`);
    } else {
      expect(rows.find(({ value }) => value === first)).toMatchObject({
        status: 'invalid',
        description: expect.stringContaining('replaced it on'),
      });
    }
  });

  it('a UIN that OpenSPP refuses leaves the registrant with the one before', async () => {
    if (!world.admin) throw new Error('needs an administrator');
    const person = await withPassport();
    const first = world.unique('U');
    await world.deliver(issued(person, first, Date.now() - 60_000));
    const type = (await world.idType('UIN')) ?? (await world.idType('national_id'));
    await write(world.admin, 'spp.vocabulary.code', [type ?? 0], { id_validation: '^[A-Z0-9-]+$' });
    try {
      const [refused] = await world.deliver(issued(person, 'not a number!', Date.now()));
      expect(refused).toMatchObject({ outcome: 'error', reason: 'openspp.refused' });
      expect(JSON.stringify(refused)).not.toContain('not a number!');
      const rows = (await idsOf(person.id)).filter((one) => many2oneId(one.id_type_id) === type);
      expect(rows.filter(({ status }) => status !== 'invalid')).toMatchObject([{ value: first }]);
    } finally {
      await write(world.admin, 'spp.vocabulary.code', [type ?? 0], { id_validation: false });
    }
  });

  it('a UIN that OpenSPP refuses with the name of its holder shows no name', async () => {
    const person = await withPassport();
    const name = String((await world.one('res.partner', person.id, ['name'])).name);
    const { client } = world;
    const refusing: OdooClient = {
      get protocol() {
        return client.protocol;
      },
      uid: () => client.uid(),
      call(model, method, ...rest) {
        if (model !== 'spp.registry.id' || method !== 'create') return client.call(model, method, ...rest);
        const sentence = `${name} already has a valid UIN.`;
        throw new OdooError('odoo.refused', { protocol: client.protocol, model, method, sentence });
      },
    };
    const told = issued(person, world.unique('U'), Date.now());
    expect(await new World(target, refusing).deliver(told)).toMatchObject([
      { errorMessage: 'the registrant already has a valid UIN.', reason: 'openspp.refused' },
    ]);
  });

  it('a deprecated ID type takes no new number', async () => {
    if (!world.admin) throw new Error('needs an administrator');
    const code = world.unique('DRN');
    await world.addIdType(code);
    const type = await world.idType(code);
    await write(world.admin, 'spp.vocabulary.code', [type ?? 0], { deprecated: true });
    const nid = world.unique('N');
    const passport = world.unique('P');
    const id = await world.registrant({ national_id: nid, passport });
    world.matching = {
      ...world.matching,
      registrationNumbers: { ...world.matching.registrationNumbers, death: new Set([code]) },
    };
    const row = await world.row({
      type: 'death',
      date: '2024-12-01',
      identifiers: [
        { type: 'UIN', value: nid },
        { type: code, value: world.unique('D') },
      ],
    });
    expect(row.state).toBe('processed');
    expect(row.notes).toContain(`OpenSPP has no ID type for ${code}`);
    // Nor one that an identity system issues.
    expect(await world.deliver(issued({ nid: passport }, world.unique('D'), Date.now(), code))).toMatchObject(
      [{ outcome: 'processed', notes: `${code} not stored: OpenSPP has no ID type for it.` }],
    );
    expect((await idsOf(id)).map(({ value }) => value)).toEqual([nid, passport]);
  });
});
