import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { matchLate } from '../../src/delivery/late-matches.ts';
import type { Identifier, VitalEventType } from '../../src/events/vital-event.ts';
import type { ClaimedEvent, Settlement } from '../../src/inbox/inbox.ts';
import { create, read } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const TYPES: readonly VitalEventType[] = ['birth', 'death', 'marriage', 'divorce'];
const NUMBER = { birth: 'BRN', death: 'DRN', marriage: 'MRN', divorce: 'MRN' } as const;

/** Registration numbers start again in each office and year, so that the events of several people share one. */
describe.each(TARGETS)('two people with one number: $name', ({ name, open }) => {
  let target: Target;
  let world: World;
  beforeAll(async () => {
    target = await open();
  });
  beforeEach(() => {
    world = new World(target, target.bridge('jsonrpc'));
  });
  afterAll(() => target?.close());

  const enrol = (nid: string) => world.registrant({ national_id: nid });
  const outcomeOf = async (told: ClaimedEvent): Promise<Extract<Settlement, { kind: 'settled' }>> => {
    const [settlement] = await world.deliver(told);
    if (settlement?.kind !== 'settled') throw new Error('the event was not settled');
    return settlement;
  };

  it.each(TYPES)('a %s of each is applied, in either order of enrolment', async (type) => {
    const number = { type: NUMBER[type], value: world.unique('0001/2025') };
    const [a, b] = [world.unique('N'), world.unique('N')];
    const tell = (nid: string) =>
      world.claimed({ type, date: '2025-01-02', identifiers: [number, { type: 'NID', value: nid }] });
    const [told, toldOfB] = [tell(a), tell(b)];
    const first = await outcomeOf(told);
    const second = await outcomeOf(toldOfB);
    expect(first).toMatchObject({ outcome: 'error', reason: 'match.none' });
    expect(second).toMatchObject({ outcome: 'error', reason: 'match.none' });
    expect(second.odooEventId).not.toBe(first.odooEventId);
    const personB = await enrol(b);
    const again = { ...toldOfB, odooEventId: second.odooEventId };
    expect(await outcomeOf(again)).toMatchObject({ outcome: 'processed', odooEventId: second.odooEventId });
    const early = await outcomeOf({ ...told, odooEventId: first.odooEventId });
    expect(early).toMatchObject({ outcome: 'error', odooEventId: first.odooEventId });
    const personA = await enrol(a);
    const late = await outcomeOf({ ...told, odooEventId: first.odooEventId });
    expect(late).toMatchObject({ outcome: 'processed', odooEventId: first.odooEventId });
    for (const [person, nid, row] of [
      [personA, a, first],
      [personB, b, second],
    ] as const) {
      const event = await world.eventRow(row.odooEventId ?? 0);
      expect(many2oneId(event.person_id)).toBe(person);
      expect(event.raw_data).toContain(nid);
    }
  });

  it('of a household does not outweigh their own: each has an event', async () => {
    const household = { type: 'HHID', value: world.unique('H') };
    const own = [world.unique('N'), world.unique('N')].map((value) => ({ type: 'NID', value }));
    const told = own.map((nid) =>
      world.claimed({ type: 'death', date: '2025-01-02', identifiers: [household, nid] }),
    );
    const rows: (number | null)[] = [];
    for (const one of told) rows.push((await outcomeOf(one)).odooEventId);
    expect(new Set(rows).size).toBe(2);
    const people: number[] = [];
    for (const [n, { value }] of own.entries()) {
      people.push(await enrol(value));
      for (const [k, one] of told.entries()) await world.deliver({ ...one, odooEventId: rows[k] ?? null });
      expect((await world.partner(people[n] ?? 0)).disabled).not.toBe(false);
    }
  });

  it('is found again where its row could have no key of its own', async () => {
    const number = { type: 'DRN', value: world.unique('0001/2025') };
    const tell = (name: string) => {
      const claimed = world.claimed({ type: 'death', date: '2025-01-02', identifiers: [number] });
      const { header, message } = JSON.parse(claimed.body);
      return { ...claimed, body: JSON.stringify({ header, message: { ...message, person: { name } } }) };
    };
    const [a, b] = [tell('Anna'), tell('Ben')];
    const first = await outcomeOf(a);
    const second = await outcomeOf(b);
    expect(second.odooEventId).not.toBe(first.odooEventId);
    // As after a crash before the inbox kept the row's id.
    expect((await outcomeOf(b)).odooEventId).toBe(second.odooEventId);
  });

  it('is no match where the registrant has another number of a more trusted type', async () => {
    const drn = { type: 'DRN', value: world.unique('D') };
    if (target.admin) await world.addIdType('DRN');
    const nid = world.unique('N');
    const other = await world.registrant({ national_id: nid, DRN: drn.value });
    const row = await world.row({
      type: 'death',
      date: '2025-01-02',
      identifiers: [drn, { type: 'NID', value: world.unique('N') }],
    });
    expect(row).toMatchObject({ state: 'error', person_id: false });
    expect(row.error_message).toContain(
      `The DRN leads to registrant ${other}, who has another NID than the registry says.`,
    );
    expect((await world.partner(other)).disabled).toBe(false);
  });

  it.each([
    ['birth', 'BRN', '2020-02-03'],
    ['death', 'DRN', '2025-01-02'],
  ] as const)('a %s is not taken for that of who has its number alone', async (type, code, date) => {
    if (target.admin) await world.addIdType(code);
    const number = { type: code, value: world.unique('0001/2025') };
    const passport = world.unique('P');
    // OpenSPP does not know the national ID of the first one.
    const first = await world.registrant({ passport });
    const own = (value: string) => ({ type: 'NID', value });
    const told = [number, { type: 'PASSPORT', value: passport }, own(world.unique('N'))];
    expect(await world.row({ type, date, identifiers: told })).toMatchObject({ state: 'processed' });
    const before = await world.partner(first);
    expect((await world.idsOf(first)).map(({ value }) => value)).toContain(number.value);
    const nid = world.unique('N');
    const other = world.claimed({ type, date: '2021-05-06', identifiers: [number, own(nid)] });
    const later = { ...other, receivedAt: Date.now() + 1000 };
    const settled = await outcomeOf(later);
    expect(settled).toMatchObject({ outcome: 'error', reason: 'match.contradiction' });
    expect(await world.partner(first)).toEqual(before);
    const second = await enrol(nid);
    await outcomeOf({ ...later, odooEventId: settled.odooEventId });
    expect(many2oneId((await world.eventRow(settled.odooEventId ?? 0)).person_id)).toBe(second);
    const { birthdate, disabled } = await world.partner(second);
    expect(type === 'birth' ? birthdate : disabled).toEqual(
      type === 'birth' ? '2021-05-06' : expect.any(String),
    );
  });

  it('a marriage is that of the spouse, not of who has its number, whatever identifiers they have', async () => {
    if (target.admin) await world.addIdType('MRN');
    const number = { type: 'MRN', value: world.unique('0001/2025') };
    const [passport, nid] = [world.unique('P'), world.unique('N')];
    await world.registrant({ passport });
    const tell = (own: Identifier) =>
      world.claimed({ type: 'marriage', date: '2025-01-02', identifiers: [number, own] });
    const first = await outcomeOf(tell({ type: 'PASSPORT', value: passport }));
    const told = tell({ type: 'NID', value: nid });
    const second = await outcomeOf(told);
    expect(second).toMatchObject({ outcome: 'error', reason: 'match.contradiction' });
    expect(second.odooEventId).not.toBe(first.odooEventId);
    const spouse = await enrol(nid);
    expect(await outcomeOf({ ...told, odooEventId: second.odooEventId })).toMatchObject({
      outcome: 'processed',
    });
    const { civilStatus } = await world.capabilities();
    expect(many2oneId((await world.partner(spouse)).civil_status_id)).toBe(civilStatus.get('M'));
  });

  it.each([
    ['retry', 20_251_128],
    ['late match', 20_251_129],
  ])(
    'each end as if alone, in any order of arrival, enrolment and %s',
    { timeout: 300_000 },
    async (again, seed) => {
      const random = seeded(seed);
      const pairs = name === 'sandbox' ? 2000 : name.startsWith('sandbox') ? 100 : 50;
      const people = Array.from({ length: pairs }, () => {
        const type = TYPES[Math.floor(random() * TYPES.length)] ?? 'birth';
        const number = { type: NUMBER[type], value: world.unique('0001/2025') };
        const sameDay = random() < 0.5;
        return [0, 1].map((n) => {
          const nid = world.unique('N');
          const date = `20${10 + (sameDay ? 0 : n)}-0${1 + Math.floor(random() * 9)}-11`;
          const own = { type: 'NID', value: nid };
          const identifiers = random() < 0.5 ? [number, own] : [own, number];
          const claimed = world.claimed({ type, date, identifiers });
          return {
            nid,
            type,
            claimed,
            enrolAt: Math.floor(random() * 4),
            arriveAt: Math.floor(random() * 4),
          };
        });
      }).flat();
      const ids = new Map<string, number>();
      const rows = new Map<number, number>();
      const unmatched = new Set<number>();
      for (let round = 0; round < 5; round += 1) {
        const coming = people.filter(({ enrolAt }) => enrolAt === round);
        const made = await enrolAll(coming.map(({ nid }) => nid));
        for (const [position, { nid }] of coming.entries()) ids.set(nid, made[position] ?? 0);
        // In the last round, everybody is enrolled. By retry, every event that has arrived is tried again in every round; by
        // late matches, only those whose registrant turned up.
        const found =
          again === 'retry'
            ? null
            : await lookAgain(people.filter(({ claimed }) => unmatched.has(claimed.id)));
        let due = people
          .filter(({ arriveAt, claimed }) =>
            found === null ? arriveAt <= round : arriveAt === round || found.has(claimed.id),
          )
          .sort(() => random() - 0.5);
        while (due.length > 0) {
          const told = due.map(({ claimed }) => ({ ...claimed, odooEventId: rows.get(claimed.id) ?? null }));
          const settled = await world.deliver(...told);
          const left: typeof due = [];
          for (const [position, settlement] of settled.entries()) {
            const one = due[position];
            if (!one) continue;
            if (settlement.kind !== 'settled') {
              left.push(one);
              continue;
            }
            rows.set(settlement.id, settlement.odooEventId ?? 0);
            if (settlement.reason?.startsWith('match.')) unmatched.add(settlement.id);
            else unmatched.delete(settlement.id);
          }
          due = left;
        }
      }
      expect(new Set(rows.values()).size).toBe(people.length);
      const { civilStatus } = await world.capabilities();
      const partners = new Map(
        (
          await read(
            world.client,
            'res.partner',
            [...ids.values()],
            ['birthdate', 'disabled', 'civil_status_id'],
          )
        ).map((row) => [row.id, row]),
      );
      const events = new Map(
        (
          await read(
            world.client,
            'spp.dci.crvs.event',
            [...rows.values()],
            ['person_id', 'state', 'raw_data'],
          )
        ).map((row) => [row.id, row]),
      );
      for (const { nid, type, claimed } of people) {
        const person = partners.get(ids.get(nid) ?? 0);
        const event = events.get(rows.get(claimed.id) ?? 0);
        const found = {
          state: event?.state,
          person: many2oneId(event?.person_id),
          raw: String(event?.raw_data).includes(nid),
          birthdate: person?.birthdate,
          dead: person?.disabled !== false,
          status: many2oneId(person?.civil_status_id),
        };
        expect(found, `${type} ${JSON.stringify(claimed.identifiers)}`).toEqual({
          state: 'processed',
          person: ids.get(nid),
          raw: true,
          birthdate: type === 'birth' ? claimed.date : false,
          dead: type === 'death',
          status:
            type === 'marriage' ? civilStatus.get('M') : type === 'divorce' ? civilStatus.get('D') : null,
        });
      }
    },
  );

  /** The ids of the events that late matching has delivered again. */
  async function lookAgain(people: readonly { claimed: ClaimedEvent }[]): Promise<Set<number>> {
    const queue = people.map(({ claimed }) => ({ ...claimed, reason: null, settledAt: 0 }));
    const found = new Set<number>();
    const total = await matchLate(
      { intervalMs: 1, maximumIntervalMs: 1, forMs: Number.MAX_SAFE_INTEGER },
      {
        client: world.client,
        capabilities: new CapabilityCache(world.client),
        matching: world.matching,
        inbox: {
          dueMatches: async (limit) => queue.splice(0, limit),
          matchAgain: async () => {},
          retry: async (events) => {
            const ids = events.map((event) => (typeof event === 'number' ? event : event.id));
            for (const id of ids) found.add(id);
            return ids;
          },
          find: async () => [],
          show: async () => null,
        },
      },
    );
    expect(total).toEqual({ looked: people.length, matched: found.size });
    return found;
  }

  async function enrolAll(numbers: readonly string[]): Promise<number[]> {
    if (numbers.length === 0) return [];
    const ids = await create(
      world.maker,
      'res.partner',
      numbers.map((number) => ({ name: `Registrant ${number}`, is_registrant: true, is_group: false })),
    );
    const type = await world.idType('national_id');
    await create(
      world.maker,
      'spp.registry.id',
      numbers.map((value, n) => ({ partner_id: ids[n] ?? 0, id_type_id: type, value, status: 'valid' })),
    );
    return ids;
  }
});

/** A source of numbers from 0 to 1 that are the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
