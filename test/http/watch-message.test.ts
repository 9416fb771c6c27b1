import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { addMosipRoutes } from '../../src/http/mosip-routes.ts';
import { addOpencrvsEventRoutes } from '../../src/http/opencrvs-event-routes.ts';
import { Refusals } from '../../src/http/refusals.ts';
import { type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { BridgeSignals } from '../../src/signals/bridge-signals.ts';
import { bundle, payload, RELEASES } from '../events/opencrvs-bundles.ts';
import { sharedInbox } from '../inbox/support.ts';
import { credential, delivery, TOPICS } from '../mosip/support.ts';
import { action, BIRTH, eventDocument, FORMS } from '../opencrvs2/documents.ts';
import { parseMetrics, sumOf } from '../signals/prometheus-text.ts';
import { openFace } from './support.ts';

const SECRET = 'a-secret-that-the-senders-share';
const shared = sharedInbox();

const hmac = (body: string, secret = SECRET) => ({
  'content-type': 'application/json',
  'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

/** A bridge with all three routes, and what it tells of itself. */
async function open(accept?: Inbox['accept']) {
  const signals = new BridgeSignals({ version: '0', role: 'all', node: '24' }, null);
  const refusals = new Refusals();
  const refused = (senderId: string | null, reason: string) => refusals.add(senderId, reason, 0);
  const face = await openFace(
    { webhooks: { senderId: 'opencrvs', secrets: [SECRET] } },
    {
      inbox: shared.inbox,
      instead: (deps) => ({
        signals,
        refused,
        ...(accept ? { inbox: Object.assign(Object.create(deps.inbox), { accept }) } : {}),
      }),
    },
  );
  const receiving = {
    inbox: shared.inbox,
    log: face.log.log,
    clock: () => face.now,
    signals,
    refused,
  };
  const own = { maxBodyBytes: 100_000 };
  addOpencrvsEventRoutes(
    face.app,
    { ...own, secret: SECRET, token: null, source: 'OpenCRVS', forms: FORMS },
    receiving,
  );
  addMosipRoutes(
    face.app,
    {
      ...own,
      secrets: [SECRET],
      keys: [],
      topics: TOPICS,
      source: 'MOSIP',
      person: { BRN: ['credential.birthCertificateNumber'] },
      ids: { UIN: ['credential.UIN'] },
    },
    receiving,
  );
  return { face, signals, refusals };
}

const record = (type: 'birth' | 'death') => ({ type, date: '2020-02-29', number: 'R-1', nationalId: null });

it.each([
  {
    path: '/opencrvs/webhook',
    sender: 'opencrvs',
    dialect: 'opencrvs-webhook',
    body: JSON.stringify(payload('BIRTH_REGISTERED', bundle(record('birth'), RELEASES['1.9']))),
    // A topic that OpenSPP has nothing to do with is kept all the same.
    idle: JSON.stringify(payload('MARRIAGE_REGISTERED', bundle(record('birth'), RELEASES['1.9']))),
    kept: 3,
  },
  {
    path: '/opencrvs/events',
    sender: 'OpenCRVS',
    dialect: 'opencrvs2',
    body: JSON.stringify(
      eventDocument('birth', [
        action('DECLARE', { declaration: BIRTH }),
        action('REGISTER', { id: 'register', registrationNumber: 'B1RTH0000001' }),
      ]),
    ),
    idle: JSON.stringify(eventDocument('birth', [action('DECLARE', { declaration: BIRTH })])),
    kept: 2,
  },
  {
    path: '/mosip/credentials',
    sender: 'MOSIP',
    dialect: 'mosip',
    body: delivery(
      { credential: credential({ birthCertificateNumber: 'B-2026-1', UIN: '491503' }) },
      { id: 'one' },
    ),
    idle: delivery({}, { topic: 'openspp/IDENTITY_UPDATED' }),
    kept: 2,
  },
])('$path tells what came of each message, and gives it the id of its request', async (route) => {
  const { path, sender, dialect, body, idle, kept } = route;
  const { face, signals, refusals } = await open();
  const first = await face.post(path, body, hmac(body));
  const again = await face.post(path, body, hmac(body));
  const nothing = await face.post(path, idle, hmac(idle));
  const forged = await face.post(path, body, hmac(body, 'a-secret-of-somebody-else'));
  const unsigned = await face.post(path, body);
  const unread = await face.post(path, '{', hmac('{'));
  const statuses = [first, again, nothing, forged, unsigned, unread].map(({ status }) => status);
  expect(statuses).toEqual([202, 202, kept === 3 ? 202 : 200, 401, 401, 400]);

  // One id from the request to the message, and each request has one of its own.
  const requestId = first.headers.get('x-request-id');
  expect(requestId).toBe(first.json.message.correlation_id);
  const [event] = await shared.inbox.list({});
  expect((await shared.inbox.show(event?.id ?? 0))?.correlationId).toBe(requestId);
  expect(again.json.message.correlation_id).toBe(requestId);
  expect(again.headers.get('x-request-id')).not.toBe(requestId);

  const metrics = parseMetrics((await signals.print()).text);
  const counted = (labels: Record<string, string>) =>
    sumOf(metrics, 'crvs_bridge_notifications_total', labels);
  expect(counted({ sender, dialect, outcome: 'accepted', code: '' })).toBe(1);
  expect(counted({ sender, dialect, outcome: 'repeated' })).toBe(1);
  expect(counted({ sender, dialect: 'none', outcome: 'accepted' })).toBe(1);
  expect(counted({ sender, outcome: 'refused', code: 'err.signature.invalid' })).toBe(1);
  expect(counted({ sender, outcome: 'refused', code: 'err.request.bad' })).toBe(1);
  // Whoever signs nothing has the address alone.
  expect(counted({ sender: 'unknown', outcome: 'refused', code: 'err.signature.missing' })).toBe(1);
  expect(counted({})).toBe(6);
  const reasons = sumOf(metrics, 'crvs_bridge_signature_refusals_total', {});
  expect(reasons).toBe(
    sumOf(metrics, 'crvs_bridge_signature_refusals_total', { sender, reason: 'signature.mismatch' }),
  );
  expect(reasons).toBe(1);
  for (const [step, times] of [
    ['verify', 4],
    ['commit', kept],
    ['ack', 3],
  ] as const)
    expect(sumOf(metrics, `crvs_bridge_${step}_duration_seconds_count`), step).toBe(times);
  expect(refusals.list().map(({ senderId, reason, count }) => [senderId, reason, count])).toEqual([
    [sender, 'signature.mismatch', 1],
    [null, 'signature.missing', 1],
    [sender, 'err.request.bad', 1],
  ]);
});

it('what could not be kept is told as a failure', async () => {
  const full = () => Promise.reject(new InboxUnavailableError('the disk is full'));
  const { face, signals, refusals } = await open(full);
  const body = JSON.stringify(payload('DEATH_REGISTERED', bundle(record('death'), RELEASES['1.5'])));
  expect((await face.post('/opencrvs/webhook', body, hmac(body))).status).toBe(503);
  const metrics = parseMetrics((await signals.print()).text);
  const failed = { sender: 'opencrvs', outcome: 'failed', code: 'err.service.unavailable' };
  expect(sumOf(metrics, 'crvs_bridge_notifications_total', failed)).toBe(1);
  expect(refusals.list()).toMatchObject([{ senderId: 'opencrvs', reason: 'err.service.unavailable' }]);
});
