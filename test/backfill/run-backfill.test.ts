import { describe, expect, it } from 'vitest';
import { begin, isComplete, latestState, requestStop, stateOf } from '../../src/backfill/state.ts';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import { opencrvsExpression } from '../../src/dci/client/dialect-opencrvs2.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { message, NOON, settled, sharedInbox, vitalEvent } from '../inbox/support.ts';
import { FakeTime, standIn } from '../registries/support.ts';
import { asked, births, catchUp, NOW, plan } from './support.ts';

const shared = sharedInbox();

/** How many events of this test there are, by identifier: each must be there once. */
async function uins(inbox: Inbox): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of await inbox.list({ limit: 1000 })) {
    found.push((await inbox.show(id))?.identifiers.find(({ type }) => type === 'UIN')?.value ?? '?');
  }
  return found.sort();
}

const names = (count: number) =>
  births(count)
    .map(({ identifiers }) => identifiers.UIN as string)
    .sort();

describe('a catch-up', () => {
  it('puts every record into the inbox, and each once, however often it is asked for', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(31) });
    const first = await catchUp(inbox, registry, { restart: true });
    expect(first).toMatchObject({
      state: 'done',
      counts: { records: 31, created: 31, known: 0, unreadable: 0 },
      through: { birth: '2024-01-31' },
      short: [],
    });
    expect(isComplete(first)).toBe(true);
    expect(await uins(inbox)).toEqual(names(31));
    const again = await catchUp(inbox, registry, { restart: true, sliceDays: 3, pageSize: 2 });
    expect(again.counts).toEqual({ records: 31, created: 0, known: 31, unreadable: 0 });
    expect(await uins(inbox)).toEqual(names(31));
    expect(registry.problems).toEqual([]);
  });

  it.each([
    ['older', opencrvs],
    ['newer', opencrvsExpression('flat')],
  ])('asks an %s OpenCRVS in its own words', async (age, dialect) => {
    const { inbox } = shared;
    const checked = age === 'older' ? 'opencrvs' : 'unchecked';
    const registry = await standIn({ entries: births(7), dialect: checked });
    const state = await catchUp(inbox, registry, { restart: true, sliceDays: 31, client: { dialect } });
    expect(state).toMatchObject({ state: 'done', counts: { created: 7 } });
    expect(registry.problems).toEqual([]);
  });

  it('says what an older OpenCRVS cannot be asked for', async () => {
    const registry = await standIn({ dialect: 'opencrvs' });
    const deaths = plan({ types: ['death'] });
    const state = await catchUp(shared.inbox, registry, {
      plan: deaths,
      restart: true,
      client: { dialect: opencrvs },
    });
    expect(state).toMatchObject({ state: 'failed', problem: expect.stringContaining('birthdate') });
  });

  it('goes on where it was killed, and asks for nothing before that again', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(31) });
    const dying = catchUp(inbox, registry, {
      restart: true,
      onProgress({ slice, page }) {
        // Nothing is kept after this: as if the process were gone.
        if (slice.from === '2024-01-11' && page === 2) throw new Error('killed');
      },
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await stateOf(inbox, plan())).toMatchObject({
      state: 'running',
      through: { birth: '2024-01-10' },
    });
    registry.received.length = 0;
    const state = await catchUp(inbox, registry);
    expect(asked(registry)[0]).toBe('2024-01-11..2024-01-20 #1');
    expect(state).toMatchObject({ state: 'done', counts: { records: 31, created: 21, known: 10 } });
    expect(await uins(inbox)).toEqual(names(31));
  });

  it('loses none where pages shift while they are read', async () => {
    const { inbox } = shared;
    const entries = births(20).map((one) => ({ ...one, birth: '2024-01-05' }));
    const registry = await standIn({
      entries,
      // After the second page a registration is cancelled: the first record of the third is on the second.
      fault: ({ count }) => {
        if (count === 2) entries.splice(0, 1);
        return null;
      },
    });
    const state = await catchUp(inbox, registry, { restart: true });
    expect(state).toMatchObject({ state: 'done', short: [], counts: { records: 20, created: 20 } });
    expect(await uins(inbox)).toEqual(names(20));
  });

  it('asks for larger pages where a registry counts no more than one', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(31), countsPages: true });
    const state = await catchUp(inbox, registry, { restart: true, sliceDays: 31 });
    expect(state).toMatchObject({ state: 'done', counts: { records: 31, created: 31 }, short: [] });
  });

  it('says which days came out short, and asks for them again', async () => {
    const { inbox } = shared;
    const OWN_IDENTIFIERS = [
      { identifier_type: 'UIN', identifier_value: 'U-1' },
      { identifier_type: 'BRN', identifier_value: '2024-1' },
    ];
    const page = (total_count: number) => ({
      status: 200,
      body: {
        header: { status: 'succ' },
        message: {
          search_response: [
            {
              status: 'succ',
              data: { reg_records: [] },
              pagination: { page_size: 5, page_number: 1, total_count },
            },
            {
              status: 'succ',
              data: {
                reg_records: [
                  {
                    identifier: OWN_IDENTIFIERS,
                    birth_date: '2024-01-01',
                  },
                ],
              },
            },
          ],
        },
      },
    });
    const registry = await standIn({ entries: births(31) });
    for (let walk = 0; walk < 4; walk += 1) registry.faults.push(page(3));
    const state = await catchUp(inbox, registry, { restart: true });
    const first = { type: 'birth', from: '2024-01-01', to: '2024-01-10' };
    expect(state).toMatchObject({ state: 'done', short: [first], counts: { records: 22, created: 22 } });
    expect(isComplete(state)).toBe(false);
    registry.received.length = 0;
    const again = await catchUp(inbox, registry);
    expect(asked(registry)).toEqual(['2024-01-01..2024-01-10 #1', '2024-01-01..2024-01-10 #2']);
    expect(again).toMatchObject({ state: 'done', short: [], counts: { records: 31, created: 31, known: 0 } });
    expect(await uins(inbox)).toEqual(names(31));
  });

  it('counts and places what cannot be understood, and goes on', async () => {
    const { inbox } = shared;
    const entries = births(3);
    const bad = { identifiers: { UIN: 'X-77\u0007' }, birth: '2024-01-02' };
    const registry = await standIn({ entries: [...entries, bad] });
    const state = await catchUp(inbox, registry, { restart: true, sliceDays: 31 });
    expect(state).toMatchObject({
      state: 'done',
      counts: { records: 4, created: 4, unreadable: 1 },
      unreadable: [{ type: 'birth', from: '2024-01-01', to: '2024-01-31', page: 1, position: 4 }],
    });
    expect(JSON.stringify(state)).not.toContain('X-77');
    // It is found once, however often it is asked for.
    const again = await catchUp(inbox, registry, { restart: true, sliceDays: 31 });
    expect(again).toMatchObject({ counts: { records: 4, created: 0, known: 4, unreadable: 1 } });
  });

  it('waits out a registry that limits it, and stops with a problem where one refuses', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(10) });
    registry.faults.push({ status: 429, headers: { 'retry-after': '7' } }, { status: 503 });
    const time = new FakeTime();
    expect(await catchUp(inbox, registry, { restart: true, time })).toMatchObject({ state: 'done' });
    expect(Math.max(...time.pauses)).toBeGreaterThanOrEqual(7000);
    registry.faults.push({ status: 403 });
    const refused = await catchUp(inbox, registry, { restart: true });
    expect(refused).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('registry.unauthorized'),
    });
    expect(await catchUp(inbox, registry)).toMatchObject({ state: 'done', counts: { known: 10 } });
  });

  it('of the serving bridge tries again by itself what may pass, and is left running by a stop of the bridge', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(10), fault: () => ({ status: 503 }) });
    const time = new FakeTime();
    const failed = await catchUp(inbox, registry, { restart: true, unattended: true, time });
    expect(failed).toMatchObject({
      state: 'running',
      problem: expect.stringContaining('registry.unavailable'),
    });
    expect(failed.retryAt).toBe(time.now() + 60_000);
    const signal = AbortSignal.abort();
    expect(await catchUp(inbox, registry, { unattended: true, signal })).toMatchObject({
      state: 'running',
      retryAt: null,
    });
    expect(await catchUp(inbox, registry, { signal })).toMatchObject({ state: 'stopped' });
  });

  it('stops after its page where anybody asks it to', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(31) });
    let asking: Promise<boolean> | undefined;
    const state = await catchUp(inbox, registry, {
      restart: true,
      onProgress() {
        asking ??= requestStop(inbox);
      },
    });
    expect(await asking).toBe(true);
    expect(state.state).toBe('stopped');
    expect(await latestState(inbox)).toMatchObject({ state: 'stopped' });
    expect(await requestStop(inbox)).toBe(false);
    expect(await catchUp(inbox, registry)).toMatchObject({ state: 'done', counts: { records: 31 } });
  });

  it('leaves a plan to the run that took it over', async () => {
    const { inbox } = shared;
    const registry = await standIn({ entries: births(31) });
    let taking: Promise<unknown> | undefined;
    const first = await catchUp(inbox, registry, {
      restart: true,
      onProgress() {
        taking ??= begin(inbox, plan(), { by: 'bridge', pageSize: 5, sliceDays: 10, restart: false }, NOW);
      },
    });
    await taking;
    expect(first.state).toBe('stopped');
    expect(await stateOf(inbox, plan())).toMatchObject({ state: 'running', by: 'bridge' });
  });

  it('lets the delivery come after it where the backlog is large, and does not wait where nobody delivers', async () => {
    const { inbox } = shared;
    await inbox.accept(message({ events: Array.from({ length: 6 }, () => vitalEvent()) }));
    const registry = await standIn({ entries: births(10) });
    const time = new FakeTime();
    // A delivery that settles an event with each look at the clock, until it breaks down.
    let looks = 0;
    const wait = time.wait;
    Object.assign(time, {
      async wait(ms: number, signal?: AbortSignal) {
        looks += 1;
        if (looks <= 3) {
          const [event] = await inbox.claim(1, NOON);
          if (event) await inbox.settle([settled(event.id)], NOON);
        }
        await wait(ms, signal);
      },
    });
    const state = await catchUp(inbox, registry, { restart: true, backlogLimit: 3, time });
    expect(state).toMatchObject({ state: 'done', counts: { created: 10 } });
    // Three looks until there was room for the first page, and patience once for the second.
    expect(looks).toBe(3 + 10);
  });
});
