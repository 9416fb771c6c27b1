import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Breaker } from '../../src/delivery/breaker.ts';
import { nextMatchAt } from '../../src/delivery/late-matches.ts';
import { failedAlone } from '../../src/delivery/quarantine.ts';
import type { Identifier } from '../../src/events/vital-event.ts';
import { ALONE_FROM } from '../../src/inbox/inbox.ts';
import { OdooError, type OdooErrorCode } from '../../src/odoo/errors.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { sharedInbox } from '../inbox/support.ts';
import { Bench, type Call } from './bench.ts';

const shared = sharedInbox();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: () => Date.now() });
});
afterAll(() => sandbox?.close());

const birth = (identifier: Identifier) => ({
  type: 'birth' as const,
  date: '2020-01-01',
  identifiers: [identifier],
});
const down = (code: OdooErrorCode) => new OdooError(code, { protocol: 'json2' });
const names = (call: Call, value: string) => JSON.stringify(call.args).includes(`"${value}"`);

async function people(bench: Bench, count: number) {
  const made = [];
  for (let one = 0; one < count; one += 1) made.push(await bench.person());
  return made;
}

describe('an event that spoils every batch it is in', () => {
  it.each(['odoo.timeout', 'odoo.unavailable'] as const)(
    '(%s) is set aside, and its neighbours go on',
    async (code) => {
      const bench = new Bench(sandbox, shared.inbox, { pollMs: 1 });
      const all = await people(bench, 12);
      const poison = all[4]?.uin ?? { type: '', value: '' };
      bench.tap = (call) => {
        if (call.model === 'spp.registry.id' && names(call, poison.value)) throw down(code);
      };
      const accepted = [];
      for (const { uin } of all) accepted.push(await bench.accept(birth(uin)));
      const dead = bench.settlement(({ kind }) => kind === 'dead');
      bench.loop.start();
      const others = accepted.filter((_, at) => at !== 4);
      for (const one of others) {
        expect((await bench.outcome(one))[0]).toMatchObject({ outcome: 'processed', attempts: 0 });
      }
      // That others get through is what shows that it is the event's own fault: let some come by.
      const coming = setInterval(async () => {
        const { uin } = await bench.person();
        await bench.accept(birth(uin));
      }, 5);
      const settlement = await dead.finally(() => clearInterval(coming));
      expect(settlement).toMatchObject({ id: accepted[4]?.ids[0], reason: code });
      const event = await bench.details(accepted[4]?.ids[0] ?? 0);
      expect(event).toMatchObject({ state: 'dead', outcome: null });
      expect(bench.kept.text()).toContain('an event was set aside');
      expect(bench.kept.text()).not.toContain(poison.value);

      bench.tap = () => {};
      expect(await shared.inbox.retry([event.id])).toEqual([event.id]);
      expect((await bench.outcome(accepted[4] ?? { inboxId: 0, ids: [] }))[0]).toMatchObject({
        outcome: 'processed',
      });
    },
  );

  it('is not blamed while nobody else gets through', async () => {
    const bench = new Bench(sandbox, shared.inbox, { pollMs: 1 });
    const [person] = await people(bench, 1);
    let failures = 0;
    bench.tap = ({ model }) => {
      if (model !== 'spp.registry.id' || failures >= 20) return;
      failures += 1;
      throw down('odoo.timeout');
    };
    const accepted = await bench.accept(birth(person?.uin ?? { type: '', value: '' }));
    bench.loop.start();
    const [event] = await bench.outcome(accepted);
    expect(event).toMatchObject({ outcome: 'processed', attempts: 0 });
    expect(event?.history).toHaveLength(21);
  });

  it('is not blamed while Odoo is down', async () => {
    const bench = new Bench(sandbox, shared.inbox, { pollMs: 1 });
    const [person] = await people(bench, 1);
    let calls = 0;
    bench.tap = () => {
      calls += 1;
      if (calls < 30) throw down('odoo.unreachable');
    };
    const accepted = await bench.accept(birth(person?.uin ?? { type: '', value: '' }));
    bench.loop.start();
    const [event] = await bench.outcome(accepted);
    expect(event).toMatchObject({ outcome: 'processed', attempts: 0 });
    expect((await shared.inbox.counts()).dead).toBe(0);
  });
});

describe('an event that the bridge itself stumbles over', () => {
  it('is found among its neighbours, and set aside', async () => {
    const bench = new Bench(sandbox, shared.inbox, { pollMs: 1 });
    const all = await people(bench, 9);
    const poison = all[6]?.uin.value ?? '';
    bench.tap = (call) => {
      if (call.model === 'spp.registry.id' && names(call, poison))
        throw new TypeError(`${poison} is not a function`);
    };
    const accepted = await bench.accept(...all.map(({ uin }) => birth(uin)));
    const dead = bench.settlement(({ kind }) => kind === 'dead');
    bench.loop.start();
    expect(await dead).toMatchObject({ id: accepted.ids[6], reason: 'bridge.internal' });
    for (const [at, id] of accepted.ids.entries()) {
      if (at !== 6) expect(await bench.details(id)).toMatchObject({ outcome: 'processed', attempts: 0 });
    }
    const event = await bench.details(accepted.ids[6] ?? 0);
    expect(event).toMatchObject({ state: 'dead', attempts: 2 });
    expect(event.history.map(({ outcome }) => outcome)).toEqual(Array(3).fill('bridge.internal'));
    expect(bench.kept.text()).not.toContain(poison);
  });

  it('in a rule ends in error, as before', async () => {
    const rules = {
      ...RULES,
      birth: () => {
        throw new TypeError('a rule of a country');
      },
    };
    const bench = new Bench(sandbox, shared.inbox, {}, { rules });
    const [person] = await people(bench, 1);
    const accepted = await bench.accept(birth(person?.uin ?? { type: '', value: '' }));
    bench.loop.start();
    expect((await bench.outcome(accepted))[0]).toMatchObject({
      outcome: 'error',
      errorMessage: en.row.internal,
    });
  });
});

describe('failedAlone', () => {
  const settings = { attempts: 3, backoff: { initialMs: 1000, maximumMs: 60_000 } };

  it('tries again later and later, and then sets aside', () => {
    const first = failedAlone({ id: 7, failures: 0 }, 'x', 0, settings);
    expect(first).toMatchObject({ kind: 'released', id: 7, failure: 'own', reason: 'x' });
    expect(failedAlone({ id: 7, failures: ALONE_FROM }, 'x', 0, settings)).toMatchObject({
      kind: 'released',
    });
    expect(failedAlone({ id: 7, failures: ALONE_FROM + 1 }, 'x', 0, settings)).toMatchObject({
      kind: 'released',
    });
    expect(failedAlone({ id: 7, failures: ALONE_FROM + 2 }, 'x', 0, settings)).toEqual({
      kind: 'dead',
      id: 7,
      reason: 'x',
    });
  });
});

describe('nextMatchAt', () => {
  const HOUR = 3_600_000;
  const settings = { intervalMs: HOUR, maximumIntervalMs: 6 * HOUR, forMs: 30 * 24 * HOUR };

  it.each([
    ['at once', 0, 1],
    ['after five hours', 5, 1],
    ['after twenty hours', 20, 2],
    ['after five days', 120, 6],
    ['shortly before its time is over', 30 * 24 - 6, 6],
  ])('%s waits for a tenth of its age within the bounds', (_when, age, hours) => {
    expect(nextMatchAt(1000, 1000 + age * HOUR, settings)).toBe(1000 + (age + hours) * HOUR);
  });

  it('is never once its time is over', () => {
    expect(nextMatchAt(0, 30 * 24 * HOUR - 5 * HOUR, settings)).toBeNull();
    expect(nextMatchAt(0, 31 * 24 * HOUR, settings)).toBeNull();
  });
});

describe('Breaker', () => {
  const settings = { backoff: { initialMs: 1000, maximumMs: 8000 }, unansweredGraceMs: 5000 };

  it('opens with a failure, lets one go ahead after the pause, and closes when it got through', () => {
    let now = 1_000_000;
    const breaker = new Breaker(
      settings,
      () => now,
      () => now,
    );
    expect(breaker.health).toMatchObject({ breaker: 'closed', reachable: null });
    const pause = breaker.failed('odoo.timeout', true);
    expect(pause).toBe(5000);
    expect(breaker.health).toEqual({
      breaker: 'open',
      reachable: false,
      error: 'odoo.timeout',
      lastAnswerAt: null,
      waitsUntil: now + 5000,
    });
    now += 5000;
    expect(breaker.pauseMs).toBe(0);
    expect(breaker.health).toMatchObject({ breaker: 'half_open', waitsUntil: null });
    breaker.succeeded();
    expect(breaker.health).toEqual({
      breaker: 'closed',
      reachable: true,
      error: null,
      lastAnswerAt: now,
      waitsUntil: null,
    });
  });

  it.each([-86_400_000, 86_400_000])(
    'pauses as long as it should, though the clock is set by %i ms',
    (jump) => {
      let now = 10_000_000;
      let steady = 500;
      const breaker = new Breaker(
        settings,
        () => now,
        () => steady,
      );
      const pause = breaker.failed('odoo.timeout', true);
      now += jump;
      expect(breaker.pauseMs).toBe(pause);
      steady += pause - 1;
      expect(breaker.pauseMs).toBe(1);
      steady += 1;
      expect(breaker.pauseMs).toBe(0);
      expect(breaker.health).toMatchObject({ breaker: 'half_open', waitsUntil: null });
    },
  );
});
