import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint } from 'jose';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fetchJwks } from '../../src/registry-keys/fetch.ts';
import { KeySets } from '../../src/registry-keys/key-sets.ts';
import { SenderDirectory, type SenderDirectorySettings } from '../../src/senders/sender-directory.ts';
import type { SenderRow } from '../../src/senders/trusted-sender.ts';
import { temporaryInbox } from '../inbox/support.ts';
import { FETCH, type KeyServer, keyServer, MINUTE, pair } from '../registry-keys/support.ts';
import { DEATH, envelope, type Face, HEADER, NOW, openFace, SPDCI_DEATH } from './support.ts';

/** What OpenSPP's sender table can hold; OpenCRVS itself sends a URL. */
const OPENCRVS = 'opencrvs.utopia';
const OPENCRVS_URL = 'https://dci-crvs-api.opencrvs.utopia';
const NOTIFY = '/registry/notify';

interface RegistryKey {
  privateKey: KeyObject;
  kid: string;
  jwk: Record<string, unknown>;
}

/** As OpenCRVS publishes its key: RSA, the RFC 7638 thumbprint for a kid. */
async function registryKey(): Promise<RegistryKey> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
  return { privateKey, kid, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
}

let nth = 0;
/** As OpenCRVS's DCI API signs: a compact JWS over the envelope without its signature, by jose. */
async function openCrvsEnvelope(
  { privateKey, kid }: RegistryKey,
  over: object = {},
  message: object = SPDCI_DEATH,
): Promise<string> {
  nth += 1;
  const header = {
    ...HEADER,
    sender_id: OPENCRVS,
    message_id: `m-${nth}`,
    total_count: '1',
    meta: '',
    ...over,
  };
  const signature = await new CompactSign(Buffer.from(JSON.stringify({ header, message })))
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(privateKey);
  return JSON.stringify({ signature, header, message });
}

let current: RegistryKey;
let server: KeyServer;
let face: Face;
let sets: KeySets;
let rows: SenderRow[];
let senders: SenderDirectory;

/** The face over a directory that reads one sender with a JWKS URL and no key by default. */
async function open(
  over: Partial<SenderRow> = {},
  settings: Partial<SenderDirectorySettings> = {},
): Promise<void> {
  const inbox = await temporaryInbox();
  rows = [
    { senderId: OPENCRVS, name: 'OpenCRVS', algorithm: null, publicKey: null, jwksUrl: server.url, ...over },
  ];
  face = await openFace({}, { inbox, instead: () => ({ senders: latestSenders }) });
  sets = new KeySets(
    { owner: 'spp', graceMs: 60 * MINUTE, cooldownMs: 30_000, minimumMs: MINUTE },
    {
      documents: inbox,
      fetch: ({ url }, signal) => fetchJwks(url, { ...FETCH, signal }),
      log: face.log.log,
      clock: () => face.now,
    },
  );
  senders = new SenderDirectory(
    { openspp: 'spp', refreshMs: 3_600_000, unknownCooldownMs: 5000, ...settings },
    { documents: inbox, readRows: async () => rows, log: face.log.log, keySets: sets },
  );
  onTestFinished(() => senders.stop());
  await senders.start();
}

/** The app is made before the directory, which needs the face's log. */
const latestSenders = {
  find: (senderId: string) => senders.find(senderId),
  get size() {
    return senders.size;
  },
  refreshForUnknown: () => senders.refreshForUnknown(),
  fetchForUnknownKey: (senderId: string, kid: string) => senders.fetchForUnknownKey(senderId, kid),
};

const statusOf = async (body: string) => (await face.post(NOTIFY, body)).status;

beforeEach(async () => {
  current = await registryKey();
  server = await keyServer(current.jwk);
});

describe('an envelope signed the way OpenCRVS signs', () => {
  it('is accepted by the key that its thumbprint names', async () => {
    await open();
    const answer = await face.post(NOTIFY, await openCrvsEnvelope(current), { 'content-type': 'text/plain' });
    expect(answer).toMatchObject({ status: 202, json: { message: { ack_status: 'ACK' } } });
    const [event] = await face.inbox.list({});
    expect(await face.inbox.show(event?.id ?? 0)).toMatchObject({ senderId: OPENCRVS, kid: current.kid });
  });

  it('waits for the keys where they are not fetched yet', async () => {
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => {
      server.answer = (_request, response) => {
        answer = () => response.end(JSON.stringify({ keys: [current.jwk] }));
        resolve();
      };
    });
    await open();
    const posted = statusOf(await openCrvsEnvelope(current));
    await asked;
    answer();
    expect(await posted).toBe(202);
    expect(server.asked).toBe(1);
  });

  it('is accepted by a rotated key without a restart, and all that come at once share one fetch', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    const next = await registryKey();
    server.keys = [next.jwk];
    server.asked = 0;
    const bodies = await Promise.all(Array.from({ length: 20 }, () => openCrvsEnvelope(next)));
    expect(await Promise.all(bodies.map(statusOf))).toEqual(Array(20).fill(202));
    expect(server.asked).toBe(1);
  });

  it('is refused by a removed key once the grace time is over', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    server.keys = [(await registryKey()).jwk];
    await sets.fetch(OPENCRVS);
    face.now += 60 * MINUTE - 1;
    expect(await statusOf(await openCrvsEnvelope(current))).toBe(202);
    face.now += 1;
    const refused = await face.post(NOTIFY, await openCrvsEnvelope(current));
    expect(refused).toMatchObject({
      status: 401,
      json: { message: { error: { code: 'err.signature.invalid' } } },
    });
  });

  it('is refused by a removed key even where OpenSPP still has a copy of it', async () => {
    await open({ publicKey: pemOf(current), algorithm: 'rs256' });
    await sets.fetch(OPENCRVS);
    expect(await statusOf(await openCrvsEnvelope(current))).toBe(202);
    server.keys = [(await registryKey()).jwk];
    await sets.fetch(OPENCRVS);
    face.now += 60 * MINUTE;
    expect(await statusOf(await openCrvsEnvelope(current))).toBe(401);
  });

  it('is to come again where the registry that would know its key is down, while the keys held go on', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    server.answer = (_request, response) => response.destroy();
    expect(await statusOf(await openCrvsEnvelope(await registryKey()))).toBe(503);
    expect(await statusOf(await openCrvsEnvelope(current))).toBe(202);
    expect(face.log.entries().find(({ msg }) => String(msg).includes('could not be fetched'))).toMatchObject({
      sender: OPENCRVS,
      reason: 'jwks.unreachable',
    });
  });
});

function pemOf({ privateKey }: RegistryKey): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

describe('forged messages', () => {
  it('10,000 with random kids cause one JWKS request within a cool-down', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    server.asked = 0;
    const header = { ...HEADER, sender_id: OPENCRVS };
    const forged = (n: number) => {
      const kid = createHash('sha256').update(`forged ${n}`).digest('base64url');
      const jws = [
        { alg: 'RS256', kid },
        { header, message: DEATH },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
      const signature = `${jws.join('.')}.${'A'.repeat(342)}`;
      return JSON.stringify({ signature, header, message: DEATH });
    };
    const statuses: number[] = [];
    for (let n = 0; n < 10_000; n += 50) {
      statuses.push(...(await Promise.all(Array.from({ length: 50 }, (_, i) => statusOf(forged(n + i))))));
    }
    // Looked for, and not there; for the others nobody has looked yet.
    expect(statuses.filter((status) => status === 401)).toHaveLength(50);
    expect(statuses.filter((status) => status === 503)).toHaveLength(9950);
    expect(server.asked).toBe(1);
    expect(await statusOf(forged(0))).toBe(401);
  });

  it('do not turn away a key that was rotated after they were looked for', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    const forged = await openCrvsEnvelope({ ...(await registryKey()), kid: 'forged' });
    expect(await statusOf(forged)).toBe(401);
    const next = await registryKey();
    server.keys = [next.jwk];
    const fresh = await openCrvsEnvelope(next);
    const answer = await face.post(NOTIFY, fresh);
    expect(answer).toMatchObject({
      status: 503,
      json: { message: { error: { code: 'err.service.unavailable' } } },
    });
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBe(31);
    face.now += seconds * 1000;
    // Another forged one comes first, and shares the fetch.
    expect(await Promise.all([statusOf(forged), statusOf(fresh)])).toEqual([401, 202]);
  });

  it('leave no kid in the log as it was sent', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    await statusOf(await openCrvsEnvelope({ ...(await registryKey()), kid: 'Zebulon-190283746551' }));
    expect(face.log.text()).not.toMatch(/Zebulon|190283746551/);
    const entry = face.log.entries().find(({ msg }) => msg === 'a signature was refused');
    expect(entry).toMatchObject({
      reason: 'kid.unknown',
      kid: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
    });
    await statusOf(await openCrvsEnvelope({ ...(await registryKey()), kid: current.kid }));
    const known = face.log.entries().find(({ failed }) => failed === 'signature');
    expect(known).toMatchObject({ reason: 'signature.mismatch', kid: current.kid });
  });

  it('are asked to come again where too many wait for the keys already', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    server.answer = () => {};
    const stranger = await registryKey();
    const bodies = await Promise.all(Array.from({ length: 101 }, () => openCrvsEnvelope(stranger)));
    const posted = bodies.map((body) => face.post(NOTIFY, body));
    const first = await Promise.race(posted);
    expect(first).toMatchObject({
      status: 503,
      json: { message: { error: { code: 'err.service.unavailable' } } },
    });
    expect(first.headers.get('retry-after')).toBe('5');
    senders.stop();
    const statuses = (await Promise.all(posted)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(101);
  });

  it('with a known kid cause none', async () => {
    await open();
    await sets.fetch(OPENCRVS);
    server.asked = 0;
    const stranger = await registryKey();
    expect(await statusOf(await openCrvsEnvelope({ ...stranger, kid: current.kid }))).toBe(401);
    expect(server.asked).toBe(0);
  });
});

describe('a sender with a key of its own beside its set', () => {
  it('signs with either', async () => {
    const own = await registryKey();
    await open({ publicKey: pemOf(own), algorithm: 'rs256' });
    await sets.fetch(OPENCRVS);
    expect(await statusOf(await openCrvsEnvelope(own))).toBe(202);
    expect(await statusOf(await openCrvsEnvelope(current))).toBe(202);
  });

  it('is asked for a rotated key, though the key of its own answers to any name', async () => {
    await open({ publicKey: pemOf(await registryKey()), algorithm: 'rs256' });
    await sets.fetch(OPENCRVS);
    const next = await registryKey();
    server.keys = [next.jwk];
    expect(await statusOf(await openCrvsEnvelope(next))).toBe(202);
  });
});

describe('an alias', () => {
  const aliases = new Map([[OPENCRVS_URL, OPENCRVS]]);

  it('is another name of the sender, and its messages are the same under both', async () => {
    await open({}, { aliases });
    const message_id = 'the-same';
    const first = await face.post(
      NOTIFY,
      await openCrvsEnvelope(current, { sender_id: OPENCRVS_URL, message_id }),
    );
    const second = await face.post(NOTIFY, await openCrvsEnvelope(current, { message_id }));
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json.message.correlation_id).toBe(first.json.message.correlation_id);
    const events = await face.inbox.list({});
    expect(events.map(({ senderId }) => senderId)).toEqual([OPENCRVS]);
  });

  it('is nobody’s where it was not given', async () => {
    await open();
    const answer = await face.post(NOTIFY, await openCrvsEnvelope(current, { sender_id: OPENCRVS_URL }));
    expect(answer).toMatchObject({
      status: 401,
      json: { message: { error: { code: 'err.sender_id.invalid' } } },
    });
  });

  it('does not let a sender speak for one that is registered by that name', async () => {
    await open({}, { aliases });
    rows = [
      ...rows,
      { senderId: OPENCRVS_URL, name: 'Another', algorithm: null, publicKey: null, jwksUrl: null },
    ];
    await senders.refresh();
    expect(await statusOf(await openCrvsEnvelope(current, { sender_id: OPENCRVS_URL }))).toBe(401);
  });
});

describe('the limits of a sender', () => {
  const limits = (over: object) => ({
    limits: new Map([
      [
        OPENCRVS,
        { eventTypes: null, maxWindowSeconds: null, mustEncrypt: false, ratePerMinute: null, ...over },
      ],
    ]),
  });

  it('let it report certain events only', async () => {
    await open({}, limits({ eventTypes: new Set(['birth']) }));
    const answer = await face.post(NOTIFY, await openCrvsEnvelope(current));
    expect(answer).toMatchObject({
      status: 403,
      json: { message: { error: { code: 'err.request.forbidden' } } },
    });
    expect(answer.json.message.error.message).toContain('birth only');
    expect(await face.inbox.list({})).toEqual([]);
    const birth = { ...DEATH, event_type: 'BIRTH' };
    expect(await statusOf(await openCrvsEnvelope(current, {}, birth))).toBe(202);
  });

  it('bound the time that its signatures are good for', async () => {
    const { jwk, privateKey } = pair(`${OPENCRVS}|key-1|ed25519`);
    server.keys = [jwk];
    await open({}, limits({ maxWindowSeconds: 60 }));
    const header = { ...HEADER, sender_id: OPENCRVS };
    const signed = (expires: number) =>
      envelope(DEATH, { header, key: privateKey, created: NOW, expires: NOW + expires });
    expect(await statusOf(await signed(61))).toBe(401);
    expect(await statusOf(await signed(60))).toBe(202);
  });

  it('make it encrypt', async () => {
    await open({}, limits({ mustEncrypt: true }));
    const answer = await face.post(NOTIFY, await openCrvsEnvelope(current));
    expect(answer).toMatchObject({
      status: 400,
      json: { message: { error: { code: 'err.encryption.invalid' } } },
    });
    expect(answer.json.message.error.message).toContain('must be encrypted');
  });

  it('bound its rate, counting only what verified', async () => {
    await open({}, limits({ ratePerMinute: 2 }));
    const stranger = { ...(await registryKey()), kid: current.kid };
    for (let n = 0; n < 5; n++) expect(await statusOf(await openCrvsEnvelope(stranger))).toBe(401);
    const send = async () => face.post(NOTIFY, await openCrvsEnvelope(current));
    expect([(await send()).status, (await send()).status]).toEqual([202, 202]);
    const third = await send();
    expect(third).toMatchObject({
      status: 429,
      json: { message: { error: { code: 'err.request.too_many_requests' } } },
    });
    expect(third.headers.get('retry-after')).toBe('30');
    await senders.refresh();
    expect((await send()).status).toBe(429);
    face.now += 30_000;
    expect([(await send()).status, (await send()).status]).toEqual([202, 429]);
  });
});
