import { describe, expect, it } from 'vitest';
import { MemoryAnswers } from '../../src/dci/client/answers.ts';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import { REGISTRY_ID } from './stand-in.ts';
import { clientOf, collected, errorOf, FakeTime, listener, OUR_ID, standIn } from './support.ts';

const ENTRIES = Array.from({ length: 5 }, (_, at) => ({
  identifiers: { UIN: `${at}`, NID: `${at}` },
  birth: '2020-01-01',
}));

async function world(options: Parameters<typeof standIn>[0] = {}) {
  const registry = await standIn({ entries: ENTRIES, ...options });
  const { uri, answers, bodies } = await listener();
  const parties = { senderId: OUR_ID, senderUri: uri, receiverId: REGISTRY_ID };
  const dialect = options.dialect === 'opencrvs' ? { dialect: opencrvs } : {};
  // Real time: the callbacks of these tests come over real connections.
  const client = clientOf(
    registry,
    { parties, ...dialect, answerTimeoutMs: 5000 },
    { answers, timing: undefined },
  );
  return { registry, client, answers, bodies };
}

describe('an asynchronous search', () => {
  it.each(['spdci', 'opencrvs'] as const)('is answered at our on-search (%s)', async (dialect) => {
    const { client, registry, answers } = await world({ dialect });
    const reply = await client.searchById('UIN', '3', { asynchronous: true });
    expect(reply.value).toBeNull();
    expect(reply.correlationId).toMatch(/-/);
    const found = await reply.answer();
    expect(found.records).toHaveLength(1);
    expect(found.transactionId).toBe(reply.transactionId);
    expect(registry.received[0]?.path).toBe('/registry/search');
    expect(registry.problems).toEqual([]);
    reply.close();
    expect(answers.open).toBe(0);
  });

  it('pages, too', async () => {
    const { client, answers } = await world();
    const query = {
      kind: 'date-range',
      attribute: 'birthdate',
      from: '2020-01-01',
      to: '2020-01-01',
    } as const;
    const pages = await collected(client.pages(query, { asynchronous: true, pageSize: 2 }));
    expect(pages.map(({ records }) => records.length)).toEqual([2, 2, 1]);
    expect(answers.open).toBe(0);
  });

  it('can be asked where nobody listens, but not waited for', async () => {
    const registry = await standIn();
    const reply = await clientOf(registry).searchById('UIN', '3', { asynchronous: true });
    expect((await errorOf(reply.answer())).code).toBe('answer.no_listener');
  });

  it('ends with an error where no callback comes, or the caller goes', async () => {
    const registry = await standIn();
    const timing = new FakeTime();
    const answers = new MemoryAnswers(timing);
    const client = clientOf(registry, {}, { answers, timing });
    const reply = await client.searchById('UIN', '3', { asynchronous: true });
    expect(await errorOf(reply.answer({ timeoutMs: 1000 }))).toMatchObject({
      code: 'answer.timeout',
      transient: true,
    });
    const waiting = reply.answer({ signal: AbortSignal.abort(new Error('gone')) });
    await expect(waiting).rejects.toThrow('gone');
  });

  it('expects nothing any more where it was refused', async () => {
    const { client, registry, answers } = await world();
    registry.faults.push({ status: 400 });
    await errorOf(client.searchById('UIN', '3', { asynchronous: true }));
    expect(answers.open).toBe(0);
  });
});

describe('answers of this process', () => {
  const callback = (over: object) => ({
    action: 'on-search' as const,
    transactionId: 't',
    correlationId: 'c',
    header: {},
    message: {},
    ...over,
  });

  it('are known by our transaction, else by the registry’s correlation', async () => {
    const answers = new MemoryAnswers();
    const expected = answers.expect({ registry: 'r', action: 'on-search', transactionId: 't' });
    expect(answers.deliver(callback({ transactionId: 'other' }))).toBe(false);
    expect(answers.deliver(callback({ action: 'on-subscribe' }))).toBe(false);
    expect(answers.deliver(callback({ transactionId: null }))).toBe(false);
    expected.acknowledged('c');
    expect(answers.deliver(callback({ transactionId: null }))).toBe(true);
    expect(answers.deliver(callback({ message: { second: true } }))).toBe(true);
    expect((await expected.next(1000))?.transactionId).toBeNull();
    expect((await expected.next(1000))?.message).toEqual({ second: true });
    expected.close();
    expect(answers.deliver(callback({}))).toBe(false);
  });
});

describe('answers that nobody takes', () => {
  const question = (transactionId: string) => ({
    registry: 'r',
    action: 'on-search' as const,
    transactionId,
  });
  const callback = (transactionId: string) => ({
    action: 'on-search' as const,
    transactionId,
    correlationId: null,
    header: {},
    message: {},
  });

  it('do not fill the memory: the oldest question is given up, and what is too much is refused', () => {
    const answers = new MemoryAnswers(new FakeTime(), 2);
    for (const id of ['a', 'b', 'c']) answers.expect(question(id));
    expect(answers.open).toBe(2);
    expect(answers.deliver(callback('a'))).toBe(false);
    const taken = Array.from({ length: 1001 }, () => answers.deliver(callback('c')));
    expect(taken.filter((one) => one)).toHaveLength(1000);
  });
});

describe('subscriptions', () => {
  it('give their code in the response, or at our on-subscribe', async () => {
    const atOnce = await world({ subscribeAtOnce: true });
    const reply = await atOnce.client.subscribe({ regEventType: 'BIRTH' });
    expect(reply.value).toMatchObject([{ code: 'SUB-1', status: 'subscribe', regEventType: 'BIRTH' }]);
    expect(await reply.answer()).toBe(reply.value);
    expect(atOnce.answers.open).toBe(0);
    const later = await world();
    const pending = await later.client.subscribe({
      regEventType: 'DEATH',
      filter: { type: 'UIN', value: '3' },
    });
    expect(pending.value).toBeNull();
    expect(await pending.answer()).toMatchObject([{ code: 'SUB-1', regEventType: 'DEATH' }]);
    for (const { problems } of [atOnce.registry, later.registry]) expect(problems).toEqual([]);
  });

  it('end by their codes', async () => {
    const { client, registry } = await world({ subscribeAtOnce: true });
    await client.subscribe({ regEventType: 'BIRTH' });
    const reply = await client.unsubscribe(['SUB-1']);
    expect(await reply.answer()).toEqual({
      status: 'succ',
      codes: [{ code: 'SUB-1', status: 'unsubscribe' }],
    });
    expect(registry.problems).toEqual([]);
    const again = await client.unsubscribe(['SUB-1']);
    expect(await errorOf(again.answer())).toMatchObject({
      code: 'registry.rejected',
      registryCode: 'rjct.subscription_code.invalid',
    });
  });

  it('can be ended in the older spelling', async () => {
    const registry = await standIn({ dialect: 'unchecked' });
    await clientOf(registry, { olderUnsubscribe: true }).unsubscribe(['SUB-1']);
    expect(registry.received[0]?.body.message).toMatchObject({ subscription_code: ['SUB-1'] });
  });

  it.each([
    ['no code', []],
    ['an empty code', ['']],
    ['a code that is too long', ['x'.repeat(100)]],
  ])('are not ended by %s', async (_, codes) => {
    const registry = await standIn();
    expect((await errorOf(clientOf(registry).unsubscribe(codes))).code).toBe('request.invalid');
  });
});

describe('the status of a transaction', () => {
  it('comes in the response, or at our on-status', async () => {
    const { client, registry } = await world();
    const query = { type: 'search', by: 'transaction_id', value: 't-1' } as const;
    const now = await client.transactionStatus(query, { synchronous: true });
    expect(now.value).toMatchObject({ type: 'search', status: 'pdng' });
    const later = await client.transactionStatus({
      type: 'search',
      by: 'reference_id_list',
      value: ['a', 'b'],
    });
    expect(await later.answer()).toMatchObject({ type: 'search', status: 'pdng' });
    expect(registry.received.map(({ path }) => path)).toEqual([
      '/registry/sync/txn/status',
      '/registry/txn/status',
    ]);
    expect(registry.problems).toEqual([]);
  });

  it('is not asked for by a list where one id is meant', async () => {
    const registry = await standIn();
    const wrong = { type: 'search', by: 'transaction_id', value: ['a'] } as const;
    expect((await errorOf(clientOf(registry).transactionStatus(wrong))).code).toBe('request.invalid');
  });
});
