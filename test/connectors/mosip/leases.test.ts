import type { IncomingHttpHeaders } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { subscribe } from '../../../src/connectors/mosip/hub.ts';
import { type Lease, LeaseBook, leaseSecondsOf } from '../../../src/connectors/mosip/leases.ts';
import { isDue, renewLeases } from '../../../src/connectors/mosip/renew-leases.ts';
import { addMosipRoutes, type MosipSettings } from '../../../src/connectors/mosip/routes.ts';
import { DciClientError } from '../../../src/dci/client/errors.ts';
import { checkLeases } from '../../../src/doctor/mosip.ts';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import type { IntakeSettings } from '../../../src/intake/intake.ts';
import { type Face, openFace, SHARED } from '../../http/support.ts';
import { sharedInbox } from '../../inbox/support.ts';
import { keptLog } from '../../senders/support.ts';
import { serve } from '../../server.ts';
import { ISSUED, PARTNER, SECRET, TOPICS } from './support.ts';

const PATH = '/mosip/credentials';
const DAY = 86_400_000;
const NOW = 1_764_000_000_000;
const SETTINGS: MosipSettings & IntakeSettings = {
  ...SHARED,
  secrets: [SECRET],
  keys: [PARTNER.privateKey],
  topics: TOPICS,
  source: 'MOSIP',
  hub: null,
  birthDate: ['credential.dateOfBirth'],
  person: { BRN: ['credential.brn'] },
  ids: { UIN: ['credential.UIN'] },
};
const HUB = {
  hubUrl: 'https://hub.example/',
  callbackUrl: 'https://bridge.example/mosip/credentials',
  secret: SECRET,
  tokenUrl: null,
  clientId: null,
  clientSecret: null,
};
const shared = sharedInbox();
beforeEach(async () => {
  for (const [name, text] of await shared.inbox.listDocuments('mosip lease '))
    await shared.inbox.replaceDocument(name, text, null);
});
const open = async (over: Partial<MosipSettings> = {}): Promise<Face> => {
  const face = await openFace({}, { inbox: shared.inbox });
  addMosipRoutes(face.app, { ...SETTINGS, ...over }, face.parts);
  return face;
};
const leaseOf = async (topic = ISSUED) => {
  const [lease] = await new LeaseBook(shared.inbox).list([topic]);
  return lease as Lease;
};
const ask = (face: Face, query: Record<string, string>) =>
  face.get(`${PATH}?${new URLSearchParams({ 'hub.topic': ISSUED, 'hub.challenge': 'c', ...query })}`);

describe('the lease of a subscription', () => {
  it('is what the hub says when it asks', async () => {
    const face = await open();
    expect(await leaseOf()).toMatchObject({ state: 'asked', confirmedAt: null, endsAt: null });
    await ask(face, { 'hub.mode': 'subscribe', 'hub.lease_seconds': '864000' });
    const { state, confirmedAt, endsAt } = await leaseOf();
    expect([state, (endsAt ?? 0) - (confirmedAt ?? 0)]).toEqual(['active', 10 * DAY]);
    await ask(face, { 'hub.mode': 'subscribe' });
    expect(await leaseOf()).toMatchObject({ state: 'active', endsAt: null });
    await ask(face, { 'hub.mode': 'denied' });
    expect(await leaseOf()).toMatchObject({ state: 'denied' });
    expect((await leaseOf('openspp/DEACTIVATE_ID')).confirmedAt).toBeNull();
  });

  it('is not written down for everybody who asks', async () => {
    let written = 0;
    const face = await openFace(
      {},
      {
        inbox: shared.inbox,
        instead: () => ({
          inbox: Object.assign(Object.create(shared.inbox), {
            replaceDocument: (...args: Parameters<Inbox['replaceDocument']>) => {
              written += 1;
              return shared.inbox.replaceDocument(...args);
            },
          }) as Inbox,
        }),
      },
    );
    addMosipRoutes(face.app, SETTINGS, face.parts);
    for (let seconds = 1; seconds <= 100; seconds += 1) {
      const lease = { 'hub.mode': 'subscribe', 'hub.lease_seconds': String(seconds) };
      expect((await ask(face, lease)).status).toBe(200);
    }
    expect(written).toBeLessThanOrEqual(30);
    face.now += 60_000;
    await ask(face, { 'hub.mode': 'denied' });
    expect(await leaseOf()).toMatchObject({ state: 'denied' });
  });

  it.each([
    ['864000', 864_000],
    ['0', null],
    ['-1', null],
    ['1e9', null],
    ['99999999999', null],
    ['', null],
    [undefined, null],
  ])('of %j is %j', (text, seconds) => {
    expect(leaseSecondsOf(text)).toBe(seconds);
  });

  it('counts only with the proof of our own question where the bridge subscribes itself', async () => {
    const face = await open({ hub: HUB });
    const meant = { 'hub.mode': 'subscribe', 'hub.lease_seconds': '999999999' };
    for (const lease of ['', 'x', 'y'.repeat(43)]) {
      expect((await ask(face, { ...meant, lease })).status).toBe(200);
      await ask(face, { 'hub.mode': 'denied', lease });
    }
    expect(await leaseOf()).toMatchObject({ state: 'asked', endsAt: null });
  });
});

describe('a lease that ends', () => {
  const hub = {
    status: 202,
    asked: [] as { url: string; body: URLSearchParams; headers: IncomingHttpHeaders }[],
  };
  let base = '';
  beforeEach(async () => {
    hub.status = 202;
    hub.asked = [];
    const { url } = await serve(({ path, body, headers }, response) => {
      hub.asked.push({ url: path, body: new URLSearchParams(body), headers });
      if (path === '/token') response.end(JSON.stringify({ access_token: 'a-token' }));
      else response.writeHead(hub.status).end();
    });
    base = url;
  });
  const settings = () => ({
    hubUrl: `${base}/hub/`,
    callbackUrl: 'https://bridge.example/mosip/credentials',
    secret: SECRET,
    tokenUrl: `${base}/token`,
    clientId: 'partner',
    clientSecret: 'client-secret',
  });
  const renewal = { topics: [ISSUED], renewBeforeMs: DAY, intervalMs: 60_000 };

  it('is renewed at the hub, whose question about it counts', async () => {
    const { log } = keptLog();
    const book = new LeaseBook(shared.inbox);
    await book.confirmed(ISSUED, 864_000, NOW);
    const renew = (now: number) =>
      renewLeases(renewal, book, (topic) => subscribe(topic, settings()), log, now);
    expect(await renew(NOW + 8 * DAY)).toBe(0);
    expect(await renew(NOW + 9 * DAY)).toBe(1);
    const [token, question] = hub.asked;
    expect(token?.body.get('grant_type')).toBe('client_credentials');
    expect(question?.headers).toMatchObject({ authorization: 'a-token', cookie: 'Authorization=a-token' });
    expect(Object.fromEntries(question?.body ?? [])).toMatchObject({
      'hub.mode': 'subscribe',
      'hub.topic': ISSUED,
      'hub.secret': SECRET,
    });
    // Asked already: its question may still come.
    expect(await renew(NOW + 9 * DAY + 1000)).toBe(0);
    expect(await renew(NOW + 9 * DAY + 60_000)).toBe(1);
    const face = await open({ hub: HUB });
    const { searchParams } = new URL(question?.body.get('hub.callback') ?? '');
    await ask(face, {
      'hub.mode': 'subscribe',
      'hub.lease_seconds': '1000',
      lease: searchParams.get('lease') ?? '',
    });
    const { state, confirmedAt, endsAt, renewal: next } = await leaseOf();
    expect([state, (endsAt ?? 0) - (confirmedAt ?? 0), next.tries]).toEqual(['active', 1_000_000, 0]);
  });

  it('is tried again, ever more seldom, and says why', async () => {
    const { log, text } = keptLog();
    const book = new LeaseBook(shared.inbox);
    hub.status = 403;
    const renew = (now: number) =>
      renewLeases(renewal, book, (topic) => subscribe(topic, settings()), log, now);
    expect(await renew(NOW)).toBe(1);
    expect(await leaseOf()).toMatchObject({ renewal: { tries: 1, problem: 'registry.unauthorized' } });
    expect(await renew(NOW + 59_999)).toBe(0);
    expect(await renew(NOW + 60_000)).toBe(1);
    expect(await renew(NOW + 179_999)).toBe(0);
    expect(await renew(NOW + 180_000)).toBe(1);
    expect(text()).toContain('could not be renewed');
    expect(text()).not.toMatch(/a-token|client-secret|a-secret-that/);
    await expect(subscribe(ISSUED, settings())).rejects.toThrow(DciClientError);
  });

  it('is warned of where the hub’s address is not configured', async () => {
    const { log, text } = keptLog();
    const book = new LeaseBook(shared.inbox);
    expect(await renewLeases(renewal, book, null, log, NOW)).toBe(0);
    expect(text()).toBe('');
    await book.confirmed(ISSUED, 864_000, NOW);
    await renewLeases(renewal, book, null, log, NOW + 8 * DAY);
    expect(text()).toBe('');
    await renewLeases(renewal, book, null, log, NOW + 9 * DAY);
    expect(text()).toContain('the subscription at MOSIP’s hub ends; renew it');
  });

  it('is due a while before, and at half of a short one', () => {
    const lease = { state: 'active', confirmedAt: NOW, topic: ISSUED } as Lease;
    const due = (endsAt: number | null, now: number, state: Lease['state'] = 'active') =>
      isDue({ ...lease, state, endsAt }, DAY, now);
    expect([due(NOW + 10 * DAY, NOW + 9 * DAY - 1), due(NOW + 10 * DAY, NOW + 9 * DAY)]).toEqual([
      false,
      true,
    ]);
    expect([due(NOW + DAY, NOW + DAY / 2 - 1), due(NOW + DAY, NOW + DAY / 2)]).toEqual([false, true]);
    expect([due(null, NOW + 999 * DAY), due(null, NOW, 'denied')]).toEqual([false, true]);
  });

  it('is found by doctor', () => {
    const find = (state: string, endsAt: number | null, renews = false) =>
      checkLeases([{ topic: ISSUED, state, endsAt }], renews, DAY, NOW)[0]?.state;
    expect(find('active', NOW + 2 * DAY)).toBe('ok');
    expect(find('active', null)).toBe('ok');
    expect(find('active', NOW + DAY)).toBe('warning');
    expect(find('active', NOW + DAY, true)).toBe('ok');
    expect(find('active', NOW)).toBe('problem');
    expect(find('asked', null)).toBe('warning');
    expect(find('denied', NOW)).toBe('problem');
    expect(checkLeases(null, true, DAY, NOW)).toMatchObject([{ id: 'mosip.leases', state: 'warning' }]);
  });
});
