import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { fetchJwks } from '../../src/registry-keys/fetch.ts';
import type { HeldKeys } from '../../src/registry-keys/held-keys.ts';
import { JwksError } from '../../src/registry-keys/jwks-error.ts';
import { KeySets, type KeySetsDependencies, TooManyWaitingError } from '../../src/registry-keys/key-sets.ts';
import { temporaryInbox } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';
import { FETCH, type KeyServer, keyServer, MINUTE, pair } from './support.ts';

const A = 'crvs.a';
const SETTINGS = { owner: 'spp', graceMs: 60 * MINUTE, cooldownMs: 30_000, minimumMs: MINUTE };
const one = pair('one');
const two = pair('two', 'RS256');

let inbox: Inbox;
let kept: ReturnType<typeof keptLog>;
let now: number;
let server: KeyServer;
beforeEach(async () => {
  inbox = await temporaryInbox();
  kept = keptLog();
  now = 1_764_000_000_000;
  server = await keyServer(one.jwk);
});

function keySets(over: Partial<KeySetsDependencies> = {}): KeySets {
  const made = new KeySets(SETTINGS, {
    documents: inbox,
    fetch: ({ url }, signal) => fetchJwks(url, { ...FETCH, signal }),
    log: kept.log,
    clock: () => now,
    ...over,
  });
  onTestFinished(() => made.stop());
  return made;
}

/** One that follows the sender and has fetched its keys. */
async function fetched(over: Partial<KeySetsDependencies> = {}): Promise<KeySets> {
  const sets = keySets(over);
  sets.follow([{ senderId: A, url: server.url }]);
  await sets.fetch(A);
  return sets;
}

const kidsOf = (sets: KeySets) => sets.of(A)?.keys.map(({ kid }) => kid);
/** Fetches that are due, and waits for them. */
async function due(sets: KeySets): Promise<void> {
  sets.fetchDue();
  await sets.fetch(A);
}

describe('the key sets of senders', () => {
  it('hold what their addresses publish', async () => {
    server.keys = [one.jwk, two.jwk];
    expect(kidsOf(await fetched())).toEqual(['one', 'two']);
    expect(kept.entries()).toEqual([
      expect.objectContaining({
        level: 'info',
        sender: A,
        keys: 2,
        leaving: 0,
        unusable: 0,
        msg: 'the keys of a sender were fetched',
      }),
    ]);
  });

  it('have none for a sender without an address', async () => {
    const sets = await fetched();
    expect(sets.of('crvs.b')).toBeNull();
    expect(await sets.fetchForUnknown('crvs.b')).toBe(false);
    await sets.fetch('crvs.b');
    expect(server.asked).toBe(1);
  });

  it('are fetched again when they are due, and not before', async () => {
    const sets = await fetched();
    now += 15 * MINUTE - 1;
    sets.fetchDue();
    expect(server.asked).toBe(1);
    now += 1;
    await due(sets);
    sets.fetchDue();
    expect(server.asked).toBe(2);
  });

  it('are fetched at the start, however fresh what is kept', async () => {
    await (await fetched()).kept();
    const sets = keySets();
    await sets.load();
    sets.start();
    await sets.fetch(A);
    expect(server.asked).toBe(2);
    sets.fetchDue();
    expect(server.asked).toBe(2);
  });

  it('outlive a restart while the registry is down', async () => {
    server.keys = [one.jwk, two.jwk];
    await (await fetched()).kept();
    server.answer = (_request, response) => response.destroy();
    const sets = keySets();
    await sets.load();
    sets.follow([{ senderId: A, url: server.url }]);
    expect(kidsOf(sets)).toEqual(['one', 'two']);
    await sets.fetch(A);
    expect(kidsOf(sets)).toEqual(['one', 'two']);
    await sets.kept();
    expect(await inbox.getDocument('sender keys of spp')).toContain('jwks.unreachable');
  });

  it('keep what they have where fetching fails, say why, and try again soon', async () => {
    const sets = await fetched();
    server.answer = (_request, response) => response.writeHead(503).end('SECRET');
    now += 15 * MINUTE;
    await due(sets);
    expect(kidsOf(sets)).toEqual(['one']);
    expect(sets.of(A)?.state).toMatchObject({ problem: 'jwks.status', failedAt: now });
    expect(kept.entries().at(-1)).toMatchObject({
      level: 'warn',
      sender: A,
      reason: 'jwks.status',
      detail: '503',
      held: 1,
      msg: 'the keys of a sender could not be fetched; those held stay in force',
    });
    expect(kept.text()).not.toContain('SECRET');
    now += MINUTE;
    server.answer = null;
    await due(sets);
    expect(sets.of(A)?.state).toMatchObject({ problem: null, failedAt: null, fetchedAt: now });
  });

  it.each([
    ['a web page', '<html>', 'jwks.html'],
    ['no JSON', '{', 'jwks.not_json'],
    ['no keys', '{"keys":[]}', 'jwks.no_keys'],
    ['too much', ' '.repeat(300_000), 'jwks.too_large'],
    [
      'different keys under one kid',
      JSON.stringify({ keys: [one.jwk, pair('one').jwk] }),
      'jwks.duplicate_kid',
    ],
  ])('keep what they have where the answer is %s', async (_what, body, code) => {
    const sets = await fetched();
    server.answer = (_request, response) => response.end(body);
    await sets.fetch(A);
    expect(kidsOf(sets)).toEqual(['one']);
    expect(sets.of(A)?.state.problem).toBe(code);
  });

  it.each([
    [
      'redirects elsewhere',
      'jwks.redirect',
      {},
      (): void => {
        server.answer = (_request, response) =>
          response.writeHead(302, { location: 'https://keys.elsewhere.test/' }).end();
      },
    ],
    [
      'is slow',
      'jwks.timeout',
      { timeoutMs: 50 },
      (): void => {
        server.answer = (_request, response) => response.write('{');
      },
    ],
    ['is at a private address', 'jwks.private_address', { allowPrivateAddresses: false }, (): void => {}],
    ['is not https', 'jwks.not_https', { allowHttp: false }, (): void => {}],
  ])('keep what they have where the server %s', async (_what, code, over, turn) => {
    let options = FETCH;
    const sets = await fetched({ fetch: ({ url }, signal) => fetchJwks(url, { ...options, signal }) });
    options = { ...FETCH, ...over };
    turn();
    await sets.fetch(A);
    expect(kidsOf(sets)).toEqual(['one']);
    expect(sets.of(A)?.state.problem).toBe(code);
    expect(kept.entries().at(-1)).toMatchObject({ level: 'warn', sender: A, reason: code, held: 1 });
  });

  it('let a key that left stay for the grace time without asking again', async () => {
    server.keys = [one.jwk, two.jwk];
    const sets = await fetched();
    server.keys = [two.jwk];
    await sets.fetch(A);
    now += 60 * MINUTE - 1;
    expect(kidsOf(sets)).toEqual(['two', 'one']);
    now += 1;
    expect(kidsOf(sets)).toEqual(['two']);
    expect(server.asked).toBe(2);
  });

  it('give the same object as long as nothing changes', async () => {
    server.keys = [one.jwk, two.jwk];
    const sets = await fetched();
    const before = sets.of(A);
    now += MINUTE;
    expect(sets.of(A)).toBe(before);
    server.keys = [two.jwk];
    await sets.fetch(A);
    expect(sets.of(A)).not.toBe(before);
  });

  it('drop the keys of an address that was replaced, and of a sender that is gone', async () => {
    const sets = await fetched();
    const other = await keyServer(two.jwk);
    sets.follow([{ senderId: A, url: other.url }]);
    expect(kidsOf(sets)).toEqual([]);
    await due(sets);
    expect(kidsOf(sets)).toEqual(['two']);
    sets.follow([]);
    expect(sets.of(A)).toBeNull();
  });

  it('take no notice of an answer from an address that was replaced meanwhile', async () => {
    const sets = keySets();
    const other = await keyServer(two.jwk);
    sets.follow([{ senderId: A, url: server.url }]);
    const running = sets.fetch(A);
    sets.follow([{ senderId: A, url: other.url }]);
    await running;
    expect(kidsOf(sets)).toEqual([]);
    await due(sets);
    expect(kidsOf(sets)).toEqual(['two']);
  });

  it('report each success to the listener, and outlive it when that fails', async () => {
    const told: [string, HeldKeys][] = [];
    const sets = await fetched({
      onFetched: async (...what) => {
        told.push(what);
        throw new TypeError('a fault');
      },
    });
    server.answer = (_request, response) => response.destroy();
    await sets.fetch(A);
    expect(told.map(([sender, { keys }]) => [sender, keys.length])).toEqual([[A, 1]]);
    expect(kept.entries().filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('outlive whatever goes wrong with one address', async () => {
    const sets = await fetched({ fetch: () => Promise.reject(new RangeError('odd')) });
    expect(sets.of(A)?.state.problem).toBe('jwks.unreachable');
  });

  it('work where the inbox cannot keep them', async () => {
    const documents = {
      getDocument: async () => null,
      putDocument: () => Promise.reject(new Error('disk full')),
    };
    const sets = await fetched({ documents });
    await sets.kept();
    expect(kidsOf(sets)).toEqual(['one']);
    expect(kept.entries().at(-1)).toMatchObject({
      level: 'warn',
      msg: 'the keys of the senders could not be kept',
    });
  });

  it('take up what another process has fetched meanwhile, and nothing older', async () => {
    const sets = await fetched();
    await sets.kept();
    const other = keySets();
    await other.load();
    server.keys = [two.jwk];
    now += MINUTE;
    await other.fetch(A);
    await other.kept();
    await sets.adopt();
    expect(kidsOf(sets)).toEqual(['two', 'one']);
    const older =
      (await inbox.getDocument('sender keys of spp'))?.replaceAll(String(now), String(now - 1)) ?? '';
    server.keys = [one.jwk];
    now += MINUTE;
    await sets.fetch(A);
    await sets.kept();
    await inbox.putDocument('sender keys of spp', older);
    await sets.adopt();
    expect(kidsOf(sets)).toEqual(['one', 'two']);
  });

  it.each(['{', '[{"senderId": 1}]'])('start without what is kept where that is %s', async (damaged) => {
    await inbox.putDocument('sender keys of spp', damaged);
    const sets = keySets();
    await sets.load();
    expect(kept.entries()).toMatchObject([
      { level: 'warn', msg: 'the kept keys of the senders cannot be read' },
    ]);
    sets.follow([{ senderId: A, url: server.url }]);
    await sets.fetch(A);
    expect(kidsOf(sets)).toEqual(['one']);
  });

  it('take up nothing once they are stopped', async () => {
    let answer = (): void => {};
    server.answer = (_request, response) => {
      answer = () => response.end(JSON.stringify({ keys: [one.jwk] }));
      sets.stop();
    };
    const sets = keySets();
    sets.follow([{ senderId: A, url: server.url }]);
    await sets.fetch(A);
    answer();
    expect(kidsOf(sets)).toEqual([]);
    expect(kept.entries()).toEqual([]);
  });
});

describe('a message with an unknown key', () => {
  it('causes one fetch, which all that come meanwhile wait for', async () => {
    const sets = await fetched();
    server.keys = [one.jwk, two.jwk];
    const waits = await Promise.all(Array.from({ length: 100 }, () => sets.fetchForUnknown(A)));
    expect(waits).toEqual(Array(100).fill(true));
    expect(server.asked).toBe(2);
    expect(kidsOf(sets)).toEqual(['one', 'two']);
  });

  it('shares a fetch that is under way for another reason', async () => {
    const sets = keySets();
    sets.follow([{ senderId: A, url: server.url }]);
    void sets.fetch(A);
    expect(await sets.fetchForUnknown(A)).toBe(true);
    expect(server.asked).toBe(1);
  });

  it('causes none within the cool-down, but one when that is over', async () => {
    const sets = await fetched();
    expect(await sets.fetchForUnknown(A)).toBe(true);
    now += 29_999;
    expect(await sets.fetchForUnknown(A)).toBe(false);
    sets.fetchDue();
    expect(server.asked).toBe(2);
    now += 1;
    await due(sets);
    expect(server.asked).toBe(3);
    // That one counts: the next is a cool-down away.
    expect(await sets.fetchForUnknown(A)).toBe(false);
    expect(server.asked).toBe(3);
  });

  it('cools down each sender by itself', async () => {
    const sets = keySets();
    const other = await keyServer(two.jwk);
    sets.follow([
      { senderId: A, url: server.url },
      { senderId: 'crvs.b', url: other.url },
    ]);
    for (const sender of [A, 'crvs.b', A, 'crvs.b']) await sets.fetchForUnknown(sender);
    expect([server.asked, other.asked]).toEqual([1, 1]);
  });

  it('10,000 of them cause at most one request in a cool-down', async () => {
    const sets = await fetched();
    server.asked = 0;
    // 10 ms apart: 100 s, in which three cool-downs end.
    for (let n = 0; n < 10_000; n++) {
      await sets.fetchForUnknown(A);
      now += 10;
      if (n % 100 === 0) sets.fetchDue();
    }
    expect(server.asked).toBeGreaterThan(1);
    expect(server.asked).toBeLessThanOrEqual(4);
  });

  it('is not let in where too many wait already', async () => {
    const sets = await fetched({ fetch: (_source, signal) => abortable(signal) });
    server.answer = () => {};
    const waiting = Array.from({ length: 100 }, () => sets.fetchForUnknown(A));
    await expect(sets.fetchForUnknown(A)).rejects.toBeInstanceOf(TooManyWaitingError);
    sets.stop();
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(
      Array(100).fill('rejected'),
    );
  });
});

let firstDone = false;
beforeEach(() => {
  firstDone = false;
});
/** Fails the first time, and then does not answer before it is stopped. */
function abortable(signal: AbortSignal): Promise<never> {
  if (!firstDone) {
    firstDone = true;
    return Promise.reject(new JwksError('jwks.timeout'));
  }
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new JwksError('jwks.timeout')));
  });
}
