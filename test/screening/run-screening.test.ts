import { beforeEach, describe, expect, it } from 'vitest';
import { OdooError } from '../../src/odoo/errors.ts';
import { Screenings } from '../../src/screening/job.ts';
import type { Result } from '../../src/screening/result.ts';
import { runScreening } from '../../src/screening/run-screening.ts';
import { runDependencies } from '../../src/screening/service.ts';
import { begin, death, openspp, REFUSED, report, screen, type World, world } from './support.ts';

let spp: Awaited<ReturnType<typeof openspp>>;
let the: World;

beforeEach(async () => {
  spp = await openspp();
  the = world(spp.client);
});

/** Registrants `U-0` … enrolled in a program. */
function enrolled(count: number): { program: { of: 'program'; id: number }; people: number[] } {
  const people = spp.people(...Array.from({ length: count }, (_, n) => ({ national_id: `U-${n}` })));
  const id = spp.program();
  spp.enroll(id, people);
  return { program: { of: 'program', id }, people };
}

const outcomes = (results: readonly Result[]) => results.map(({ outcome }) => outcome);

describe('screening for deaths', () => {
  it('reports every registrant once: alive, deceased with date and number, not known and why, no identifier', async () => {
    const { program, people } = enrolled(6);
    const [without] = spp.people({});
    spp.enroll(program.id, [without as number]);
    the.registry.known.set('U-1', death('U-1', '2026-02-03'));
    the.registry.known.set('U-2', death('U-2', null));
    the.registry.known.set('U-3', REFUSED);
    the.registry.known.set('U-4', {
      records: [{ identifier: { identifier_type: 'UIN', identifier_value: 'U-4' }, death_date: '' }],
    });
    the.registry.known.set('U-5', death('X-9'));
    const { screening } = await screen(the.deps(), { population: program });
    expect(screening).toMatchObject({ state: 'done', people: 7, chunks: 1, requests: 2 });
    const results = await report(the.inbox, screening);
    expect(results.map(({ id }) => id)).toEqual([...people, without]);
    expect(results).toMatchObject([
      { outcome: 'alive', reason: 'nothing_registered' },
      { outcome: 'deceased', date: '2026-02-03', number: 'D-U-1' },
      { outcome: 'deceased', number: 'D-U-2' },
      { outcome: 'not_known', reason: 'refused' },
      { outcome: 'alive', reason: 'registered_alive' },
      { outcome: 'not_known', reason: 'other_person' },
      { outcome: 'no_identifier' },
    ]);
    expect(results[2]).not.toHaveProperty('date');
    expect(screening.counts.outcomes).toEqual({ alive: 2, deceased: 2, not_known: 2, no_identifier: 1 });
    expect(the.inbox.messages.size).toBe(0);
    expect(JSON.stringify([...the.inbox.documents])).not.toMatch(/U-[0-9]"/);
  });

  it('asks under all identifiers, and believes no death that another identifier speaks against', async () => {
    const people = spp.people(
      { national_id: 'A', passport: 'PA' },
      { national_id: 'B', passport: 'PB' },
      { national_id: 'C', passport: 'PC' },
      { national_id: 'D', passport: 'PD' },
      { national_id: 'E', passport: 'PE' },
      { national_id: 'F' },
    );
    const passport = (value: string) => ({ identifier_type: 'PASSPORT', identifier_value: value });
    const uin = (value: string) => ({ identifier_type: 'UIN', identifier_value: value });
    const { known } = the.registry;
    known.set('PA', { records: [{ identifier: [passport('PA')], death_date: '2026-01-05' }] });
    known.set('PB', { records: [{ identifier: [passport('PB'), uin('Z')], death_date: '2026-01-05' }] });
    known.set('C', { records: [{ identifier: [uin('C')], death_date: '' }] });
    known.set('PC', { records: [{ identifier: [passport('PC')], death_date: '2026-01-05' }] });
    known.set('D', { records: [{ identifier: [uin('D')], death_date: '2026-01-05' }] });
    known.set('PD', { records: [{ identifier: [passport('PD')], death_date: '2026-01-06' }] });
    known.set('PE', REFUSED);
    known.set('F', death('F', '2026-01-05', { registration_status: 'cancelled' }));
    const { screening } = await screen(the.deps(), { population: { of: 'all' }, fileEvents: true });
    expect(the.registry.asked.flat().slice(0, 4)).toEqual(['A', 'PA', 'B', 'PB']);
    expect(await report(the.inbox, screening)).toMatchObject([
      { id: people[0], outcome: 'deceased', date: '2026-01-05', effect: 'filed' },
      { outcome: 'not_known', reason: 'contradiction' },
      { outcome: 'not_known', reason: 'contradiction' },
      { outcome: 'not_known', reason: 'contradiction' },
      { outcome: 'not_known', reason: 'refused' },
      { outcome: 'not_known' },
    ]);
    expect(the.inbox.messages.size).toBe(1);
  });

  it('files each death once, with the identifier that was asked by, and finds it filed in a second run', async () => {
    const { program } = enrolled(5);
    the.registry.known.set('U-1', death('U-1'));
    the.registry.known.set('U-2', death('U-2', null));
    // A record that a notification could not have, and one without an identifier.
    the.registry.known.set('U-3', death('U-3', '2026-02-04', { name: 7, deathDate: { y: 1 } }));
    const first = await screen(the.deps(), { population: program, fileEvents: true });
    expect(first.screening.counts.effects).toEqual({ filed: first.screening.counts.outcomes.deceased });
    const events = [...the.inbox.messages.values()].map(({ events: [event], senderId }) => ({
      ...event,
      senderId,
    }));
    expect(events).toMatchObject([
      { type: 'death', date: '2026-02-01', identifiers: [{ type: 'UIN', value: 'U-1' }, { type: 'DRN' }] },
      { type: 'death', date: null, identifiers: [{ type: 'UIN', value: 'U-2' }, { type: 'DRN' }] },
      ...(events.length > 2 ? [{ type: 'death', date: '2026-02-04' }] : []),
    ]);
    expect(events[0]?.senderId).toBe('crvs.example');
    const again = await screen(the.deps(), { population: program, fileEvents: true });
    expect(again.screening.counts.effects).toEqual({ known: events.length });
    expect(the.inbox.messages.size).toBe(events.length);
    const results = await report(the.inbox, again.screening);
    expect(results.filter(({ effect }) => effect === 'known')).toHaveLength(events.length);
  });

  it('names the identifier in what it files where the registry never repeats it', async () => {
    const { program } = enrolled(1);
    the.registry.known.set('U-0', { records: [{ death_date: '2026-02-01' }] });
    const { screening } = await screen(the.deps({}, { repeatsIdentifiers: false }), {
      population: program,
      fileEvents: true,
    });
    expect(screening.counts.outcomes).toEqual({ deceased: 1 });
    const [message] = the.inbox.messages.values();
    expect(message?.events).toMatchObject([
      { type: 'death', date: '2026-02-01', identifiers: [{ type: 'UIN', value: 'U-0' }] },
    ]);
  });

  it('takes over earlier answers that are fresh, plain, and about the same identifiers', async () => {
    const { program, people } = enrolled(25);
    the.registry.known.set('U-3', REFUSED);
    the.registry.known.set('U-4', death('U-4'));
    await screen(the.deps(), { population: program });
    the.time.ms += 3_600_000;
    the.registry.asked.length = 0;
    spp.people({ national_id: 'new' });
    const [changed] = spp.sandbox.execute('admin', 'spp.registry.id', 'search', {
      domain: [['partner_id', '=', people[7]]],
    }) as number[];
    spp.sandbox.execute('admin', 'spp.registry.id', 'write', { ids: [changed], vals: { value: 'other' } });
    const again = await screen(the.deps(), { population: { of: 'all' }, maxAgeSeconds: 7200 });
    expect(the.registry.asked.flat().sort()).toEqual(['U-3', 'new', 'other']);
    expect(again.screening.counts).toMatchObject({
      outcomes: { alive: 24, deceased: 1, not_known: 1 },
      kept: 23,
    });
    expect((await report(the.inbox, again.screening))[4]).toMatchObject({
      outcome: 'deceased',
      number: 'D-U-4',
      kept: true,
      askedAt: expect.any(Number),
    });
    // Where it is to be filed, it must have been.
    the.registry.asked.length = 0;
    const filing = await screen(the.deps(), { population: program, maxAgeSeconds: 7200, fileEvents: true });
    expect(the.registry.asked.flat().sort()).toEqual(['U-3', 'U-4']);
    expect(filing.screening.counts.effects).toEqual({ filed: 1 });
    // Older ones are asked again.
    the.time.ms += 7_300_000;
    the.registry.asked.length = 0;
    await screen(the.deps(), { population: program, maxAgeSeconds: 7200 });
    expect(the.registry.asked.flat()).toHaveLength(25);
  });

  it('reports who was disabled since it began, and asks nothing about them', async () => {
    const { program, people } = enrolled(12);
    const deps = the.deps();
    const { id } = await begin(deps, { population: program });
    the.registry.fault = () => {
      spp.sandbox.execute('admin', 'res.partner', 'write', {
        ids: [people[11]],
        vals: { disabled: '2026-01-01 00:00:00' },
      });
      return null;
    };
    const { screening } = await runScreening(id, runDependencies(deps, false), new AbortController().signal);
    const results = await report(the.inbox, screening);
    expect(results).toHaveLength(12);
    expect(results[11]).toMatchObject({ id: people[11], outcome: 'not_known', reason: 'inactive' });
    expect(the.registry.asked.flat()).not.toContain('U-11');
  });
});

describe('a registry in trouble', () => {
  it('is never asked faster, or more at once, than its source says, over restarts and several screenings', async () => {
    const { program } = enrolled(60);
    const source = { requestsPerSecond: 5, concurrency: 3, batchSize: 1 };
    const deps = the.deps({}, source);
    await Promise.all([screen(deps, { population: program }), screen(deps, { population: { of: 'all' } })]);
    await screen(the.deps({}, source), { population: program });
    const { times, mostUnderWay } = the.registry;
    expect(times).toHaveLength(180);
    const most = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length),
    );
    expect(most).toBeLessThanOrEqual(5);
    expect(mostUnderWay).toBeLessThanOrEqual(3);
  });

  it('is waited for as long as it asks', async () => {
    const { program } = enrolled(4);
    the.registry.fault = (request) =>
      request <= 6 ? new Response('', { status: 429, headers: { 'retry-after': '40' } }) : null;
    const { screening } = await screen(the.deps(), { population: program });
    expect(screening.counts.outcomes).toEqual({ alive: 4 });
    const { times } = the.registry;
    for (const [at, time] of times.entries()) {
      if (at > 0 && at <= 6) expect(time - (times[at - 1] as number)).toBeGreaterThanOrEqual(40_000);
    }
  });

  it.each([400, 500])('that answers %i because of one question answers all others', async (status) => {
    const { program, people } = enrolled(16);
    the.registry.fault = (_request, values) => (values.includes('U-5') ? new Response('', { status }) : null);
    const { screening } = await screen(the.deps({ batchSize: 8 }), { population: program });
    const results = await report(the.inbox, screening);
    const unknown = results.filter(({ outcome }) => outcome !== 'alive');
    expect(unknown).toMatchObject([
      { id: people[5], outcome: 'not_known', reason: status === 400 ? 'refused' : 'unavailable' },
    ]);
  });

  it('that refuses everything is not asked ever smaller questions', async () => {
    const { program } = enrolled(200);
    the.registry.fault = () => new Response('', { status: 400 });
    const { screening } = await screen(the.deps({ batchSize: 20 }), { population: program });
    expect(screening.counts.outcomes).toEqual({ not_known: 200 });
    expect(the.registry.times.length).toBeLessThan(120);
  });

  it('that is down ends a command, and keeps a serving bridge waiting; both go on from there', async () => {
    const { program } = enrolled(25);
    the.registry.fault = (request) => (request > 4 ? new TypeError('fetch failed') : null);
    const deps = the.deps();
    const ended = await screen(deps, { population: program });
    expect(ended).toMatchObject({
      screening: { state: 'failed', next: 1, problem: expect.stringContaining('registry.unreachable') },
      error: { code: 'registry.unreachable' },
    });
    const partial = await report(the.inbox, ended.screening);
    expect(partial).toHaveLength(25);
    expect(partial.filter(({ reason }) => reason === 'not_asked')).toHaveLength(15);
    const screenings = new Screenings(the.inbox);
    const { id } = await screenings.resume(ended.screening.id, the.time.now());
    const signal = new AbortController().signal;
    const waiting = await runScreening(id, runDependencies(deps, true), signal);
    expect(waiting.screening).toMatchObject({ state: 'running', next: 1 });
    expect(waiting.screening.retryAt).toBeGreaterThan(the.time.now());
    the.registry.fault = () => null;
    const { screening } = await runScreening(id, runDependencies(deps, true), signal);
    expect(screening).toMatchObject({ state: 'done', problem: null, counts: { outcomes: { alive: 25 } } });
  });

  it('that asks for a longer pause than a run waits is left alone for that long', async () => {
    const { program } = enrolled(4);
    the.registry.fault = () => new Response('', { status: 503, headers: { 'retry-after': '7200' } });
    const deps = the.deps();
    const { id } = await begin(deps, { population: program });
    const end = await runScreening(id, runDependencies(deps, true), new AbortController().signal);
    expect(end.screening).toMatchObject({ state: 'running', next: 0 });
    expect(end.screening.retryAt).toBe(the.time.now() + 7_200_000);
    expect(the.registry.times).toHaveLength(1);
  });

  it('that lets nobody in is asked once', async () => {
    const { program } = enrolled(40);
    the.registry.fault = () => new Response('', { status: 403 });
    const { screening } = await screen(the.deps({}, { concurrency: 1 }), { population: program });
    expect(screening).toMatchObject({ state: 'failed', next: 0 });
    expect(the.registry.times).toHaveLength(1);
  });
});

it('an OpenSPP that does not answer ends a command, and keeps a serving bridge waiting', async () => {
  const { program } = enrolled(25);
  let calls = 0;
  const client: typeof spp.client = {
    ...spp.client,
    async call(model, method, ...rest) {
      calls += 1;
      if (calls > 6) throw new OdooError('odoo.unreachable', { protocol: 'json2', model, method });
      return spp.client.call(model, method, ...rest);
    },
  };
  const deps = { ...the.deps(), client };
  const { id } = await begin(deps, { population: program });
  const signal = new AbortController().signal;
  const waiting = await runScreening(id, runDependencies(deps, true), signal);
  expect(waiting.screening).toMatchObject({
    state: 'running',
    problem: expect.stringContaining('unreachable'),
  });
  const failed = await runScreening(id, runDependencies(deps, false), signal);
  expect(failed).toMatchObject({ screening: { state: 'failed' }, error: { code: 'odoo.unreachable' } });
  await new Screenings(the.inbox).resume(id, the.time.now());
  const { screening } = await runScreening(id, runDependencies(the.deps(), false), signal);
  expect(screening.counts.outcomes).toEqual({ alive: 25 });
});

describe('a screening', () => {
  it('that is cancelled ends at its next step, and can be continued', async () => {
    const { program } = enrolled(30);
    const deps = the.deps();
    const { id } = await begin(deps, { population: program });
    const screenings = new Screenings(the.inbox);
    the.registry.fault = (request) => {
      if (request === 4) void screenings.cancel(id, the.time.now());
      return null;
    };
    const signal = new AbortController().signal;
    const { screening } = await runScreening(id, runDependencies(deps, true), signal);
    expect(screening).toMatchObject({ state: 'cancelled', cancel: false });
    expect(screening.next).toBeLessThan(3);
    await expect(screenings.cancel('0000', 0)).rejects.toMatchObject({ code: 'screening.unknown' });
    await screenings.resume(id, the.time.now());
    const { screening: whole } = await runScreening(id, runDependencies(deps, true), signal);
    expect(whole).toMatchObject({ state: 'done', counts: { outcomes: { alive: 30 } } });
    await expect(screenings.resume(id, the.time.now())).rejects.toMatchObject({ code: 'screening.state' });
  });

  it('has one runner: the one that took it last', async () => {
    const { program, people } = enrolled(40);
    the.registry.known.set('U-7', death('U-7'));
    const deps = the.deps();
    const { id } = await begin(deps, { population: program, fileEvents: true });
    const signal = new AbortController().signal;
    const runs = [1, 2, 3].map(() => runScreening(id, runDependencies(deps, false), signal));
    const ended = await Promise.all(runs);
    const screening = await new Screenings(the.inbox).get(id);
    expect(screening).toMatchObject({ state: 'done', counts: { outcomes: { alive: 39, deceased: 1 } } });
    expect(ended.filter(({ screening: { state } }) => state === 'done').length).toBeGreaterThan(0);
    expect((await report(the.inbox, screening)).map((one) => one.id)).toEqual(people);
    expect(the.inbox.messages.size).toBe(1);
  });
});

it('every registrant is in the report exactly once, whatever the registry answers', async () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  for (let round = 0; round < 12; round++) {
    const count = 1 + Math.floor(random() * 60);
    const people = spp.people(
      ...Array.from({ length: count }, (_, n): Record<string, string> => {
        const value = `R${round}-${n}`;
        if (random() < 0.1) return {};
        return random() < 0.3 ? { national_id: value, passport: `P${value}` } : { national_id: value };
      }),
    );
    const id = spp.program();
    spp.enroll(id, people);
    for (let n = 0; n < count; n++) {
      const value = `R${round}-${n}`;
      if (random() < 0.2) the.registry.known.set(value, death(value));
      else if (random() < 0.1) the.registry.known.set(value, REFUSED);
    }
    const statuses = [429, 500, 503, 400];
    the.registry.fault = () =>
      random() < 0.1 ? new Response('', { status: statuses[Math.floor(random() * 4)] ?? 500 }) : null;
    const settings = { chunkSize: 1 + Math.floor(random() * 20), batchSize: 1 + Math.floor(random() * 9) };
    const before = the.inbox.messages.size;
    const { screening } = await screen(the.deps(settings), {
      population: { of: 'program', id },
      fileEvents: true,
    });
    const results = await report(the.inbox, screening);
    expect(results.map((one) => one.id)).toEqual(people);
    const deceased = outcomes(results).filter((one) => one === 'deceased').length;
    expect(screening.counts.outcomes.deceased ?? 0).toBe(deceased);
    expect(the.inbox.messages.size - before).toBe(deceased);
  }
});
