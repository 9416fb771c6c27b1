import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OdooProtocol } from '../../src/odoo/client.ts';
import { create, write } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const PROTOCOLS: OdooProtocol[] = ['json2', 'jsonrpc', 'xmlrpc'];
const NO_MATCH = en.match.none;

/** A registrant with a national ID, and an identifier that leads there. */
async function person(world: World, values = {}) {
  const nid = world.unique('N');
  const id = await world.registrant({ national_id: nid }, values);
  return { id, nid, uin: { type: 'UIN', value: nid } };
}

describe.each(TARGETS)('$name', ({ open }) => {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target?.close());

  describe.each(PROTOCOLS)('over %s', (protocol) => {
    let world: World;
    beforeAll(() => {
      world = new World(target, target.bridge(protocol));
    });

    describe('the event row', () => {
      it('is made, keyed by the first identifier as sent, and ends processed', async () => {
        const { id, uin } = await person(world);
        const told = world.claimed({
          type: 'birth',
          date: '2020-02-03',
          identifiers: [uin, { type: 'X', value: 'y' }],
        });
        const row = await world.row(told);
        expect(row).toMatchObject({
          event_type: 'birth',
          event_date: '2020-02-03',
          identifier_type: 'UIN',
          identifier_value: uin.value,
          state: 'processed',
          error_message: false,
          notes: 'Birth date: 2020-02-03.',
        });
        expect(many2oneId(row.person_id)).toBe(id);
        expect(many2oneId(row.processed_by)).toBe(await world.client.uid());
        expect(JSON.parse(String(row.raw_data))).toEqual({
          header: JSON.parse(told.body).header,
          message: JSON.parse(told.body).message,
        });
        expect(row.received_date).toBe(
          new Date(told.receivedAt).toISOString().slice(0, 19).replace('T', ' '),
        );
      });

      it('has a name of OpenSPP’s look: from the sequence where there is one, else the bridge’s own', async () => {
        const { uin } = await person(world);
        const told = world.claimed({ type: 'death', date: '2020-02-03', identifiers: [uin] });
        const row = await world.row(told);
        const { sequenced } = await world.capabilities();
        if (sequenced.has('death')) expect(row.name).not.toBe(told.reference);
        else expect(row.name).toBe(told.reference);
      });

      it('is picked up where it exists, in whatever state', async () => {
        const { uin } = await person(world);
        for (const [day, state] of [
          ['01', 'received'],
          ['02', 'processing'],
          ['03', 'error'],
        ] as const) {
          const [existing] = await create(world.client, 'spp.dci.crvs.event', [
            {
              event_type: 'death',
              event_date: `2020-03-${day}`,
              identifier_type: 'UIN',
              identifier_value: uin.value,
              state,
            },
          ]);
          const row = await world.row({ type: 'death', date: `2020-03-${day}`, identifiers: [uin] });
          expect(row).toMatchObject({ id: existing, state: 'processed', error_message: false });
        }
      });

      it('stays as it is where it is processed already', async () => {
        const { id, uin } = await person(world);
        const [existing] = await create(world.client, 'spp.dci.crvs.event', [
          {
            event_type: 'birth',
            event_date: '2020-03-01',
            identifier_type: 'UIN',
            identifier_value: uin.value,
            state: 'processed',
            notes: 'by hand',
          },
        ]);
        const row = await world.row({ type: 'birth', date: '2020-03-01', identifiers: [uin] });
        expect(row).toMatchObject({ id: existing, state: 'processed', notes: 'by hand' });
        expect((await world.partner(id)).birthdate).toBe(false);
      });

      it('is one row for an event reported twice, and twice in one batch waits for the first', async () => {
        const { uin } = await person(world);
        const told = { type: 'birth', date: '2021-01-01', identifiers: [uin] } as const;
        const [first, second] = await world.deliver(
          { ...told, identifiers: [uin] },
          { ...told, identifiers: [uin] },
        );
        expect(first).toMatchObject({ kind: 'settled', outcome: 'processed' });
        expect(second).toMatchObject({ kind: 'released', dueAt: null });
        const [again] = await world.deliver({ ...told, identifiers: [uin] });
        expect(again).toMatchObject({ odooEventId: first?.kind === 'settled' ? first.odooEventId : 0 });
      });

      it('is found again without a date or identifiers: by the message it came from', async () => {
        const { uin } = await person(world);
        for (const told of [
          world.claimed({ type: 'death', date: null, identifiers: [uin] }),
          world.claimed({ type: 'death', date: '2020-01-01', identifiers: [] }),
        ]) {
          const first = await world.row(told);
          expect((await world.row(told)).id).toBe(first.id);
        }
      });
    });

    describe('matching', () => {
      it('asks the code as sent first, in any letter case, then the aliases', async () => {
        const value = world.unique('P');
        const id = await world.registrant({ passport: value });
        for (const type of ['passport', 'PASSPORT', 'PassPort']) {
          const row = await world.row({ type: 'birth', date: '2020-01-01', identifiers: [{ type, value }] });
          expect(many2oneId(row.person_id)).toBe(id);
        }
        const nid = world.unique('N');
        const other = await world.registrant({ national_id: nid });
        for (const type of ['UIN', 'nid', 'NIN', 'NATIONAL_ID']) {
          const row = await world.row({
            type: 'birth',
            date: '2020-01-01',
            identifiers: [{ type, value: nid }],
          });
          expect(many2oneId(row.person_id)).toBe(other);
        }
        const brn = world.unique('B');
        const third = await world.registrant({ birth_certificate: brn });
        for (const type of ['BRN', 'BIRTH_REG_NO', 'birth_registration_number']) {
          const row = await world.row({
            type: 'death',
            date: '2020-01-01',
            identifiers: [{ type, value: brn }],
          });
          expect(many2oneId(row.person_id)).toBe(third);
        }
      });

      it('uses all identifiers of the message', async () => {
        const { id, uin } = await person(world);
        const unknown = { type: 'DRN', value: world.unique('D') };
        const row = await world.row({ type: 'birth', date: '2020-01-01', identifiers: [unknown, uin] });
        expect(many2oneId(row.person_id)).toBe(id);
        expect(row.identifier_type).toBe('DRN');
      });

      it('says so where nobody matches', async () => {
        const row = await world.row({
          type: 'death',
          date: '2020-01-01',
          identifiers: [{ type: 'UIN', value: world.unique('N') }],
        });
        expect(row).toMatchObject({ state: 'error', error_message: NO_MATCH, person_id: false });
        expect(row.processed_date).not.toBe(false);
      });

      it('never uses an invalid ID, a group, a mere contact or an archived registrant', async () => {
        const invalid = world.unique('N');
        await world.giveId(await world.registrant(), 'national_id', invalid, { status: 'invalid' });
        const group = await person(world, { is_group: true });
        const contact = await person(world, { is_registrant: false });
        const archived = await person(world);
        await write(world.client, 'res.partner', [archived.id], { active: false });
        for (const [value, sentence] of [
          [invalid, en.match.none],
          [group.nid, en.match.notRegistrant('UIN')],
          [contact.nid, en.match.notRegistrant('UIN')],
          [archived.nid, en.match.archived('UIN')],
        ] as const) {
          const row = await world.row({
            type: 'death',
            date: '2020-01-01',
            identifiers: [{ type: 'UIN', value }],
          });
          expect(row).toMatchObject({ state: 'error', error_message: sentence });
        }
      });

      it('changes nobody where identifiers lead to two registrants', async () => {
        const one = await person(world);
        const passport = world.unique('P');
        const two = await world.registrant({ passport });
        const row = await world.row({
          type: 'death',
          date: '2020-01-01',
          identifiers: [one.uin, { type: 'PASSPORT', value: passport }],
        });
        expect(row.state).toBe('error');
        expect(row.error_message).toContain('different registrants');
        expect((await world.partner(one.id)).disabled).toBe(false);
        expect((await world.partner(two)).disabled).toBe(false);
      });

      it('does not mistake a status that is empty for an invalid one', async () => {
        const value = world.unique('N');
        const id = await world.registrant();
        await world.giveId(id, 'national_id', value, { status: false });
        const row = await world.row({
          type: 'birth',
          date: '2020-01-01',
          identifiers: [{ type: 'UIN', value }],
        });
        expect(many2oneId(row.person_id)).toBe(id);
      });
    });

    describe('a birth', () => {
      it('fills an empty birth date', async () => {
        const { id, uin } = await person(world);
        await world.row({ type: 'birth', date: '2020-02-29', identifiers: [uin] });
        expect((await world.partner(id)).birthdate).toBe('2020-02-29');
      });

      it('leaves another birth date and notes both', async () => {
        const { id, uin } = await person(world, { birthdate: '2019-01-01' });
        const row = await world.row({ type: 'birth', date: '2020-02-29', identifiers: [uin] });
        expect(row.state).toBe('processed');
        expect(row.notes).toContain('2019-01-01');
        expect(row.notes).toContain('2020-02-29');
        expect((await world.partner(id)).birthdate).toBe('2019-01-01');
      });

      it('stores the BRN as a verified registry ID', async () => {
        const { id, uin } = await person(world);
        const brn = world.unique('B');
        const row = await world.row({
          type: 'birth',
          date: '2020-02-29',
          identifiers: [uin, { type: 'BRN', value: brn }],
        });
        expect(row).toMatchObject({
          state: 'processed',
          notes: `Birth date: 2020-02-29.\nStored BRN ending ${brn.slice(-4)}.`,
        });
        const stored = (await world.idsOf(id)).find(({ value }) => value === brn);
        expect(stored).toMatchObject({
          status: 'valid',
          verification_method: 'dci_api',
          verification_source: world.source,
        });
        expect(stored?.verification_date).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
        // The first of its types that exists: one of its own name, else birth_certificate.
        const own =
          (await world.idType('brn')) ??
          (await world.idType('BRN')) ??
          (await world.idType('birth_certificate'));
        expect(many2oneId(stored?.id_type_id)).toBe(own);
      });

      it('keeps another live BRN and notes it; the same one is no news', async () => {
        const { id, uin } = await person(world);
        const brn = world.unique('B');
        await world.giveId(id, (await world.idType('brn')) === null ? 'birth_certificate' : 'brn', brn);
        const same = await world.row({
          type: 'birth',
          date: '2020-01-01',
          identifiers: [uin, { type: 'BRN', value: brn }],
        });
        expect(same.notes).not.toContain('not stored');
        const other = world.unique('B');
        const row = await world.row({
          type: 'birth',
          date: '2020-01-01',
          identifiers: [
            { type: 'NID', value: uin.value },
            { type: 'BRN', value: other },
          ],
        });
        expect(row.state).toBe('processed');
        expect(row.notes).toContain(`BRN ending ${other.slice(-4)} not stored`);
        expect(row.notes).not.toContain(other);
        expect(row.notes).not.toContain(brn);
        expect((await world.idsOf(id)).map(({ value }) => value)).toEqual([uin.value, brn]);
      });
    });

    describe('a death', () => {
      it('disables the registrant', async () => {
        const { id, uin } = await person(world);
        const receivedAt = Date.UTC(2024, 11, 3, 12);
        await world.row({ type: 'death', date: '2024-12-01', identifiers: [uin], receivedAt });
        const partner = await world.partner(id);
        expect(partner.disabled).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
        expect(many2oneId(partner.disabled_by)).toBe(await world.client.uid());
        expect(partner.disabled_reason).toBe(
          'Deceased - CRVS notification received on 2024-12-03 (program memberships ended first)',
        );
      });

      it('dates the death where OpenSPP keeps that', async () => {
        const { registrant } = await world.capabilities();
        if (!registrant.has('death_date')) return;
        const { id, uin } = await person(world);
        await world.row({ type: 'death', date: '2024-12-01', identifiers: [uin] });
        expect(await world.one('res.partner', id, ['death_date'])).toMatchObject({
          death_date: '2024-12-01',
        });
        const row = await world.row({ type: 'death', date: '2024-12-02', identifiers: [uin] });
        expect(row.notes).toContain('2024-12-01');
        expect(await world.one('res.partner', id, ['death_date'])).toMatchObject({
          death_date: '2024-12-01',
        });
      });

      it('leaves a registrant who is disabled already as it is', async () => {
        const disabled = { disabled: '2023-05-06 07:08:09', disabled_reason: 'Moved abroad' };
        const { id, uin } = await person(world, disabled);
        const row = await world.row({ type: 'death', date: '2024-12-01', identifiers: [uin] });
        expect(row.state).toBe('processed');
        expect(row.notes).toContain('2023-05-06');
        expect(await world.partner(id)).toMatchObject(disabled);
      });

      it('ends enrolled and paused memberships, and no others', async (context) => {
        if (!world.admin) return context.skip('needs an administrator');
        const { id, uin } = await person(world);
        const states = ['draft', 'enrolled', 'paused', 'not_eligible', 'duplicated'];
        const memberships: number[] = [];
        for (const state of states) {
          const [program] = await create(world.admin, 'spp.program', [{ name: world.unique('Program') }]);
          const [made] = await create(world.client, 'spp.program.membership', [
            { partner_id: id, program_id: program ?? 0, state },
          ]);
          memberships.push(made ?? 0);
        }
        await world.row({ type: 'death', date: '2024-12-01', identifiers: [uin] });
        const fields = ['state', 'exit_date', 'exit_reason'];
        const after = await world.behindRules(id, () =>
          Promise.all(memberships.map((one) => world.one('spp.program.membership', one, fields))),
        );
        expect(after.map(({ state }) => state)).toEqual([
          'draft',
          'exited',
          'exited',
          'not_eligible',
          'duplicated',
        ]);
        expect(after[1]).toMatchObject({ exit_date: '2024-12-01' });
        expect(after[1]?.exit_reason).toContain('Deceased');
        expect(after[0]).toMatchObject({ exit_date: false, exit_reason: false });
      });

      it('notes a DRN that OpenSPP has no ID type for', async (context) => {
        const { idTypes } = await world.capabilities();
        if (idTypes.some(({ code }) => code.toUpperCase() === 'DRN'))
          return context.skip('has a DRN type already');
        const { uin } = await person(world);
        const drn = world.unique('D');
        const row = await world.row({
          type: 'death',
          date: '2024-12-01',
          identifiers: [uin, { type: 'DRN', value: drn }],
        });
        expect(row.state).toBe('processed');
        expect(row.notes).toContain(`DRN ending ${drn.slice(-4)} not stored`);
        expect(row.notes).not.toContain(drn);
      });
    });

    describe('marriage and divorce', () => {
      async function status(id: number) {
        const { civilStatus } = await world.capabilities();
        const now = many2oneId((await world.partner(id)).civil_status_id);
        return [...civilStatus].find(([, code]) => code === now)?.[0] ?? null;
      }

      it('set the civil status', async () => {
        const { id, uin } = await person(world);
        await world.row({ type: 'marriage', date: '2015-06-01', identifiers: [uin] });
        expect(await status(id)).toBe('M');
        await world.row({ type: 'divorce', date: '2018-06-01', identifiers: [uin] });
        expect(await status(id)).toBe('D');
      });

      it('do not undo a later one that arrived first', async () => {
        const { id, uin } = await person(world);
        await world.row({ type: 'divorce', date: '2018-06-01', identifiers: [uin] });
        const row = await world.row({ type: 'marriage', date: '2015-06-01', identifiers: [uin] });
        expect(row.state).toBe('processed');
        expect(row.notes).toContain('2018-06-01');
        expect(await status(id)).toBe('D');
      });

      it('are not applied after the registrant’s death', async () => {
        const { id, uin } = await person(world);
        await world.row({ type: 'death', date: '2016-01-01', identifiers: [uin] });
        const after = await world.row({ type: 'marriage', date: '2016-01-02', identifiers: [uin] });
        expect(after.state).toBe('processed');
        expect(after.notes).toContain('2016-01-01');
        expect(await status(id)).toBe(null);
        await world.row({ type: 'marriage', date: '2015-12-31', identifiers: [uin] });
        expect(await status(id)).toBe('M');
      });

      it('of two spouses have a row each, though both begin with the number of the marriage', async () => {
        const mrn = { type: 'MRN', value: world.unique('M') };
        const [bride, groom] = [await person(world), await person(world)];
        const one = await world.row({ type: 'marriage', date: '2015-06-01', identifiers: [mrn, bride.uin] });
        const groomTold = world.claimed({
          type: 'marriage',
          date: '2015-06-01',
          identifiers: [mrn, groom.uin],
        });
        const two = await world.row(groomTold);
        expect(two.id).not.toBe(one.id);
        expect([many2oneId(one.person_id), many2oneId(two.person_id)]).toEqual([bride.id, groom.id]);
        expect(await status(groom.id)).toBe('M');
        expect((await world.row(groomTold)).id).toBe(two.id);
      });

      it('store the MRN where there is a type, for both spouses', async (context) => {
        if (!world.admin) return context.skip('needs an administrator');
        await world.addIdType('MRN');
        const mrn = { type: 'mrn', value: world.unique('M') };
        const [bride, groom] = [await person(world), await person(world)];
        for (const spouse of [bride, groom]) {
          const row = await world.row({
            type: 'marriage',
            date: '2015-06-01',
            identifiers: [mrn, spouse.uin],
          });
          expect(row).toMatchObject({
            state: 'processed',
            notes: `Civil status: married.\nStored mrn ending ${mrn.value.slice(-4)}.`,
          });
          expect((await world.idsOf(spouse.id)).map(({ value }) => value)).toContain(mrn.value);
        }
      });
    });

    describe('refusals', () => {
      it('put one event in error with Odoo’s sentence and let its 99 neighbours pass', async () => {
        const told = (await world.registrants(100)).map((value, n) => ({
          type: 'birth' as const,
          date: n === 42 ? '2999-01-01' : `2020-01-${String((n % 28) + 1).padStart(2, '0')}`,
          identifiers: [{ type: 'UIN', value }],
        }));
        const settled = await world.deliver(...told);
        const bad = settled[42];
        expect(bad).toMatchObject({ outcome: 'error', errorMessage: 'Event date cannot be in the future.' });
        const row = await world.eventRow(bad?.kind === 'settled' ? (bad.odooEventId ?? 0) : 0);
        expect(row).toMatchObject({ state: 'error', error_message: 'Event date cannot be in the future.' });
        const processed = settled.filter((one) => one.kind === 'settled' && one.outcome === 'processed');
        expect(processed).toHaveLength(99);
      });

      it('of a number by its ID type are noted, and leave the event processed', async (context) => {
        if ((await world.idType('brn')) === null) return context.skip('has no ID type with a format');
        const { id, uin } = await person(world);
        const row = await world.row({
          type: 'birth',
          date: '2020-01-01',
          identifiers: [uin, { type: 'BRN', value: 'no good!' }],
        });
        expect(row).toMatchObject({ state: 'processed', error_message: false });
        expect(row.notes).toContain('BRN ending ood! not stored: OpenSPP refused it');
        expect(row.notes).not.toContain('no good!');
        expect((await world.partner(id)).birthdate).toBe('2020-01-01');
      });

      it('of a future date can be tried again without a second row', async () => {
        const { uin } = await person(world);
        const told = world.claimed({ type: 'birth', date: '2999-01-01', identifiers: [uin] });
        const first = await world.row(told);
        const again = await world.row({ ...told, odooEventId: first.id });
        expect(again).toMatchObject({
          id: first.id,
          state: 'error',
          error_message: 'Event date cannot be in the future.',
        });
      });
    });

    it('ends the same however often a delivery is repeated', async () => {
      const { id, uin } = await person(world);
      const brn = { type: 'BRN', value: world.unique('B') };
      const told = world.claimed({ type: 'birth', date: '2020-01-01', identifiers: [uin, brn] });
      const first = await world.row(told);
      // As a crash before the last write leaves it.
      await write(world.client, 'spp.dci.crvs.event', [first.id], {
        state: 'processing',
        processed_date: false,
      });
      const second = await world.row(told);
      expect(second).toMatchObject({ id: first.id, state: 'processed', notes: first.notes });
      expect(await world.idsOf(id)).toHaveLength(2);
    });
  });
});
