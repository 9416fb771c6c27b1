import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { thumbprintOf } from '../../src/dci/keys.ts';
import { type TestBridge, testBridge } from '../bridge.ts';
import { run } from '../cli/run.ts';
import { envelope } from '../http/support.ts';
import { PATIENCE } from '../patience.ts';
import { MALFORMED } from './malformed.ts';
import { REGISTRY_ID, StandIn } from './stand-in.ts';
import { OUR_ID } from './support.ts';

const PERSON = {
  identifiers: { UIN: '190283746551', BRN: 'B-2024-77219' },
  birth: '2020-01-15',
  death: '2024-12-01',
};
const REGISTRY_KEY = generateKeyPairSync('ed25519');
const OTHER_KEY = generateKeyPairSync('ed25519');
const OUR_KEY = generateKeyPairSync('ed25519');
/** Where the registry finds the bridge, whose port is not known before it listens. */
const CALLBACK_HOST = 'http://bridge.test';
const spki = { type: 'spki', format: 'pem' } as const;

let registry: StandIn;
let bridge: TestBridge;

/** A registry that posts its answers, signed, to a running bridge, and two senders that OpenSPP knows. */
beforeAll(async () => {
  registry = await new StandIn({
    entries: [PERSON],
    signer: { form: 'http', keyId: 'key-1', algorithm: 'ed25519', privateKey: REGISTRY_KEY.privateKey },
    resolve: (uri) => uri.replace(CALLBACK_HOST, bridge.url),
    verifyWith: {
      senderId: OUR_ID,
      keys: [
        {
          kid: thumbprintOf(OUR_KEY.publicKey),
          algorithm: 'ed25519',
          keyObject: OUR_KEY.publicKey,
          thumbprint: thumbprintOf(OUR_KEY.publicKey),
        },
      ],
    },
  }).start();
  const source = {
    base_url: registry.url,
    auth_type: 'none',
    sender_id: OUR_ID,
    callback_uri: `${CALLBACK_HOST}/registry/on-search`,
    receiver_id: REGISTRY_ID,
    registry_sender_id: REGISTRY_ID,
  };
  bridge = await testBridge({
    env: { SIGNING_KEY: String(OUR_KEY.privateKey.export({ type: 'pkcs8', format: 'pem' })) },
    file: {
      sources: { crvs_main: source },
      answers: { poll_seconds: 0.05 },
      subscriptions: { confirmation_seconds: 1 },
    },
    seed(sandbox) {
      sandbox.sender(REGISTRY_ID, REGISTRY_KEY.publicKey.export(spki));
      sandbox.sender('other.example', OTHER_KEY.publicKey.export(spki));
    },
  });
});
afterAll(async () => {
  await bridge.close();
  await registry.close();
});

const api = (path: string, body?: object) => bridge.api(path, body);

const UIN = { type: 'UIN', value: PERSON.identifiers.UIN };

describe('a look-up that is asked asynchronously', () => {
  it('gives a transaction, by which its answer is fetched', async () => {
    const asked = await api('crvs/check-death', { ...UIN, async: true });
    expect(asked).toMatchObject({ status: 202, json: { correlationId: expect.any(String) } });
    const answer = await api(`answers/${asked.json.transactionId}?wait=30`);
    expect(answer.json).toMatchObject({
      registry: 'crvs_main',
      purpose: 'check-death',
      state: 'answered',
      callbacks: 1,
      result: { kind: 'yes' },
    });
    expect((await api('answers/unheard-of')).status).toBe(404);
    expect((await api('answers/x?wait=soon')).status).toBe(400);
    expect(registry.problems).toEqual([]);
  });

  it('is waited for by a command, which is another process than the one that receives the answer', async () => {
    const birth = await run('crvs verify-birth BRN B-2024-77219 --async'.split(' '), bridge.env);
    expect([birth.code, birth.err]).toEqual([0, '']);
    expect(birth.out).toContain('birth_date: 2020-01-15\n');
    const asked = await run('crvs check-death UIN 1 --async --no-wait --json'.split(' '), bridge.env);
    const { transactionId } = JSON.parse(asked.out);
    const answer = await run(['answers', transactionId, '--wait', '30'], bridge.env);
    expect([answer.code, answer.out]).toEqual([0, 'kind: no\nbecause: nothing_registered\n']);
    expect((await run(['answers', 'unheard-of'], bridge.env)).code).toBe(1);
  });
});

/** A search's callback, signed by anyone. */
function callback(
  transaction_id: string,
  key = REGISTRY_KEY.privateKey,
  sender_id = REGISTRY_ID,
  action = 'on-search',
) {
  const now = Math.floor(Date.now() / 1000);
  const header = {
    message_id: `m-${transaction_id}-${sender_id}-${Math.random()}`,
    message_ts: new Date().toISOString(),
    action,
    status: 'succ',
    sender_id,
    total_count: 1,
  };
  const search_response = [{ status: 'succ', data: { reg_records: [] } }];
  const message = { transaction_id, correlation_id: 'c', search_response };
  return envelope(message, { header, key, created: now - 5 });
}

const post = async (path: string, body: string) => (await bridge.send(path, { method: 'POST', body })).status;

describe('a callback', () => {
  it('of another registered sender does not answer in the registry’s name', async () => {
    // Nobody answers but those below.
    registry.faults.push({ status: 202, body: { message: { ack_status: 'ACK', correlation_id: 'c-1' } } });
    const asked = await api('crvs/check-death', { ...UIN, async: true });
    const id = asked.json.transactionId;
    expect(await post('/registry/on-search', await callback(id, OTHER_KEY.privateKey, 'other.example'))).toBe(
      202,
    );
    const another = await callback(id, REGISTRY_KEY.privateKey, REGISTRY_ID, 'on-subscribe');
    expect(await post('/registry/on-search', another)).toBe(202);
    // Refused, and believed no more for it; but acknowledged: some registries end at a refusal.
    expect(await post('/registry/on-search', await callback(id, OTHER_KEY.privateKey))).toBe(202);
    const stranger = await callback(id, OTHER_KEY.privateKey, 'nobody.example');
    expect(await post('/registry/on-search', stranger)).toBe(202);
    const { refusals } = (await api('refusals')).json;
    expect(refusals.slice(0, 2)).toMatchObject([
      { connector: 'dci', code: 'err.sender_id.invalid' },
      { connector: 'dci', code: 'err.signature.invalid', senderId: REGISTRY_ID },
    ]);
    const unasked = await callback('unheard-of', OTHER_KEY.privateKey);
    expect(await post('/registry/on-search', unasked)).toBe(401);
    expect(await post('/registry/notify', await callback(id, OTHER_KEY.privateKey))).toBe(401);
    expect(await post('/registry/on-search', '{"message": 1}')).toBe(400);
    expect((await api(`answers/${id}`)).json).toMatchObject({
      state: 'pending',
      callbacks: 0,
      result: { kind: 'not_known', reason: 'pending' },
    });
    const right = await callback(id);
    for (let times = 0; times < 2; times++) expect(await post('/registry/on-search', right)).toBe(202);
    expect((await api(`answers/${id}`)).json).toMatchObject({ state: 'answered', callbacks: 1 });
  });

  it('that answers nothing is acknowledged, and noted without what it says', async () => {
    expect(await post('/registry/on-search', await callback(`nothing-${PERSON.identifiers.UIN}`))).toBe(202);
    expect(bridge.logged()).toContain('a callback answers nothing that was asked of its sender');
    expect(bridge.logged()).not.toContain(PERSON.identifiers.UIN);
    expect(bridge.logged()).not.toContain(PERSON.identifiers.BRN);
  });
});

/** An answer that is none, signed by the registry. */
async function malformed(transaction_id: string, body: unknown, lookup: string): Promise<string> {
  const { header = {}, message } = body as { header?: object; message: object };
  const signed = {
    message_id: `m-${transaction_id}-${lookup}`,
    message_ts: new Date().toISOString(),
    action: 'on-search',
    sender_id: REGISTRY_ID,
    total_count: 1,
    ...header,
  };
  const now = Math.floor(Date.now() / 1000);
  const key = REGISTRY_KEY.privateKey;
  return envelope({ transaction_id, ...message }, { header: signed, key, created: now - 5 });
}

describe('a callback that is neither a yes nor a no', () => {
  it.each(MALFORMED)('%s', async (_, body, reason) => {
    for (const lookup of ['crvs/check-death', 'crvs/verify-birth', 'ibr/enrollment']) {
      registry.faults.push({ status: 202, body: { message: { ack_status: 'ACK', correlation_id: 'c-9' } } });
      const asked = await api(lookup, { ...UIN, async: true, source: 'crvs_main' });
      const { transactionId } = asked.json;
      // What cannot be read is acknowledged: a registry that is refused here may never send it again.
      expect(await post('/registry/on-search', await malformed(transactionId, body, lookup))).toBe(202);
      const answer = await api(`answers/${transactionId}`);
      expect(answer).toMatchObject({ status: 424, json: { result: { kind: 'not_known', reason } } });
      expect(JSON.stringify(answer.json)).not.toMatch(/"kind":"(yes|no)"/);
      const shown = await run(['answers', transactionId], bridge.env);
      expect([shown.code, shown.out.split(':')[0]]).toEqual([3, `not known (${reason})`]);
    }
  });

  it('is waited for by a command, which ends with 3', async () => {
    registry.faults.push({ status: 200, body: { message: { search_response: [{ status: 'RJCT' }] } } });
    const asked = await run('crvs check-death UIN 1 --async --json'.split(' '), bridge.env);
    expect([asked.code, JSON.parse(asked.out).kind]).toEqual([3, 'not_known']);
    registry.faults.push({ status: 400 });
    expect((await run('crvs check-death UIN 1 --async'.split(' '), bridge.env)).code).toBe(3);
    registry.faults.push({ status: 400 });
    expect((await api('crvs/check-death', { ...UIN, async: true })).status).toBe(424);
  });

  it('is what a command says when the time of its source is over, also of the default one', async () => {
    const impatient = join(bridge.folder, 'impatient.yaml');
    const { sources, ...rest } = JSON.parse(readFileSync(join(bridge.folder, 'bridge.yaml'), 'utf8'));
    const source = { ...sources.crvs_main, answer_timeout_seconds: 0.05 };
    writeFileSync(impatient, JSON.stringify({ ...rest, sources: { crvs_main: source } }));
    registry.faults.push({ status: 202, body: { message: { ack_status: 'ACK', correlation_id: 'c-8' } } });
    const asked = await run('crvs check-death UIN 1 --async'.split(' '), {
      ...bridge.env,
      CONFIG_FILE: impatient,
    });
    expect([asked.code, asked.out]).toEqual([
      3,
      'not known (pending): the registry took the question up, and has not answered yet\n',
    ]);
  });

  it('does not keep the identifier that was asked by', async () => {
    const asked = await api('crvs/check-death', { type: 'UIN', value: '555000111222', async: true });
    await api(`answers/${asked.json.transactionId}?wait=30`);
    const kept = ['inbox.db', 'inbox.db-wal']
      .map((name) => readFileSync(join(bridge.folder, name), 'latin1'))
      .join('');
    expect(kept).toContain('check-death UIN:');
    expect(kept).not.toContain('555000111222');
  });
});

it('subscriptions are confirmed by a registry that posts all its callbacks to one address', async () => {
  const asked = await run('crvs subscribe DEATH --json'.split(' '), bridge.env);
  expect(asked.code).toBe(0);
  const [{ state, codes }] = JSON.parse(asked.out);
  expect([state, codes]).toEqual(['subscribed', [expect.any(String)]]);
  const { subscriptions } = (await api('crvs/subscriptions')).json;
  expect(subscriptions).toMatchObject([{ eventType: 'DEATH', state: 'active', codes }]);
});

it('subscriptions are remembered, confirmed by the registry, and ended', async () => {
  registry.faults.push({ status: 202, body: { message: { ack_status: 'ACK', correlation_id: 'c-2' } } });
  const asked = await run('crvs subscribe BIRTH --json'.split(' '), bridge.env);
  const [{ transactionId, state }] = JSON.parse(asked.out);
  expect(state).toBe('pending');
  const own = async () =>
    (await api('crvs/subscriptions')).json.subscriptions.filter(
      ({ eventType }: { eventType: string }) => eventType === 'BIRTH',
    );
  expect(await own()).toMatchObject([{ id: transactionId, eventType: 'BIRTH', state: 'pending', codes: [] }]);
  const header = (action: string) => ({
    message_id: `${action}-1`,
    message_ts: new Date().toISOString(),
    action,
    status: 'succ',
    sender_id: REGISTRY_ID,
    total_count: 1,
  });
  const created = Math.floor(Date.now() / 1000) - 5;
  const signed = (action: string, message: object) =>
    envelope(message, { header: header(action), key: REGISTRY_KEY.privateKey, created });
  const end_time = '2999-01-01T00:00:00Z';
  const subscriptions = [{ code: 'SUB-9', status: 'subscribe', frequency: { end_time } }];
  const confirmed = {
    transaction_id: transactionId,
    subscribe_response: [{ status: 'succ', subscriptions }],
  };
  expect(await post('/registry/on-subscribe', await signed('on-subscribe', confirmed))).toBe(202);
  expect(await own()).toMatchObject([
    { state: 'active', codes: ['SUB-9'], endsAt: '2999-01-01T00:00:00.000Z' },
  ]);
  const shown = await run('crvs subscriptions'.split(' '), bridge.env);
  expect(shown.out).toMatch(/^source +event +state .*\ncrvs_main +BIRTH +active +SUB-9 /);
  registry.faults.push({ status: 202, body: { message: { ack_status: 'ACK', correlation_id: 'c-3' } } });
  const ending = await run('crvs unsubscribe SUB-9 --json'.split(' '), bridge.env);
  const { transactionId: end, status } = JSON.parse(ending.out);
  expect(status).toBe('pdng');
  expect(await own()).toMatchObject([{ state: 'ending' }]);
  const ended = { transaction_id: end, timestamp: end_time, status: 'succ' };
  expect(await post('/registry/on-unsubscribe', await signed('on-unsubscribe', ended))).toBe(202);
  await vi.waitFor(async () => expect(await own()).toMatchObject([{ state: 'ended' }]), PATIENCE);
});
