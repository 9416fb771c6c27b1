import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EventAction } from '../../src/inbox/event-actions.ts';
import {
  type EventFilter,
  type EventSummary,
  SORT_COLUMNS,
  type SortColumn,
} from '../../src/inbox/event-records.ts';
import {
  ALONE_FROM,
  type Inbox,
  InboxUnavailableError,
  type NewMessage,
  type Settlement,
} from '../../src/inbox/inbox.ts';
import type { NewAnswer, NewQuestion } from '../../src/inbox/pending-requests.ts';
import { REFUSALS_KEPT, type Refusal, type RefusalFilter } from '../../src/inbox/refusals.ts';
import { EventOperations } from '../../src/operations/events.ts';
import { PATIENCE } from '../patience.ts';
import { DAY, message, NOON, released, settled, vitalEvent } from './support.ts';

/** An implementation under test: an inbox with nothing in it. `dispose` takes it away, and closes it where it is open. */
export interface EmptyInbox {
  inbox: Inbox;
  dispose(): Promise<void>;
  /** The storage as somebody else reaches it; none in the simulator. */
  storage?: Storage;
}

interface Storage {
  /** Does SQL on the storage; `events` names the table in each of them. */
  execute(sql: string): Promise<void>;
  /** Lets nothing be written into the search index; gives what ends that. */
  breakIndexing(): Promise<() => Promise<void>>;
  /** What the inbox reported of its indexing. */
  reported: (string | null)[];
}

/**
 * What every implementation of the inbox promises.
 *
 * @param open gives an empty inbox that no other test sees
 * @param hasStorage whether it gives the storage as well
 */
export function inboxSuite(name: string, open: () => Promise<EmptyInbox>, hasStorage = false): void {
  describe(`the inbox in ${name}`, () => {
    let inbox: Inbox;
    let storage: Storage;
    /** How many of those that a filter matches were made to wait again. */
    const retryMatching = async (filter: Parameters<Inbox['list']>[0]) => {
      const found = await inbox.list({ ...filter, limit: 2000 });
      return (await inbox.retry(found.map(({ id }) => id))).length;
    };
    beforeEach(async () => {
      const opened = await open();
      inbox = opened.inbox;
      if (opened.storage) storage = opened.storage;
      onTestFinished(() => opened.dispose());
    });

    /** Commits messages one after the other; gives the ids of their events. */
    async function accepted(...messages: NewMessage[]): Promise<number[]> {
      const ids: number[] = [];
      for (const one of messages) ids.push(...(await inbox.accept(one)).events.map(({ id }) => id));
      return ids;
    }
    /** Commits one message of one event, and delivers it. */
    async function settledEvent(over: Partial<NewMessage> = {}, at = NOON): Promise<number> {
      const [id = 0] = await accepted(message(over));
      await inbox.claim(1000, at);
      await inbox.settle([settled(id)], at);
      return id;
    }
    const claimedIds = async (limit = 100, now = NOON) => (await inbox.claim(limit, now)).map(({ id }) => id);

    describe('accept', () => {
      it('commits a message and gives its events', async () => {
        const receipt = await inbox.accept(
          message({ events: [vitalEvent(), vitalEvent({ type: 'birth' })] }),
        );
        expect(receipt).toEqual({
          kind: 'created',
          inboxId: expect.any(Number),
          correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receivedAt: NOON,
          events: [
            { id: expect.any(Number), state: 'waiting', outcome: null, odooEventId: null },
            { id: expect.any(Number), state: 'waiting', outcome: null, odooEventId: null },
          ],
        });
        expect(receipt.events[1]?.id).toBeGreaterThan(receipt.events[0]?.id ?? Number.NaN);
        expect(await inbox.counts()).toMatchObject({ waiting: 2 });
      });

      it('takes what an identity system says like a vital event', async () => {
        const identifiers = [
          { type: 'BRN', value: 'B-1' },
          { type: 'UIN', value: 'N-1' },
        ];
        const events: NewMessage['events'] = [{ type: 'identity', date: null, identifiers }];
        const [id = 0] = await accepted(message({ events }), message());
        expect(await inbox.list({ type: 'identity' })).toMatchObject([{ id, type: 'identity', date: null }]);
        expect(await retryMatching({ type: 'identity' })).toBe(0);
        const claimed = await inbox.claim(10, NOON);
        expect(claimed.find((one) => one.id === id)).toMatchObject({
          type: 'identity',
          date: null,
          identifiers,
        });
        // Of a later date than the death: what has no date is of the day that it came.
        expect(claimed.at(-1)?.id).toBe(id);
        await inbox.settle(
          [settled(id, { outcome: 'error', odooEventId: null, matchAgainAt: NOON + DAY })],
          NOON,
        );
        expect(await inbox.dueMatches(10, NOON + DAY)).toEqual([
          { id, type: 'identity', date: null, identifiers, reason: null, settledAt: NOON },
        ]);
        expect(await retryMatching({ type: 'identity' })).toBe(1);
      });

      it('keeps the place of an event among records that could not be read', async () => {
        const events = message().events.map((event, at) => ({ ...event, position: at * 2 + 1 }));
        await inbox.accept(message({ events: events as NewMessage['events'] }));
        const claimed = await inbox.claim(10, NOON);
        expect(claimed.map(({ position }) => position).sort()).toEqual(
          events.map(({ position }) => position),
        );
      });

      it('gives every message a correlation id of its own', async () => {
        const receipts = [await inbox.accept(message()), await inbox.accept(message())];
        expect(new Set(receipts.map(({ correlationId }) => correlationId)).size).toBe(2);
      });

      it('keeps a message without events', async () => {
        const receipt = await inbox.accept(message({ action: 'on-search', dialect: null, events: [] }));
        expect(receipt).toMatchObject({ kind: 'created', events: [] });
        expect(await claimedIds()).toEqual([]);
      });

      it('finds a repeated message again, with what became of its events', async () => {
        const told = message();
        const first = await inbox.accept(told);
        expect(await inbox.accept({ ...told, receivedAt: NOON + DAY })).toEqual({
          ...first,
          kind: 'repeated',
        });
        const [id = 0] = await claimedIds();
        expect((await inbox.accept(told)).events).toEqual([
          { id, state: 'delivering', outcome: null, odooEventId: null },
        ]);
        await inbox.settle([settled(id, { odooEventId: 42 })], NOON);
        expect((await inbox.accept(told)).events).toEqual([
          { id, state: 'settled', outcome: 'processed', odooEventId: 42 },
        ]);
        expect(await inbox.list({})).toHaveLength(1);
      });

      it('knows a repeated message_id with another content, and keeps the first', async () => {
        const told = message({ body: '{"first": 1}' });
        const first = await inbox.accept(told);
        const second = await inbox.accept({
          ...told,
          contentDigest: 'another',
          body: '{"second": 2}',
          events: [vitalEvent({ type: 'birth' })],
        });
        expect(second).toEqual({ ...first, kind: 'conflict' });
        expect(await inbox.list({})).toHaveLength(1);
        expect((await inbox.show(first.events[0]?.id ?? 0))?.body).toBe('{"first": 1}');
      });

      it('does not mix up the senders', async () => {
        const told = message();
        await inbox.accept(told);
        const other = await inbox.accept({ ...told, senderId: 'crvs.other', contentDigest: 'another' });
        expect(other.kind).toBe('created');
      });

      it('makes one of identical messages that arrive at the same time', async () => {
        const told = message();
        const receipts = await Promise.all(Array.from({ length: 50 }, () => inbox.accept(told)));
        expect(receipts.filter(({ kind }) => kind === 'created')).toHaveLength(1);
        expect(receipts.filter(({ kind }) => kind === 'repeated')).toHaveLength(49);
        expect(new Set(receipts.map(({ correlationId }) => correlationId)).size).toBe(1);
        expect(new Set(receipts.map(({ events }) => events[0]?.id)).size).toBe(1);
        expect(await inbox.counts()).toMatchObject({ waiting: 1 });
      });

      it('gives each of many messages its own receipt', async () => {
        const messages = Array.from({ length: 1200 }, () => message());
        const receipts = await Promise.all(messages.map((one) => inbox.accept(one)));
        expect(new Set(receipts.map(({ inboxId }) => inboxId)).size).toBe(1200);
        for (const at of [0, 600, 1199]) {
          const id = receipts[at]?.events[0]?.id ?? 0;
          expect((await inbox.show(id))?.messageId).toBe(messages[at]?.messageId);
        }
      });

      it('keeps text to the letter', async () => {
        const body = '{"n": 100.0, "t": "አበበ 😀 \u2028 \\u0000"}';
        const [id = 0] = await accepted(
          message({ body, events: [vitalEvent({ identifiers: [{ type: 'UIN', value: 'አ-é-😀-"\'' }] })] }),
        );
        expect(await inbox.show(id)).toMatchObject({
          body,
          identifiers: [{ type: 'UIN', value: 'አ-é-😀-"\'' }],
        });
      });
    });

    describe('claim', () => {
      it('hands out all that the delivery needs', async () => {
        const told = message({
          body: '{"header": {"a": 1}, "message": {}}',
          events: [vitalEvent({ type: 'marriage', date: '2020-02-29', identifiers: [] })],
        });
        const receipt = await inbox.accept(told);
        expect(await inbox.claim(10, NOON)).toEqual([
          {
            id: receipt.events[0]?.id,
            messageInboxId: receipt.inboxId,
            correlationId: receipt.correlationId,
            senderId: 'crvs.test',
            messageId: told.messageId,
            type: 'marriage',
            date: '2020-02-29',
            identifiers: [],
            body: told.body,
            position: 0,
            receivedAt: NOON,
            reference: expect.stringMatching(/^CRVS-MARRIAGE-20240615120000-[0-9A-Z]{8}$/),
            attempts: 0,
            failures: 0,
            odooEventId: null,
            adopted: null,
            correction: false,
          },
        ]);
      });

      it('gives corrections after what was received before them, in the order that they came', async () => {
        const correction = (date: string) => vitalEvent({ date, correction: true });
        const [plain, first, second] = await Promise.all([
          accepted(message({ events: [vitalEvent({ date: '2024-06-14' })] })),
          accepted(message({ events: [correction('2001-01-01')] })),
          accepted(message({ events: [correction('2000-01-01')] })),
        ]);
        expect((await inbox.claim(10, NOON)).map(({ id, correction }) => [id, correction])).toEqual([
          [plain?.[0], false],
          [first?.[0], true],
          [second?.[0], true],
        ]);
      });

      it('gives the events of one message its body and their places', async () => {
        const told = message({ events: [vitalEvent(), vitalEvent(), vitalEvent()] });
        await inbox.accept(told);
        const claimed = await inbox.claim(10, NOON);
        expect(claimed.map(({ position }) => position)).toEqual([0, 1, 2]);
        expect(claimed.map(({ body }) => body)).toEqual([told.body, told.body, told.body]);
      });

      it('takes fewer events where their messages are large, and never none', async () => {
        const body = 'x'.repeat(9 * 1024 * 1024);
        for (let count = 0; count < 3; count += 1) await accepted(message({ body, events: [vitalEvent()] }));
        await accepted(message({ body: body + body, events: [vitalEvent(), vitalEvent()] }));
        const sizes = [];
        for (let claim = 0; claim < 4; claim += 1) sizes.push((await inbox.claim(100, NOON)).length);
        expect(sizes).toEqual([1, 1, 1, 2]);
      });

      it('gives every event a reference of its own', async () => {
        await accepted(message({ events: Array.from({ length: 50 }, () => vitalEvent()) }));
        const claimed = await inbox.claim(100, NOON);
        expect(new Set(claimed.map(({ reference }) => reference)).size).toBe(50);
      });

      it('goes by the event’s date, then by arrival; without a date, by the day of receipt', async () => {
        const dates = ['2024-06-16', null, '1990-01-01', '2024-06-14', '1990-01-01', '2024-06-15'];
        const ids: number[] = [];
        for (const date of dates) ids.push(...(await accepted(message({ events: [vitalEvent({ date })] }))));
        expect(await claimedIds()).toEqual([2, 4, 3, 1, 5, 0].map((position) => ids[position]));
      });

      it('takes no more than its limit, and nothing twice', async () => {
        const ids = await accepted(message(), message(), message());
        expect(await claimedIds(2)).toEqual(ids.slice(0, 2));
        expect(await claimedIds(2)).toEqual(ids.slice(2));
        expect(await claimedIds(2)).toEqual([]);
        expect(await inbox.counts()).toMatchObject({ waiting: 0, delivering: 3 });
      });

      it('keeps the place of what is given back at once', async () => {
        const [first = 0, second = 0, third = 0] = await accepted(message(), message(), message());
        expect(await claimedIds(2)).toEqual([first, second]);
        await inbox.settle([released(second, null), released(first, null)], NOON);
        expect(await claimedIds(2)).toEqual([first, second]);
        expect(await claimedIds(2)).toEqual([third]);
      });

      it('gives concurrent callers different events', async () => {
        await accepted(message({ events: Array.from({ length: 20 }, () => vitalEvent()) }));
        const batches = await Promise.all([1, 2, 3, 4].map(() => claimedIds(5)));
        expect(batches.map((batch) => batch.length)).toEqual([5, 5, 5, 5]);
        expect(new Set(batches.flat()).size).toBe(20);
      });

      it('starts an attempt', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON + 5);
        expect((await inbox.show(id))?.history).toEqual([
          { startedAt: NOON + 5, endedAt: null, outcome: null, calls: [] },
        ]);
      });
    });

    describe('settle', () => {
      it.each([
        ['processed', { odooEventId: 7, errorMessage: null, notes: 'birth date was there' }, 0],
        ['error', { odooEventId: 8, errorMessage: 'No matching person', notes: null }, 1],
        ['error', { odooEventId: null, errorMessage: 'refused', notes: null }, 1],
      ] as const)('ends an event as %s with %j', async (outcome, result, attempts) => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle([settled(id, { outcome, ...result })], NOON + 9);
        expect(await inbox.show(id)).toMatchObject({
          state: 'settled',
          outcome,
          ...result,
          settledAt: NOON + 9,
          attempts,
          dueAt: null,
          history: [{ startedAt: NOON, endedAt: NOON + 9, outcome }],
        });
        expect(await claimedIds()).toEqual([]);
      });

      it('gives an event back for now, without using up an attempt', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle([released(id, null)], NOON + 1);
        expect(await inbox.show(id)).toMatchObject({
          state: 'waiting',
          outcome: null,
          dueAt: null,
          attempts: 0,
        });
        expect(await claimedIds(1, NOON + 1)).toEqual([id]);
      });

      it('gives an event back for later', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle([released(id, NOON + 60_000)], NOON);
        expect(await inbox.show(id)).toMatchObject({ state: 'deferred', dueAt: NOON + 60_000 });
        expect(await inbox.counts()).toMatchObject({ waiting: 0, deferred: 1 });
        expect(await claimedIds(1, NOON + 59_999)).toEqual([]);
        expect(await claimedIds(1, NOON + 60_000)).toEqual([id]);
        expect(await inbox.show(id)).toMatchObject({ state: 'delivering', dueAt: null });
      });

      it('settles many with one call, each in its own way', async () => {
        const [a = 0, b = 0, c = 0, d = 0] = await accepted(message(), message(), message(), message());
        await inbox.claim(4, NOON);
        await inbox.settle(
          [settled(a), settled(b, { outcome: 'error' }), released(c, null), released(d, NOON + 1)],
          NOON,
        );
        expect(await inbox.counts()).toEqual({
          unindexed: expect.any(Number),
          oldestUnindexedAt: expect.toBeOneOf([null, NOON]),
          waiting: 1,
          deferred: 1,
          delivering: 0,
          processed: 1,
          error: 1,
          dead: 0,
          unmatched: 0,
          byReason: [{ reason: 'odoo.unreachable', count: 2 }],
          oldestUnsettledAt: NOON,
        });
      });

      it('takes an empty list', async () => {
        await expect(inbox.settle([], NOON)).resolves.toBeUndefined();
      });

      it('changes nothing of an event that is in nobody’s hands', async () => {
        const [waiting = 0] = await accepted(message());
        await inbox.settle([settled(waiting)], NOON);
        expect(await inbox.show(waiting)).toMatchObject({ state: 'waiting', history: [] });
        await inbox.claim(1, NOON);
        await inbox.settle([settled(waiting)], NOON);
        await inbox.settle([settled(waiting, { outcome: 'error' })], NOON + 1);
        await inbox.settle([released(waiting, null)], NOON + 1);
        expect(await inbox.show(waiting)).toMatchObject({
          state: 'settled',
          outcome: 'processed',
          settledAt: NOON,
        });
      });

      it('keeps every attempt with its time and outcome', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        const calls = [
          { model: 'spp.registry.id', method: 'search_read', outcome: 'ok', ms: 3 },
          { model: 'res.partner', method: 'write', outcome: 'odoo.timeout', ms: 20_000 },
        ];
        await inbox.settle([released(id, NOON + 10, 'odoo.timeout')], NOON + 2, calls);
        await inbox.claim(1, NOON + 10);
        await inbox.settle([released(id, null, 'odoo.conflict')], NOON + 11);
        await inbox.claim(1, NOON + 12);
        await inbox.settle([settled(id, { outcome: 'error' })], NOON + 13, calls);
        expect((await inbox.show(id))?.history).toEqual([
          { startedAt: NOON, endedAt: NOON + 2, outcome: 'odoo.timeout', calls },
          { startedAt: NOON + 10, endedAt: NOON + 11, outcome: 'odoo.conflict', calls: [] },
          { startedAt: NOON + 12, endedAt: NOON + 13, outcome: 'error', calls },
        ]);
      });
    });

    describe('the reason of an event', () => {
      const reasonOf = async (id: number) => (await inbox.show(id))?.reason;

      it('is that of its last settlement, until it is processed', async () => {
        const [id = 0] = await accepted(message());
        expect(await reasonOf(id)).toBeNull();
        await inbox.claim(1, NOON);
        await inbox.settle([released(id, NOON + 1, 'odoo.timeout')], NOON);
        expect(await reasonOf(id)).toBe('odoo.timeout');
        await inbox.claim(1, NOON + 1);
        await inbox.settle([released(id, null, 'odoo.conflict')], NOON + 1);
        expect(await reasonOf(id)).toBe('odoo.conflict');
        await inbox.claim(1, NOON + 2);
        await inbox.settle([settled(id, { outcome: 'error', reason: 'match.ambiguous' })], NOON + 2);
        expect(await reasonOf(id)).toBe('match.ambiguous');
        await inbox.retry([id]);
        expect(await reasonOf(id)).toBeNull();
        await inbox.claim(1, NOON + 3);
        await inbox.settle([{ kind: 'dead', id, reason: 'event.poison' }], NOON + 3);
        expect(await reasonOf(id)).toBe('event.poison');
        await inbox.retry([id]);
        await inbox.claim(1, NOON + 4);
        await inbox.settle([settled(id, { reason: 'counts for an error only' })], NOON + 4);
        expect(await reasonOf(id)).toBeNull();
        expect((await inbox.counts()).byReason).toEqual([]);
      });

      it('says who set it aside', async () => {
        const [id = 0] = await accepted(message());
        await inbox.setAside([id]);
        expect(await reasonOf(id)).toBe('event.set_aside');
      });

      it('can be listed, found and retried by', async () => {
        const [a = 0, b = 0, c = 0] = await accepted(message(), message(), message());
        await inbox.claim(3, NOON);
        await inbox.settle(
          [
            settled(a, { outcome: 'error', reason: 'match.none' }),
            settled(b, { outcome: 'error', reason: 'match.none' }),
            settled(c, { outcome: 'error', reason: 'match.ambiguous' }),
          ],
          NOON,
        );
        const listed = async (filter: Parameters<Inbox['list']>[0]) =>
          (await inbox.list(filter)).map(({ id, reason }) => [id, reason]);
        expect(await listed({ reason: 'match.none' })).toEqual([
          [b, 'match.none'],
          [a, 'match.none'],
        ]);
        expect(await listed({ reason: 'match.none', before: b })).toEqual([[a, 'match.none']]);
        expect(await listed({ reason: 'match.none', state: 'dead' })).toEqual([]);
        expect(await inbox.find(`${c}`, 1)).toMatchObject([{ id: c, reason: 'match.ambiguous' }]);
        expect(await retryMatching({ reason: 'match.none' })).toBe(2);
        expect(await inbox.counts()).toMatchObject({ waiting: 2, error: 1 });
      });

      it('comes with the row that an event waits at', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle(
          [{ ...released(id, NOON + 1, 'openspp.request_undecided'), odooEventId: 77 } as Settlement],
          NOON,
        );
        expect(await inbox.list({ reason: 'openspp.request_undecided' })).toMatchObject([
          { id, state: 'deferred', odooEventId: 77 },
        ]);
        expect(await inbox.claim(1, NOON + 1)).toMatchObject([{ id, odooEventId: 77 }]);
        await inbox.settle([released(id, null)], NOON + 1);
        expect(await inbox.show(id)).toMatchObject({ odooEventId: 77 });
      });
    });

    describe('waitSettled', () => {
      it('answers at once where all is settled', async () => {
        const id = await settledEvent();
        const { inboxId } = await inbox.accept(
          message({ messageId: (await inbox.show(id))?.messageId ?? '' }),
        );
        expect(await inbox.waitSettled(inboxId, 60_000)).toEqual([
          { id, state: 'settled', outcome: 'processed', odooEventId: 1000 + id },
        ]);
      });

      it('answers as soon as the last event of the message is settled', async () => {
        const { inboxId, events } = await inbox.accept(message({ events: [vitalEvent(), vitalEvent()] }));
        const [first = 0, second = 0] = events.map(({ id }) => id);
        await inbox.claim(10, NOON);
        let answered = false;
        const waiting = inbox.waitSettled(inboxId, 60_000).finally(() => {
          answered = true;
        });
        await inbox.settle([settled(first)], NOON);
        await inbox.counts();
        expect(answered).toBe(false);
        await inbox.settle([settled(second, { outcome: 'error' })], NOON);
        expect(await waiting).toEqual([
          { id: first, state: 'settled', outcome: 'processed', odooEventId: 1000 + first },
          { id: second, state: 'settled', outcome: 'error', odooEventId: 1000 + second },
        ]);
      });

      it('answers everybody who waits, and only for their message', async () => {
        const one = await inbox.accept(message());
        const other = await inbox.accept(message());
        await inbox.claim(10, NOON);
        const leave = new AbortController();
        const waiting = [1, 2].map(() => inbox.waitSettled(one.inboxId, 60_000));
        const elsewhere = inbox.waitSettled(other.inboxId, 60_000, leave.signal);
        await inbox.settle([settled(one.events[0]?.id ?? 0)], NOON);
        for (const events of await Promise.all(waiting)) expect(events[0]?.state).toBe('settled');
        leave.abort();
        expect((await elsewhere)[0]?.state).toBe('delivering');
      });

      it('misses nothing that is settled at the same moment', async () => {
        const { inboxId, events } = await inbox.accept(message());
        await inbox.claim(1, NOON);
        const settling = inbox.settle([settled(events[0]?.id ?? 0)], NOON);
        const [status] = await inbox.waitSettled(inboxId, 60_000);
        await settling;
        expect(status?.state).toBe('settled');
      });

      it('gives the states when the time is over', async () => {
        const { inboxId } = await inbox.accept(message());
        expect(await inbox.waitSettled(inboxId, 1)).toMatchObject([{ state: 'waiting', outcome: null }]);
      });

      it('gives the states when nobody waits any more', async () => {
        const { inboxId } = await inbox.accept(message());
        const leave = new AbortController();
        const waiting = inbox.waitSettled(inboxId, 60_000, leave.signal);
        leave.abort();
        expect(await waiting).toMatchObject([{ state: 'waiting' }]);
        expect(await inbox.waitSettled(inboxId, 60_000, AbortSignal.abort())).toMatchObject([
          { state: 'waiting' },
        ]);
      });
    });

    describe('onWaiting', () => {
      it('announces what can be claimed, and stops when taken back', async () => {
        let calls = 0;
        const stop = inbox.onWaiting(() => {
          calls += 1;
        });
        const told = message();
        const [id = 0] = await accepted(told);
        expect(calls).toBe(1);
        await inbox.accept(told);
        await inbox.accept(message({ events: [] }));
        expect(calls, 'nothing new to deliver').toBe(1);
        await inbox.claim(1, NOON);
        await inbox.settle([released(id, NOON + DAY)], NOON);
        expect(calls, 'not yet due').toBe(1);
        await inbox.retry([id]);
        expect(calls, 'retried').toBe(2);
        await inbox.claim(1, NOON);
        await inbox.settle([released(id, null)], NOON);
        expect(calls, 'given back').toBe(3);
        stop();
        await inbox.accept(message());
        expect(calls).toBe(3);
      });
    });

    describe('nextDueAt', () => {
      it('is the earliest time that an event is deferred to', async () => {
        expect(await inbox.nextDueAt()).toBeNull();
        const [a = 0, b = 0] = await accepted(message(), message());
        expect(await inbox.nextDueAt()).toBeNull();
        await inbox.claim(2, NOON);
        await inbox.settle([released(a, NOON + 20), released(b, NOON + 10)], NOON);
        expect(await inbox.nextDueAt()).toBe(NOON + 10);
        await inbox.claim(1, NOON + 10);
        expect(await inbox.nextDueAt()).toBe(NOON + 20);
      });
    });

    describe('list', () => {
      it('gives lines without personal data, newest first', async () => {
        const receipt = await inbox.accept(message());
        const [second = 0] = await accepted(message({ events: [vitalEvent({ type: 'birth', date: null })] }));
        const listed = await inbox.list({});
        expect(listed).toEqual([
          expect.objectContaining({ id: second, type: 'birth', date: null }),
          {
            id: receipt.events[0]?.id,
            type: 'death',
            date: '2024-06-01',
            state: 'waiting',
            outcome: null,
            odooEventId: null,
            receivedAt: NOON,
            settledAt: null,
            dueAt: null,
            attempts: 0,
            reason: null,
            senderId: 'crvs.test',
            correlationId: receipt.correlationId,
          },
        ]);
      });

      it('filters by state, outcome and type, and by all of them together', async () => {
        const types = ['birth', 'death', 'birth', 'death', 'birth'] as const;
        const [a = 0, b = 0, c = 0, d = 0, e = 0] = await accepted(
          ...types.map((type, day) =>
            message({ events: [vitalEvent({ type, date: `2024-01-0${day + 1}` })] }),
          ),
        );
        await inbox.claim(4, NOON);
        await inbox.settle([settled(a), settled(b, { outcome: 'error' }), released(c, NOON + 1)], NOON);
        const ids = async (filter: Parameters<Inbox['list']>[0]) =>
          (await inbox.list(filter)).map(({ id }) => id);
        expect(await ids({ state: 'settled' })).toEqual([b, a]);
        expect(await ids({ state: 'deferred' })).toEqual([c]);
        expect(await ids({ state: 'delivering' })).toEqual([d]);
        expect(await ids({ state: 'waiting' })).toEqual([e]);
        expect(await ids({ outcome: 'error' })).toEqual([b]);
        expect(await ids({ outcome: 'processed' })).toEqual([a]);
        expect(await ids({ type: 'birth' })).toEqual([e, c, a]);
        expect(await ids({ state: 'settled', outcome: 'processed', type: 'birth' })).toEqual([a]);
        expect(await ids({ outcome: 'error', type: 'birth' })).toEqual([]);
        expect(await ids({ state: undefined, type: undefined })).toHaveLength(5);
      });

      it('goes page by page', async () => {
        const ids = (await accepted(...Array.from({ length: 5 }, () => message()))).reverse();
        const pages: number[][] = [];
        for (let before: number | undefined; ; ) {
          const page = (await inbox.list({ limit: 2, before })).map(({ id }) => id);
          if (page.length === 0) break;
          pages.push(page);
          before = page.at(-1);
        }
        expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
      });

      it('gives fifty where no limit is set', async () => {
        await accepted(message({ events: Array.from({ length: 60 }, () => vitalEvent()) }));
        expect(await inbox.list({})).toHaveLength(50);
      });
    });

    describe('show', () => {
      it('gives the event whole, with its message', async () => {
        const told = message({ kid: null });
        const receipt = await inbox.accept(told);
        expect(await inbox.show(receipt.events[0]?.id ?? 0)).toEqual({
          id: receipt.events[0]?.id,
          type: 'death',
          date: '2024-06-01',
          state: 'waiting',
          outcome: null,
          odooEventId: null,
          receivedAt: NOON,
          settledAt: null,
          dueAt: null,
          attempts: 0,
          reason: null,
          senderId: 'crvs.test',
          correlationId: receipt.correlationId,
          identifiers: [{ type: 'UIN', value: 'N-1' }],
          position: 0,
          reference: expect.stringMatching(/^CRVS-DEATH-/),
          messageId: told.messageId,
          action: 'notify',
          dialect: 'openspp',
          kid: null,
          body: told.body,
          errorMessage: null,
          notes: null,
          history: [],
        });
      });

      it('gives null for an id that is not there', async () => {
        expect(await inbox.show(999)).toBeNull();
      });
    });

    describe('retry', () => {
      it('makes settled events wait again, and keeps what is known of them', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle(
          [settled(id, { outcome: 'error', errorMessage: 'no', notes: 'n', odooEventId: 5 })],
          NOON,
        );
        expect(await inbox.retry([id])).toEqual([id]);
        expect(await inbox.show(id)).toMatchObject({
          state: 'waiting',
          outcome: null,
          settledAt: null,
          errorMessage: null,
          notes: null,
          odooEventId: 5,
          attempts: 1,
        });
        expect((await inbox.show(id))?.history).toHaveLength(1);
        expect(await inbox.claim(1, NOON)).toMatchObject([{ id, odooEventId: 5, attempts: 1 }]);
      });

      it('leaves alone what waits or is in somebody’s hands, and says what it found', async () => {
        const done = await settledEvent();
        const [waiting = 0] = await accepted(message());
        const [delivering = 0] = await accepted(message({ events: [vitalEvent({ date: '1990-01-01' })] }));
        expect(await claimedIds(1)).toEqual([delivering]);
        expect(await inbox.retry([done, waiting, delivering, 999])).toEqual([done]);
        expect(await inbox.show(delivering)).toMatchObject({ state: 'delivering' });
        expect(await inbox.retry([])).toEqual([]);
      });
    });

    describe('an event that is no longer as it was seen', () => {
      /** What happens after an operator's list was read and before the change that it leads to. */
      async function act(action: EventAction, ids: number[], meanwhile: () => Promise<unknown>) {
        const raced = Object.assign(Object.create(inbox) as Inbox, {
          list: async (listing: Parameters<Inbox['list']>[0]) => {
            const found = await inbox.list(listing);
            await meanwhile();
            return found;
          },
        });
        return new EventOperations(raced, null, () => NOON).act(
          action,
          { ids },
          { actor: 'api', address: null },
        );
      }
      const failedEvent = async () => {
        const id = await settledEvent();
        await inbox.retry([id]);
        await inbox.claim(1000, NOON);
        await inbox.settle([settled(id, { outcome: 'error', reason: 'match.none' })], NOON);
        return id;
      };
      const deliver = async (id: number, settlement: Settlement) => {
        await inbox.claim(1000, NOON);
        await inbox.settle([{ ...settlement, id }], NOON);
      };

      it('stays processed where delivery was faster than a retry', async () => {
        const id = await failedEvent();
        const result = await act('retry', [id], async () => {
          await inbox.retry([id]);
          await deliver(id, settled(id));
        });
        expect(result).toMatchObject({ changed: 0, skipped: { changed: 1 }, auditId: null });
        expect(await inbox.show(id)).toMatchObject({ state: 'settled', outcome: 'processed' });
        expect(await inbox.prune(NOON + 1)).toBe(1);
      });

      it('stays what it became where somebody else was faster', async () => {
        const dead = await failedEvent();
        expect(await act('retry', [dead], () => inbox.setAside([dead]))).toMatchObject({ changed: 0 });
        expect(await inbox.show(dead)).toMatchObject({ state: 'dead' });
        const waiting = await failedEvent();
        expect(await act('set_aside', [waiting], () => inbox.retry([waiting]))).toMatchObject({ changed: 0 });
        expect(await inbox.show(waiting)).toMatchObject({ state: 'waiting' });
        const taken = await act('set_aside', [waiting], () => inbox.claim(1000, NOON));
        expect(taken).toMatchObject({ changed: 0, skipped: { changed: 1 } });
        expect(await inbox.show(waiting)).toMatchObject({ state: 'delivering' });
      });

      it('is left where its reason changed, and changed where nothing did', async () => {
        const [id, same] = [await failedEvent(), await failedEvent()];
        const result = await act('set_aside', [id, same], async () => {
          await inbox.retry([id]);
          await deliver(id, settled(id, { outcome: 'error', reason: 'match.several' }));
        });
        expect(result).toMatchObject({ changed: 1, ids: [same] });
        expect(await inbox.show(id)).toMatchObject({ outcome: 'error', reason: 'match.several' });
      });
    });

    describe('the ids of events', () => {
      it('are never given twice, also where the newest were pruned', async () => {
        const ids = [await settledEvent(), await settledEvent()];
        const by = { at: NOON, actor: 'api', address: null, filter: null };
        await inbox.audit({ ...by, action: 'retry_all', eventId: null, count: 2 }, ids);
        expect(await inbox.prune(NOON + 1)).toBe(2);
        const later = await accepted(message({ events: [vitalEvent(), vitalEvent()] }), message());
        for (const id of later) {
          expect(id).toBeGreaterThan(Math.max(...ids));
          expect(await inbox.auditTrail({ eventId: id })).toEqual([]);
        }
        expect(new Set(later).size).toBe(3);
        expect(await inbox.list({ ids: later, order: 'oldest' })).toMatchObject(later.map((id) => ({ id })));
      });
    });

    describe.runIf(hasStorage)('where messages cannot be indexed', () => {
      const dated = (date: string) => message({ events: [vitalEvent({ date })] });

      it('delivers and counts what was acknowledged, says so, and goes on once it can be', async () => {
        const [before = 0] = await accepted(dated('2024-02-02'));
        await inbox.find('N-1', 1);
        const restore = await storage.breakIndexing();
        const [late = 0, early = 0] = await accepted(dated('2024-03-03'), dated('2024-01-01'));
        await expect(inbox.find('N-1', 10)).rejects.toBeInstanceOf(InboxUnavailableError);
        expect(storage.reported).toEqual([expect.stringContaining('P0001')]);
        expect(await inbox.counts()).toMatchObject({
          waiting: 3,
          unindexed: 2,
          oldestUnindexedAt: NOON,
          oldestUnsettledAt: NOON,
        });
        expect((await inbox.rates(NOON, 1, 1)).accepted).toEqual([3]);
        // In the order of their dates, whether indexed or not.
        expect(await claimedIds(2)).toEqual([early, before]);
        await inbox.settle([settled(early), released(before, null)], NOON);
        expect(await claimedIds()).toEqual([before, late]);
        await inbox.settle([released(late, NOON + 1, 'odoo.timeout'), settled(before)], NOON);
        expect(await claimedIds(10, NOON + 1)).toEqual([late]);
        await inbox.settle([settled(late)], NOON);
        const tally = [{ type: 'death', state: 'settled', outcome: 'processed', count: 3 }];
        expect((await inbox.tally()).rows).toEqual(tally);
        await restore();
        expect((await inbox.find('N-1', 10)).map(({ id }) => id)).toEqual([early, late, before]);
        expect(storage.reported.at(-1)).toBeNull();
        expect(await inbox.counts()).toMatchObject({
          processed: 3,
          waiting: 0,
          unindexed: 0,
          oldestUnindexedAt: null,
        });
        expect((await inbox.tally()).rows).toEqual(tally);
        expect(await inbox.prune(NOON + 1)).toBe(3);
      });

      it('tries again by itself, also where no more messages come', async () => {
        const restore = await storage.breakIndexing();
        await accepted(message());
        await expect.poll(() => storage.reported.length, PATIENCE).toBeGreaterThan(0);
        await restore();
        await expect.poll(() => storage.reported.at(-1), PATIENCE).toBeNull();
        expect(await inbox.counts()).toMatchObject({ waiting: 1, unindexed: 0 });
      });

      it('is stopped by no damaged event: the others are found and delivered', async () => {
        const [whole = 0, damaged = 0, after = 0] = await accepted(message(), dated('1990-01-01'), message());
        await storage.execute(`UPDATE events SET identifiers = '[{"type":"UIN","va' WHERE id = ${damaged}`);
        expect((await inbox.find('N-1', 10)).map(({ id }) => id)).toEqual([after, whole]);
        expect(await claimedIds(1)).toEqual([whole]);
        expect(await claimedIds()).toEqual([after]);
        expect(await inbox.show(damaged)).toMatchObject({
          state: 'dead',
          reason: 'event.message_lost',
          identifiers: [],
        });
        expect(await inbox.counts()).toMatchObject({ dead: 1, delivering: 2, waiting: 0 });
      });
    });

    describe('a clock that was ahead', () => {
      it('keeps nobody waiting once it is set right', async () => {
        const YEAR = 365 * DAY;
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON + YEAR);
        await inbox.settle([released(id, NOON + YEAR + 5000)], NOON + YEAR);
        expect(await claimedIds()).toEqual([id]);
      });

      it('is not seen in an event that waits for tomorrow', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle([released(id, NOON + DAY)], NOON);
        expect(await claimedIds()).toEqual([]);
        expect(await claimedIds(10, NOON + DAY)).toEqual([id]);
      });
    });

    describe('events under suspicion', () => {
      it('go alone once their batches failed often while Odoo was well', async () => {
        const [a = 0, b = 0, c = 0] = await accepted(message(), message(), message());
        for (let count = 1; count <= ALONE_FROM; count += 1) {
          await inbox.claim(2, NOON);
          await inbox.settle(
            [
              { kind: 'released', id: a, dueAt: null, reason: 'odoo.timeout', failure: 'shared' },
              { kind: 'released', id: b, dueAt: null, reason: 'odoo.unreachable' },
            ],
            NOON,
          );
        }
        expect(await claimedIds()).toEqual([b, c]);
        expect(await inbox.claim(1, NOON, 'alone')).toMatchObject([
          { id: a, failures: ALONE_FROM, attempts: 0 },
        ]);
        await inbox.settle(
          [{ kind: 'released', id: a, dueAt: null, reason: 'odoo.timeout', failure: 'shared' }],
          NOON,
        );
        expect(await inbox.claim(1, NOON, 'alone')).toMatchObject([{ id: a, failures: ALONE_FROM }]);
        expect(await inbox.claim(1, NOON, 'alone')).toEqual([]);
      });

      it('are counted when they fail alone', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle([{ kind: 'released', id, dueAt: null, reason: 'x', failure: 'own' }], NOON);
        expect(await inbox.claim(1, NOON, 'alone')).toMatchObject([
          { id, failures: ALONE_FROM + 1, attempts: 1 },
        ]);
        await inbox.settle([{ kind: 'released', id, dueAt: NOON + 1, reason: 'x', failure: 'own' }], NOON);
        expect(await inbox.claim(1, NOON, 'alone')).toEqual([]);
        expect(await inbox.claim(1, NOON + 1, 'alone')).toMatchObject([
          { id, failures: ALONE_FROM + 2, attempts: 2 },
        ]);
      });

      it('are cleared by a settlement and by a retry', async () => {
        const [id = 0] = await accepted(message());
        await inbox.claim(1, NOON);
        await inbox.settle([{ kind: 'released', id, dueAt: null, reason: 'x', failure: 'own' }], NOON);
        await inbox.claim(1, NOON, 'alone');
        await inbox.settle([settled(id, { outcome: 'error' })], NOON);
        await inbox.retry([id]);
        expect(await inbox.claim(1, NOON)).toMatchObject([{ id, failures: 0 }]);
      });
    });

    describe('dead events', () => {
      async function dead(over: Partial<NewMessage> = {}): Promise<number> {
        const [id = 0] = await accepted(message(over));
        await inbox.claim(1000, NOON);
        await inbox.settle([{ kind: 'dead', id, reason: 'event.poison' }], NOON);
        return id;
      }

      it('are nobody’s work, are counted, and are not the oldest that waits', async () => {
        const id = await dead();
        expect(await claimedIds()).toEqual([]);
        expect(await inbox.claim(1, NOON, 'alone')).toEqual([]);
        expect(await inbox.counts()).toMatchObject({
          dead: 1,
          waiting: 0,
          delivering: 0,
          oldestUnsettledAt: null,
        });
        expect(await inbox.list({ state: 'dead' })).toMatchObject([{ id, state: 'dead', outcome: null }]);
        expect((await inbox.show(id))?.history.at(-1)).toMatchObject({ outcome: 'event.poison' });
      });

      it('are kept by the pruning', async () => {
        await dead();
        expect(await inbox.prune(Number.MAX_SAFE_INTEGER)).toBe(0);
      });

      it('can be replayed', async () => {
        const id = await dead();
        expect(await inbox.retry([id])).toEqual([id]);
        expect(await inbox.claim(1, NOON)).toMatchObject([{ id, failures: 0 }]);
      });

      it('can be made of what waits, is deferred or ended in an error, and of nothing else', async () => {
        const failed = await settledEvent();
        const done = await settledEvent();
        await inbox.retry([failed]);
        await inbox.claim(1, NOON);
        await inbox.settle([settled(failed, { outcome: 'error', matchAgainAt: NOON })], NOON);
        const [waiting = 0, deferred = 0] = await accepted(
          message({ events: [vitalEvent({ date: '2024-06-02' })] }),
          message({ events: [vitalEvent({ date: '2023-01-01' })] }),
        );
        await inbox.claim(1, NOON);
        await inbox.settle([released(deferred, NOON + DAY)], NOON);
        expect(await inbox.setAside([failed, done, waiting, deferred, 999_999])).toEqual([
          failed,
          waiting,
          deferred,
        ]);
        expect(await inbox.counts()).toMatchObject({ dead: 3, processed: 1, error: 0, unmatched: 0 });
      });

      it('are not what is withdrawn: that is settled, closes its message, and was never tried', async () => {
        const [tried = 0, held = 0] = await accepted(message(), message());
        await inbox.claim(2, NOON);
        await inbox.settle([settled(tried, { outcome: 'error', odooEventId: null })], NOON);
        await inbox.retry([tried]);
        const { inboxId, events } = await inbox.accept(
          message({ events: [vitalEvent(), vitalEvent({ type: 'birth' })] }),
        );
        const ids = events.map(({ id }) => id);
        const waiting = inbox.waitSettled(inboxId, 60_000);
        expect(await inbox.withdraw([held, tried, ...ids, 999_999], NOON)).toEqual(ids);
        const withdrawn = { state: 'settled', outcome: 'processed', odooEventId: null };
        expect(await waiting).toMatchObject([withdrawn, withdrawn]);
        expect(await inbox.show(ids[0] ?? 0)).toMatchObject({ reason: 'event.withdrawn', settledAt: NOON });
        expect(await inbox.counts()).toMatchObject({ dead: 0, processed: 2, waiting: 1, delivering: 1 });
        expect(await inbox.retry(ids)).toEqual([]);
        expect(await inbox.setAside(ids)).toEqual([]);
        expect(await inbox.prune(NOON + 1)).toBe(1);
      });

      it('can be replayed in large numbers', async () => {
        const events = Array.from({ length: 1200 }, () => vitalEvent());
        const ids = await accepted(message({ events }));
        expect(await inbox.setAside(ids)).toEqual(ids);
        expect(await retryMatching({ state: 'dead' })).toBe(1200);
        expect(await inbox.claim(2000, NOON)).toHaveLength(1200);
      });

      it('can be replayed all at once, as a filter says', async () => {
        const ids: number[] = [];
        for (let count = 0; count < 3; count += 1) ids.push(await dead());
        await dead({ senderId: 'crvs.other' });
        await dead({ events: [vitalEvent({ type: 'birth' })] });
        expect(await retryMatching({ state: 'dead', type: 'death', senderId: 'crvs.test' })).toBe(3);
        expect((await claimedIds()).sort((a, b) => a - b)).toEqual(ids);
        expect(await inbox.counts()).toMatchObject({ dead: 2 });
        expect(await retryMatching({ state: 'delivering' })).toBe(0);
      });
    });

    describe('matching again', () => {
      async function unmatched(at: number): Promise<number> {
        const [id = 0] = await accepted(message());
        await inbox.claim(1000, NOON);
        await inbox.settle([settled(id, { outcome: 'error', matchAgainAt: at })], NOON);
        return id;
      }

      it('gives the events whose time has come, longest due first', async () => {
        const late = await unmatched(NOON + 2);
        const early = await unmatched(NOON + 1);
        await unmatched(NOON + 50);
        await settledEvent();
        expect(await inbox.dueMatches(10, NOON + 2)).toEqual([
          { id: early, ...vitalEvent(), reason: null, settledAt: NOON },
          { id: late, ...vitalEvent(), reason: null, settledAt: NOON },
        ]);
        expect(await inbox.dueMatches(1, NOON + 2)).toMatchObject([{ id: early }]);
        expect(await inbox.counts()).toMatchObject({ error: 3, unmatched: 3 });
      });

      it('can be put off, and given up', async () => {
        const [a, b] = [await unmatched(NOON), await unmatched(NOON)];
        await inbox.matchAgain([
          { id: a, at: NOON + 10 },
          { id: b, at: null },
        ]);
        expect(await inbox.dueMatches(10, NOON + 9)).toEqual([]);
        expect(await inbox.dueMatches(10, NOON + 10)).toMatchObject([{ id: a }]);
        expect(await inbox.counts()).toMatchObject({ error: 2, unmatched: 1 });
      });

      it('is over when the event is retried', async () => {
        const id = await unmatched(NOON);
        await inbox.retry([id]);
        expect(await inbox.dueMatches(10, NOON)).toEqual([]);
        await inbox.matchAgain([{ id, at: NOON }]);
        expect(await inbox.dueMatches(10, NOON)).toEqual([]);
      });
    });

    describe('rows that were read from OpenSPP', () => {
      it('come with what is known of them', async () => {
        const receipt = await inbox.accept(message({ adopted: { odooEventId: 42, personId: 7 } }));
        expect(receipt.events).toMatchObject([{ odooEventId: 42 }]);
        expect(await inbox.claim(1, NOON)).toMatchObject([
          { odooEventId: 42, adopted: { odooEventId: 42, personId: 7 } },
        ]);
      });

      it('are found by the row’s id, the newest event where there are several', async () => {
        const [first = 0] = await accepted(message({ adopted: { odooEventId: 42, personId: null } }));
        const second = await settledEvent();
        expect(await inbox.findByRows([42, 1000 + second, 5])).toEqual(
          new Map([
            [42, { id: first, state: 'delivering' }],
            [1000 + second, { id: second, state: 'settled' }],
          ]),
        );
        const [third = 0] = await accepted(message({ adopted: { odooEventId: 42, personId: null } }));
        expect(await inbox.findByRows([42])).toEqual(new Map([[42, { id: third, state: 'waiting' }]]));
      });
    });

    describe('rows of an OpenSPP that the inbox belongs to no longer', () => {
      it('are forgotten by all events, but for those in hand, and what was read from them is set aside', async () => {
        const done = await settledEvent();
        const failed = await settledEvent();
        await inbox.retry([failed]);
        await inbox.claim(1, NOON);
        await inbox.settle(
          [settled(failed, { outcome: 'error', odooEventId: 44, matchAgainAt: NOON })],
          NOON,
        );
        const [deferred = 0, given = 0, untried = 0] = await accepted(message(), message(), message());
        await inbox.claim(2, NOON);
        await inbox.settle(
          [
            { kind: 'released', id: deferred, dueAt: NOON + DAY, reason: 'test', odooEventId: 45 },
            { kind: 'released', id: given, dueAt: null, reason: 'test', odooEventId: 46 },
          ],
          NOON,
        );
        const [adopted = 0] = await accepted(
          message({
            adopted: { odooEventId: 42, personId: 7 },
            events: [vitalEvent({ date: '2024-06-02' })],
          }),
        );
        const [held = 0] = await accepted(
          message({
            adopted: { odooEventId: 43, personId: 8 },
            events: [vitalEvent({ date: '2001-01-01' })],
          }),
        );
        expect(await claimedIds(1)).toEqual([held]);

        const counted: number[] = [];
        do counted.push(await inbox.forgetRows(2));
        while (counted.at(-1) !== 0);
        expect(counted).toEqual([2, 2, 1, 0]);
        const now = async (id: number) => {
          const { state, outcome, odooEventId, dueAt, reason } = (await inbox.show(id)) ?? {};
          return { state, outcome, odooEventId, dueAt, reason };
        };
        const none = { outcome: null, odooEventId: null, dueAt: null };
        expect(await now(done)).toMatchObject({ state: 'settled', outcome: 'processed', odooEventId: null });
        expect(await now(failed)).toMatchObject({ state: 'settled', outcome: 'error', odooEventId: null });
        expect(await now(deferred)).toMatchObject({
          state: 'deferred',
          odooEventId: null,
          dueAt: NOON + DAY,
        });
        expect(await now(given)).toMatchObject({ ...none, state: 'waiting' });
        expect(await now(untried)).toMatchObject({ ...none, state: 'waiting' });
        expect(await now(adopted)).toEqual({ ...none, state: 'dead', reason: 'openspp.other' });
        expect(await now(held)).toMatchObject({ state: 'delivering', odooEventId: 43 });
        expect(await inbox.counts()).toMatchObject({ waiting: 2, deferred: 1, dead: 1, delivering: 1 });
        expect(await inbox.findByRows([42, 44, 45, 46, 1000 + done])).toEqual(new Map());
        // A registry's word is matched again; once it waits, it is an event like others.
        expect(await inbox.dueMatches(10, NOON)).toMatchObject([{ id: failed }]);
        await inbox.retry([adopted]);
        const again = (await inbox.claim(10, NOON)).find(({ id }) => id === adopted);
        expect(again).toMatchObject({ odooEventId: null, adopted: null });
      });
    });

    describe('hold', () => {
      it('gives what nobody holds, once, until it is freed', async () => {
        expect(await inbox.hold(['a', 'b', 'a'])).toEqual(new Set(['a', 'b']));
        expect(await inbox.hold(['b', 'c'])).toEqual(new Set(['c']));
        await inbox.free(['b', 'never held']);
        expect(await inbox.hold(['a', 'b', 'c'])).toEqual(new Set(['b']));
        expect(await inbox.hold([])).toEqual(new Set());
      });

      it('gives a key to one of many who ask at the same time', async () => {
        const got = await Promise.all(Array.from({ length: 20 }, () => inbox.hold(['a', 'b'])));
        expect(got.reduce((sum, { size }) => sum + size, 0)).toBe(2);
      });

      it('keeps what is to be freed after a while until then', async () => {
        await inbox.hold(['a', 'b']);
        await inbox.free(['a'], 3_600_000);
        await inbox.free(['b'], 1);
        await vi.waitFor(async () => expect(await inbox.hold(['b'])).toEqual(new Set(['b'])), PATIENCE);
        expect(await inbox.hold(['a', 'b'])).toEqual(new Set());
      });

      it('is good while the lease is', () => {
        expect(inbox.lease().aborted).toBe(false);
      });
    });

    describe('schedule', () => {
      it('does the work at once and again, one at a time, and reports failures', async () => {
        const runs = Promise.withResolvers<void>();
        let count = 0;
        let under = 0;
        const failures: unknown[] = [];
        const stop = await inbox.schedule(
          'test',
          1,
          async () => {
            under += 1;
            expect(under).toBe(1);
            await new Promise(setImmediate);
            under -= 1;
            count += 1;
            if (count >= 3) runs.resolve();
            throw new Error('as the test wants it');
          },
          (error) => failures.push(error),
        );
        await runs.promise;
        await stop();
        const ended = count;
        await new Promise(setImmediate);
        expect(count).toBe(ended);
        expect(failures).toHaveLength(ended);
      });
    });

    describe('counts', () => {
      it('is all nothing for an empty inbox', async () => {
        expect(await inbox.counts()).toEqual({
          unindexed: 0,
          oldestUnindexedAt: null,
          waiting: 0,
          deferred: 0,
          delivering: 0,
          processed: 0,
          error: 0,
          dead: 0,
          unmatched: 0,
          byReason: [],
          oldestUnsettledAt: null,
        });
      });

      it('counts the reasons of what is not processed, most first', async () => {
        const [a = 0, b = 0, c = 0, d = 0] = await accepted(message(), message(), message(), message());
        await inbox.claim(4, NOON);
        await inbox.settle(
          [
            settled(a, { outcome: 'error', reason: 'match.none' }),
            released(b, NOON + 9, 'odoo.timeout'),
            released(c, null, 'odoo.timeout'),
            settled(d, { outcome: 'error' }),
          ],
          NOON,
        );
        expect((await inbox.counts()).byReason).toEqual([
          { reason: 'odoo.timeout', count: 2 },
          { reason: 'match.none', count: 1 },
        ]);
      });

      it('can leave reasons out of the oldest event that is not settled', async () => {
        const [old = 0] = await accepted(message({ receivedAt: NOON - DAY }), message());
        await inbox.claim(1, NOON);
        await inbox.settle([released(old, NOON + DAY, 'openspp.registry_locked')], NOON);
        expect((await inbox.counts()).oldestUnsettledAt).toBe(NOON - DAY);
        const without = async (reasons: string[]) =>
          (await inbox.counts({ reasons, untilDue: [], now: NOON })).oldestUnsettledAt;
        expect(await without(['openspp.registry_locked'])).toBe(NOON);
        expect(await without(['another'])).toBe(NOON - DAY);
        expect(
          (await inbox.tally({ reasons: ['openspp.registry_locked'], untilDue: [], now: NOON }))
            .oldestUnsettledAt,
        ).toBe(NOON);
      });

      it('can leave out what is deferred for a reason, until its time is over', async () => {
        const [old = 0] = await accepted(message({ receivedAt: NOON - DAY }), message());
        await inbox.claim(1, NOON);
        await inbox.settle([released(old, NOON + 1000, 'event.future_date')], NOON);
        const at = async (now: number) =>
          (await inbox.counts({ reasons: [], untilDue: ['event.future_date'], now })).oldestUnsettledAt;
        expect(await at(NOON)).toBe(NOON);
        expect(await at(NOON + 999)).toBe(NOON);
        // From then on it waits for the bridge, also while nobody takes it.
        expect(await at(NOON + 1000)).toBe(NOON - DAY);
        expect(await inbox.claim(1, NOON + 1000)).toMatchObject([{ id: old }]);
        expect(await at(NOON + 1000)).toBe(NOON - DAY);
      });

      it('knows the oldest event that is not settled, in whatever state', async () => {
        await settledEvent({ receivedAt: NOON - 3 * DAY });
        const [old = 0] = await accepted(message({ receivedAt: NOON - 2 * DAY }));
        await accepted(message({ receivedAt: NOON - DAY }));
        expect((await inbox.counts()).oldestUnsettledAt).toBe(NOON - 2 * DAY);
        await inbox.claim(1, NOON);
        await inbox.settle([released(old, NOON + DAY)], NOON);
        expect((await inbox.counts()).oldestUnsettledAt).toBe(NOON - 2 * DAY);
        await inbox.claim(2, NOON + DAY);
        await inbox.settle([settled(old)], NOON + DAY);
        expect(await inbox.counts()).toMatchObject({
          delivering: 1,
          processed: 2,
          oldestUnsettledAt: NOON - DAY,
        });
      });
    });

    describe('prune', () => {
      it('deletes what was settled before, with its events and attempts', async () => {
        const id = await settledEvent({}, NOON);
        expect(await inbox.prune(NOON)).toBe(0);
        expect(await inbox.prune(NOON + 1)).toBe(1);
        expect(await inbox.show(id)).toBeNull();
        expect(await inbox.list({})).toEqual([]);
        expect(await inbox.counts()).toMatchObject({ processed: 0 });
        expect(await inbox.prune(NOON + 1)).toBe(0);
      });

      it('keeps a message as long as one of its events is not settled', async () => {
        const { events } = await inbox.accept(message({ events: [vitalEvent(), vitalEvent()] }));
        const [first = 0, second = 0] = events.map(({ id }) => id);
        await inbox.claim(2, NOON);
        await inbox.settle([settled(first), released(second, NOON + 1)], NOON);
        expect(await inbox.prune(NOON + DAY)).toBe(0);
        await inbox.claim(1, NOON + 1);
        await inbox.settle([settled(second)], NOON + 1);
        expect(await inbox.prune(NOON + 1)).toBe(0);
        expect(await inbox.prune(NOON + 2)).toBe(1);
      });

      it('keeps what is retried', async () => {
        const id = await settledEvent();
        await inbox.retry([id]);
        expect(await inbox.prune(NOON + DAY)).toBe(0);
        expect(await inbox.show(id)).not.toBeNull();
      });

      it('counts a message without events as settled when it came', async () => {
        await inbox.accept(message({ events: [] }));
        expect(await inbox.prune(NOON)).toBe(0);
        expect(await inbox.prune(NOON + 1)).toBe(1);
      });

      it('deletes more than fit in one commit', async () => {
        await Promise.all(Array.from({ length: 1250 }, () => inbox.accept(message({ events: [] }))));
        const [kept = 0] = await accepted(message());
        expect(await inbox.prune(NOON + 1)).toBe(1250);
        expect((await inbox.list({})).map(({ id }) => id)).toEqual([kept]);
      });

      it('takes a pruned message as a new one', async () => {
        const told = message({ events: [] });
        await inbox.accept(told);
        await inbox.prune(NOON + 1);
        expect((await inbox.accept(told)).kind).toBe('created');
      });
    });

    describe('find', () => {
      const found = async (text: string) => (await inbox.find(text, 10)).map(({ id }) => id);

      it('takes every name of an event', async () => {
        const receipt = await inbox.accept(
          message({
            messageId: 'the message',
            events: [
              vitalEvent({ identifiers: [{ type: 'UIN', value: 'Ab-7' }] }),
              vitalEvent({ identifiers: [] }),
            ],
          }),
        );
        const [one = 0, other = 0] = receipt.events.map(({ id }) => id);
        await inbox.claim(10, NOON);
        await inbox.settle([settled(one, { odooEventId: 777_000 })], NOON);
        expect(await found(`${one}`)).toEqual([one]);
        expect(await found('777000')).toEqual([one]);
        expect(await found(' the message ')).toEqual([other, one]);
        expect(await found(receipt.correlationId.toUpperCase())).toEqual([other, one]);
        expect(await found('aB-7 ')).toEqual([one]);
        expect(await found('Ab')).toEqual([]);
        expect(await found('nothing\u0000\ud800')).toEqual([]);
        expect(await inbox.find(`${one}`, 10)).toEqual(await inbox.list({ before: other }));
      });

      it('gives the newest, and knows nothing of what was pruned', async () => {
        const ids = await accepted(message(), message(), message());
        expect((await inbox.find('N-1', 2)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
        await inbox.claim(10, NOON);
        await inbox.settle(
          ids.map((id) => settled(id)),
          NOON,
        );
        await inbox.prune(NOON + 1);
        expect(await found('N-1')).toEqual([]);
      });
    });

    describe('list by time', () => {
      it('takes what was received from a time on and before another', async () => {
        const ids = await accepted(
          message({ receivedAt: NOON - DAY }),
          message({ receivedAt: NOON }),
          message({ receivedAt: NOON + DAY }),
        );
        const listed = async (filter: Parameters<Inbox['list']>[0]) =>
          (await inbox.list(filter)).map(({ id }) => id);
        expect(await listed({ receivedFrom: NOON })).toEqual([ids[2], ids[1]]);
        expect(await listed({ receivedBefore: NOON })).toEqual([ids[0]]);
        expect(await listed({ receivedFrom: NOON, receivedBefore: NOON + 1 })).toEqual([ids[1]]);
      });
    });

    describe('a list', () => {
      it('goes from the oldest as well, takes ids, and counts up to a limit', async () => {
        const ids = await accepted(...Array.from({ length: 5 }, () => message()));
        await accepted(message({ senderId: 'crvs.other' }));
        const listed = async (listing: Parameters<Inbox['list']>[0]) =>
          (await inbox.list({ senderId: 'crvs.test', ...listing })).map(({ id }) => id);
        expect(await listed({ order: 'oldest' })).toEqual(ids);
        expect(await listed({ order: 'oldest', after: ids[1], limit: 2 })).toEqual(ids.slice(2, 4));
        expect(await listed({ after: ids[2] })).toEqual(ids.slice(3).toReversed());
        expect(await listed({ ids: [ids[4] ?? 0, ids[1] ?? 0, 999_999] })).toEqual([ids[4], ids[1]]);
        expect(await listed({ ids: [] })).toEqual([]);
        expect(await inbox.count({ senderId: 'crvs.test' }, 100)).toBe(5);
        expect(await inbox.count({}, 100)).toBe(6);
        expect(await inbox.count({}, 4)).toBe(4);
        expect(await inbox.count({ type: 'birth' }, 4)).toBe(0);
      });
    });

    describe('a sorted list', () => {
      /** Events that differ in all that lists are sorted by; the last one is as the first one, but newer. */
      async function various(): Promise<number[]> {
        const types = ['death', 'birth', 'marriage', 'death', 'divorce', 'death'] as const;
        const dates = ['2024-03-01', null, '2024-01-01', '2024-02-01', null, '2024-03-01'];
        const senders = ['b', 'a', '\u{1f600}', '\uffee', 'c', 'b'];
        const ids = await accepted(
          ...types.map((type, at) =>
            message({
              senderId: senders[at] ?? '',
              receivedAt: NOON + at,
              events: [vitalEvent({ type, date: dates[at] ?? null })],
            }),
          ),
        );
        const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = ids;
        await inbox.claim(10, NOON);
        await inbox.settle(
          [
            settled(a, { outcome: 'error', reason: 'match.none' }),
            settled(b),
            released(c, NOON + DAY, 'odoo.timeout'),
            { kind: 'dead', id: d, reason: 'event.poison' },
            settled(f, { outcome: 'error', reason: 'match.none' }),
          ],
          NOON + 100,
        );
        expect((await inbox.list({ ids: [e] }))[0]?.state).toBe('delivering');
        return ids;
      }

      const ORDERS: Record<SortColumn, { up: number[]; down: number[] }> = {
        type: { up: [1, 5, 3, 0, 4, 2], down: [2, 4, 5, 3, 0, 1] },
        date: { up: [2, 3, 5, 0, 4, 1], down: [5, 0, 3, 2, 4, 1] },
        state: { up: [2, 4, 1, 5, 0, 3], down: [3, 5, 0, 1, 4, 2] },
        reason: { up: [3, 5, 0, 2, 4, 1], down: [2, 5, 0, 3, 4, 1] },
        took: { up: [5, 1, 0, 4, 2, 3], down: [2, 4, 0, 1, 5, 3] },
        sender: { up: [1, 5, 0, 4, 3, 2], down: [2, 3, 4, 5, 0, 1] },
        attempts: { up: [4, 3, 2, 1, 5, 0], down: [5, 0, 4, 3, 2, 1] },
      };

      it.each(SORT_COLUMNS)('goes by %s, up and down, page by page, and back', async (by) => {
        const ids = await various();
        const { up, down } = ORDERS[by];
        for (const [descending, places] of [
          [false, up],
          [true, down],
        ] as const) {
          const sort = { by, descending, now: NOON + 1000 };
          const expected = places.map((at) => ids[at]);
          const whole = await inbox.list({ sort });
          expect(
            whole.map(({ id }) => ids.indexOf(id)),
            `${by} ${descending}`,
          ).toEqual(places);
          const paged: number[] = [];
          for (let after: EventSummary | undefined; ; ) {
            const page = await inbox.list({ sort: { ...sort, after }, limit: 2 });
            paged.push(...page.map(({ id }) => id));
            after = page.at(-1);
            if (page.length < 2) break;
          }
          expect(paged).toEqual(expected);
          const back = await inbox.list({ sort: { ...sort, reversed: true, after: whole[3] } });
          expect(back.map(({ id }) => id)).toEqual(expected.slice(0, 3).toReversed());
        }
      });

      it('takes the same filters', async () => {
        const ids = await various();
        const sort = { by: 'sender', descending: false, now: NOON } as const;
        const listed = async (filter: EventFilter) =>
          (await inbox.list({ ...filter, sort })).map(({ id }) => ids.indexOf(id));
        expect(await listed({ type: 'death' })).toEqual([5, 0, 3]);
        expect(await listed({ senderId: 'b', reason: 'match.none', receivedFrom: NOON + 1 })).toEqual([5]);
        expect(await listed({ senderId: 'nobody' })).toEqual([]);
        expect(await listed({ ids: [ids[1] ?? 0, ids[0] ?? 0] })).toEqual([1, 0]);
      });
    });

    describe('tally', () => {
      it('follows every change of an event', async () => {
        const told = async () =>
          (await inbox.tally()).rows
            .map(({ type, state, outcome, count }) => `${type} ${state} ${outcome} ${count}`)
            .sort();
        expect(await inbox.tally()).toEqual({ rows: [], reasons: [], oldestUnsettledAt: null });
        const [one = 0, two = 0, three = 0] = await accepted(
          message({ receivedAt: NOON - 5 }),
          message(),
          message({ events: [vitalEvent({ type: 'birth' })] }),
        );
        expect(await told()).toEqual(['birth waiting null 1', 'death waiting null 2']);
        await inbox.claim(10, NOON);
        await inbox.settle(
          [settled(one), settled(two, { outcome: 'error', reason: 'match.none' }), released(three, NOON + 9)],
          NOON,
        );
        expect(await told()).toEqual([
          'birth deferred null 1',
          'death settled error 1',
          'death settled processed 1',
        ]);
        expect((await inbox.tally()).reasons).toEqual([
          { reason: 'match.none', state: 'settled', count: 1 },
          { reason: 'odoo.unreachable', state: 'deferred', count: 1 },
        ]);
        await inbox.setAside([two]);
        await inbox.retry([three]);
        await inbox.prune(NOON + 1);
        expect(await told()).toEqual(['birth waiting null 1', 'death dead null 1']);
      });
    });

    describe('rates', () => {
      it('counts what came and what was settled in each span', async () => {
        const MINUTE = 60_000;
        const ids = await accepted(
          message({ receivedAt: NOON - 1 }),
          message({ receivedAt: NOON }),
          message({ receivedAt: NOON + MINUTE - 1 }),
          message({ receivedAt: NOON + 2 * MINUTE }),
          message({ receivedAt: NOON + 3 * MINUTE }),
        );
        await inbox.claim(10, NOON);
        await inbox.settle(
          [
            settled(ids[0] ?? 0),
            settled(ids[1] ?? 0, { outcome: 'error', reason: 'match.none' }),
            settled(ids[2] ?? 0, { outcome: 'error' }),
          ],
          NOON + MINUTE + 40_000,
        );
        await inbox.keepRefusals(
          [NOON - 1, NOON + 2 * MINUTE + 50_000].map((at) => ({
            at,
            connector: 'dci',
            senderId: null,
            code: 'err.request.bad',
            reason: 'json.unexpected',
            field: null,
            correlationId: 'one',
          })),
        );
        // Refusals are written at most once a second; a list does not wait for that.
        await inbox.refusals({});
        const { errors, ...rates } = await inbox.rates(NOON, MINUTE, 3);
        expect(rates).toEqual({ accepted: [2, 0, 1], settled: [0, 3, 0], refused: [0, 0, 1] });
        expect(errors.toSorted((a, b) => (a.reason ?? '').localeCompare(b.reason ?? ''))).toEqual([
          { span: 1, reason: null, count: 1 },
          { span: 1, reason: 'match.none', count: 1 },
        ]);
      });
    });

    describe('lastMessages', () => {
      it('says when each sender last sent something', async () => {
        await accepted(
          message({ senderId: 'one' }),
          message({ senderId: 'one', receivedAt: NOON + 7 }),
          message({ senderId: 'two', events: [] }),
        );
        expect(await inbox.lastMessages(['one', 'two', 'three'])).toEqual(
          new Map([
            ['one', NOON + 7],
            ['two', NOON],
          ]),
        );
      });
    });

    describe('the audit log', () => {
      const entry = {
        at: NOON,
        actor: 'session a',
        address: '192.0.2.1',
        action: 'show',
        eventId: 7,
        count: null,
        filter: null,
      } as const;

      it('keeps who did what, newest first, by page and by event', async () => {
        await inbox.audit(entry);
        await inbox.audit({
          ...entry,
          at: NOON + 1,
          address: null,
          action: 'search',
          eventId: null,
          count: 3,
        });
        await inbox.audit({ ...entry, at: NOON + 2, eventId: 8 });
        const trail = await inbox.auditTrail({});
        expect(trail).toEqual([
          { ...entry, id: expect.any(Number), at: NOON + 2, eventId: 8 },
          {
            ...entry,
            id: expect.any(Number),
            at: NOON + 1,
            address: null,
            action: 'search',
            eventId: null,
            count: 3,
          },
          { ...entry, id: expect.any(Number) },
        ]);
        expect(await inbox.auditTrail({ limit: 1, before: trail[0]?.id })).toEqual([trail[1]]);
        expect(await inbox.auditTrail({ eventId: 7 })).toEqual([trail[2]]);
      });

      it('names all the events of one entry, and finds them by it', async () => {
        const ids = await accepted(message(), message(), message());
        const [one = 0, two = 0, three = 0] = ids;
        const filter = 'state=dead';
        const id = await inbox.audit({ ...entry, action: 'retry', eventId: null, count: 2, filter }, [
          one,
          two,
        ]);
        await inbox.extendAudit(id, [three]);
        const other = await inbox.audit({ ...entry, action: 'set_aside', eventId: one }, [one]);
        expect(await inbox.auditTrail({ eventId: three })).toMatchObject([{ id, count: 3, filter }]);
        expect((await inbox.auditTrail({ eventId: one })).map((kept) => kept.id)).toEqual([other, id]);
        expect((await inbox.list({ audit: id })).map((event) => event.id)).toEqual([three, two, one]);
        expect(await inbox.count({ audit: other }, 10)).toBe(1);
        await inbox.pruneAudit(NOON + 1);
        expect(await inbox.list({ audit: id })).toEqual([]);
      });

      it('forgets what is past its time, and outlives the event', async () => {
        const id = await settledEvent();
        await inbox.audit({ ...entry, eventId: id });
        await inbox.audit({ ...entry, at: NOON + 5 });
        await inbox.prune(NOON + 1);
        expect(await inbox.auditTrail({})).toHaveLength(2);
        expect(await inbox.pruneAudit(NOON + 5)).toBe(1);
        expect((await inbox.auditTrail({})).map(({ at }) => at)).toEqual([NOON + 5]);
      });
    });

    describe('refusals', () => {
      const REASON = 'signature.mismatch';
      const refusal = (over: Partial<Refusal> = {}): Refusal => ({
        at: NOON,
        connector: 'dci',
        route: '/registry/notify',
        senderId: 'crvs.test',
        code: 'rjct.signature.invalid',
        status: 401,
        reason: REASON,
        field: null,
        correlationId: 'c-1',
        ...over,
      });
      const codes = async (filter: RefusalFilter) => (await inbox.refusals(filter)).map(({ code }) => code);

      it('of records are kept with their message, once, and not with one that was there before', async () => {
        const told = message({
          correlationId: '01890a5d-ac96-774b-bcce-b302099a8057',
          refusals: [refusal()],
        });
        expect((await inbox.accept(told)).kind).toBe('created');
        expect((await inbox.accept(told)).kind).toBe('repeated');
        const other = { ...told, contentDigest: 'f'.repeat(64), refusals: [refusal({ code: 'x' })] };
        expect((await inbox.accept(other)).kind).toBe('conflict');
        const two = [refusal({ code: 'b' }), refusal({ code: 'c', field: 'nul \u0000 and half \ud800' })];
        await Promise.all([
          inbox.accept(message({ refusals: two })),
          inbox.accept(message()),
          inbox.accept(message({ events: [], refusals: [refusal({ code: 'd' })] })),
        ]);
        const all = await inbox.refusals({});
        expect(all.map(({ code }) => code).sort()).toEqual(['b', 'c', 'd', 'rjct.signature.invalid']);
        expect(all.find(({ code }) => code === 'c')?.field).toMatch(/^nul .* and half .$/s);
        expect(all.at(-1)).toEqual({ ...refusal(), id: expect.any(Number) });
      });

      it('of records count among the newest that are kept', async () => {
        for (let group = 0; group < 10; group++) {
          await inbox.keepRefusals(Array.from({ length: 1000 }, () => refusal({ code: 'old' })));
          await inbox.refusals({ limit: 1 });
        }
        await inbox.accept(message({ refusals: [refusal({ code: 'new' })] }));
        const kept = await inbox.refusals({ limit: 20_000 });
        expect([kept.length, kept[0]?.code]).toEqual([REFUSALS_KEPT, 'new']);
      });

      it('are kept, newest first, by page, connector, sender and code', async () => {
        await inbox.keepRefusals([refusal(), refusal({ code: 'b', field: 'message.event_type' })]);
        await inbox.keepRefusals([
          refusal({ code: 'c', connector: 'mosip', senderId: null, route: null, status: null }),
          refusal({ code: 'd', senderId: 'nul \u0000 and half \ud800' }),
        ]);
        const all = await inbox.refusals({});
        expect(all.map(({ code }) => code)).toEqual(['d', 'c', 'b', 'rjct.signature.invalid']);
        expect(all[3]).toEqual({ ...refusal(), id: expect.any(Number) });
        expect(all[1]).toMatchObject({ senderId: null, route: null, status: null });
        expect(await codes({ limit: 2, before: all[0]?.id })).toEqual(['c', 'b']);
        expect(await codes({ connector: 'mosip' })).toEqual(['c']);
        expect(await codes({ senderId: 'crvs.test', code: 'b' })).toEqual(['b']);
        expect(await codes({ senderId: 'crvs.other' })).toEqual([]);
        expect(await codes({ reason: REASON, limit: 1 })).toEqual(['d']);
        expect(await codes({ reason: 'another' })).toEqual([]);
      });

      it('are counted from a time on, most first', async () => {
        await inbox.keepRefusals([
          refusal({ at: NOON - 1 }),
          refusal({ code: 'a' }),
          refusal({ code: 'b' }),
          refusal({ code: 'b', at: NOON + 5 }),
        ]);
        expect(await inbox.refusalCounts(NOON)).toEqual([
          { senderId: 'crvs.test', connector: 'dci', code: 'b', reason: REASON, count: 2, lastAt: NOON + 5 },
          { senderId: 'crvs.test', connector: 'dci', code: 'a', reason: REASON, count: 1, lastAt: NOON },
        ]);
      });

      it('are forgotten when their time is over', async () => {
        await inbox.keepRefusals([refusal({ at: NOON - 1 }), refusal({ code: 'a' })]);
        expect(await inbox.pruneRefusals(NOON)).toBe(1);
        expect(await codes({})).toEqual(['a']);
      });

      it('are few, and short, whatever is sent', async () => {
        await inbox.keepRefusals([refusal({ senderId: 'x'.repeat(1_000_000) })]);
        expect((await inbox.refusals({}))[0]?.senderId?.length).toBe(300);
        for (let group = 0; group < 12; group += 1) {
          const many = Array.from({ length: 1000 }, (_, at) => refusal({ code: `${group * 1000 + at}` }));
          await inbox.keepRefusals(many);
          await inbox.refusals({ limit: 1 });
        }
        const kept = await inbox.refusals({ limit: 20_000 });
        expect(kept.length).toBe(REFUSALS_KEPT);
        expect(kept[0]?.code).toBe('11999');
        // So many at once that they are not written one by one: the newest.
        await inbox.pruneRefusals(NOON + 1);
        await inbox.keepRefusals(Array.from({ length: 5000 }, (_, at) => refusal({ code: `${at}` })));
        expect((await codes({ limit: 20_000 })).slice(0, 2)).toEqual(['4999', '4998']);
        expect(await codes({ limit: 20_000 })).toHaveLength(1000);
      });

      it('wait for no commit, and are written when the inbox closes', async () => {
        await inbox.keepRefusals([]);
        await inbox.keepRefusals([refusal()]);
        await inbox.close();
        await expect(inbox.keepRefusals([refusal()])).rejects.toBeInstanceOf(InboxUnavailableError);
        await expect(inbox.refusals({})).rejects.toBeInstanceOf(InboxUnavailableError);
      });
    });

    it('keeps documents, the last one of a name', async () => {
      expect(await inbox.getDocument('senders')).toBeNull();
      await inbox.putDocument('senders', '[1]');
      await inbox.putDocument('other', '"é😀"');
      await inbox.putDocument('senders', '[2]');
      expect(await inbox.getDocument('senders')).toBe('[2]');
      expect(await inbox.getDocument('other')).toBe('"é😀"');
    });

    it('lists documents by how their names begin, and replaces one that nobody replaced meanwhile', async () => {
      expect(await inbox.replaceDocument('sub/1', null, '1')).toBe(true);
      expect(await inbox.replaceDocument('sub/1', null, '2')).toBe(false);
      expect(await inbox.replaceDocument('sub/1', '2', '3')).toBe(false);
      expect(await inbox.replaceDocument('sub/1', '1', '2')).toBe(true);
      await inbox.putDocument('sub%', 'another');
      await inbox.putDocument('sub/2', 'x');
      expect(await inbox.listDocuments('sub/')).toEqual(
        new Map([
          ['sub/1', '2'],
          ['sub/2', 'x'],
        ]),
      );
      expect(await inbox.replaceDocument('sub/2', 'y', null)).toBe(false);
      expect(await inbox.replaceDocument('sub/2', 'x', null)).toBe(true);
      expect(await inbox.replaceDocument('sub/2', null, null)).toBe(true);
      expect(await inbox.getDocument('sub/2')).toBeNull();
    });

    describe('what registries were asked', () => {
      const question = (transactionId: string, over: Partial<NewQuestion> = {}): NewQuestion => ({
        transactionId,
        registry: 'crvs_main',
        action: 'on-search',
        senderIds: ['crvs.test'],
        purpose: 'check-death',
        askedAt: NOON,
        ...over,
      });
      /** Commits a callback, and gives it to its question. */
      async function called(over: Partial<NewAnswer> = {}, body = '{}') {
        const callback = message({ action: 'on-search', dialect: null, events: [], body });
        const { inboxId } = await inbox.accept(callback);
        const answer: NewAnswer = {
          inboxId,
          action: 'on-search',
          senderNames: ['crvs.test'],
          transactionId: null,
          correlationId: null,
          receivedAt: NOON,
          ...over,
        };
        return { answer, question: await inbox.answer(answer) };
      }

      it('is kept, and known by its transaction', async () => {
        await inbox.ask(question('t-1'));
        await inbox.ask(question('t-1', { purpose: 'another' }));
        expect(await inbox.question('t-1')).toEqual({ ...question('t-1'), correlationId: null });
        expect(await inbox.question('t-2')).toBeNull();
        expect(await inbox.answers('t-1')).toEqual([]);
        const first = await called({ transactionId: 't-1' }, '{"first": "\u0000"}');
        expect(first.question).toMatchObject({ registry: 'crvs_main', purpose: 'check-death' });
        await called({ transactionId: 't-1', receivedAt: NOON + 1 }, '{"second": true}');
        // A repeat is answered like the first one.
        expect(await inbox.answer(first.answer)).toMatchObject({ transactionId: 't-1' });
        const kept = await inbox.answers('t-1');
        expect(kept.map(({ body }) => body)).toEqual(['{"first": "\u0000"}', '{"second": true}']);
        expect(await inbox.answers('t-1', [kept[0]?.id ?? 0])).toEqual(kept.slice(1));
        expect(await inbox.answerCounts()).toEqual({ open: 0, answered: 1, unasked: 0 });
      });

      it('is not answered by another sender, with another callback, or by what names another transaction', async () => {
        await inbox.ask(question('t-1'));
        await inbox.questionAcknowledged('t-1', 'c-1');
        const others: Partial<NewAnswer>[] = [
          { transactionId: 't-1', senderNames: ['crvs.other'] },
          { correlationId: 'c-1', senderNames: ['crvs.other'] },
          { transactionId: 't-1', action: 'on-subscribe' },
          { transactionId: 't-9', correlationId: 'c-1' },
          { correlationId: 'c-9' },
          {},
        ];
        for (const other of others) expect((await called(other)).question).toBeNull();
        expect(await inbox.answers('t-1')).toEqual([]);
        expect(await inbox.answerCounts()).toEqual({ open: 1, answered: 0, unasked: others.length });
        expect(
          (await called({ transactionId: 't-1', senderNames: ['x', 'crvs.test'] })).question,
        ).not.toBeNull();
      });

      it('is known by the registry’s correlation, also where the callback came before the acknowledgement', async () => {
        await inbox.ask(question('t-1'));
        expect((await called({ correlationId: 'c-\u0000' }, '{"early": 1}')).question).toBeNull();
        await called({ correlationId: 'c-\u0000', senderNames: ['crvs.other'] });
        await inbox.questionAcknowledged('t-1', 'c-\u0000');
        expect((await called({ correlationId: 'c-\u0000' }, '{"late": 1}')).question?.transactionId).toBe(
          't-1',
        );
        expect((await inbox.answers('t-1')).map(({ body }) => body)).toEqual(['{"early": 1}', '{"late": 1}']);
        expect(await inbox.answerCounts()).toEqual({ open: 0, answered: 1, unasked: 1 });
      });

      it('may be answered at once', async () => {
        await inbox.ask(question('t-1'));
        await inbox.answeredAtOnce('t-1', '{"now": true}', NOON + 1);
        await inbox.answeredAtOnce('t-9', '{}', NOON);
        expect(await inbox.answers('t-1')).toEqual([
          { id: expect.any(Number), receivedAt: NOON + 1, body: '{"now": true}' },
        ]);
      });

      it('is forgotten with its answers, and so are callbacks, but no notification', async () => {
        await inbox.ask(question('t-1'));
        await inbox.ask(question('t-2', { askedAt: NOON + DAY }));
        await called({ transactionId: 't-1' });
        await inbox.answeredAtOnce('t-1', '{}', NOON);
        await called();
        const id = await settledEvent();
        expect(await inbox.pruneAnswers(NOON + 1)).toBe(3);
        expect(await inbox.pruneAnswers(NOON + 1)).toBe(0);
        expect(await inbox.question('t-1')).toBeNull();
        expect(await inbox.answers('t-1')).toEqual([]);
        expect(await inbox.question('t-2')).not.toBeNull();
        expect(await inbox.answerCounts()).toEqual({ open: 1, answered: 0, unasked: 0 });
        expect(await inbox.show(id)).not.toBeNull();
        const late = await called({ transactionId: 't-2' });
        await inbox.prune(NOON + DAY);
        expect(await inbox.answers('t-2')).toEqual([]);
        expect(late.question?.transactionId).toBe('t-2');
      });
    });

    it('checks itself', async () => {
      await expect(inbox.check()).resolves.toBeUndefined();
      await expect(inbox.check()).resolves.toBeUndefined();
    });

    describe('close', () => {
      it('leaves an inbox that neither gives nor takes', async () => {
        const { inboxId } = await inbox.accept(message());
        await inbox.close();
        const calls: Record<string, () => Promise<unknown>> = {
          accept: () => inbox.accept(message()),
          claim: () => inbox.claim(1, NOON),
          settle: () => inbox.settle([settled(1)], NOON),
          waitSettled: () => inbox.waitSettled(inboxId, 60_000),
          nextDueAt: () => inbox.nextDueAt(),
          list: () => inbox.list({}),
          show: () => inbox.show(1),
          retry: () => inbox.retry([1]),
          count: () => inbox.count({}, 1),
          extendAudit: () => inbox.extendAudit(1, [1]),
          setAside: () => inbox.setAside([1]),
          forgetRows: () => inbox.forgetRows(1),
          dueMatches: () => inbox.dueMatches(1, NOON),
          matchAgain: () => inbox.matchAgain([{ id: 1, at: null }]),
          findByRows: () => inbox.findByRows([1]),
          counts: () => inbox.counts(),
          find: () => inbox.find('1', 1),
          tally: () => inbox.tally(),
          rates: () => inbox.rates(NOON, 1, 1),
          lastMessages: () => inbox.lastMessages(['a']),
          audit: () =>
            inbox.audit({
              at: NOON,
              actor: 'a',
              address: null,
              action: 'show',
              eventId: 1,
              count: null,
              filter: null,
            }),
          auditTrail: () => inbox.auditTrail({}),
          pruneAudit: () => inbox.pruneAudit(NOON),
          refusals: () => inbox.refusals({}),
          pruneRefusals: () => inbox.pruneRefusals(NOON),
          refusalCounts: () => inbox.refusalCounts(NOON),
          prune: () => inbox.prune(NOON),
          getDocument: () => inbox.getDocument('senders'),
          putDocument: () => inbox.putDocument('senders', '[]'),
          logBytes: () => inbox.logBytes(),
          check: () => inbox.check(),
        };
        for (const [method, call] of Object.entries(calls)) {
          await expect(call(), method).rejects.toBeInstanceOf(InboxUnavailableError);
        }
      });

      it('can be asked for twice', async () => {
        await inbox.close();
        await expect(inbox.close()).resolves.toBeUndefined();
      });

      it('finishes what was begun', async () => {
        const writing = inbox.putDocument('senders', '[1]');
        const accepting = [inbox.accept(message()), inbox.accept(message())];
        const [written, ...accepted] = await Promise.all([
          ...[writing, ...accepting].map((one) =>
            one.then(
              () => 'done',
              (error: Error) => error.message,
            ),
          ),
          inbox.close(),
        ]);
        expect(written).toBe('done');
        expect(accepted.slice(0, 2)).toEqual(['done', 'done']);
      });
    });
  });
}
