import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { create, read, search, searchRead, write } from '../../src/odoo/orm.ts';
import { readAccess } from '../../src/openspp/access.ts';
import { setLock, TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const MEMBERSHIP = 'spp.program.membership';
const CYCLE_MEMBERSHIP = 'spp.cycle.membership';
const PLACE = 'spp.group.membership';
const REQUEST = 'spp.change.request';
const FILER = 'openspp_contract_change_request.group_cr_user';
const LOCKED = 'Registry records are restricted to administrators.';
const HIDDEN = "doesn't have 'read' access to";

/** What a call was refused with. */
const refusal = (code: string, sentence: string) => ({ code, sentence: expect.stringContaining(sentence) });

/** What is asked here is OpenSPP's alone: none of the bridge's rules are between. */
describe.each(TARGETS)('the rules of $name', ({ face, open }) => {
  let target: Target;
  let world: World;
  let bridge: OdooClient;
  let admin: OdooClient;

  beforeAll(async () => {
    target = await open({ locked: true });
    bridge = target.bridge('json2');
    world = new World(target, bridge);
    admin = world.administrator;
  });
  afterAll(() => target.close());

  const disable = (id: number) => write(admin, 'res.partner', [id], { disabled: '2024-12-01 00:00:00' });

  /** Somebody in a program, a payment round and a household, then disabled. */
  async function gone() {
    const id = await world.registrant();
    const program = await world.program();
    const cycle = await world.cycle(program.id);
    const membership = await world.enrol(id, program.id, 'enrolled');
    const round = await world.inCycle(id, cycle.id);
    const { places } = await world.household(id);
    await disable(id);
    return { id, membership, round: round.membership, entitlement: round.entitlement, place: places[0] ?? 0 };
  }

  describe('memberships of a disabled registrant', () => {
    it('are hidden from everybody, what it is to be paid is not', async () => {
      const { membership, round, place, entitlement } = await gone();
      const rows = [
        [MEMBERSHIP, membership],
        [CYCLE_MEMBERSHIP, round],
        [PLACE, place],
      ] as const;
      for (const client of [bridge, admin]) {
        for (const [model, id] of rows) {
          expect(await search(client, model, [['id', '=', id]])).toEqual([]);
          await expect(read(client, model, [id], ['create_date'])).rejects.toMatchObject(
            refusal('odoo.access', HIDDEN),
          );
        }
        expect(await search(client, 'spp.entitlement', [['id', '=', entitlement]])).toEqual([entitlement]);
      }
    });

    it('of a program refuse a write with a sentence about reading, unless nothing is tracked', async () => {
      const { id, membership } = await gone();
      const exited = { state: 'exited' };
      await expect(write(bridge, MEMBERSHIP, [membership], exited)).rejects.toMatchObject(
        refusal('odoo.access', HIDDEN),
      );
      await expect(write(admin, MEMBERSHIP, [membership], exited)).rejects.toMatchObject(
        refusal('odoo.access', HIDDEN),
      );
      await write(bridge, MEMBERSHIP, [membership], exited, { context: { tracking_disable: true } });
      expect(await world.behindRules(id, () => world.one(MEMBERSHIP, membership, ['state']))).toMatchObject(
        exited,
      );
    });

    it('of a payment round take a write, places in households refuse it', async () => {
      const { id, round, place } = await gone();
      await write(bridge, CYCLE_MEMBERSHIP, [round], { state: 'exited' });
      await expect(
        write(bridge, PLACE, [place], { ended_date: '2999-01-01 00:00:00' }),
      ).rejects.toMatchObject(refusal('odoo.access', "doesn't have 'write' access to"));
      const after = await world.behindRules(id, async () => [
        await world.one(CYCLE_MEMBERSHIP, round, ['state']),
        await world.one(PLACE, place, ['status', 'ended_date']),
      ]);
      expect(after).toMatchObject([{ state: 'exited' }, { status: 'active', ended_date: false }]);
    });
  });

  it('a membership has the fields of its registrant, and of its program the name alone', async () => {
    const id = await world.registrant({}, { birthdate: '1990-04-05' });
    const program = await world.program();
    const membership = await world.enrol(id, program.id, 'paused');
    const domain = [
      ['birthdate', '=', '1990-04-05'],
      ['partner_id', '=', id],
    ];
    expect(await searchRead(bridge, MEMBERSHIP, domain, ['birthdate', 'program_id', 'state'])).toEqual([
      { id: membership, birthdate: '1990-04-05', program_id: [program.id, program.name], state: 'paused' },
    ]);
    await expect(read(bridge, 'spp.program', [program.id], ['name'])).rejects.toMatchObject({
      code: 'odoo.access',
    });
    await write(bridge, MEMBERSHIP, [membership], { state: 'exited', exit_date: '2024-01-01' });
  });

  it('memberships of an archived registrant are found only where archived ones are asked for', async () => {
    const id = await world.registrant();
    const membership = await world.enrol(id, (await world.program()).id, 'enrolled');
    await write(admin, 'res.partner', [id], { active: false });
    const domain = [['partner_id', '=', id]];
    expect(await search(bridge, MEMBERSHIP, domain)).toEqual([]);
    expect(await search(bridge, MEMBERSHIP, domain, { context: { active_test: false } })).toEqual([
      membership,
    ]);
  });

  it('a household with two heads refuses every write to its members', async () => {
    const [head, other] = [await world.registrant(), await world.registrant()];
    const { places } = await world.household(head, [other]);
    await write(bridge, PLACE, places, { is_head: true });
    await expect(write(admin, 'res.partner', [other], { birth_place: 'x' })).rejects.toMatchObject(
      refusal('odoo.refused', 'Only one Head is allowed per group'),
    );
    await expect(write(bridge, PLACE, places, { ended_date: '2000-01-01 00:00:00' })).rejects.toMatchObject(
      refusal('odoo.refused', 'End Date cannot be earlier than Start Date'),
    );
  });

  it('a registrant of another company is not found, its ID is', async () => {
    const value = world.unique('N');
    const company = await world.company();
    const id = await world.registrant({ national_id: value }, { company_id: company });
    expect(await search(bridge, 'res.partner', [['id', '=', id]])).toEqual([]);
    await expect(read(bridge, 'res.partner', [id], ['name'])).rejects.toMatchObject(
      refusal('odoo.access', 'This seems to be a multi-company issue'),
    );
    const [row] = await searchRead(bridge, 'spp.registry.id', [['value', '=', value]], ['partner_id']);
    expect(row?.partner_id).toMatchObject([id, expect.any(String)]);
    const companies = await searchRead(bridge, 'res.company', [['id', '=', company]], ['name']);
    expect(companies).toEqual([]);
    await write(admin, 'res.users', [await bridge.uid()], { company_ids: [[4, company]] });
    expect(await search(bridge, 'res.partner', [['id', '=', id]])).toEqual([id]);
    await write(admin, 'res.users', [await bridge.uid()], { company_ids: [[3, company]] });
  });

  it('a check for duplicates is the bridge’s to write', async () => {
    const id = await world.registrant();
    const check = { partner_id: id, identifier_type: 'UIN', identifier_value: 'x', result: 'no_match' };
    const [made = 0] = await create(bridge, 'spp.dci.duplication.check', [check]);
    expect(await world.one('spp.dci.duplication.check', made, ['state', 'result'])).toMatchObject({
      state: 'ready',
      result: 'no_match',
    });
  });

  it('an invalid ID blocks its type where the old constraint is, and nowhere else', async () => {
    const id = await world.registrant();
    const old = await world.giveId(id, 'national_id', world.unique('N'), { status: 'invalid' });
    const second = world.giveId(id, 'national_id', world.unique('N'));
    if (face === 'oldids') {
      await expect(second).rejects.toMatchObject(
        refusal('odoo.refused', 'ID type must be unique per registrant.'),
      );
      await write(bridge, 'spp.registry.id', [old], { value: world.unique('N'), status: 'valid' });
    } else {
      await second;
      expect(await world.idsOf(id)).toMatchObject([{ status: 'invalid' }, { status: 'valid' }]);
    }
  });

  describe('the registry lock', () => {
    it('is recognised before anything is written', async () => {
      const locked = face === 'spmis';
      expect((await readAccess(bridge)).writesRegistrants).toBe(!locked);
      expect(await bridge.call('res.partner', 'has_access', { ids: [], operation: 'write' })).toBe(true);
      expect((await readAccess(admin)).writesRegistrants).toBe(true);
      if (!locked) return;
      await setLock(admin, false);
      expect((await readAccess(bridge)).writesRegistrants).toBe(true);
      await setLock(admin, true);
    });

    it('refuses registrants, and neither IDs nor memberships nor events', async () => {
      const id = await world.registrant();
      const membership = await world.enrol(id, (await world.program()).id, 'enrolled');
      const change = write(bridge, 'res.partner', [id], { birth_place: 'x' });
      const registrant = { name: world.unique('Registrant'), is_registrant: true };
      if (face === 'spmis') {
        await expect(change).rejects.toMatchObject(refusal('odoo.access', LOCKED));
        await expect(create(bridge, 'res.partner', [registrant])).rejects.toMatchObject(
          refusal('odoo.access', LOCKED),
        );
      } else {
        await change;
        await create(bridge, 'res.partner', [registrant]);
      }
      await world.giveId(id, 'national_id', world.unique('N'));
      await write(bridge, MEMBERSHIP, [membership], { state: 'exited' });
      // Finished, so that no bridge on the same database takes it up.
      await create(bridge, 'spp.dci.crvs.event', [
        { event_type: 'death', person_id: id, state: 'processed' },
      ]);
    });
  });

  describe('change requests', () => {
    it('are there, and may be filed, by face and group', async () => {
      const kind = async (client: OdooClient) => (await readAccess(client)).changeRequests.kind;
      if (face !== 'spmis') return expect(await kind(bridge)).toBe('absent');
      expect((await readAccess(bridge)).changeRequests).toMatchObject({
        kind: 'usable',
        types: new Map(
          ['exit_registrant', 'edit_individual', 'update_id'].map((code) => [
            code,
            { id: expect.any(Number), code },
          ]),
        ),
      });
      const uid = await bridge.uid();
      await world.setGroup(uid, FILER, false);
      expect(await kind(bridge)).toBe('forbidden');
      await world.setGroup(uid, FILER, true);
      expect(await kind(bridge)).toBe('usable');
    });

    /** Files a request, writes its detail, and submits it. */
    async function file(code: string, registrant: number, detail: Record<string, OdooValue>) {
      const [type] = await searchRead(bridge, 'spp.change.request.type', [['code', '=', code]], ['id']);
      const values = { request_type_id: type?.id ?? 0, registrant_id: registrant, source_type: 'api' };
      const [id = 0] = await create(bridge, REQUEST, [values]);
      const row = await world.one(REQUEST, id, ['detail_res_model', 'detail_res_id']);
      await write(bridge, String(row.detail_res_model), [Number(row.detail_res_id)], detail);
      return id;
    }
    const submit = (id: number) => bridge.call(REQUEST, 'action_submit_for_approval', { ids: [id] });
    const stateOf = async (id: number) =>
      (await world.one(REQUEST, id, ['display_state', 'rejection_reason', 'revision_notes', 'name'])) ?? {};

    it('are decided on by others, and applied whatever the lock', async () => {
      if (face !== 'spmis') {
        return expect(search(bridge, REQUEST, [])).rejects.toMatchObject({ code: 'odoo.unknown_model' });
      }
      const id = await world.registrant();
      const { places } = await world.household(id, [], { start_date: '2020-01-01 00:00:00' });
      const membership = await world.enrol(id, (await world.program()).id, 'enrolled');
      const detail = { exit_reason: 'deceased', exit_date: '2024-12-01', death_date: '2024-12-01' };
      const request = await file('exit_registrant', id, detail);
      await submit(request);
      expect(await stateOf(request)).toMatchObject({
        display_state: 'pending',
        name: expect.stringMatching(/^CR\/\d{4}\/\d{5}$/),
      });
      await expect(bridge.call(REQUEST, 'action_approve', { ids: [request] })).rejects.toMatchObject({
        code: 'odoo.access',
      });
      const second = await file('exit_registrant', id, detail);
      await expect(submit(second)).rejects.toMatchObject(refusal('odoo.refused', 'blocking conflicts'));

      await world.approve(request);
      expect(await stateOf(request)).toMatchObject({ display_state: 'applied' });
      expect(await world.partner(id)).toMatchObject({ disabled: '2024-12-01 00:00:00' });
      const after = await world.behindRules(id, async () => [
        await world.one(PLACE, places[0] ?? 0, ['is_ended', 'ended_date']),
        // An exit ends households and no programs.
        await world.one(MEMBERSHIP, membership, ['state']),
      ]);
      expect(after).toMatchObject([
        { is_ended: true, ended_date: '2024-12-01 00:00:00' },
        { state: 'enrolled' },
      ]);
    });

    it('are rejected and sent back with a reason; a filer sees its own alone', async () => {
      if (face !== 'spmis') return expect(target.approver).toBeNull();
      const id = await world.registrant();
      const type = (await readAccess(bridge)).changeRequests;
      const types = type.kind === 'usable' ? type.types : new Map();
      const detail = { id_type_id: await world.idType('national_id'), id_value: world.unique('N') };
      const request = await file('update_id', id, detail);
      await submit(request);
      await world.sendBack(request, 'Which office?');
      expect(await stateOf(request)).toMatchObject({
        display_state: 'revision',
        revision_notes: 'Which office?',
      });
      await submit(request);
      await world.reject(request, 'Not the same person');
      expect(await stateOf(request)).toMatchObject({
        display_state: 'rejected',
        rejection_reason: 'Not the same person',
      });
      expect(await world.idsOf(id)).toEqual([]);
      const values = { request_type_id: types.get('update_id')?.id ?? 0, registrant_id: id };
      const [others = 0] = await create(admin, REQUEST, [values]);
      expect(await search(bridge, REQUEST, [['registrant_id', '=', id]])).toEqual([request]);
      await expect(read(bridge, REQUEST, [others], ['name'])).rejects.toMatchObject(
        refusal('odoo.access', HIDDEN),
      );
    });
  });

  it('where a value comes from is stored where it is tracked, and nowhere else', async () => {
    const id = await world.registrant();
    const fields = ['source_system', 'source_reference', 'collection_method'];
    const last = ['last_update_system', 'last_update_reference'];
    const context = { source_system: 'crvs.test', source_reference: 'm-1', collection_method: 'api' };
    const type = await world.idType('national_id');
    const values = { partner_id: id, id_type_id: type, value: world.unique('N') };
    const [made = 0] = await create(bridge, 'spp.registry.id', [values], { context });
    if (face !== 'spmis') {
      return expect(read(bridge, 'spp.registry.id', [made], fields)).rejects.toMatchObject({
        code: 'odoo.refused',
      });
    }
    const row = () => world.one('spp.registry.id', made, [...fields, ...last]);
    const first = { source_system: 'crvs.test', source_reference: 'm-1', collection_method: 'api' };
    expect(await row()).toMatchObject({ ...first, last_update_system: false });
    await write(bridge, 'spp.registry.id', [made], { status: 'valid', source_system: 'never' });
    expect(await row()).toMatchObject({
      ...first,
      last_update_system: 'odoo-ui',
      last_update_reference: false,
    });
    const own = { last_update_system: 'crvs.two', last_update_reference: 'm-2' };
    await write(bridge, 'spp.registry.id', [made], own, { context: { skip_source_tracking: true } });
    expect(await row()).toMatchObject({ ...first, ...own });
  });
});
