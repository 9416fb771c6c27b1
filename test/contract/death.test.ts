import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { searchRead, write } from '../../src/odoo/orm.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import type { Rule } from '../../src/openspp/rules/rule.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const DAY = '2024-12-01';
const MEMBERSHIP = 'spp.program.membership';

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
  async function beneficiary({ head = false, rounds = null as Rounds | null } = {}) {
    const nid = world.unique('N');
    const id = await world.registrant({ national_id: nid });
    const programmes = rounds?.programmes ?? [await world.program(), await world.program()];
    await world.enrol(id, programmes[0]?.id ?? 0, 'enrolled');
    await world.enrol(id, programmes[1]?.id ?? 0, 'paused');
    const other = await world.registrant();
    const members = head ? [id, other] : [other, id];
    const household = await world.household(members[0] ?? 0, members.slice(1), {
      start_date: '2020-01-01 10:00:00',
    });
    const { open, over } = rounds ?? (await payments());
    await world.inCycle(id, open);
    await world.inCycle(id, over, { entitlement: 'cancelled' });
    return {
      id,
      uin: { type: 'UIN', value: nid },
      programmes: programmes.map(({ name }) => name),
      household: household.id,
      place: household.places[head ? 0 : 1] ?? 0,
    };
  }

  interface Rounds {
    programmes: { id: number; name: string }[];
    open: number;
    over: number;
  }

  /** A payment round that is open and one that is over, and programmes to be enrolled in. */
  async function payments(): Promise<Rounds> {
    const paid = await world.program();
    return {
      programmes: [await world.program(), await world.program()],
      open: (await world.cycle(paid.id)).id,
      over: (await world.cycle(paid.id, { state: 'ended' })).id,
    };
  }

  const membershipsOf = (id: number) =>
    world.behindRules(id, () =>
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
    const { id, uin, programmes } = await beneficiary({ head: true });
    const row = await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    expect(row).toMatchObject({ state: 'processed', error_message: false });
    expect(String(row.notes).split('\n')).toEqual([
      `Open when the death was received: programme memberships ${programmes.join(', ')}; 1 household place (head of the household); 1 payment round; 1 unpaid entitlement.`,
      'Close by hand: the household places, and name a new head of the household; the payment rounds; the unpaid entitlements.',
      'Marked as deceased.',
      ...((await world.capabilities()).registrant.has('death_date') ? [`Date of death: ${DAY}.`] : []),
      `Ended: ${programmes.join(', ')}, on ${DAY}.`,
    ]);
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
  });

  it('leaves household places alone', async () => {
    const { id, uin, place } = await beneficiary();
    await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    const kept = await world.behindRules(id, () => world.one('spp.group.membership', place, ['ended_date']));
    expect(kept.ended_date).toBe(false);
  });

  it('ends household places where the settings say so, and never before their start', async () => {
    world.death = { endHouseholdPlaces: true, revocation: 'flag' };
    const { id, uin, household, place } = await beneficiary();
    const late = await world.make('spp.group.membership', {
      group: household,
      individual: id,
      start_date: '2025-02-03 04:05:06',
    });
    const row = await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    expect(row.notes).toContain('Ended 2 household places.');
    const places = await world.behindRules(id, () =>
      searchRead(world.client, 'spp.group.membership', [['id', 'in', [place, late]]], ['ended_date'], {
        order: 'id',
      }),
    );
    expect(places.map((one) => one.ended_date)).toEqual(['2024-12-01 00:00:00', '2025-02-03 04:05:06']);
  });

  it('of a registrant who was disabled before warns of memberships that nobody sees', async () => {
    const { id, uin } = await beneficiary();
    await write(world.maker, 'res.partner', [id], {
      disabled: '2023-05-06 07:08:09',
      disabled_reason: 'Moved abroad',
    });
    const row = await world.row({ type: 'death', date: DAY, identifiers: [uin] });
    expect(row).toMatchObject({ state: 'processed' });
    expect(row.notes).toContain('OpenSPP hides the programme memberships of a disabled registrant');
    expect(row.notes).toContain('A programme officer must check them');
  });

  it('that another message reports again says nothing of memberships that are ended', async () => {
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

  it('whose registrant OpenSPP refuses to write says what was ended, and the next try finishes it', async () => {
    const { id, uin, programmes } = await beneficiary();
    const told = world.claimed({ type: 'death', date: DAY, identifiers: [uin] });
    const name = String((await world.one('res.partner', id, ['name'])).name);
    const refusing = new World(target, refusingRegistrants(world.client, `${name} has ${uin.value}.`));
    const refused = await refusing.row(told);
    expect(refused).toMatchObject({
      state: 'error',
      error_message: `the registrant has …${uin.value.slice(-4)}.`,
    });
    expect(refused.notes).toContain(`Ended: ${programmes.join(', ')}, on ${DAY}.`);
    expect(refused.notes).not.toContain('Marked as deceased');
    expect((await world.partner(id)).disabled).toBe(false);
    const row = await world.row({ ...told, odooEventId: refused.id });
    expect(row).toMatchObject({ id: refused.id, state: 'processed', error_message: false });
    expect(row.notes).toContain('Marked as deceased.');
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
  });

  it('is applied where a country’s rule ends no memberships', async () => {
    const { id, uin } = await beneficiary();
    const death: Rule = (input) => ({ ...RULES.death(input), exit: null });
    world.extensions = { ...world.extensions, rules: { ...RULES, death } };
    expect(await world.row({ type: 'death', date: DAY, identifiers: [uin] })).toMatchObject({
      state: 'processed',
    });
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await membershipsOf(id)).toMatchObject([{ state: 'enrolled' }, { state: 'paused' }]);
  });

  it('of somebody who is enrolled again meanwhile ends that too, before it is hidden', async () => {
    const { id, uin } = await beneficiary();
    const told = world.claimed({ type: 'death', date: DAY, identifiers: [uin] });
    let isFirst = true;
    const enrolling: OdooClient = {
      get protocol() {
        return world.client.protocol;
      },
      uid: () => world.client.uid(),
      async call(model, method, ...rest) {
        const answer = await world.client.call(model, method, ...rest);
        if (!isFirst || model !== MEMBERSHIP || !/write|web_save_multi/.test(method)) return answer;
        isFirst = false;
        const [one] = await searchRead(world.client, MEMBERSHIP, [['partner_id', '=', id]], ['id']);
        await write(world.maker, MEMBERSHIP, [one?.id ?? 0], { state: 'enrolled', exit_date: false });
        return answer;
      },
    };
    const before = Date.now();
    const [released] = await new World(target, enrolling).deliver(told);
    expect(released).toMatchObject({ kind: 'released', reason: 'event.row_changed' });
    // Something in OpenSPP may enrol again each time: then a death must not go round as fast as it can.
    expect((released as { dueAt?: number }).dueAt).toBeGreaterThanOrEqual(before + 1000);
    expect(await world.row(told)).toMatchObject({ state: 'processed' });
    expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
  });

  it('ends the same wherever it is cut off', { timeout: 600_000 }, async () => {
    const rounds = await payments();
    for (let calls = 1; ; calls += 1) {
      const { id, uin, programmes } = await beneficiary({ rounds });
      const told = world.claimed({ type: 'death', date: DAY, identifiers: [uin] });
      const cut = cutOffAfter(calls, world.client);
      const whole = await new World(target, cut)
        .deliver(told)
        .then(() => true)
        .catch(() => false);
      const row = await world.row(told);
      expect(row, `cut off after ${calls} calls`).toMatchObject({ state: 'processed', error_message: false });
      for (const programme of programmes) expect(row.notes).toContain(programme);
      expect(row.notes).toContain('Marked as deceased.');
      expect(row.notes).toContain('1 payment round; 1 unpaid entitlement');
      expect(row.notes).not.toContain('OpenSPP hides');
      expect((await world.partner(id)).disabled).not.toBe(false);
      expect(await membershipsOf(id)).toMatchObject([ended(DAY), ended(DAY)]);
      if (whole) return;
    }
  });
});

/** A client that breaks off, as a bridge that is killed: the last call that it makes is still done by Odoo. */
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

/** A client whose Odoo refuses every write to registrants with a sentence. */
function refusingRegistrants(client: OdooClient, sentence: string): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    async call(model, method, ...rest) {
      if (model === 'res.partner' && (method === 'write' || method === 'web_save_multi')) {
        throw new OdooError('odoo.refused', { protocol: client.protocol, model, method, sentence });
      }
      return client.call(model, method, ...rest);
    },
  };
}
