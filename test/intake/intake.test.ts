import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { addMosipRoutes } from '../../src/connectors/mosip/routes.ts';
import { addOpencrvsEventRoutes } from '../../src/connectors/opencrvs-v2/routes.ts';
import { addRefusalRoutes } from '../../src/http/refusal-routes.ts';
import { type Inbox, InboxUnavailableError } from '../../src/inbox/inbox.ts';
import type { Refusal } from '../../src/inbox/refusals.ts';
import { NO_LIMITS } from '../../src/senders/limits.ts';
import { TokenBucket } from '../../src/senders/token-bucket.ts';
import { trustedSender } from '../../src/senders/trusted-sender.ts';
import { BridgeSignals } from '../../src/signals/bridge-signals.ts';
import { credential, delivery, TOPICS } from '../connectors/mosip/support.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { action, BIRTH, eventDocument, FORMS } from '../connectors/opencrvs-v2/documents.ts';
import { ADMIN_TOKEN, type Answer, openFace, SHARED } from '../http/support.ts';
import { sharedInbox } from '../inbox/support.ts';
import { parseMetrics, sumOf } from '../signals/prometheus-text.ts';

const SECRET = 'a-secret-that-the-senders-share';
const shared = sharedInbox();

const hmac = (body: string, secret = SECRET) => ({
  'content-type': 'application/json',
  'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

/** A bridge with all three routes, and what it reports. */
async function open(accept?: Inbox['accept']) {
  const signals = new BridgeSignals({ version: '0', role: 'all', node: '24' }, null);
  const refusals: Refusal[] = [];
  const refused = (refusal: Refusal) => {
    refusals.push(refusal);
  };
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
  addOpencrvsEventRoutes(
    face.app,
    { ...SHARED, secret: SECRET, token: null, source: 'OpenCRVS', forms: FORMS },
    face.parts,
  );
  addMosipRoutes(
    face.app,
    {
      ...SHARED,
      secrets: [SECRET],
      keys: [],
      topics: TOPICS,
      source: 'MOSIP',
      hub: null,
      birthDate: ['credential.dateOfBirth'],
      person: { BRN: ['credential.birthCertificateNumber'] },
      ids: { UIN: ['credential.UIN'] },
    },
    face.parts,
  );
  addRefusalRoutes(face.app, shared.inbox);
  return { face, signals, refusals };
}

const record = (type: 'birth' | 'death') => ({ type, date: '2020-02-29', number: 'R-1', nationalId: null });

it.each([
  {
    path: '/opencrvs/webhook',
    sender: 'opencrvs',
    dialect: 'opencrvs-webhook',
    body: JSON.stringify(payload('BIRTH_REGISTERED', bundle(record('birth'), RELEASES['1.9']))),
    // A topic that OpenSPP has nothing to do with is kept anyway.
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
])('$path says what came of each message, and gives it the id of its request', async (route) => {
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
  // A client that signs nothing has the address alone.
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
  expect(refusals.map(({ senderId, reason }) => [senderId, reason])).toEqual([
    [sender, 'signature.mismatch'],
    [null, 'signature.missing'],
    [sender, 'json.truncated'],
  ]);
});

it('what could not be kept is reported as a failure', async () => {
  const full = () => Promise.reject(new InboxUnavailableError('the disk is full'));
  const { face, signals, refusals } = await open(full);
  const body = JSON.stringify(payload('DEATH_REGISTERED', bundle(record('death'), RELEASES['1.5'])));
  expect((await face.post('/opencrvs/webhook', body, hmac(body))).status).toBe(503);
  const metrics = parseMetrics((await signals.print()).text);
  const failed = { sender: 'opencrvs', outcome: 'failed', code: 'err.service.unavailable' };
  expect(sumOf(metrics, 'crvs_bridge_notifications_total', failed)).toBe(1);
  expect(refusals).toMatchObject([{ senderId: 'opencrvs', reason: 'err.service.unavailable' }]);
});

const LARGE = JSON.stringify({ padding: 'x'.repeat(100_001) });

it.each([
  ['/registry/notify', 'dci'],
  ['/crvs', 'dci'],
  ['/registry/on-search', 'dci'],
  ['/opencrvs/webhook', 'opencrvs-v1'],
  ['/opencrvs/events', 'opencrvs-v2'],
  ['/mosip/credentials', 'mosip'],
])('%s counts, logs and passes on a refusal at every stage', async (path, connector) => {
  const { face, refusals: kept } = await open();
  const stages = [
    ['body.media_type', 415, '{}', { 'content-type': 'text/html' }],
    ['body.media_type', 415, '{}', { 'content-encoding': 'gzip' }],
    ['body.too_large', 413, LARGE, {}],
    ['json.unexpected', 400, 'Quattlebaum', hmac('Quattlebaum')],
  ] as const;
  const answers: Answer[] = [];
  for (const [, , body, headers] of stages) answers.push(await face.post(path, body, { ...headers }));
  expect(answers.map(({ status }) => status)).toEqual(stages.map(([, status]) => status));
  const reasons = stages.map(([reason]) => reason);
  expect(kept.map(({ reason }) => reason)).toEqual(reasons);
  for (const [position, refusal] of kept.entries()) {
    expect(refusal).toMatchObject({ connector, code: 'err.request.bad', field: null, at: face.now });
    expect(refusal.correlationId).toBe(answers[position]?.json.message.correlation_id);
  }
  const lines = face.log.entries().filter(({ msg }) => msg === 'a message was refused');
  expect(lines.map(({ reason }) => reason)).toEqual(reasons);
  expect(face.log.text()).not.toContain('Quattlebaum');
  await face.inbox.keepRefusals(kept);
  const listed = await face.get('/api/refusals?limit=3', { authorization: `Bearer ${ADMIN_TOKEN}` });
  expect(listed.json.refusals).toHaveLength(3);
  expect(listed.json.refusals[0]).toMatchObject({
    connector,
    route: path,
    reason: 'json.unexpected',
    status: 400,
    correlationId: answers[3]?.json.message.correlation_id,
  });
});

it('shows how each message was trusted', async () => {
  const { face } = await open();
  const body = JSON.stringify(payload('DEATH_REGISTERED', bundle(record('death'), RELEASES['1.5'])));
  await face.post('/opencrvs/webhook', body, hmac(body));
  const [event] = await shared.inbox.list({});
  const shown = await face.get(`/api/events/${event?.id}`, { authorization: `Bearer ${ADMIN_TOKEN}` });
  expect(shown.json.trust).toEqual({ method: 'hmac', keyId: null });
});

it('holds the limits of a sender whatever its messages come by', async () => {
  const limited = trustedSender(
    { senderId: 'OpenCRVS', name: 'OpenCRVS', algorithm: null, publicKey: null, jwksUrl: null },
    null,
    { limits: { ...NO_LIMITS, eventTypes: new Set(['death'] as const) }, rate: new TokenBucket(1) },
  );
  const { face, refusals: kept } = await open();
  face.senders = new Map([['OpenCRVS', limited]]);
  const body = JSON.stringify(
    eventDocument('birth', [
      action('DECLARE', { declaration: BIRTH }),
      action('REGISTER', { id: 'register', registrationNumber: 'B1RTH0000001' }),
    ]),
  );
  expect((await face.post('/opencrvs/events', body, hmac(body))).status).toBe(403);
  expect((await face.post('/opencrvs/events', body, hmac(body))).status).toBe(429);
  expect(kept.map(({ senderId, code }) => [senderId, code])).toEqual([
    ['OpenCRVS', 'err.request.forbidden'],
    ['OpenCRVS', 'err.request.too_many_requests'],
  ]);
});
