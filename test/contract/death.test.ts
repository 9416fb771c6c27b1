import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { create, searchRead, write } from '../../src/odoo/orm.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const DAY = '2024-12-01';

/** What a death has to do with besides the registrant: OpenSPP hides all of it once the registrant is disabled. */
describe.each(TARGETS)('a death: $name', ({ open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
  });
  beforeEach(() => {
    world = new World(target, target.bridge('jsonrpc'));
  });
  afterAll(() => target?.close());

  /** Somebody who is enrolled twice, lives in a household, and is in a payment round with an entitlement. */
  async function beneficiary({ head = false } = {}) {
    if (!world.admin) throw new Error('needs an administrator');
    const nid = world.unique('N');
    const id = await world.registrant({ national_id: nid });
    const memberships = [await world.membership(id, 'enrolled'), await world.membership(id, 'paused')];
    const household = await world.registrant({}, { is_group: true });
    const [place] = await create(world.client, 'spp.group.membership', [
      { group: household, individual: id, is_head: head, start_date: '2020-01-01 10:00:00' },
    ]);
    const [program] = await create(world.admin, 'spp.program', [{ name: world.unique('Programme') }]);
    const rounds = await create(
      world.admin,
      'spp.cycle',
      ['approved', 'ended'].map((state) => ({
        name: world.unique('Round'),
        program_id: program ?? 0,
        start_date: '2024-11-01',
        end_date: '2024-12-31',
        state,
      })),
    );
    await create(
      world.admin,
      'spp.cycle.membership',
      rounds.map((cycle) => ({ partner_id: id, cycle_id: cycle, state: 'enrolled' })),
    );
    await create(
      world.admin,
      'spp.entitlement',
      ['approved', 'cancelled'].map((state) => ({ partner_id: id, cycle_id: rounds[0] ?? 0, state })),
    );
    return { id, uin: { type: 'UIN', value: nid }, memberships, household, place: place ?? 0 };
  }

  const membershipsOf = (id: number) =>
    world.enabled(id, () =>
      searchRead(
        world.client,
        'spp.program.membership',
        [['partner_id', '=', id]],
        ['state', 'exit_date', 'exit_reason'],
        { order: 'id' },
      ),
    );
  const ended = (date: string) => ({
    state: 'exited',
    exit_date: date,
    exit_reason: expect.stringMatching(/^Deceased - CRVS notification received on \d{4}-\d\d-\d\d$/),
  });

  it('ends the memberships, and its notes name them and what else is open', async () => {
    const { id, uin, memberships } = await beneficiary({ head: true });
    const row = await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    expect(row).toMatchObject({ state: 'processed', error_message: false });
    expect(String(row.notes).split('\n')).toEqual([
      `Open when the death was received: programme memberships ${memberships.map(({ programme }) => programme).join(', ')}; 1 household place (head of the household); 1 payment round; 1 unpaid entitlement.`,
      'Close by hand: the household places, and name a new head of the household; the payment rounds; the unpaid entitlements.',
      'Marked as deceased.',
      ...('death_date' in Object.fromEntries((await world.capabilities()).registrant)
        ? [`Date of death: ${DAY}.`]
        : []),
      `Ended: ${memberships.map(({ programme }) => programme).join(', ')}, on ${DAY}.`,
    ]);
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
  });

  it('leaves household places alone', async () => {
    const { id, uin, place } = await beneficiary();
    await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    const kept = await world.enabled(id, () => world.one('spp.group.membership', place, ['ended_date']));
    expect(kept.ended_date).toBe(false);
  });

  it('ends household places where the settings say so, and never before their start', async () => {
    world.death = { endHouseholdPlaces: true };
    const { id, uin, household, place } = await beneficiary();
    const [late] = await create(world.client, 'spp.group.membership', [
      { group: household, individual: id, start_date: '2025-02-03 04:05:06' },
    ]);
    const row = await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    expect(row.notes).toContain('Ended 2 household places.');
    const places = await world.enabled(id, () =>
      searchRead(world.client, 'spp.group.membership', [['id', 'in', [place, late ?? 0]]], ['ended_date'], {
        order: 'id',
      }),
    );
    expect(places.map((one) => one.ended_date)).toEqual(['2024-12-01 00:00:00', '2025-02-03 04:05:06']);
  });

  it('of a registrant who was disabled before warns of memberships that nobody sees', async () => {
    const { id, uin } = await beneficiary();
    await write(world.client, 'res.partner', [id], {
      disabled: '2023-05-06 07:08:09',
      disabled_reason: 'Moved abroad',
    });
    const row = await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    expect(row).toMatchObject({ state: 'processed' });
    expect(row.notes).toContain('OpenSPP hides the programme memberships of a disabled registrant');
    expect(row.notes).toContain('A programme officer must check them');
  });

  it('that is told again by another message says nothing of memberships that are ended', async () => {
    const { uin } = await beneficiary();
    await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    const again = await world.row({ type: 'death', date: '2024-12-02', identifiers: [uin] });
    expect(again.state).toBe('processed');
    expect(again.notes).not.toContain('OpenSPP hides the programme memberships');
  });

  it('whose date is corrected says that exit dates cannot follow', async () => {
    const { id, uin } = await beneficiary();
    const drn = { type: 'DRN', value: world.unique('D') };
    await world.row({ type: 'death', date: DAY, identifiers: [drn, uin] });
    const row = await world.row({
      type: 'death',
      date: '2024-11-30',
      identifiers: [drn, uin],
      correction: true,
      receivedAt: Date.now() + 1000,
    });
    expect(row).toMatchObject({ state: 'processed', event_date: '2024-11-30' });
    expect(row.notes).toContain(
      `Exit dates of programme memberships that ended on ${DAY} stay as they are: OpenSPP hides the memberships of a disabled registrant.`,
    );
    expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
  });

  it('that OpenSPP refuses for its household ends in error, and the next try finishes it', async () => {
    const { id, uin, household } = await beneficiary();
    // OpenSPP counts the heads that are not disabled, and only when a member is written.
    const heads = await create(world.client, 'spp.group.membership', [
      { group: household, individual: await world.registrant(), is_head: true },
      { group: household, individual: await world.registrant(), is_head: true },
    ]);
    const told = world.claimed({ type: 'death', date: DAY, identifiers: [uin] });
    const refused = await world.row(told);
    expect(refused).toMatchObject({ state: 'error', error_message: 'Only one Head is allowed per group' });
    expect((await world.partner(id)).disabled).toBe(false);
    await write(world.client, 'spp.group.membership', heads.slice(1), { is_head: false });
    const row = await world.row({ ...told, odooEventId: refused.id });
    expect(row).toMatchObject({ id: refused.id, state: 'processed' });
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
  });

  it('ends the same wherever it is cut off', async () => {
    for (let calls = 1; ; calls += 1) {
      const { id, uin, memberships } = await beneficiary();
      const told = world.claimed({ type: 'death', date: DAY, identifiers: [uin] });
      const cut = cutOffAfter(calls, world.client);
      const whole = await new World({ ...target, admin: world.admin }, cut)
        .deliver(told)
        .then(() => true)
        .catch(() => false);
      const row = await world.row(told);
      expect(row, `cut off after ${calls} calls`).toMatchObject({ state: 'processed', error_message: false });
      for (const { programme } of memberships) expect(row.notes).toContain(programme);
      expect(row.notes).toContain('Marked as deceased.');
      expect(row.notes).toContain('1 payment round; 1 unpaid entitlement');
      expect(row.notes).not.toContain('OpenSPP hides');
      expect((await world.partner(id)).disabled).not.toBe(false);
      expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
      if (whole) return;
    }
  });
});

/** A client that breaks off, as a bridge that is killed: the last call that it makes is done by Odoo all the same. */
function cutOffAfter(calls: number, client: OdooClient): OdooClient {
  let left = calls;
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    async call(...args) {
      if (left <= 0) throw new Error('cut off');
      left -= 1;
      const answer = await client.call(...args);
      if (left === 0) throw new Error('cut off');
      return answer;
    },
  };
}
