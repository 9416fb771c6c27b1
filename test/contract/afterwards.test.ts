import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DeliveryLoop } from '../../src/delivery/delivery-loop.ts';
import { matchLate } from '../../src/delivery/late-matches.ts';
import { takeUpUnfinished } from '../../src/delivery/unfinished-events.ts';
import type { VitalEvent } from '../../src/events/vital-event.ts';
import type { EventDetails, Receipt } from '../../src/inbox/inbox.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { create, write } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { READER } from '../events/support.ts';
import { message, sharedInbox } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { keptLog } from '../senders/support.ts';
import { MATCHING, TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

const EVENT = 'spp.dci.crvs.event';
const LATE = { intervalMs: 60_000, maximumIntervalMs: 3_600_000, forMs: 30 * 86_400_000 };
/** So that rows of this very moment count as untouched, whatever Odoo's clock says. */
const UNTOUCHED_MS = -3_600_000;

const shared = sharedInbox();

describe.each(TARGETS)('afterwards: $name', ({ open }) => {
  let target: Target;
  let world: World;
  let client: OdooClient;
  let parts: { client: OdooClient; capabilities: CapabilityCache; matching: typeof MATCHING };
  beforeAll(async () => {
    target = await open();
    client = target.bridge('json2');
    world = new World(target, client);
    // What other tests left unfinished does not count here.
    const capabilities = new CapabilityCache(client);
    await takeUpUnfinished(UNTOUCHED_MS, {
      inbox: shared.inbox,
      client,
      capabilities,
      readNotification: READER,
    });
    parts = { client, capabilities, matching: MATCHING };
  });
  afterAll(() => target?.close());

  /** Called before each call of the delivery goes to Odoo. */
  let before: (model: string, method: string, args: unknown) => Promise<void> | void = () => {};
  beforeEach(() => {
    before = () => {};
    const tapped: OdooClient = {
      protocol: client.protocol,
      uid: () => client.uid(),
      async call(model, method, args, options) {
        await before(model, method, args);
        return client.call(model, method, args, options);
      },
    };
    const loop = new DeliveryLoop(
      {
        batchSize: { first: 100, minimum: 1, maximum: 100, targetCallMs: 10_000 },
        concurrency: 1,
        backoff: { initialMs: 1, maximumMs: 2 },
        unansweredGraceMs: 1,
        pollMs: 2,
        attempts: 3,
        matchAgainAfterMs: LATE.intervalMs,
      },
      {
        ...parts,
        client: tapped,
        inbox: shared.inbox,
        death: { endHouseholdPlaces: false, revocation: 'flag' },
        rules: RULES,
        readNotification: READER,
        nameOf: () => 'CRVS',
        log: keptLog().log,
      },
    );
    loop.start();
    onTestFinished(() => loop.stop(1000));
  });

  const told = (...events: VitalEvent[]) =>
    message({ events, body: JSON.stringify({ header: {}, message: { events } }), receivedAt: Date.now() });

  async function outcome({ inboxId, events }: Pick<Receipt, 'inboxId' | 'events'>): Promise<EventDetails> {
    await shared.inbox.waitSettled(inboxId, 20_000);
    return details(events[0]?.id ?? 0);
  }

  async function details(id: number): Promise<EventDetails> {
    const found = await shared.inbox.show(id);
    if (!found) throw new Error('the event is gone');
    return found;
  }

  /** The inbox's event of a row, once it is settled. */
  async function taken(row: number): Promise<EventDetails> {
    const event = (await shared.inbox.findByRows([row])).get(row);
    if (!event) throw new Error('the row was not taken up');
    await vi.waitFor(
      async () => expect(await details(event.id)).toMatchObject({ state: 'settled' }),
      PATIENCE,
    );
    return details(event.id);
  }

  async function handMade(values: Record<string, OdooValue>): Promise<number> {
    const [id = 0] = await create(client, EVENT, [{ event_type: 'birth', state: 'received', ...values }]);
    return id;
  }

  const sweep = () =>
    takeUpUnfinished(UNTOUCHED_MS, { inbox: shared.inbox, ...parts, readNotification: READER });

  /** An event that ended in error because nobody has its identifier. */
  async function unmatched() {
    const nid = world.unique('N');
    const uin = { type: 'UIN', value: nid };
    const receipt = await shared.inbox.accept(
      told({ type: 'birth', date: '2020-01-01', identifiers: [uin] }),
    );
    const event = await outcome(receipt);
    expect(event).toMatchObject({ outcome: 'error', errorMessage: en.match.none });
    return { nid, uin, receipt, event, row: event.odooEventId ?? 0 };
  }

  describe('a late match', () => {
    it('is found when its time has come, and ends processed in the same row', async () => {
      const { nid, receipt, row } = await unmatched();
      const soon = () => Date.now() + LATE.intervalMs + 1000;
      expect(await matchLate(LATE, { inbox: shared.inbox, ...parts })).toEqual({
        looked: 0,
        matched: 0,
      });
      expect(await matchLate(LATE, { inbox: shared.inbox, ...parts }, soon)).toEqual({
        looked: 1,
        matched: 0,
      });
      const registrant = await world.registrant({ national_id: nid });
      const later = () => Date.now() + 3 * LATE.intervalMs;
      expect(await matchLate(LATE, { inbox: shared.inbox, ...parts }, later)).toEqual({
        looked: 1,
        matched: 1,
      });
      const event = await outcome(receipt);
      expect(event).toMatchObject({ outcome: 'processed', odooEventId: row, errorMessage: null });
      const after = await world.eventRow(row);
      expect(after).toMatchObject({ state: 'processed', error_message: false });
      expect(many2oneId(after.person_id)).toBe(registrant);
      expect((await world.one('res.partner', registrant, ['birthdate'])).birthdate).toBe('2020-01-01');
    });
  });

  describe('a row that is unfinished', () => {
    it('made by hand, is processed', async () => {
      const nid = world.unique('N');
      const registrant = await world.registrant({ national_id: nid });
      const row = await handMade({
        event_date: '2020-02-03',
        identifier_type: 'national_id',
        identifier_value: nid,
      });
      expect(await sweep()).toBe(1);
      expect(await taken(row)).toMatchObject({ outcome: 'processed', odooEventId: row });
      const after = await world.eventRow(row);
      expect(after).toMatchObject({ state: 'processed', event_date: '2020-02-03' });
      expect(many2oneId(after.person_id)).toBe(registrant);
      expect((await world.one('res.partner', registrant, ['birthdate'])).birthdate).toBe('2020-02-03');
      expect(await sweep(), 'it is finished now').toBe(0);
    });

    it('that names its registrant needs no identifier', async () => {
      const registrant = await world.registrant();
      const row = await handMade({ event_date: '2020-02-04', person_id: registrant });
      await sweep();
      expect(await taken(row)).toMatchObject({ outcome: 'processed' });
      expect((await world.one('res.partner', registrant, ['birthdate'])).birthdate).toBe('2020-02-04');
    });

    it('whose identifiers lead to somebody else than it names, changes nobody', async () => {
      const nid = world.unique('N');
      const [named, other] = [await world.registrant(), await world.registrant({ national_id: nid })];
      const row = await handMade({
        event_date: '2020-02-04',
        person_id: named,
        identifier_type: 'national_id',
        identifier_value: nid,
      });
      await sweep();
      expect(await taken(row)).toMatchObject({
        outcome: 'error',
        errorMessage: expect.stringContaining(
          `the event to registrant ${named}, national_id to registrant ${other}`,
        ),
      });
    });

    it('is matched by all identifiers of the message that it was made from', async () => {
      const nid = world.unique('N');
      const registrant = await world.registrant({ national_id: nid });
      const identifiers = [
        { type: 'XX', value: world.unique('X') },
        { type: 'UIN', value: nid },
      ];
      const row = await handMade({
        event_date: '2020-02-05',
        identifier_type: 'XX',
        identifier_value: identifiers[0]?.value ?? '',
        raw_data: JSON.stringify({
          header: {},
          message: { event_type: 'BIRTH', event_date: '2020-02-05', identifiers },
        }),
      });
      await sweep();
      expect(await taken(row)).toMatchObject({ outcome: 'processed' });
      expect(many2oneId((await world.eventRow(row)).person_id)).toBe(registrant);
    });

    it.each(['received', 'processing'])(
      'set to %s after it was settled, is finished again',
      async (state) => {
        const { nid, row, event } = await unmatched();
        const registrant = await world.registrant({ national_id: nid });
        await write(client, EVENT, [row], { state, error_message: false });
        expect(await sweep()).toBe(1);
        expect(await taken(row)).toMatchObject({ id: event.id, outcome: 'processed', odooEventId: row });
        expect(many2oneId((await world.eventRow(row)).person_id)).toBe(registrant);
      },
    );

    it.each([
      ['undated', null],
      ['dated', '2024-12-01'],
    ])('of a death that came %s keeps the date that a user gave it', async (_what, date) => {
      const value = world.unique('N');
      const told = world.claimed({ type: 'death', date, identifiers: [{ type: 'NID', value }] });
      const { id } = await world.row(told);
      await write(world.client, 'spp.dci.crvs.event', [Number(id)], { event_date: '2024-11-30' });
      await world.registrant({ national_id: value });
      const row = await world.row({ ...told, odooEventId: Number(id) });
      expect(row).toMatchObject({ id, state: 'processed', event_date: '2024-11-30' });
    });

    it('archived before it is processed, is left to its user', async () => {
      const row = await handMade({ event_date: '2020-02-06' });
      before = async (model, method) => {
        if (model === EVENT && method === 'search_read') await write(client, EVENT, [row], { active: false });
      };
      await sweep();
      expect(await taken(row)).toMatchObject({
        outcome: 'error',
        errorMessage: en.row.gone,
        odooEventId: null,
      });
    });
  });

  describe('a user who presses Retry meanwhile', () => {
    it('is not overwritten where Odoo processed the event', async () => {
      const { nid, uin, receipt, row, event } = await unmatched();
      // OpenSPP's own processing matches by the exact code alone.
      await write(client, EVENT, [row], { identifier_type: 'national_id' });
      const registrant = await world.registrant({ national_id: nid });
      let pressed = false;
      before = async (model, method, args) => {
        const fields = (args as { fields?: string[] }).fields;
        if (pressed || model !== EVENT || method !== 'search_read' || fields?.join() !== 'state') return;
        pressed = true;
        await client.call(EVENT, 'action_retry_processing', { ids: [row] });
        await write(client, EVENT, [row], { notes: 'by hand' });
      };
      await shared.inbox.retry([event.id]);
      expect(await outcome(receipt)).toMatchObject({ outcome: 'processed', odooEventId: row });
      expect(pressed).toBe(true);
      expect(await world.eventRow(row)).toMatchObject({ state: 'processed', notes: 'by hand' });
      expect((await world.one('res.partner', registrant, ['birthdate'])).birthdate).toBe('2020-01-01');
      expect(uin.value).toBe(nid);
    });

    it('has the event looked at again where it ended in an error again', async () => {
      const { nid, receipt, row, event } = await unmatched();
      await world.registrant({ national_id: nid });
      let pressed = false;
      before = async (model, method, args) => {
        const values = (args as { vals?: Record<string, unknown> }).vals;
        if (pressed || model !== 'res.partner' || !(values || method === 'web_save_multi')) return;
        pressed = true;
        // The bridge has the row in `processing`; a user puts it back, and presses Retry.
        await write(client, EVENT, [row], { state: 'error', error_message: 'by hand' });
      };
      await shared.inbox.retry([event.id]);
      const after = await outcome(receipt);
      expect(pressed).toBe(true);
      expect(after).toMatchObject({ outcome: 'processed', odooEventId: row });
      expect(after.history.map(({ outcome: how }) => how)).toContain('event.row_changed');
      expect(await world.eventRow(row)).toMatchObject({ state: 'processed', error_message: false });
    });
  });
});
