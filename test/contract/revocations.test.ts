import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Identifier, VitalEventType } from '../../src/events/vital-event.ts';
import type { ClaimedEvent } from '../../src/inbox/inbox.ts';
import { write } from '../../src/odoo/orm.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const DAY = '2024-12-01';

/** A registration that its registry takes back: a record that is not in force is never applied. */
describe.each(TARGETS)('a registration that is taken back: $name', ({ open }) => {
  let target: Target;
  let world: World;
  let clock = Date.now();
  beforeAll(async () => {
    target = await open();
  });
  beforeEach(() => {
    world = new World(target, target.bridge('jsonrpc'));
  });
  afterAll(() => target?.close());

  async function person() {
    const nid = world.unique('N');
    const id = await world.registrant({ national_id: nid });
    const number = { type: 'DRN', value: world.unique('D') };
    return { id, nid: { type: 'NID', value: nid }, number };
  }

  /** Each message is stamped later than the one before. */
  function message(
    type: VitalEventType,
    identifiers: Identifier[],
    status: 'registered' | 'revoked',
    date: string | null = DAY,
  ): ClaimedEvent {
    clock += 60_000;
    const claimed = world.claimed({ type, date, identifiers, receivedAt: Date.now() });
    const header = {
      ...JSON.parse(claimed.body).header,
      sender_id: 'crvs.test',
      message_ts: new Date(clock).toISOString(),
    };
    const said = { event_type: type.toUpperCase(), event_date: date, identifiers, status };
    return { ...claimed, body: JSON.stringify({ header, message: said }) };
  }

  const death = (identifiers: Identifier[], status: 'registered' | 'revoked') =>
    message('death', identifiers, status);

  it('before it came is kept, changes nobody, and outranks what comes late', async () => {
    const { id, nid, number } = await person();
    const registered = death([number, nid], 'registered');
    const row = await world.row(death([number, nid], 'revoked'));
    expect(row).toMatchObject({
      state: 'processed',
      error_message: false,
      notes: expect.stringMatching(
        /^Registry revocation: not in force, says the registry .*\nIt was not applied\.$/,
      ),
    });
    expect(await world.deliver(registered)).toMatchObject([
      { outcome: 'processed', odooEventId: row.id, notes: en.revocation.superseded },
    ]);
    expect((await world.partner(id)).disabled).toBe(false);
  });

  it('shows only the ends of the numbers that a bridge of 0.1.0 noted whole', async () => {
    const { nid, number } = await person();
    const applied = await world.row(death([number, nid], 'registered'));
    const old = en.correction.became('DRN', 'D-2024-000111', 'D-2024-000222');
    await write(target.bridge('jsonrpc'), 'spp.dci.crvs.event', [applied.id], { notes: `By hand.\n${old}` });
    const row = await world.row(death([number, nid], 'revoked'));
    expect(row.id).toBe(applied.id);
    expect(row.notes).not.toContain('D-2024');
    expect(row.notes).toContain(`By hand.\n${en.correction.became('DRN', '…0111', '…0222')}`);
    expect(String(row.notes).split('\n').at(-1)).toContain(en.revocation.marks.revoked);
  });

  it('after it was applied ends in error, with what a caseworker must undo', async () => {
    const { id, nid, number } = await person();
    const program = await world.program();
    await world.enrol(id, program.id, 'enrolled');
    const applied = await world.row(death([number, nid], 'registered'));
    const revoked = death([number, nid], 'revoked');
    const row = await world.row(revoked);
    expect(row).toMatchObject({ id: applied.id, state: 'error', error_message: en.revocation.undo.death });
    expect(row.notes).toContain(`Ended: ${program.name}, on ${DAY}.`);
    expect(row.notes).toContain(en.revocation.marks.revoked);
    expect(row.raw_data).toContain('revoked');
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await world.row({ ...revoked, odooEventId: row.id })).toEqual(row);
  });

  it.each([
    ['birth', 'BRN'],
    ['marriage', 'MRN'],
    ['divorce', 'MRN'],
  ] as const)('of a %s says what to check', async (type, code) => {
    const { nid } = await person();
    const number = { type: code, value: world.unique('R') };
    const applied = await world.row(message(type, [nid, number], 'registered'));
    const row = await world.row(message(type, [nid, number], 'revoked'));
    expect(row).toMatchObject({ id: applied.id, state: 'error', error_message: en.revocation.undo[type] });
  });

  it('and reinstated is in force again', async () => {
    const { id, nid, number } = await person();
    const first = await world.row(death([number, nid], 'registered'));
    await world.row(death([number, nid], 'revoked'));
    await write(world.maker, 'res.partner', [id], { disabled: false, disabled_reason: false });
    const row = await world.row(death([number, nid], 'registered'));
    expect(row).toMatchObject({ id: first.id, state: 'processed', error_message: false });
    expect(row.notes).toContain(en.revocation.marks.reinstated);
    expect((await world.partner(id)).disabled).not.toBe(false);
    const again = await world.row(death([number, nid], 'revoked'));
    expect(again).toMatchObject({ id: first.id, state: 'error' });
  });

  it('again and again, ends as the last message says', async () => {
    const { id, nid, number } = await person();
    const first = await world.row(death([number, nid], 'registered'));
    for (let round = 0; round < 3; round += 1) {
      const revoked = await world.row(death([number, nid], 'revoked'));
      expect(revoked).toMatchObject({
        id: first.id,
        state: 'error',
        error_message: en.revocation.undo.death,
      });
      // Once more, by another message: what a caseworker must do stays.
      const again = await world.row(death([number, nid], 'revoked'));
      expect(again).toMatchObject({ id: first.id, state: 'error', error_message: en.revocation.undo.death });
      expect(await world.row(death([number, nid], 'registered'))).toMatchObject({ state: 'processed' });
    }
    expect((await world.partner(id)).disabled).not.toBe(false);
  });

  it.each([
    ['without a date', null],
    ['with another date', '2024-12-02'],
  ])('%s and without a number is that of the same person', async (_what, date) => {
    const { nid } = await person();
    const applied = await world.row(death([nid], 'registered'));
    const row = await world.row(message('death', [nid], 'revoked', date));
    expect(row).toMatchObject({ id: applied.id, state: 'error', error_message: en.revocation.undo.death });
  });

  it('without a date outranks an older death that names a number', async () => {
    const { id, nid, number } = await person();
    const older = death([number, nid], 'registered');
    await world.row(message('death', [nid], 'revoked', null));
    await world.deliver(older);
    expect((await world.partner(id)).disabled).toBe(false);
  });

  it('by its number alone is the one event that has it', async () => {
    const { nid, number } = await person();
    const applied = await world.row(death([nid, number], 'registered'));
    const row = await world.row(death([number], 'revoked'));
    expect(row).toMatchObject({ id: applied.id, state: 'error', error_message: en.revocation.undo.death });
  });

  it('by a number that several events have changes none of them, and says so', async () => {
    const [one, two] = [await person(), await person()];
    const rows = [
      await world.row(death([one.nid, one.number], 'registered')),
      await world.row(death([two.nid, one.number], 'registered')),
    ];
    const row = await world.row(death([one.number], 'revoked'));
    expect(row).toMatchObject({
      state: 'error',
      error_message: en.revocation.unclear(rows.map(({ id }) => id).join(', ')),
    });
    for (const { id } of rows) expect((await world.eventRow(Number(id))).state).toBe('processed');
  });

  it('whose row is no longer processed may have been applied in part', async () => {
    const { nid, number } = await person();
    const applied = await world.row(death([number, nid], 'registered'));
    for (const state of ['error', 'processing']) {
      await write(world.maker, 'spp.dci.crvs.event', [Number(applied.id)], { state });
      const row = await world.row(death([number, nid], 'revoked'));
      expect(row).toMatchObject({ id: applied.id, state: 'error', error_message: en.revocation.partly });
      await world.row(death([number, nid], 'registered'));
    }
  });

  it('in a row that was made in OpenSPP is not applied', async () => {
    const { id, nid, number } = await person();
    const told = death([number, nid], 'revoked');
    const { header, message: said } = JSON.parse(told.body);
    const row = await world.make('spp.dci.crvs.event', {
      event_type: 'death',
      event_date: DAY,
      identifier_type: 'DRN',
      identifier_value: number.value,
      raw_data: JSON.stringify({ header, message: said }),
    });
    await world.deliver({ ...told, odooEventId: row, adopted: { odooEventId: row, personId: null } });
    expect(await world.eventRow(row)).toMatchObject({ state: 'processed' });
    expect((await world.partner(id)).disabled).toBe(false);
  });

  describe('of one of two registrations of a death', () => {
    const drn = () => ({ type: 'DRN', value: world.unique('D') });

    it.each([
      ['dated', DAY],
      ['undated', null],
    ])('leaves the other one in force, which is %s', async (_what, date) => {
      world.death = { ...world.death, revocation: 'undo' };
      const { id, nid, number } = await person();
      const inForce = await world.row(message('death', [nid, number], 'registered', date));
      const row = await world.row(death([nid, drn()], 'revoked'));
      expect(row.id).not.toBe(inForce.id);
      expect(row).toMatchObject({
        state: 'error',
        error_message: en.revocation.otherDeath(String(inForce.id)),
      });
      expect((await world.eventRow(Number(inForce.id))).state).toBe('processed');
      expect((await world.partner(id)).disabled).not.toBe(false);
    });

    it.each([
      ['dated', DAY],
      ['undated', null],
    ])('of which both were applied takes that one back, where the other one is %s', async (_what, date) => {
      world.death = { ...world.death, revocation: 'undo' };
      const { id, nid, number } = await person();
      const first = await world.row(death([nid, number], 'registered'));
      const second = await world.row(message('death', [nid, drn()], 'registered', date));
      expect(second.id).not.toBe(first.id);
      const row = await world.row(death([nid, number], 'revoked'));
      expect(row).toMatchObject({
        id: first.id,
        state: 'error',
        error_message: en.revocation.anotherDeath(String(second.id)),
      });
      expect((await world.eventRow(Number(second.id))).state).toBe('processed');
      expect((await world.partner(id)).disabled).not.toBe(false);
    });

    it('does not outrank the other one, which comes late', async () => {
      const { id, nid, number } = await person();
      const right = death([nid, drn()], 'registered');
      await world.row(death([nid, number], 'revoked'));
      expect(await world.row(right)).toMatchObject({
        state: 'processed',
        person_id: [id, expect.anything()],
      });
      expect((await world.partner(id)).disabled).not.toBe(false);
    });
  });

  it('by its number alone, before it came, outranks what comes late', async () => {
    const { id, nid, number } = await person();
    const registered = death([nid, number], 'registered');
    const row = await world.row(death([number], 'revoked'));
    expect(await world.deliver(registered)).toMatchObject([
      { outcome: 'processed', odooEventId: row.id, notes: en.revocation.superseded },
    ]);
    expect((await world.partner(id)).disabled).toBe(false);
  });

  it('by its number alone, in the batch of what it takes back, is seen after that', async () => {
    const { nid, number } = await person();
    const both = [death([nid, number], 'registered'), death([number], 'revoked')] as const;
    const [applied, blocked] = await world.deliver(...both);
    expect(applied).toMatchObject({ outcome: 'processed' });
    expect(blocked).toMatchObject({ kind: 'released', reason: 'event.person_in_work' });
    const row = await world.row(both[1]);
    expect(row).toMatchObject({ state: 'error', error_message: en.revocation.undo.death });
  });

  it.each([
    ['received', 'processed'],
    ['processing', 'error'],
  ])('in a row that a user has put back to %s ends as %s', async (state, final) => {
    const { id, nid, number } = await person();
    const revoked = death([number, nid], 'revoked');
    const row = await world.row(revoked);
    await write(world.maker, 'spp.dci.crvs.event', [Number(row.id)], { state });
    expect(await world.row({ ...revoked, odooEventId: Number(row.id) })).toMatchObject({
      id: row.id,
      state: final,
    });
    expect((await world.partner(id)).disabled).toBe(false);
  });

  it('of another member of the household takes nothing back, and outranks nothing', async () => {
    const household = { type: 'HHID', value: world.unique('H') };
    const [a, b] = [world.unique('N'), world.unique('N')].map((value) => ({ type: 'NID', value }));
    if (!a || !b) return;
    const first = await world.row(death([household, a], 'registered'));
    const late = death([household, a], 'registered');
    const other = await world.row(death([household, b], 'revoked'));
    expect(other.id).not.toBe(first.id);
    expect(await world.eventRow(Number(first.id))).toEqual(first);
    const id = await world.registrant({ national_id: a.value });
    expect((await world.row(late)).id).toBe(first.id);
    expect((await world.partner(id)).disabled).not.toBe(false);
  });

  it('of somebody else with the same number takes nothing of this person back', async () => {
    const [one, two] = [await person(), await person()];
    const first = await world.row(death([one.number, one.nid], 'registered'));
    const other = await world.row(death([one.number, two.nid], 'revoked'));
    expect(other.id).not.toBe(first.id);
    expect((await world.eventRow(Number(first.id))).state).toBe('processed');
    expect((await world.partner(one.id)).disabled).not.toBe(false);
  });

  describe('where the settings say undo', () => {
    beforeEach(() => {
      world.death = { ...world.death, revocation: 'undo' };
    });

    it('enables a registrant whom the bridge disabled for it', async () => {
      const { id, nid, number } = await person();
      await world.row(death([number, nid], 'registered'));
      const row = await world.row(death([number, nid], 'revoked'));
      expect(row).toMatchObject({ state: 'error', error_message: en.revocation.undo.enabled });
      expect(await world.partner(id)).toMatchObject({ disabled: false, disabled_reason: false });
    });

    it('leaves a registrant whom somebody has changed since', async () => {
      const { id, nid, number } = await person();
      await world.row(death([number, nid], 'registered'));
      await write(world.maker, 'res.partner', [id], { phone: '123' });
      const row = await world.row(death([number, nid], 'revoked'));
      expect(row).toMatchObject({ state: 'error', error_message: en.revocation.undo.death });
      expect((await world.partner(id)).disabled).not.toBe(false);
    });

    it('leaves a registrant of whom another death is in force', async () => {
      const { id, nid, number } = await person();
      await world.row(death([number, nid], 'registered'));
      const other = await world.row(
        message('death', [{ type: 'DRN', value: world.unique('D') }, nid], 'registered', '2024-12-05'),
      );
      const row = await world.row(death([number, nid], 'revoked'));
      expect(row).toMatchObject({
        state: 'error',
        error_message: en.revocation.anotherDeath(String(other.id)),
      });
      expect((await world.partner(id)).disabled).not.toBe(false);
    });

    it('leaves a registrant who was disabled for something else', async () => {
      const { id, nid, number } = await person();
      await write(world.maker, 'res.partner', [id], {
        disabled: '2023-05-06 07:08:09',
        disabled_reason: 'Moved abroad',
      });
      await world.row(death([number, nid], 'registered'));
      await world.row(death([number, nid], 'revoked'));
      expect(await world.partner(id)).toMatchObject({
        disabled: '2023-05-06 07:08:09',
        disabled_reason: 'Moved abroad',
      });
    });
  });
});
