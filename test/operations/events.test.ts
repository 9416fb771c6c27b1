import { beforeEach, describe, expect, it } from 'vitest';
import type { Settlement } from '../../src/inbox/inbox.ts';
import { EventOperations } from '../../src/operations/events.ts';
import { FilterError, parseFilter } from '../../src/operations/filter.ts';
import { message, NOON, settled, sharedInbox, vitalEvent } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';

const shared = sharedInbox();
const by = { actor: 'api', address: '192.0.2.1' };
let log: ReturnType<typeof keptLog>;
let operations: EventOperations;
beforeEach(async () => {
  await shared.inbox.pruneAudit(Number.MAX_SAFE_INTEGER);
  log = keptLog();
  operations = new EventOperations(shared.inbox, log.log, () => NOON);
});

async function accepted(count: number, over: Parameters<typeof message>[0] = {}): Promise<number[]> {
  const events = Array.from({ length: count }, () => vitalEvent());
  return (await shared.inbox.accept(message({ events, ...over }))).events.map(({ id }) => id);
}

/** One event in each state: what becomes of it is said by its name. */
async function oneEach() {
  const ids = await accepted(7);
  const [processed = 0, failed = 0, revoked = 0, deferred = 0, dead = 0, takenBack = 0, delivering = 0] = ids;
  await shared.inbox.claim(7, NOON);
  const settlements: Settlement[] = [
    settled(processed),
    settled(failed, { outcome: 'error', reason: 'match.none' }),
    settled(revoked, { outcome: 'error', reason: 'event.revoked' }),
    { kind: 'released', id: deferred, dueAt: NOON + 60_000, reason: 'odoo.unreachable' },
    { kind: 'dead', id: dead, reason: 'event.poison' },
    { kind: 'released', id: takenBack, dueAt: NOON + 60_000, reason: 'odoo.unreachable' },
  ];
  await shared.inbox.settle(settlements, NOON);
  await shared.inbox.withdraw([takenBack], NOON);
  const [waiting = 0] = await accepted(1);
  return { processed, failed, revoked, deferred, dead, takenBack, delivering, waiting };
}

describe('what may be retried and set aside', () => {
  it('is one rule, which says why the rest is skipped', async () => {
    const one = await oneEach();
    const ids = [...Object.values(one), 999_999];
    const retried = await operations.act('retry', { ids }, by);
    expect(retried).toMatchObject({
      changed: 4,
      ids: [one.processed, one.failed, one.deferred, one.dead],
      skipped: { waiting: 1, delivering: 1, taken_back: 2, not_found: 1 },
    });
  });

  it('is another one for setting aside', async () => {
    const one = await oneEach();
    const aside = await operations.act('set_aside', { ids: Object.values(one) }, by);
    expect(aside).toMatchObject({
      changed: 4,
      ids: [one.failed, one.revoked, one.deferred, one.waiting],
      skipped: { processed: 2, delivering: 1, dead: 1 },
    });
    // What a caseworker has to undo is not made to look like any other event that was set aside.
    expect((await shared.inbox.show(one.revoked))?.reason).toBe('event.revoked');
    expect(await operations.act('retry', { ids: [one.revoked] }, by)).toMatchObject({ changed: 0 });
  });
});

describe('an action', () => {
  it('on a thousand events is one entry of the audit log, with its filter and its events', async () => {
    const ids = await accepted(1100);
    await shared.inbox.setAside(ids);
    await shared.inbox.accept(message({ senderId: 'crvs.other' }));
    const query = parseFilter({ state: 'dead', sender: 'crvs.test' });
    const seen: number[] = [];
    const result = await operations.act('retry', { query }, by, (changed) => seen.push(changed));
    expect([result.changed, result.ids.length, result.skipped]).toEqual([1100, 1000, {}]);
    expect(seen).toEqual([500, 1000, 1100]);
    expect(await shared.inbox.auditTrail({})).toEqual([
      {
        id: result.auditId,
        at: NOON,
        ...by,
        action: 'retry',
        eventId: null,
        count: 1100,
        filter: 'state=dead&sender=crvs.test',
      },
    ]);
    expect(await operations.count({ audit: result.auditId ?? 0 }, 5000)).toBe(1100);
    expect(log.text().match(/"audit":"retry"/g)).toHaveLength(1);
    expect(log.text()).toContain('"count":1100');
  });

  it('on one event names it, and one that changes nothing leaves no trace', async () => {
    const [id = 0] = await accepted(1);
    expect(await operations.act('retry', { ids: [id] }, by)).toMatchObject({ changed: 0, auditId: null });
    expect(await shared.inbox.auditTrail({})).toEqual([]);
    await operations.act('set_aside', { ids: [id, id] }, by);
    expect(await shared.inbox.auditTrail({ eventId: id })).toMatchObject([
      { action: 'set_aside', eventId: null, count: 1, filter: null },
    ]);
    await operations.act('retry', { ids: [id] }, by);
    expect(await shared.inbox.auditTrail({ eventId: id, limit: 1 })).toMatchObject([
      { action: 'retry', eventId: id },
    ]);
  });

  it('counts what something else changed at the same time', async () => {
    const [id = 0] = await accepted(1);
    await shared.inbox.setAside([id]);
    const inbox = Object.create(shared.inbox) as typeof shared.inbox;
    const raced = Object.assign(inbox, { list: shared.inbox.list, retry: async () => [] });
    const result = await new EventOperations(raced, null, () => NOON).act('retry', { ids: [id] }, by);
    expect(result).toEqual({
      changed: 0,
      ids: [],
      skipped: { changed: 1 },
      unchanged: [{ id, reason: 'changed' }],
      auditId: null,
    });
  });
});

describe('a filter', () => {
  it('takes the older outcome for a state, and empty fields for nothing', () => {
    expect(parseFilter({ outcome: 'error', state: '', sender: '' })).toEqual({ state: 'error' });
    expect(parseFilter({ outcome: 'error', state: 'settled', reason: 'match.none' })).toEqual({
      state: 'error',
      reason: 'match.none',
    });
  });

  it.each([
    [{ state: 'done' }, 'state: expected waiting, deferred, delivering, processed, error, dead, settled'],
    [{ state: 'dead', outcome: 'error' }, 'outcome: leave it out where state is given'],
    [{ from: 'yesterday' }, 'from: expected a day such as 2024-12-01'],
    [{ to: '2024-13-01' }, 'to: there is no such day'],
  ])('refuses %j and names the field', (texts, message) => {
    expect(() => parseFilter(texts)).toThrow(FilterError);
    expect(() => parseFilter(texts)).toThrow(message);
  });

  it('finds events by state, outcome and day of receipt', async () => {
    const one = await oneEach();
    const found = async (texts: Record<string, string>) =>
      (await operations.list(parseFilter(texts), { order: 'oldest' })).map(({ id }) => id);
    expect(await found({ state: 'error' })).toEqual([one.failed, one.revoked]);
    expect(await found({ state: 'settled' })).toEqual([
      one.processed,
      one.failed,
      one.revoked,
      one.takenBack,
    ]);
    expect(await found({ state: 'dead', reason: 'event.poison' })).toEqual([one.dead]);
    expect(await found({ from: '2024-06-15', to: '2024-06-15' })).toHaveLength(8);
    expect(await found({ to: '2024-06-14' })).toEqual([]);
  });
});
