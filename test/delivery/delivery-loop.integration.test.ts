import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Identifier } from '../../src/events/vital-event.ts';
import type { Settlement } from '../../src/inbox/inbox.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { type OdooValues, searchRead, write } from '../../src/odoo/orm.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { sharedInbox } from '../inbox/support.ts';
import { Bench, exactly, forever, Gate, isCall, settleDown } from './bench.ts';

const EVENT = 'spp.dci.crvs.event';
const PARTNER = 'res.partner';

const shared = sharedInbox();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: () => Date.now() });
});
afterAll(() => sandbox?.close());

const told = (type: 'birth' | 'death' | 'marriage' | 'divorce', date: string, identifier: Identifier) => ({
  type,
  date,
  identifiers: [identifier],
});
const down = (code: OdooErrorCode = 'odoo.unreachable') => new OdooError(code, { protocol: 'json2' });
const isReleased = (settlement: Settlement) => settlement.kind === 'released';

describe('the delivery', () => {
  it('carries what waits into OpenSPP, and what comes later without waiting for its next look', async () => {
    const bench = new Bench(sandbox, shared.inbox, { pollMs: 3_600_000 });
    const { id, uin } = await bench.person();
    const before = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    const [event] = await bench.outcome(before);
    expect(event).toMatchObject({ outcome: 'processed', attempts: 0, odooEventId: expect.any(Number) });
    expect((await bench.partner(id))?.birthdate).toBe('2020-01-01');
    await settleDown(bench.inbox);
    const [later] = await bench.outcome(await bench.accept(told('birth', '2020-01-02', uin)));
    expect(later).toMatchObject({ outcome: 'processed', notes: expect.stringContaining('2020-01-01') });
    expect(bench.loop.health).toMatchObject({ reachable: true, error: null, waitsUntil: null });
  });

  it('knows nothing of Odoo before it has asked', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const unknown = {
      reachable: null,
      error: null,
      lastAnswerAt: null,
      waitsUntil: null,
      breaker: 'closed',
    };
    expect(bench.loop.health).toEqual(unknown);
    bench.loop.start();
    await settleDown(bench.inbox);
    expect(bench.loop.health).toEqual(unknown);
    expect(bench.calls, 'an empty inbox is no reason to ask').toEqual([]);
  });

  it('starts once, however often it is asked to', async () => {
    const bench = new Bench(sandbox, shared.inbox, { concurrency: 1 });
    const { uin } = await bench.person();
    const accepted = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    bench.loop.start();
    expect((await bench.outcome(accepted))[0]?.history).toHaveLength(1);
  });
});

describe('where OpenSPP is another one than the inbox’s', () => {
  it('claims once, writes nothing, notes no attempt, and goes on when it is the right one', async () => {
    const guard = { isOther: null as boolean | null, other: true };
    const looks: boolean[] = [];
    const bench = new Bench(
      sandbox,
      shared.inbox,
      {},
      {
        guard: {
          get isOther() {
            return guard.isOther;
          },
          async verify() {
            looks.push(guard.other);
            guard.isOther = guard.other;
            if (guard.other) throw new OdooError('openspp.other', { protocol: 'json2' });
          },
        },
      },
    );
    const { uin } = await bench.person();
    const accepted = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    await vi.waitFor(() => expect(looks.length).toBeGreaterThan(3));
    const more = await bench.accept(told('birth', '2020-01-01', (await bench.person()).uin));
    await vi.waitFor(() => expect(looks.length).toBeGreaterThan(6));
    expect(bench.calls).toEqual([]);
    const [first, second] = await shared.inbox.list({ order: 'oldest' });
    expect(first).toMatchObject({ state: 'waiting', attempts: 0, reason: 'openspp.other' });
    expect(second).toMatchObject({ state: 'waiting', attempts: 0, reason: null });
    expect((await shared.inbox.show(first?.id ?? 0))?.history).toHaveLength(1);
    expect((await shared.inbox.show(second?.id ?? 0))?.history).toEqual([]);
    expect(bench.loop.health).toMatchObject({ reachable: true, breaker: 'closed' });
    guard.other = false;
    expect(await bench.outcome(accepted)).toMatchObject([{ outcome: 'processed' }]);
    expect(await bench.outcome(more)).toMatchObject([{ outcome: 'processed' }]);
  });
});

describe('where Odoo cannot be asked', () => {
  it.each([
    'odoo.unreachable',
    'odoo.timeout',
    'odoo.unavailable',
    'odoo.conflict',
    'odoo.authentication',
  ] as const)('(%s) the delivery waits, uses up no attempts, and then goes on', async (code) => {
    const bench = new Bench(sandbox, shared.inbox);
    const people = [await bench.person(), await bench.person(), await bench.person()];
    let failures = 0;
    bench.tap = ({ method }) => {
      if (method === 'search_read' && failures < 3) {
        failures += 1;
        throw down(code);
      }
    };
    const accepted = await bench.accept(...people.map(({ uin }) => told('birth', '2020-01-01', uin)));
    bench.loop.start();
    const events = await bench.outcome(accepted);
    for (const event of events) {
      expect(event).toMatchObject({ outcome: 'processed', attempts: 0 });
      expect(event.history.at(0)?.outcome).toBe(code);
      expect(event.history.at(-1)?.outcome).toBe('processed');
    }
    expect(bench.loop.health).toMatchObject({ reachable: true, error: null, waitsUntil: null });
  });

  it.each([
    ['matching', PARTNER, 'search_read'],
    ['looking for the row', EVENT, 'search_read'],
    ['making the row', EVENT, 'create'],
    ['starting it', EVENT, 'write'],
    ['writing the registrant', PARTNER, 'write'],
  ])('while %s, the event ends as if nothing had been', async (_what, model, method) => {
    const bench = new Bench(sandbox, shared.inbox);
    const { id, uin } = await bench.person();
    let failed = false;
    bench.tap = (call) => {
      if (failed || !isCall(call, model, method)) return;
      failed = true;
      throw down();
    };
    const accepted = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    const [event] = await bench.outcome(accepted);
    expect(failed).toBe(true);
    expect(event).toMatchObject({ outcome: 'processed', attempts: 0, notes: 'Birth date: 2020-01-01.' });
    const rows = await searchRead(bench.client, EVENT, [['identifier_value', '=', uin.value]], ['state']);
    expect(rows).toEqual([{ id: event?.odooEventId, state: 'processed' }]);
    expect((await bench.partner(id))?.birthdate).toBe('2020-01-01');
  });

  it('nothing is asked of it until the pause is over, whatever arrives', async () => {
    const bench = new Bench(sandbox, shared.inbox, { backoff: { initialMs: 60_000, maximumMs: 60_000 } });
    const { uin } = await bench.person();
    bench.tap = () => {
      throw down();
    };
    const releasing = bench.settlement(isReleased);
    const before = Date.now();
    await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    const released = await releasing;
    const { reachable, error, waitsUntil } = bench.loop.health;
    expect({ reachable, error }).toEqual({ reachable: false, error: 'odoo.unreachable' });
    expect(waitsUntil).toBeGreaterThanOrEqual(before + 6000);
    expect(released).toMatchObject({ reason: 'odoo.unreachable', dueAt: waitsUntil });
    await settleDown(bench.inbox);
    const asked = bench.calls.length;
    const { ids } = await bench.accept(told('birth', '2020-01-02', uin));
    await settleDown(bench.inbox);
    expect(bench.calls).toHaveLength(asked);
    expect(await bench.details(ids[0] ?? 0)).toMatchObject({ state: 'waiting', history: [] });
  });

  it.each([
    ['odoo.timeout', true],
    ['odoo.unreachable', true],
    ['odoo.unavailable', true],
    ['odoo.conflict', false],
    ['odoo.authentication', false],
  ] as const)(
    'events whose call got no answer get time, others are given back at once: %s',
    async (code, deferred) => {
      const bench = new Bench(sandbox, shared.inbox, { unansweredGraceMs: 50_000 });
      const { uin } = await bench.person();
      const { ids } = await bench.accept(told('birth', '2020-01-01', uin));
      bench.tap = () => {
        throw down(code);
      };
      const releasing = bench.settlement(isReleased);
      bench.loop.start();
      const settlement = await releasing;
      expect(settlement).toMatchObject({ id: ids[0], reason: code });
      const { dueAt } = settlement as Extract<Settlement, { kind: 'released' }>;
      if (deferred) expect(dueAt).toBeGreaterThan(Date.now() + 40_000);
      else expect(dueAt).toBeNull();
      expect(bench.loop.health.reachable).toBe(!deferred);
    },
  );

  it('one batch goes ahead alone, and the others follow once it got through', async () => {
    const bench = new Bench(sandbox, shared.inbox, { batchSize: exactly(1), concurrency: 3 });
    const people = [await bench.person(), await bench.person(), await bench.person()];
    const gate = new Gate();
    let asked = 0;
    bench.tap = (call) => {
      if (!isCall(call, 'spp.registry.id', 'search_read')) return;
      asked += 1;
      if (asked === 1) throw down('odoo.conflict');
      return gate.passed;
    };
    const releasing = bench.settlement(isReleased);
    const trying = bench.call((call) => isCall(call, 'spp.registry.id', 'search_read') && asked === 1);
    const messages = people.map(({ uin }) => [told('birth', '2020-01-01', uin)]);
    const accepted = [await bench.accept(...(messages[0] ?? []))];
    bench.loop.start();
    await releasing;
    for (const events of messages.slice(1)) accepted.push(await bench.accept(...events));
    await trying;
    await settleDown(bench.inbox);
    expect(await bench.inbox.counts()).toMatchObject({ delivering: 1, waiting: 2 });
    gate.open();
    for (const one of accepted) expect(await bench.outcome(one)).toMatchObject([{ outcome: 'processed' }]);
  });

  it('nobody decides on a person while Odoo may still be writing to them', async () => {
    const bench = new Bench(sandbox, shared.inbox, { unansweredGraceMs: 3_600_000 });
    const { id, uin } = await bench.person();
    const free = vi.spyOn(shared.inbox, 'free');
    let late: OdooValues = {};
    bench.tap = ({ model, method, args }) => {
      if (model !== PARTNER || method !== 'write') return;
      bench.tap = () => {};
      // Odoo does it later; nobody gets the answer.
      late = (args.vals ?? {}) as OdooValues;
      throw new OdooError('odoo.unreachable', { protocol: 'json2', model, method });
    };
    const cut = bench.settlement(isReleased);
    await bench.accept(told('marriage', '2015-09-12', uin));
    bench.loop.start();
    expect(await cut).toMatchObject({ reason: 'odoo.unreachable' });
    await bench.loop.stop(0);
    const [[keys, afterMs] = []] = free.mock.calls.filter(([, ms]) => ms);
    expect(afterMs).toBe(3_600_000);
    // Each bench has its own spies on the inbox.
    vi.restoreAllMocks();
    const other = new Bench(sandbox, shared.inbox);
    const blocked = other.settlement(isReleased);
    const divorce = await other.accept(told('divorce', '2019-05-04', uin));
    other.loop.start();
    expect(await blocked).toMatchObject({ id: divorce.ids[0], reason: 'event.person_in_work' });
    await write(bench.client, PARTNER, [id], late);
    // As when the grace is over.
    await shared.inbox.free(keys ?? []);
    expect(await other.outcome(divorce)).toMatchObject([{ outcome: 'processed' }]);
    expect((await other.partner(id))?.civil_status_id).toEqual([expect.any(Number), 'Divorced']);
  });

  it('halves the batch after a time-out, and grows it again', async () => {
    const batchSize = { first: 4, minimum: 1, maximum: 4, targetCallMs: 60_000 };
    const bench = new Bench(sandbox, shared.inbox, { batchSize, concurrency: 1 });
    const people = [];
    for (let count = 0; count < 4; count += 1) people.push(await bench.person());
    let timeouts = 0;
    bench.tap = ({ model }) => {
      if (model === 'spp.registry.id' && timeouts < 2) {
        timeouts += 1;
        throw down('odoo.timeout');
      }
    };
    const claim = vi.spyOn(bench.inbox, 'claim');
    const accepted = await bench.accept(...people.map(({ uin }) => told('birth', '2020-01-01', uin)));
    bench.loop.start();
    await bench.outcome(accepted);
    await settleDown(bench.inbox);
    const limits = claim.mock.calls
      .filter(([, , queue]) => queue === 'common')
      .map(([limit]) => limit)
      .filter((limit, at, all) => limit !== all[at - 1]);
    expect(limits).toEqual([4, 2, 1, 2, 4]);
  });

  it('a fault of the bridge itself loses nothing either', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const { uin } = await bench.person();
    let failed = false;
    bench.tap = () => {
      if (failed) return;
      failed = true;
      throw new TypeError('x is not a function');
    };
    const accepted = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    const [event] = await bench.outcome(accepted);
    expect(event?.history.map(({ outcome }) => outcome)).toEqual(['bridge.internal', 'processed']);
  });

  it('a right that the bridge’s user lacks makes it wait for the operator', async () => {
    const bench = new Bench(
      sandbox,
      shared.inbox,
      { backoff: { initialMs: 60_000, maximumMs: 60_000 } },
      // A mode that changes no registrant, so that only the right to make event rows is missing.
      { as: sandbox.clerk, apply: { mode: 'record', byEventType: {} } },
    );
    const { uin } = await bench.person();
    const { ids } = await bench.accept(told('birth', '2020-01-01', uin));
    const releasing = bench.settlement(isReleased);
    bench.loop.start();
    expect(await releasing).toMatchObject({ reason: 'odoo.access', dueAt: null });
    expect(bench.loop.health).toMatchObject({ reachable: true, error: 'odoo.access' });
    expect(await bench.details(ids[0] ?? 0)).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  it('where the user may not change registrants, events wait without a call for each, and use no attempt', async () => {
    const bench = new Bench(sandbox, shared.inbox, {}, { as: sandbox.clerk });
    const people = await Promise.all([bench.person(), bench.person(), bench.person()]);
    const { ids } = await bench.accept(...people.map(({ uin }) => told('birth', '2020-01-01', uin)));
    const releasing = bench.settlement(isReleased);
    bench.loop.start();
    expect(await releasing).toMatchObject({ reason: 'openspp.change_requests_absent' });
    for (const id of ids) {
      expect(await bench.details(id)).toMatchObject({ state: 'deferred', attempts: 0, outcome: null });
    }
    expect(bench.calls.filter(({ method }) => method === 'create' || method === 'write')).toEqual([]);
    expect(bench.loop.health.error).toBeNull();
    expect((await shared.inbox.counts()).byReason).toContainEqual({
      reason: 'openspp.change_requests_absent',
      count: 3,
    });
  });
});

describe('an event that Odoo refuses by itself', () => {
  it('ends in error with Odoo’s sentence, and its neighbours are processed', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const events = [];
    for (let count = 0; count < 10; count += 1) {
      const { uin } = await bench.person();
      events.push(told('birth', count === 5 ? '2099-01-01' : '2020-01-01', uin));
    }
    const accepted = await bench.accept(...events);
    bench.loop.start();
    const outcomes = await bench.outcome(accepted);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(
      events.map((_, at) => (at === 5 ? 'error' : 'processed')),
    );
    expect(outcomes[5]).toMatchObject({
      errorMessage: 'Event date cannot be in the future.',
      attempts: 1,
      history: [{ outcome: 'error' }],
    });
    expect(bench.loop.health).toMatchObject({ reachable: true, error: null });
  });

  it('is found where Odoo chokes on the batch as a whole', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const people = [];
    for (let count = 0; count < 7; count += 1) people.push(await bench.person());
    const poison = people[3]?.uin.value ?? '';
    bench.tap = (call) => {
      if (isCall(call, 'spp.registry.id', 'search_read', `"${poison}"`))
        throw new OdooError('odoo.refused', { protocol: 'json2', sentence: 'Not this one.' });
    };
    const accepted = await bench.accept(...people.map(({ uin }) => told('birth', '2020-01-01', uin)));
    bench.loop.start();
    const outcomes = await bench.outcome(accepted);
    expect(outcomes.map(({ outcome }) => outcome === 'error')).toEqual(
      people.map(({ uin }) => uin.value === poison),
    );
    expect(outcomes[3]).toMatchObject({ errorMessage: 'Not this one.', odooEventId: null });
  });

  it('that a rule stumbles over ends in error, and the log has only the kind of the fault', async () => {
    const bench = new Bench(
      sandbox,
      shared.inbox,
      {},
      {
        rules: {
          ...RULES,
          birth: ({ event }) => {
            throw new RangeError(`no such thing as ${event.identifiers[0]?.value}`);
          },
        },
      },
    );
    const { uin } = await bench.person();
    const other = await bench.person();
    const accepted = await bench.accept(
      told('birth', '2020-01-01', uin),
      told('death', '2020-01-01', other.uin),
    );
    bench.loop.start();
    const [stumbled, fine] = await bench.outcome(accepted);
    expect(stumbled).toMatchObject({
      outcome: 'error',
      errorMessage: en.row.internal,
    });
    expect(fine?.outcome).toBe('processed');
    expect(bench.kept.entries()).toContainEqual(
      expect.objectContaining({ level: 'error', event: stumbled?.id, error: 'RangeError' }),
    );
    expect(bench.kept.text()).not.toContain('no such thing');
  });
});

describe('events of one person', () => {
  it('in one batch are applied in the order of their dates, not of their arrival', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const { id, uin } = await bench.person();
    const accepted = await bench.accept(
      told('divorce', '2021-01-01', uin),
      told('marriage', '2022-01-01', uin),
      told('marriage', '2020-01-01', uin),
    );
    bench.loop.start();
    const outcomes = await bench.outcome(accepted);
    expect(outcomes.map(({ outcome, notes }) => [outcome, notes])).toEqual([
      ['processed', 'Civil status: divorced.'],
      ['processed', 'Civil status: married.'],
      ['processed', 'Civil status: married.'],
    ]);
    const order = bench.calls.flatMap(({ model, method, args }) => {
      const { civil_status_id } = (args as { vals?: { civil_status_id?: number } }).vals ?? {};
      return model === PARTNER && method === 'write' && civil_status_id ? [civil_status_id] : [];
    });
    const status = await searchRead(
      bench.client,
      'spp.vocabulary.code',
      [['code', 'in', ['M', 'D']]],
      ['code'],
    );
    const idOf = (code: string) => status.find((row) => row.code === code)?.id;
    expect(order).toEqual([idOf('M'), idOf('D'), idOf('M')]);
    expect((await bench.partner(id))?.civil_status_id).toMatchObject([idOf('M'), expect.any(String)]);
  });

  it('are never in two batches at once; those of others go on meanwhile', async () => {
    const bench = new Bench(sandbox, shared.inbox, { batchSize: exactly(1), concurrency: 2 });
    const [one, other] = [await bench.person(), await bench.person()];
    const gate = new Gate();
    let held = 0;
    bench.tap = async (call) => {
      if (!isCall(call, PARTNER, 'write', '1990-01-01')) return;
      held += 1;
      await gate.passed;
    };
    const holding = bench.call((call) => isCall(call, PARTNER, 'write', '1990-01-01'));
    const first = await bench.accept(told('birth', '1990-01-01', one.uin));
    const second = await bench.accept(told('birth', '2020-01-01', one.uin));
    bench.loop.start();
    await holding;
    // The second batch has found its registrant in work and waits for the first to end.
    await settleDown(bench.inbox);
    expect(await bench.details(second.ids[0] ?? 0)).toMatchObject({ outcome: null });
    const secondRow = (call: { args: object }) => JSON.stringify(call.args).includes('"2020-01-01"');
    expect(bench.calls.some((call) => call.method === 'create' && secondRow(call))).toBe(false);
    gate.open();
    const [settledFirst] = await bench.outcome(first);
    const [settledSecond] = await bench.outcome(second);
    expect(held).toBe(1);
    expect(settledFirst).toMatchObject({ outcome: 'processed', notes: 'Birth date: 1990-01-01.' });
    expect(settledSecond).toMatchObject({ outcome: 'processed', attempts: 0 });
    expect(settledSecond?.notes).toContain('OpenSPP has 1990-01-01');
    expect(settledSecond?.history.at(0)?.outcome).toBe('event.person_in_work');
    const third = await bench.accept(told('birth', '2020-01-01', other.uin));
    expect((await bench.outcome(third))[0]?.outcome).toBe('processed');
  });

  it('reported twice in two messages make one row', async () => {
    const bench = new Bench(sandbox, shared.inbox, { batchSize: exactly(1), concurrency: 4 });
    const { uin } = await bench.person();
    const messages = [];
    for (let count = 0; count < 4; count += 1)
      messages.push(await bench.accept(told('birth', '2020-01-01', uin)));
    bench.loop.start();
    const rows = [];
    for (const one of messages)
      rows.push(...(await bench.outcome(one)).map(({ odooEventId }) => odooEventId));
    expect(new Set(rows).size).toBe(1);
    expect(
      await searchRead(bench.client, EVENT, [['identifier_value', '=', uin.value]], ['id']),
    ).toHaveLength(1);
  });
});

describe('an event that is dated tomorrow', () => {
  it('waits for Odoo’s next day, and is no error', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2031, 4, 31, 22, 30) });
    onTestFinished(() => void vi.useRealTimers());
    const bench = new Bench(sandbox, shared.inbox);
    const { id, uin } = await bench.person();
    const other = await bench.person();
    const accepted = await bench.accept(told('birth', '2031-06-01', uin));
    const today = await bench.accept(told('birth', '2031-05-31', other.uin));
    const releasing = bench.settlement(isReleased);
    bench.loop.start();
    const dueAt = Date.UTC(2031, 5, 1, 0, 1);
    expect(await releasing).toMatchObject({ id: accepted.ids[0], dueAt, reason: 'event.future_date' });
    expect((await bench.outcome(today))[0]?.outcome).toBe('processed');
    vi.setSystemTime(dueAt - 1);
    await settleDown(bench.inbox);
    expect(await bench.details(accepted.ids[0] ?? 0)).toMatchObject({ state: 'deferred', attempts: 0 });
    vi.setSystemTime(dueAt);
    const [event] = await bench.outcome(accepted);
    expect(event).toMatchObject({ outcome: 'processed', attempts: 0 });
    expect((await bench.partner(id))?.birthdate).toBe('2031-06-01');
  });
});

describe('stop', () => {
  it('ends an idle delivery at once', async () => {
    const bench = new Bench(sandbox, shared.inbox, { pollMs: 3_600_000 });
    bench.loop.start();
    await settleDown(bench.inbox);
    await bench.loop.stop(3_600_000);
  });

  it('ends one that was never started', async () => {
    await new Bench(sandbox, shared.inbox).loop.stop(3_600_000);
  });

  it('ends the pause of one that waits for Odoo', async () => {
    const bench = new Bench(sandbox, shared.inbox, {
      backoff: { initialMs: 3_600_000, maximumMs: 3_600_000 },
    });
    const { uin } = await bench.person();
    bench.tap = () => {
      throw down();
    };
    const releasing = bench.settlement(isReleased);
    await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    await releasing;
    await bench.loop.stop(3_600_000);
  });

  it('lets the batch in flight end, and takes no other', async () => {
    const bench = new Bench(sandbox, shared.inbox, { batchSize: exactly(1), concurrency: 1 });
    const gate = new Gate();
    const [one, other] = [await bench.person(), await bench.person()];
    bench.tap = (call) => (isCall(call, PARTNER, 'write') ? gate.passed : undefined);
    const writing = bench.call((call) => isCall(call, PARTNER, 'write'));
    const first = await bench.accept(told('birth', '2020-01-01', one.uin));
    const second = await bench.accept(told('birth', '2020-01-01', other.uin));
    bench.loop.start();
    await writing;
    const stopping = bench.loop.stop(3_600_000);
    gate.open();
    await stopping;
    expect(await bench.details(first.ids[0] ?? 0)).toMatchObject({ state: 'settled', outcome: 'processed' });
    expect(await bench.details(second.ids[0] ?? 0)).toMatchObject({ state: 'waiting', history: [] });
  });

  it('cuts off what does not end, and gives it back', async () => {
    const bench = new Bench(sandbox, shared.inbox, { unansweredGraceMs: 60_000 });
    const { uin } = await bench.person();
    bench.tap = (call, signal) => (isCall(call, PARTNER, 'write') ? forever(signal) : undefined);
    const writing = bench.call((call) => isCall(call, PARTNER, 'write'));
    const { ids } = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    await writing;
    await bench.loop.stop(1);
    expect(await bench.details(ids[0] ?? 0)).toMatchObject({
      state: 'deferred',
      attempts: 0,
      history: [{ outcome: 'bridge.stopped' }],
    });
  });

  it('cuts off the questions for what OpenSPP has, too', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const { uin } = await bench.person();
    const gate = new Gate();
    onTestFinished(() => gate.open());
    bench.tap = (call, signal) =>
      call.method === 'fields_get' ? Promise.race([forever(signal), gate.passed]) : undefined;
    const asking = bench.call(({ method }) => method === 'fields_get');
    const { ids } = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    await asking;
    await bench.loop.stop(1);
    expect(await bench.details(ids[0] ?? 0)).toMatchObject({ state: 'deferred', attempts: 0 });
  });
});

describe('where the inbox fails', () => {
  it('an outcome is offered again until it is taken', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const { uin } = await bench.person();
    vi.mocked(bench.inbox.settle)
      .mockRejectedValueOnce(new Error('disk full'))
      .mockRejectedValueOnce(new Error('disk full'));
    const accepted = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    const [event] = await bench.outcome(accepted);
    expect(event).toMatchObject({ outcome: 'processed', history: [{ outcome: 'processed' }] });
    const calls = event?.history[0]?.calls ?? [];
    expect(calls.map(({ model, method }) => `${model}.${method}`)).toContain('spp.dci.crvs.event.create');
    expect(new Set(calls.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    expect(bench.inbox.settle).toHaveBeenCalledTimes(3);
  });

  it('the loop goes on asking for events', async () => {
    const bench = new Bench(sandbox, shared.inbox);
    const { uin } = await bench.person();
    vi.spyOn(bench.inbox, 'claim').mockRejectedValueOnce(new Error('disk I/O error'));
    const accepted = await bench.accept(told('birth', '2020-01-01', uin));
    bench.loop.start();
    expect((await bench.outcome(accepted))[0]?.outcome).toBe('processed');
    expect(bench.kept.entries()).toContainEqual(
      expect.objectContaining({ level: 'error', reason: 'disk I/O error' }),
    );
  });
});

it('the log holds no name, identifier or sentence', async () => {
  const bench = new Bench(sandbox, shared.inbox);
  const { uin } = await bench.person();
  const nobody = { type: 'UIN', value: 'N-unknown-to-all' };
  let failed = false;
  bench.tap = ({ model }) => {
    if (failed || model !== PARTNER) return;
    failed = true;
    throw new OdooError('odoo.unavailable', { protocol: 'json2', sentence: `the case of ${uin.value}` });
  };
  const accepted = await bench.accept(
    told('birth', '2020-01-01', uin),
    told('birth', '2020-01-01', nobody),
    told('birth', '2099-01-01', uin),
  );
  bench.loop.start();
  await bench.outcome(accepted);
  await bench.loop.stop(1000);
  const log = bench.kept.text();
  expect(log).toContain('a batch was delivered');
  expect(log).toContain('the delivery waits for Odoo');
  for (const secret of [
    uin.value,
    nobody.value,
    'the case of',
    'in the future',
    'No matching',
    '2099-01-01',
  ]) {
    expect(log).not.toContain(secret);
  }
});
