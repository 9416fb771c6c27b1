import { expect, it } from 'vitest';
import type { VitalEvent } from '../../src/events/vital-event.ts';
import type { EventDetails, EventSummary, Receipt } from '../../src/inbox/inbox.ts';
import { withdrawTakenBack } from '../../src/intake/taken-back.ts';
import { READER } from '../events/support.ts';

it('a message that takes thousands back keeps its sender waiting for a bounded number of looks', async () => {
  const identifiersOf = (at: number) => [
    { type: 'drn', value: 'same' },
    { type: 'UIN', value: `u-${at}` },
  ];
  const revoked = Array.from(
    { length: 3000 },
    (_, at): VitalEvent => ({ type: 'death', date: null, identifiers: identifiersOf(at), status: 'revoked' }),
  );
  const records = revoked.map(({ identifiers }) => ({
    identifier: identifiers.map(({ type, value }) => ({ identifier_type: type, identifier_value: value })),
    death_date: '2024-12-01',
  }));
  const notify_event = [{ data: { reg_event_type: 'Death', reg_records: records.slice(0, 600) } }];
  const body = JSON.stringify({ header: {}, message: { notify_event } });
  const calls = { find: 0, show: 0, read: 0 };
  const withdrawn: number[][] = [];
  const summary = { state: 'waiting', attempts: 0, odooEventId: null, senderId: 's', receivedAt: 1 };
  const ids = await withdrawTakenBack(
    {
      inbox: {
        async find(value) {
          calls.find += 1;
          return [{ ...summary, id: Number(value.slice(2)) } as EventSummary];
        },
        async show(id) {
          calls.show += 1;
          const event = { ...summary, id, body, position: id, type: 'death', date: '2024-12-01' };
          return { ...event, identifiers: identifiersOf(id) } as EventDetails;
        },
        async withdraw(some) {
          withdrawn.push(some);
          return some;
        },
      },
      readNotification: (message, header) => {
        calls.read += 1;
        return READER(message, header);
      },
      registrationNumbers: { death: new Set(['DRN']) },
      clock: () => 2,
    },
    's',
    revoked,
    { receivedAt: 2, events: [] },
  );
  expect(ids.length).toBeGreaterThan(100);
  expect(withdrawn).toEqual([ids]);
  expect(calls.find + calls.show).toBeLessThan(1100);
  expect(calls.read).toBe(1);
});

it.each([
  ['before', '2024-12-02T09:00:00Z', true],
  ['after', '2024-12-02T11:00:00Z', false],
])(
  'an event that was sent %s the message that takes it back, and came before',
  async (_when, sent, isWithdrawn) => {
    const identifiers = [{ type: 'UIN', value: 'u' }];
    const bodyOf = (message_ts: string) =>
      JSON.stringify({
        header: { sender_id: 's', message_ts },
        message: { event_type: 'DEATH', identifiers },
      });
    const event = {
      id: 1,
      type: 'death',
      date: null,
      identifiers,
      position: 0,
      senderId: 's',
      receivedAt: 1,
    };
    const waiting = { ...event, state: 'waiting', attempts: 0, odooEventId: null, body: bodyOf(sent) };
    const revocation = { ...waiting, id: 2, body: bodyOf('2024-12-02T10:00:00Z') };
    const ids = await withdrawTakenBack(
      {
        inbox: {
          find: async () => [waiting as unknown as EventSummary],
          show: async (id) => (id === 1 ? waiting : revocation) as unknown as EventDetails,
          withdraw: async (some) => some,
        },
        readNotification: READER,
        clock: () => 2,
      },
      's',
      [{ type: 'death', date: null, identifiers, status: 'revoked' }],
      { receivedAt: 2, events: [{ id: 2 }] as Receipt['events'] },
    );
    expect(ids).toEqual(isWithdrawn ? [1] : []);
  },
);
