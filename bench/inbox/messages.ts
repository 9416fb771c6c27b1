import { randomUUID } from 'node:crypto';
import type { NewMessage } from '../../src/inbox/inbox.ts';

const DAY = 86_400_000;

/**
 * Messages as large as a registry's usual one (1.2 kB), of one event with two identifiers each, in groups.
 *
 * @param first number of the first message; no two numbers give the same event
 * @param end number after the last
 * @param size messages in a group
 */
export function* newMessages(first: number, end: number, size: number): Generator<NewMessage[]> {
  for (let from = first; from < end; from += size) {
    const length = Math.min(size, end - from);
    yield Array.from({ length }, (_, position) => newMessage(from + position));
  }
}

function newMessage(number: number): NewMessage {
  const messageId = randomUUID();
  // Registered within a month of the event.
  const date = new Date(Date.now() - (number % 30) * DAY).toISOString().slice(0, 10);
  const identifiers = [
    { type: 'UIN', value: `U${String(number % 4000).padStart(7, '0')}` },
    { type: 'DRN', value: `DRN-${date}-${number}` },
  ];
  const body = JSON.stringify({
    signature: 'x'.repeat(300),
    header: { message_id: messageId, action: 'notify', sender_id: 'crvs.bench.example' },
    message: { notify_event: [{ identifiers, date, address: 'x'.repeat(600) }] },
  });
  return {
    senderId: 'crvs.bench.example',
    messageId,
    contentDigest: randomUUID().replaceAll('-', '').repeat(2),
    action: 'notify',
    dialect: 'spdci',
    kid: 'key-1',
    receivedAt: Date.now(),
    body,
    events: [{ type: 'death', date, identifiers }],
  };
}
