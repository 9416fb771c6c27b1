import { expect, it, vi } from 'vitest';
import { Waits } from '../../src/connectors/dci/waits.ts';
import { BodyBudget } from '../../src/intake/body-budget.ts';
import { Failures } from '../../src/intake/failures.ts';
import { DEATH, envelope, openFace, signedByAnother } from '../http/support.ts';
import { sharedInbox } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';

const shared = sharedInbox();
const KIB = 1024;

/** A message with so many bytes more than it needs. */
const large = (bytes: number) => ({ ...DEATH, more: 'x'.repeat(bytes) });

/** A request whose body comes piece by piece, as the test says; `end` cuts it off. */
function halfSent(face: Awaited<ReturnType<typeof openFace>>, bytes: number) {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
      own.enqueue(new Uint8Array(bytes));
    },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = face.send('/crvs', { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
  return { answer, end: () => controller?.close() };
}

it('bodies together take no more than their budget, however many are half sent', async () => {
  const bodies = new BodyBudget(256 * KIB);
  const face = await openFace(
    { maxBodyBytes: 500_000 },
    { inbox: shared.inbox, instead: () => ({ bodies }) },
  );
  const sent = Array.from({ length: 1000 }, () => halfSent(face, 80 * KIB));
  // Each takes 64 KiB of the budget: four are held, the others have to come again.
  const statuses: number[] = [];
  for (const { answer } of sent) void answer.then(({ status }) => statuses.push(status));
  await vi.waitFor(() => expect(statuses).toHaveLength(996), PATIENCE);
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect(bodies.taken).toBe(256 * KIB);
  // A usual message needs none of it.
  expect((await face.post('/crvs', await envelope())).status).toBe(202);
  const refused = await face.post('/crvs', await envelope(large(40 * KIB)));
  expect(refused.status).toBe(503);
  expect([refused.headers.get('retry-after'), refused.headers.get('connection')]).toEqual(['5', 'close']);
  for (const { end } of sent) {
    try {
      end();
    } catch {
      // It was cut off when it was refused.
    }
  }
  await Promise.all(sent.map(({ answer }) => answer));
  expect(bodies.taken).toBe(0);
});

it('large messages that are refused again and again wait, by address and sender; small ones are always looked at', async () => {
  const face = await openFace({ maxBodyBytes: 500_000 }, { inbox: shared.inbox });
  const forged = await signedByAnother(large(70 * KIB));
  const verified: number[] = [];
  for (let n = 0; n < 40; n += 1) verified.push((await face.post('/crvs', forged)).status);
  expect(verified).toEqual([...Array(30).fill(401), ...Array(10).fill(429)]);
  const answer = await face.post('/crvs', forged);
  expect(answer.headers.get('retry-after')).toBe('60');
  expect((await face.post('/crvs', await envelope())).status).toBe(202);
  face.now += 60_000;
  const genuine = await envelope(large(70 * KIB), { header: { ...HEADER_OF_ANOTHER } });
  expect((await face.post('/crvs', genuine)).status).toBe(202);
});

const HEADER_OF_ANOTHER = {
  version: '1.0.0',
  message_id: 'msg-large',
  message_ts: '2025-11-24T16:00:00Z',
  action: 'notify',
  sender_id: 'crvs.national.gov',
  receiver_id: 'openspp',
};

it('failures are counted by address and sender, and forgotten in the end', () => {
  const failures = new Failures();
  for (let n = 0; n < 30; n += 1) failures.add('203.0.113.7', 'a', 0);
  const wait = (address: string, sender: string, now = 0) =>
    failures.waitSeconds(address, sender, 65_537, now);
  expect([wait('203.0.113.7', 'a'), wait('203.0.113.7', 'b'), wait('203.0.113.8', 'a')]).toEqual([60, 0, 0]);
  expect(failures.waitSeconds('203.0.113.7', 'a', 65_536, 0)).toBe(0);
  expect([wait('203.0.113.7', 'a', 59_999), wait('203.0.113.7', 'a', 60_000)]).toEqual([1, 0]);
  for (let n = 0; n < 10_000; n += 1) failures.add(`address ${n}`, 'a', 0);
  expect(wait('203.0.113.7', 'a')).toBe(0);
});

it('so many answers are held back for Prefer: wait, and the others are given at once', async () => {
  const waits = new Waits(3);
  const face = await openFace({}, { inbox: shared.inbox, instead: () => ({ waits }) });
  const body = await envelope();
  expect((await face.post('/crvs', body)).status).toBe(202);
  const headers = { 'content-type': 'application/json', prefer: 'wait=30' };
  const posted = Array.from({ length: 50 }, () => face.post('/crvs', body, headers));
  const statuses: [number, string | null][] = [];
  for (const answer of posted) {
    void answer.then(({ status, headers: got }) => statuses.push([status, got.get('preference-applied')]));
  }
  await vi.waitFor(() => expect(statuses).toHaveLength(47), PATIENCE);
  expect(statuses).toEqual(Array(47).fill([202, null]));
  expect(waits.held).toBe(3);
  face.stopping.abort();
  expect(
    (await Promise.all(posted)).filter(({ headers: got }) => got.has('preference-applied')),
  ).toHaveLength(3);
  expect(waits.held).toBe(0);
});
