import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import flatRecord from '../../examples/flat-record/extension.ts';
import type { Identifier } from '../../src/events/vital-event.ts';
import { readerWith } from '../../src/extensions/dialects.ts';
import { write } from '../../src/odoo/orm.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { READER } from '../events/support.ts';
import { TARGETS, type Target } from './target.ts';
import { type Told, World } from './world.ts';

/** What contradicts, in the notes of a row that was corrected. */
const correction = (told: Omit<Told, 'type'>, type: Told['type'] = 'birth'): Told => ({
  type,
  correction: true,
  ...told,
});

describe.each(TARGETS)('a correction: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
    world = new World(target, target.bridge('json2'));
  });
  afterAll(() => target?.close());

  /** A registrant with a national ID, and the identifiers of a message about them. */
  async function person(values: Record<string, string> = {}) {
    const number = world.unique('N');
    const id = await world.registrant({ national_id: number }, values);
    const national: Identifier = { type: 'NID', value: number };
    const brn: Identifier = { type: 'BRN', value: world.unique('B') };
    return { id, national, brn, identifiers: [brn, national] };
  }

  it('changes the row and the birth date that the bridge had set, and its notes keep both', async () => {
    const { id, identifiers } = await person();
    const first = await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    const second = await world.row(correction({ date: '2020-04-30', identifiers }));
    expect(second.id).toBe(first.id);
    expect(second).toMatchObject({ event_date: '2020-04-30', state: 'processed' });
    expect(second.notes).toContain('Registry correction: event date 2020-05-01 became 2020-04-30.');
    expect(second.notes).toContain('Birth date changed from 2020-05-01 to 2020-04-30.');
    expect(second.raw_data).not.toBe(first.raw_data);
    expect((await world.partner(id)).birthdate).toBe('2020-04-30');
  });

  it('leaves a birth date that a caseworker changed, and says so', async () => {
    const { id, identifiers } = await person();
    await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    await write(world.client, 'res.partner', [id], { birthdate: '2020-05-05' });
    const row = await world.row(correction({ date: '2020-04-30', identifiers }));
    expect(row).toMatchObject({ event_date: '2020-04-30', state: 'processed' });
    expect(row.notes).toContain('Birth date not changed: OpenSPP has 2020-05-05');
    expect((await world.partner(id)).birthdate).toBe('2020-05-05');
  });

  it('repeated, or in other words the same, changes nothing', async () => {
    const { identifiers } = await person();
    await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    const told = world.claimed(correction({ date: '2020-04-30', identifiers }));
    const first = await world.row(told);
    expect(await world.row(told)).toEqual(first);
    const again = await world.row({ ...told, odooEventId: Number(first.id) });
    expect(again).toEqual(first);
    const [same] = await world.deliver(correction({ date: '2020-04-30', identifiers }));
    expect(same).toMatchObject({
      outcome: 'processed',
      odooEventId: first.id,
      notes: expect.stringContaining('The correction changes nothing here.'),
    });
    expect(await world.eventRow(Number(first.id))).toEqual(first);
  });

  it('that comes before what it corrects stays in force, and so does the newer of two', async () => {
    const { id, identifiers } = await person();
    const told = world.claimed({ type: 'birth', date: '2020-05-01', identifiers });
    const older = world.claimed(
      correction({ date: '2020-04-29', identifiers, receivedAt: Date.now() - 60_000 }),
    );
    const row = await world.row(correction({ date: '2020-04-30', identifiers }));
    expect(row.notes).toContain('Registry correction: no earlier event was here.');
    for (const late of [told, older]) {
      expect(await world.deliver(late)).toMatchObject([
        {
          outcome: 'processed',
          odooEventId: row.id,
          notes: expect.stringContaining('The registry has corrected this event since; nothing was changed.'),
        },
      ]);
    }
    expect(await world.eventRow(Number(row.id))).toEqual(row);
    expect((await world.partner(id)).birthdate).toBe('2020-04-30');
  });

  it('matches an event that nobody was matched to before', async () => {
    const { id, national, brn } = await person();
    const first = await world.row({ type: 'birth', date: '2020-05-01', identifiers: [brn] });
    expect(first.state).toBe('error');
    const second = await world.row(correction({ date: '2020-05-01', identifiers: [brn, national] }));
    expect(second).toMatchObject({ id: first.id, state: 'processed', error_message: false });
    expect((await world.partner(id)).birthdate).toBe('2020-05-01');
  });

  it('replaces the registration number that it had, and no other', async () => {
    if (target.admin) await world.addIdType('BRN');
    const { id, national, brn, identifiers } = await person();
    await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    const right = { type: 'BRN', value: world.unique('B') };
    const row = await world.row(correction({ date: '2020-05-01', identifiers: [right, national] }));
    expect(row).toMatchObject({ identifier_value: right.value, state: 'processed' });
    const end = (value: string) => `…${value.slice(-4)}`;
    expect(row.notes).toContain(`Registry correction: BRN ${end(brn.value)} became ${end(right.value)}.`);
    expect(row.notes).not.toContain(brn.value);
    expect(row.notes).not.toContain(right.value);
    const values = (await world.idsOf(id)).map(({ value }) => value);
    expect(values).toContain(right.value);
    expect(values).not.toContain(brn.value);
  });

  describe('in a dialect of a country’s own, whose rows only its extension reads', () => {
    const readNotification = readerWith([flatRecord], pino({ level: 'silent' }), READER);
    const flat = (date: string, nid: Identifier, number: Identifier, more: Partial<Told> = {}) => {
      const told = world.claimed({ type: 'birth', date, identifiers: [nid, number], ...more });
      const { header } = JSON.parse(told.body);
      const message = { lines: [`B;${date};${nid.value};${number.value}`] };
      return { ...told, body: JSON.stringify({ header, message }) };
    };
    beforeEach(() => {
      world.extensions = { ...world.extensions, readNotification };
    });
    afterEach(() => {
      world.extensions = { ...world.extensions, readNotification: READER };
    });

    it('replaces the number that is in the raw data alone', async () => {
      if (target.admin) await world.addIdType('BRN');
      const { id, national, brn } = await person();
      const first = await world.row(flat('2020-05-01', national, brn));
      expect(first).toMatchObject({ identifier_value: national.value, state: 'processed' });
      expect((await world.idsOf(id)).map(({ value }) => value)).toContain(brn.value);
      const right = { type: 'BRN', value: world.unique('B') };
      const row = await world.row(flat('2020-05-01', national, right, { correction: true }));
      expect(row).toMatchObject({ id: first.id, state: 'processed' });
      const values = (await world.idsOf(id)).map(({ value }) => value);
      expect(values).toContain(right.value);
      expect(values).not.toContain(brn.value);
    });

    it('of the date need not say that it is one', async () => {
      const { id, national, brn } = await person();
      const first = await world.row(flat('2020-05-01', national, brn));
      const later = { receivedAt: Date.now() + 1000 };
      const row = await world.row(flat('2020-04-30', national, brn, later));
      expect(row).toMatchObject({ id: first.id, event_date: '2020-04-30', state: 'processed' });
      expect((await world.partner(id)).birthdate).toBe('2020-04-30');
    });

    it('is not taken for one where the number is another person’s', async () => {
      const [one, two] = [await person(), await person()];
      const first = await world.row(flat('2020-05-01', one.national, one.brn));
      const later = { receivedAt: Date.now() + 1000 };
      const row = await world.row(flat('2020-04-30', two.national, one.brn, later));
      expect(row.id).not.toBe(first.id);
      expect((await world.partner(one.id)).birthdate).toBe('2020-05-01');
      expect((await world.partner(two.id)).birthdate).toBe('2020-04-30');
    });
  });

  it('that Odoo refuses changes nobody, and the row says why', async () => {
    const { id, identifiers } = await person();
    await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    const row = await world.row(correction({ date: '2999-01-01', identifiers, receivedAt: Date.now() }));
    expect(row).toMatchObject({ event_date: '2020-05-01', state: 'error' });
    expect(row.error_message).toContain('cannot be in the future');
    expect((await world.partner(id)).birthdate).toBe('2020-05-01');
  });

  it('that was cut off before the registrant was changed is finished', async () => {
    const { id, identifiers } = await person();
    await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    const told = world.claimed(correction({ date: '2020-04-30', identifiers }));
    const row = await world.row(told);
    await write(world.client, 'res.partner', [id], { birthdate: '2020-05-01' });
    await write(world.client, 'spp.dci.crvs.event', [Number(row.id)], { state: 'processing' });
    expect(await world.row(told)).toMatchObject({ id: row.id, state: 'processed' });
    expect((await world.partner(id)).birthdate).toBe('2020-04-30');
  });

  it('of a death leaves the registrant disabled as it was', async () => {
    const { id, identifiers } = await person();
    const first = await world.row({ type: 'death', date: '2024-05-01', identifiers });
    const before = await world.partner(id);
    const row = await world.row(correction({ date: '2024-04-30', identifiers }, 'death'));
    expect(row).toMatchObject({ id: first.id, event_date: '2024-04-30', state: 'processed' });
    expect(row.notes).toContain('event date 2024-05-01 became 2024-04-30.');
    expect((await world.partner(id)).disabled).toBe(before.disabled);
  });

  it('of a death leaves a registrant whom a user has enabled since', async () => {
    const { id, identifiers } = await person();
    const program = await world.program();
    const membership = await world.enrol(id, program.id, 'enrolled');
    const first = await world.row({ type: 'death', date: '2024-05-01', identifiers });
    await write(world.maker, 'res.partner', [id], { disabled: false, disabled_reason: false });
    await write(world.maker, 'spp.program.membership', [membership], {
      state: 'enrolled',
      exit_date: false,
      exit_reason: false,
    });
    const told = world.claimed(correction({ date: '2024-04-30', identifiers }, 'death'));
    const row = await world.row(told);
    expect(row).toMatchObject({ id: first.id, event_date: '2024-04-30', state: 'processed' });
    expect(row.notes).toContain(en.death.enabledSince);
    // As after a crash before the last step.
    await write(world.client, 'spp.dci.crvs.event', [Number(row.id)], { state: 'processing' });
    expect(await world.row(told)).toMatchObject({ id: row.id, state: 'processed' });
    expect((await world.partner(id)).disabled).toBe(false);
    expect((await world.one('spp.program.membership', membership, ['state'])).state).toBe('enrolled');
  });

  it('need not say that it is one: the number again with another date is enough', async () => {
    const { id, identifiers } = await person();
    const first = await world.row({ type: 'birth', date: '2020-05-01', identifiers });
    const again = world.claimed({ type: 'birth', date: '2020-04-30', identifiers });
    const row = await world.row({ ...again, receivedAt: Date.now() + 1000 });
    expect(row).toMatchObject({ id: first.id, event_date: '2020-04-30', state: 'processed' });
    expect(row.notes).toContain('Registry correction: event date 2020-05-01 became 2020-04-30.');
    expect((await world.partner(id)).birthdate).toBe('2020-04-30');
  });

  it.each([
    ['killed', false],
    ['refused, and retried', true],
  ])(
    'that does not say so is finished where it was %s before the registrant was changed',
    async (_how, known) => {
      const { id, identifiers } = await person();
      await world.row({ type: 'birth', date: '2020-05-01', identifiers });
      const again = world.claimed({ type: 'birth', date: '2020-04-30', identifiers });
      const told = { ...again, receivedAt: Date.now() + 1000 };
      const row = await world.row(told);
      await write(world.maker, 'res.partner', [id], { birthdate: '2020-05-01' });
      await write(world.client, 'spp.dci.crvs.event', [Number(row.id)], {
        state: known ? 'error' : 'processing',
      });
      const odooEventId = known ? Number(row.id) : null;
      expect(await world.row({ ...told, odooEventId })).toMatchObject({ id: row.id, state: 'processed' });
      expect((await world.partner(id)).birthdate).toBe('2020-04-30');
    },
  );

  it('of the number again with another date is superseded by what was sent later', async () => {
    const { id, national } = await person();
    const identifiers = [{ type: 'DRN', value: world.unique('D') }, national];
    const row = await world.row({ type: 'death', date: '2024-04-30', identifiers });
    const older = {
      type: 'death',
      date: '2024-05-01',
      identifiers,
      receivedAt: Date.now() - 60_000,
    } as const;
    expect(await world.deliver({ ...older, identifiers })).toMatchObject([
      { outcome: 'processed', odooEventId: row.id },
    ]);
    expect((await world.eventRow(Number(row.id))).event_date).toBe('2024-04-30');
    expect((await world.partner(id)).disabled).not.toBe(false);
  });

  it('with the number of somebody else’s event makes a row of its own', async () => {
    const one = await person();
    const two = await person();
    const first = await world.row({ type: 'birth', date: '2020-05-01', identifiers: one.identifiers });
    const second = await world.row({
      type: 'birth',
      date: '2020-04-30',
      identifiers: [one.brn, two.national],
    });
    expect(second.id).not.toBe(first.id);
    expect((await world.partner(one.id)).birthdate).toBe('2020-05-01');
    expect((await world.partner(two.id)).birthdate).toBe('2020-04-30');
  });

  it('of a marriage that turns out to be before a divorce gives the status of the divorce', async () => {
    const { id, national } = await person();
    const mrn = { type: 'MRN', value: world.unique('M') };
    const identifiers = [mrn, national];
    await world.row({ type: 'marriage', date: '2020-05-01', identifiers });
    await world.row({ type: 'divorce', date: '2019-05-01', identifiers: [national] });
    const { civilStatus } = await world.capabilities();
    const status = async () => (await world.partner(id)).civil_status_id as [number, string];
    expect((await status())[0]).toBe(civilStatus.get('M'));
    const row = await world.row(correction({ date: '2018-05-01', identifiers }, 'marriage'));
    expect(row).toMatchObject({ event_date: '2018-05-01', state: 'processed' });
    expect((await status())[0]).toBe(civilStatus.get('D'));
  });
});
