import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectorReader } from '../../src/connectors/index.ts';
import { addMosipRoutes } from '../../src/connectors/mosip/routes.ts';
import { addOpencrvsEventRoutes } from '../../src/connectors/opencrvs-v2/routes.ts';
import { keptContent, rawDataOf } from '../../src/events/raw-data.ts';
import { readRawData } from '../../src/events/read-raw-data.ts';
import { mayBeRevoked } from '../../src/events/status.ts';
import { type TimeZone, timeZone } from '../../src/events/time-zone.ts';
import type { EventDetails } from '../../src/inbox/inbox.ts';
import type { Refusal } from '../../src/inbox/refusals.ts';
import { NO_LIMITS } from '../../src/senders/limits.ts';
import { TokenBucket } from '../../src/senders/token-bucket.ts';
import { credential, delivery, TOPICS } from '../connectors/mosip/support.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { action, eventDocument, FORMS } from '../connectors/opencrvs-v2/documents.ts';
import { READER } from '../events/support.ts';
import { type Answer, envelope, type Face, HEADER, openFace, SHARED } from '../http/support.ts';
import { sharedInbox } from '../inbox/support.ts';
import { DATES, DATES_IN_ZONE, IDENTIFIERS, NO_DAY, STATUSES, TYPES, withReadings, ZONE } from './cases.ts';

const SECRET = 'a-secret-that-the-senders-share';
const shared = sharedInbox();
let face: Face;
let refusals: Refusal[];
let count = 0;
let zone: TimeZone | null = null;
/** Of the sources that nobody registered. */
let rate: TokenBucket | null;

beforeEach(async () => {
  refusals = [];
  rate = null;
  face = await openFace(
    { webhooks: { senderId: 'opencrvs', secrets: [SECRET] } },
    {
      inbox: shared.inbox,
      instead: ({ senders }) => ({
        senders: { ...senders, rulesOf: () => ({ limits: NO_LIMITS, rate }) },
        refused: (refusal: Refusal) => void refusals.push(refusal),
        readNotification: connectorReader(() => zone),
        registrationNumbers: { death: new Set(['DRN']) },
        zones: () => zone,
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
});

const post = (path: string, body: object | string): Promise<Answer> => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const hmac = createHmac('sha256', SECRET).update(text).digest('hex');
  return face.post(path, text, { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` });
};
async function notify(message: object, path = '/registry/notify'): Promise<Answer> {
  count += 1;
  return face.post(path, await envelope(message, { header: { ...HEADER, message_id: `m-${count}` } }));
}
const openspp = (over: object) =>
  notify({
    event_type: 'DEATH',
    event_date: '2024-12-01',
    identifiers: [{ type: 'UIN', value: '1' }],
    ...over,
  });
const spdci = (data: object) =>
  notify({ notify_event: [{ data: { reg_event_type: 'Death', reg_records: [{}], ...data } }] });
const person = (over: object) => ({
  identifier: [{ identifier_type: 'UIN', identifier_value: '1' }],
  ...over,
});
const webhook = (over: object, identifier?: unknown) => {
  const record = bundle({ type: 'birth', date: null, number: 'B-1', nationalId: 'N' }, RELEASES['1.9']);
  const entry = record.entry.map((one) => {
    const resource = 'resource' in one ? one.resource : one;
    if (!('id' in resource) || resource.id !== 'p-subject') return one;
    const type = { coding: [{ code: 'NATIONAL_ID' }] };
    const identifiers = identifier === undefined ? {} : { identifier: [{ type, value: identifier }] };
    return { resource: { ...resource, ...over, ...identifiers } };
  });
  return post('/opencrvs/webhook', payload('BIRTH_REGISTERED', { ...record, entry }));
};
const document = (declaration: object, registrationNumber: unknown = 'B-1') =>
  post('/opencrvs/events', eventDocument('birth', [action('REGISTER', { declaration, registrationNumber })]));

/** The only event that was kept, whole. */
async function kept(): Promise<EventDetails> {
  const events = await shared.inbox.list({});
  expect(events).toHaveLength(1);
  const details = await shared.inbox.show(events[0]?.id ?? 0);
  if (!details) throw new Error('the event is gone');
  return details;
}

/** What the row's raw data says of the event, for a later reading. */
function told({ body, position }: EventDetails) {
  return readRawData(rawDataOf(keptContent(body), position), READER)?.[0];
}

const label = (sent: unknown) => JSON.stringify(sent) ?? 'missing';

const DATED: [string, (sent: unknown) => Promise<Answer>][] = [
  ['OpenSPP’s dialect', (sent: unknown) => openspp({ event_date: sent })],
  ['SPDCI’s dialect', (sent: unknown) => spdci({ reg_records: [person({ death_date: sent })] })],
  [
    'SPDCI’s dialect, otherwise spelt',
    (sent: unknown) => spdci({ reg_records: [person({ deathdate: sent })] }),
  ],
  ['OpenCRVS 1.x', (sent: unknown) => webhook({ birthDate: sent })],
  ['OpenCRVS 2.x', (sent: unknown) => document({ 'child.dob': sent })],
];

describe.each(DATED)('a date in %s', (_name, send) => {
  it.each(DATES.cases.map((one) => [label(one.sent), one] as const))(
    '%s',
    async (_label, { sent, read, note }) => {
      const answer = await send(sent);
      if (read === null) {
        expect(answer.status).toBe(400);
        expect(refusals).toHaveLength(1);
        return;
      }
      expect(answer.status).toBe(202);
      const event = await kept();
      expect(event.date).toBe(read === NO_DAY ? null : read);
      expect(told(event)).toMatchObject({ date: event.date, ...(note ? { dateNote: note } : {}) });
      expect(told(event)?.dateNote).toBe(note);
    },
  );
});

describe.each(DATED)('a date of a registry whose place is known, in %s', (_name, send) => {
  beforeEach(() => {
    zone = timeZone(ZONE);
  });
  afterEach(() => {
    zone = null;
  });
  it.each(DATES_IN_ZONE.cases.map((one) => [label(one.sent), one] as const))(
    '%s',
    async (_label, { sent, read }) => {
      expect((await send(sent)).status).toBe(202);
      expect((await kept()).date).toBe(read);
    },
  );
});

describe.each([
  ['OpenSPP’s dialect', (sent: unknown) => openspp({ event_type: sent })],
  ['SPDCI’s dialect', (sent: unknown) => spdci({ reg_event_type: sent, reg_records: [person({})] })],
])('an event type in %s', (_name, send) => {
  it.each(TYPES.cases.map((one) => [label(one.sent), one] as const))('%s', async (_label, { sent, read }) => {
    const answer = await send(sent);
    expect(answer.status).toBe(read === null ? 400 : 202);
    if (read === null) expect(refusals[0]?.field).toMatch(/event_type$/);
    else expect((await kept()).type).toBe(read);
  });
});

describe.each([
  ['OpenSPP’s dialect', (sent: unknown) => openspp({ identifiers: [{ type: 'UIN', value: sent }] })],
  [
    'SPDCI’s dialect',
    (sent: unknown) => spdci({ reg_records: [{ identifier: { name: 'UIN', identifier: sent } }] }),
  ],
  ['OpenCRVS 1.x', (sent: unknown) => webhook({}, sent)],
  ['OpenCRVS 2.x', (sent: unknown) => document({}, sent)],
  [
    'MOSIP',
    (sent: unknown) =>
      post(
        '/mosip/credentials',
        delivery({ credential: credential({ birthCertificateNumber: 'B', UIN: sent }) }),
      ),
  ],
])('an identifier in %s', (_name, send) => {
  it.each(IDENTIFIERS.cases.map((one) => [label(one.sent), one] as const))(
    '%s',
    async (_label, { sent, read }) => {
      const answer = await send(sent);
      expect(answer.status).toBe(read === null ? 400 : 202);
      if (read !== null) expect((await kept()).identifiers.map(({ value }) => value)).toContain(read);
    },
  );
});

describe.each([
  ['OpenSPP’s dialect', (sent: string) => openspp({ status: sent })],
  ['SPDCI’s dialect', (sent: string) => spdci({ reg_records: [person({ registration_status: sent })] })],
  ['SPDCI’s dialect, of all records', (sent: string) => spdci({ status: sent, reg_records: [person({})] })],
])('a status in %s', (_name, send) => {
  it.each(STATUSES.cases.map((one) => [String(one.sent), one.read] as const))(
    '%s is %s',
    async (sent, read) => {
      expect((await send(sent)).status).toBe(202);
      const { body, position, type } = await kept();
      const said = readRawData(rawDataOf(keptContent(body), position), READER)?.find(
        (one) => one.type === type,
      );
      expect(said?.status ?? 'in_force').toBe(read === 'in force' ? 'in_force' : 'revoked');
      expect(mayBeRevoked(body)).toBe(read !== 'in force' || mayBeRevoked(sent));
    },
  );
});

it('an event of OpenCRVS 1.x that is not in force is not applied, and shown', async () => {
  const record = bundle(
    { type: 'death', date: '2024-12-01', number: 'D-1', nationalId: 'N' },
    RELEASES['1.9'],
  );
  for (const over of [
    { status: 'entered-in-error' },
    { businessStatus: { coding: [{ code: 'REVOKED' }] } },
  ]) {
    const entry = record.entry.map((one) => {
      const resource = 'resource' in one ? one.resource : one;
      return resource.resourceType === 'Task' ? { resource: { ...resource, ...over } } : one;
    });
    const answer = await post('/opencrvs/webhook', payload('DEATH_REGISTERED', { ...record, entry }));
    expect(answer.status).toBe(202);
  }
  const events = await shared.inbox.list({});
  expect(events).toHaveLength(2);
  for (const { id } of events) {
    const event = await shared.inbox.show(id);
    const raw = rawDataOf(keptContent(event?.body ?? ''), event?.position ?? 0);
    expect(mayBeRevoked(raw) && readRawData(raw, READER)?.[0]?.status).toBe('revoked');
  }
});

it('a revoked event of OpenCRVS 2.x is no repeat of its registration', async () => {
  const registration = action('REGISTER', {
    id: 'r',
    declaration: { 'child.dob': '2024-12-01' },
    registrationNumber: 'B',
  });
  const revoke = { ...action('CUSTOM', { id: 'x' }), customActionType: 'REVOKE_REGISTRATION' };
  await post('/opencrvs/events', eventDocument('birth', [registration]));
  expect((await post('/opencrvs/events', eventDocument('birth', [registration, revoke]))).status).toBe(202);
  expect(await shared.inbox.list({})).toHaveLength(2);
  // The same document once more says nothing new.
  await post('/opencrvs/events', eventDocument('birth', [registration, revoke]));
  expect(await shared.inbox.list({})).toHaveLength(2);
});

it('what was taken back before it was delivered is withdrawn, and nobody else’s event is', async () => {
  const death = (uin: string, over: object = {}) => ({
    identifier: [
      { identifier_type: 'DRN', identifier_value: '0001/2025' },
      { identifier_type: 'UIN', identifier_value: uin },
    ],
    death_date: '2024-12-01',
    ...over,
  });
  await spdci({ reg_records: [death('a'), death('b')] });
  await spdci({ reg_event_type: 'Birth', reg_records: [death('a', { birth_date: '2024-12-01' })] });
  const before = await shared.inbox.list({});
  face.now += 1000;
  const revoke = () => spdci({ reg_records: [death('a', { status: 'void' })] });
  expect((await revoke()).status).toBe(202);
  const states = async () => {
    const events = await Promise.all(before.map(({ id }) => shared.inbox.show(id)));
    return events.map((event) => [event?.type, event?.identifiers[1]?.value, event?.state]).sort();
  };
  const expected = [
    ['birth', 'a', 'waiting'],
    ['death', 'a', 'settled'],
    ['death', 'b', 'waiting'],
  ];
  expect(await states()).toEqual(expected);
  // The revocation itself goes to OpenSPP, and so does a second one.
  face.now += 1000;
  expect((await revoke()).status).toBe(202);
  const revocations = (await shared.inbox.list({})).filter(({ id }) => !before.some((one) => one.id === id));
  expect(revocations.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  const said = face.log.entries().map(({ msg }) => msg);
  expect(said).toContain('events that the registry took back are not delivered');
  // It is no dead letter: there is no alert, and its message goes when its time is over.
  const withdrawn = await shared.inbox.list({ reason: 'event.withdrawn' });
  expect(withdrawn).toMatchObject([{ state: 'settled', outcome: 'processed', odooEventId: null }]);
  expect(await shared.inbox.counts()).toMatchObject({ dead: 0, error: 0 });
  // What comes after the revocation is in force.
  face.now += 1000;
  await spdci({ reg_records: [death('a')] });
  expect(await shared.inbox.list({ state: 'waiting' })).toHaveLength(5);
});

it.each([
  ['OpenCRVS 1.x', () => webhook({ birthDate: '2024-12-01' })],
  ['OpenCRVS 2.x', () => document({ 'child.dob': '2024-12-01' })],
  ['MOSIP', () => post('/mosip/credentials', delivery({ credential: credential({ UIN: '1' }) }))],
])('the limits of a name hold for %s, whether it is registered or not', async (_name, send) => {
  rate = new TokenBucket(1);
  expect((await send()).status).toBeLessThan(300);
  face.now += 1;
  expect((await send()).status).toBe(429);
});

it('what was taken back by a number that offices give again is for the delivery to judge', async () => {
  const death = (name: string, over: object = {}) => ({
    identifier: [{ identifier_type: 'DRN', identifier_value: '0001/2025' }],
    name: { given_name: name },
    death_date: '2024-12-01',
    ...over,
  });
  await spdci({ reg_records: [death('Ada'), death('Ben')] });
  face.now += 1000;
  for (const death_date of ['2024-12-01', null]) {
    expect((await spdci({ reg_records: [death('Ada', { status: 'void', death_date })] })).status).toBe(202);
  }
  const events = await shared.inbox.list({});
  expect(events.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
});

it('of three deaths whose second cannot be read, all are kept, and the second says nothing of its person', async () => {
  const death = (value: string, death_date: string) => ({
    identifier: [{ identifier_type: 'UIN', identifier_value: value }],
    death_date,
  });
  const records = [death('first', '2024-12-01'), death('second', 'SECRET'), death('third', '2024-12-03')];
  const message = { notify_event: [{ data: { reg_event_type: 'Death', reg_records: records } }] };
  const body = await envelope(message);
  const answers = [await face.post('/registry/notify', body), await face.post('/registry/notify', body)];
  for (const { status, json, text } of answers) {
    expect(status).toBe(202);
    expect(json.message).toMatchObject({ ack_status: 'ACK', error: { code: 'err.request.bad' } });
    expect(json.message.error.message).toMatch(
      /^1 of 3 records .*: message\S*reg_records\[1\]\.death_date: /,
    );
    expect(text).not.toContain('SECRET');
  }
  const events = await shared.inbox.list({});
  const whole = await Promise.all(events.map(({ id }) => shared.inbox.show(id)));
  expect(whole.map((event) => [event?.position, event?.date]).sort()).toEqual([
    [0, '2024-12-01'],
    [1, null],
    [2, '2024-12-03'],
  ]);
  const bad = whole.find((event) => event?.position === 1);
  expect(bad).toMatchObject({ type: 'death', identifiers: [] });
  expect(bad && rawDataOf(keptContent(bad.body), 1)).toMatch(/"second"[\s\S]*SECRET/);
  for (const event of whole.filter((one) => one !== bad)) {
    const raw = event ? rawDataOf(keptContent(event.body), event.position) : '';
    expect(raw).toContain(event?.identifiers[0]?.value);
    expect(raw).not.toContain('SECRET');
  }
  // Once for the message, however often it is sent, and with it: no refusal waits for a later commit.
  expect(refusals).toEqual([]);
  const correlationId = answers[0]?.json.message.correlation_id;
  const kept = (await shared.inbox.refusals({})).filter((one) => one.correlationId === correlationId);
  expect(kept).toEqual([
    {
      id: expect.any(Number),
      at: face.now,
      connector: 'dci',
      route: '/registry/notify',
      senderId: 'crvs.national.gov',
      code: 'err.request.bad',
      reason: 'record.unreadable',
      field: 'message.notify_event[0].data.reg_records[1].death_date',
      status: 202,
      correlationId,
    },
  ]);
});

it.each([
  ['without a type', { reg_records: [person({})] }, 'reg_event_type'],
  ['of another type', { reg_event_type: 'FoetalDeath', reg_records: [person({})] }, 'reg_event_type'],
  ['without data', null, 'message.notify_event[1].data'],
])(
  'of two notified events, one %s is refused by the commit that keeps the other',
  async (_what, data, field) => {
    const good = { reg_event_type: 'Death', reg_records: [person({})] };
    const answer = await notify({ notify_event: [{ data: good }, { data }] });
    expect(answer.status).toBe(202);
    expect(answer.json.message.error.message).toMatch(/^1 of 2 records could not be read/);
    expect(await shared.inbox.list({})).toHaveLength(1);
    // Nobody knows what happened, so there is no event; what is left of it is with the message.
    expect(refusals).toEqual([]);
    const correlationId = answer.json.message.correlation_id;
    const kept = (await shared.inbox.refusals({})).filter((one) => one.correlationId === correlationId);
    expect(kept).toMatchObject([{ reason: 'record.unreadable', status: 202 }]);
    expect(kept[0]?.field).toContain(field);
  },
);

it('a message none of whose records can be read is refused, and names the first field', async () => {
  const answer = await spdci({ reg_records: [person({ death_date: 'x' }), 'y'] });
  expect(answer.status).toBe(400);
  expect(answer.json.message.error.message).toContain('reg_records[0].death_date');
  expect(await shared.inbox.list({})).toEqual([]);
});

it('OpenSPP’s own callback says what is missing as well', async () => {
  const data = { reg_event_type: 'Death', reg_records: [person({}), 'x'] };
  const answer = await notify({ notify_event: [{ data }] }, '/crvs');
  expect(answer.json).toMatchObject({
    status: 'success',
    message: expect.stringContaining('1 of 2 records'),
  });
});

it('the integrator’s guide has these cases', () => {
  const guide = readFileSync(new URL('../../docs/integrators-guide.md', import.meta.url), 'utf8');
  expect(guide, 'run `npm run docs:readings`').toBe(withReadings(guide));
});
