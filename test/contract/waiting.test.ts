import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeliveryLoop } from '../../src/delivery/delivery-loop.ts';
import { takeUpUnfinished } from '../../src/delivery/unfinished-events.ts';
import { takeUpWaiting } from '../../src/delivery/waiting-events.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { searchRead } from '../../src/odoo/orm.ts';
import { notLate } from '../../src/openspp/apply-mode.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { exactly } from '../delivery/bench.ts';
import { READER } from '../events/support.ts';
import { message, temporaryInbox } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { keptLog } from '../senders/support.ts';
import { SPMIS, SpmisWorld } from './spmis.ts';
import { MATCHING, setLock, type Target } from './target.ts';

const APPLY = { mode: 'auto', byEventType: {} } as const;
/** So that rows of this very moment count as untouched, whatever Odoo's clock says. */
const UNTOUCHED_MS = -3_600_000;
const MAY_FILE = 'openspp_contract_change_request.group_cr_user';

describe.each(SPMIS)('events that wait: $name', ({ open }) => {
  let target: Target;
  let world: SpmisWorld;

  beforeAll(async () => {
    target = await open({ locked: true });
    world = new SpmisWorld(target);
  });
  afterAll(() => target?.close());

  /** A bridge's delivery, and its look at what events wait for; ended and gone with the test. */
  async function bridge() {
    const inbox = await temporaryInbox();
    const calls: string[] = [];
    const client: OdooClient = {
      protocol: world.filer.protocol,
      uid: () => world.filer.uid(),
      call(model, method, args, options) {
        calls.push(`${model}.${method}`);
        return world.filer.call(model, method, args, options);
      },
    };
    const capabilities = new CapabilityCache(client);
    const loop = new DeliveryLoop(
      {
        batchSize: exactly(50),
        concurrency: 2,
        backoff: { initialMs: 1, maximumMs: 2 },
        unansweredGraceMs: 1,
        pollMs: 2,
        attempts: 3,
        matchAgainAfterMs: null,
      },
      {
        inbox,
        client,
        capabilities,
        matching: MATCHING,
        death: world.death,
        rules: RULES,
        readNotification: READER,
        apply: APPLY,
        nameOf: () => world.source,
        log: keptLog().log,
      },
    );
    return {
      inbox,
      loop,
      calls,
      capabilities,
      /** A look of its own: what is known of OpenSPP is older than its cache then. */
      poll() {
        capabilities.forget();
        return takeUpWaiting({ inbox, client, capabilities, apply: APPLY });
      },
    };
  }

  /** Births of that many registrants without a birth date, in one message. */
  async function births(count: number) {
    const numbers = await world.registrants(count);
    return numbers.map((value, at) => ({
      type: 'birth' as const,
      date: `2020-0${(at % 9) + 1}-03`,
      identifiers: [{ type: 'UIN', value }],
    }));
  }

  it('200 events wait for the lock without an error, an attempt or a write, and go through when it is lifted', async () => {
    const uid = await world.filer.uid();
    await world.setGroup(uid, MAY_FILE, false);
    const { inbox, loop, calls, poll } = await bridge();
    try {
      const events = await births(200);
      const { inboxId } = await inbox.accept(
        message({
          events,
          body: JSON.stringify({ header: {}, message: { events } }),
          receivedAt: Date.now(),
        }),
      );
      loop.start();
      const counts = () => inbox.counts(notLate(Date.now()));
      await expect.poll(async () => (await counts()).deferred, PATIENCE).toBe(200);
      expect(await counts()).toMatchObject({
        error: 0,
        dead: 0,
        oldestUnsettledAt: null,
        byReason: [{ reason: 'openspp.change_requests_forbidden', count: 200 }],
      });
      expect(calls.filter((call) => /create|write|save|load/.test(call))).toEqual([]);
      // Nothing comes while the lock is on, and a look costs few calls.
      const before = calls.length;
      expect(await poll()).toBe(0);
      expect(calls.length - before).toBeLessThan(20);
      expect(await counts()).toMatchObject({ deferred: 200, error: 0 });

      await setLock(world.administrator, false);
      expect(await poll()).toBe(200);
      await inbox.waitSettled(inboxId, 60_000);
      expect(await counts()).toMatchObject({ processed: 200, error: 0, deferred: 0 });
      const settled = await inbox.list({ limit: 300 });
      expect(settled.filter(({ attempts }) => attempts > 0)).toEqual([]);
      const people = await searchRead(
        world.administrator,
        'spp.registry.id',
        [['value', 'in', events.map(({ identifiers }) => identifiers[0]?.value ?? '')]],
        ['partner_id'],
      );
      const ids = people.map(({ partner_id: partner }) => (Array.isArray(partner) ? Number(partner[0]) : 0));
      const born = await searchRead(world.administrator, 'res.partner', [['id', 'in', ids]], ['birthdate']);
      expect(born.filter(({ birthdate }) => birthdate === false)).toEqual([]);
      expect(born).toHaveLength(200);
    } finally {
      await loop.stop(0);
      await setLock(world.administrator, true);
      await world.setGroup(uid, MAY_FILE, true);
    }
  });

  it('the sweep leaves rows alone that wait, and a bridge with a new inbox files nothing twice', async () => {
    const first = await bridge();
    const [event] = await births(1);
    if (!event) throw new Error('no event');
    await first.inbox.accept(message({ events: [event], receivedAt: Date.now() }));
    first.loop.start();
    await expect.poll(async () => (await first.inbox.counts()).deferred, PATIENCE).toBe(1);
    await first.loop.stop(0);
    const sweep = ({ inbox, capabilities }: typeof first) =>
      takeUpUnfinished(UNTOUCHED_MS, {
        inbox,
        client: world.filer,
        capabilities,
        apply: APPLY,
        readNotification: READER,
      });
    await sweep(first);
    expect(await first.inbox.counts()).toMatchObject({ deferred: 1, waiting: 0 });

    // The inbox was lost: the row in `processing` is taken up, and its request is found.
    const again = await bridge();
    expect(await sweep(again)).toBeGreaterThan(0);
    again.loop.start();
    const [row] = await first.inbox.list({ limit: 1 });
    await expect
      .poll(
        async () => (await again.inbox.findByRows([row?.odooEventId ?? 0])).get(row?.odooEventId ?? 0)?.state,
        {
          ...PATIENCE,
        },
      )
      .toBe('deferred');
    await again.loop.stop(0);
    const requests = await searchRead(
      world.administrator,
      'spp.change.request',
      [['source_reference', '=like', `crvs-bridge/${row?.odooEventId}/%`]],
      ['display_state'],
    );
    expect(requests).toMatchObject([{ display_state: 'pending' }]);
  });

  it('the sweep leaves rows in `received` alone where their type is only recorded', async () => {
    const { nid } = await world.person();
    world.mode = 'record';
    const { row } = await world.settle(
      world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] }),
    );
    world.mode = 'auto';
    expect(row.state).toBe('received');
    const { inbox, capabilities } = await bridge();
    const apply = { mode: 'auto', byEventType: { death: 'record' } } as const;
    await takeUpUnfinished(UNTOUCHED_MS, {
      inbox,
      client: world.filer,
      capabilities,
      apply,
      readNotification: READER,
    });
    expect(await inbox.findByRows([row.id])).toEqual(new Map());
    await takeUpUnfinished(UNTOUCHED_MS, {
      inbox,
      client: world.filer,
      capabilities,
      apply: APPLY,
      readNotification: READER,
    });
    expect((await inbox.findByRows([row.id])).size).toBe(1);
  });

  it('decisions are found in one call, however many wait, also by a bridge that was started again', async () => {
    const first = await bridge();
    const events = await births(30);
    const { inboxId } = await first.inbox.accept(
      message({ events, body: JSON.stringify({ header: {}, message: { events } }), receivedAt: Date.now() }),
    );
    first.loop.start();
    await expect.poll(async () => (await first.inbox.counts()).deferred, PATIENCE).toBe(30);
    expect(await first.inbox.counts(notLate(Date.now()))).toMatchObject({
      error: 0,
      oldestUnsettledAt: null,
    });
    const before = first.calls.filter((call) => call.startsWith('spp.change.request.')).length;
    expect(await first.poll()).toBe(0);
    const requests = first.calls.filter((call) => call === 'spp.change.request.search_read').length;
    expect(first.calls.filter((call) => call.startsWith('spp.change.request.')).length - before).toBeLessThan(
      5,
    );
    expect(requests).toBeGreaterThan(0);
    await first.loop.stop(0);

    const [one, two] = await first.inbox.list({ limit: 2 });
    const of = async (row: number | null | undefined) => {
      const [request] = await searchRead(
        world.administrator,
        'spp.change.request',
        [['source_reference', '=like', `crvs-bridge/${row}/%`]],
        ['name'],
      );
      return request?.id ?? 0;
    };
    await world.approve(await of(one?.odooEventId));
    await world.reject(await of(two?.odooEventId), 'Not this one');
    const again = await bridge();
    // The same inbox, another process.
    const loop = new DeliveryLoop(
      {
        batchSize: exactly(50),
        concurrency: 1,
        backoff: { initialMs: 1, maximumMs: 2 },
        unansweredGraceMs: 1,
        pollMs: 2,
        attempts: 3,
        matchAgainAfterMs: null,
      },
      {
        inbox: first.inbox,
        client: world.filer,
        capabilities: again.capabilities,
        matching: MATCHING,
        death: world.death,
        rules: RULES,
        readNotification: READER,
        apply: APPLY,
        nameOf: () => world.source,
        log: keptLog().log,
      },
    );
    try {
      expect(
        await takeUpWaiting({
          inbox: first.inbox,
          client: world.filer,
          capabilities: again.capabilities,
          apply: APPLY,
        }),
      ).toBe(2);
      loop.start();
      await expect.poll(async () => (await first.inbox.counts()).processed, PATIENCE).toBe(1);
      await expect.poll(async () => (await first.inbox.counts()).error, PATIENCE).toBe(1);
      expect(await first.inbox.counts()).toMatchObject({ deferred: 28 });
      expect((await first.inbox.waitSettled(inboxId, 0)).length).toBe(30);
    } finally {
      await loop.stop(0);
    }
  });
});
