import { describe, expect, it } from 'vitest';
import { DciClientError } from '../../src/dci/client/errors.ts';
import { Registries } from '../../src/registries/registries.ts';
import { renewSubscriptions } from '../../src/registries/renewal.ts';
import { SubscriptionBook } from '../../src/registries/subscriptions.ts';
import { keptLog } from '../senders/support.ts';
import { FakeTime, OUR_ID, standIn } from './support.ts';

/** Documents as the inbox keeps them. */
class Documents {
  readonly all = new Map<string, string>();
  getDocument = async (name: string) => this.all.get(name) ?? null;
  listDocuments = async (prefix: string) =>
    new Map([...this.all].filter(([name]) => name.startsWith(prefix)));
  replaceDocument = async (name: string, before: string | null, after: string | null) => {
    if ((this.all.get(name) ?? null) !== before) return false;
    if (after === null) this.all.delete(name);
    else this.all.set(name, after);
    return true;
  };
}

const DAY = 86_400_000;
const SETTINGS = { renewBeforeMs: DAY, intervalMs: 900_000 };

async function world() {
  const time = new FakeTime();
  const book = new SubscriptionBook(new Documents(), time.now);
  const code = (endsAt: string | null = null) => ({
    code: 'S-1',
    status: 'subscribe',
    regEventType: null,
    endsAt,
  });
  const only = async () => (await book.list())[0];
  return { time, book, code, only };
}

const refused = (code: 'registry.refused' | 'registry.timeout') =>
  new DciClientError(code, {
    registry: 'crvs_main',
    action: 'subscribe',
    registryCode: 'rjct.filter.invalid',
  });

describe('the book of subscriptions', () => {
  it('takes the registry’s word whenever it comes, and twice', async () => {
    const { book, code, only } = await world();
    await book.requested('t-1', 'crvs_main', 'BIRTH');
    await book.confirmed('t-1', []);
    expect(await only()).toMatchObject({ state: 'pending' });
    await book.failed('t-1', refused('registry.timeout'));
    expect(await only()).toMatchObject({ state: 'pending', reasonCode: 'rjct.filter.invalid' });
    for (let times = 0; times < 2; times++) await book.confirmed('t-1', [code()]);
    expect(await only()).toMatchObject({ state: 'active', codes: ['S-1'], reasonCode: null });
    await book.failed('t-1', refused('registry.refused'));
    await book.confirmed('unheard-of', [code()]);
    expect(await book.list()).toMatchObject([{ state: 'active' }]);
  });

  it('remembers why one was rejected', async () => {
    const { book, only } = await world();
    await book.requested('t-1', 'crvs_main', 'BIRTH');
    await book.onSubscribe('t-1', {}, { nothing: 'of use' });
    expect(await only()).toMatchObject({ state: 'pending' });
    const reason = { status_reason_code: 'rjct.filter.invalid', status_reason_message: 'not\u001b[2J so' };
    await book.onSubscribe('t-1', { status: 'rjct', ...reason }, {});
    expect(await only()).toMatchObject({
      state: 'rejected',
      reasonCode: 'rjct.filter.invalid',
      reason: 'not [2J so',
    });
    await book.requested('t-2', 'crvs_main', 'DEATH');
    await book.failed('t-2', refused('registry.refused'));
    expect((await book.list()).map(({ state }) => state)).toEqual(['rejected', 'rejected']);
  });

  it('lets one go on that was not ended', async () => {
    const { book, code, only } = await world();
    await book.requested('t-1', 'crvs_main', 'BIRTH');
    await book.confirmed('t-1', [code(), { ...code(), code: 'S-2' }]);
    await book.ending('another', ['S-1'], 'end-0');
    await book.ending('crvs_main', ['S-1', 'S-2'], 'end-1');
    expect(await only()).toMatchObject({ state: 'ending' });
    const reason = { status_reason_code: 'rjct.subscription_code.invalid' };
    await book.onUnsubscribe('end-1', {}, { status: 'rjct', ...reason });
    expect(await only()).toMatchObject({ state: 'active', reasonCode: 'rjct.subscription_code.invalid' });
    await book.ending('crvs_main', ['S-1', 'S-2'], 'end-2');
    const statuses = [
      { code: 'S-1', status: 'unsubscribe' },
      { code: 'S-2', status: 'subscribe' },
    ];
    await book.onUnsubscribe('end-2', {}, { status: 'succ', subscription_status: statuses });
    expect(await only()).toMatchObject({ state: 'active', codes: ['S-2'] });
  });

  it('forgets what is over, and keeps what is not', async () => {
    const { book, code, time } = await world();
    for (const id of ['t-1', 't-2', 't-3']) await book.requested(id, 'crvs_main', 'BIRTH');
    await book.confirmed('t-1', [code()]);
    await book.failed('t-2', refused('registry.refused'));
    expect(await book.prune(time.ms)).toBe(0);
    expect(await book.prune(time.ms + 1)).toBe(2);
    expect((await book.list()).map(({ id }) => id)).toEqual(['t-1']);
  });
});

describe('renewal', () => {
  const inDays = (time: FakeTime, days: number) => new Date(time.ms + days * DAY).toISOString();

  async function renewing(subscribeAtOnce = true) {
    const { time, book, code, only } = await world();
    const registry = await standIn({ subscribeAtOnce });
    const source = { baseUrl: registry.url, authType: 'none', senderId: OUR_ID, attempts: 1 } as const;
    const ports = { timing: time, subscriptions: book };
    const registries = new Registries(new Map([['crvs_main', source]]), null, ports);
    const log = keptLog();
    const renew = () => renewSubscriptions(SETTINGS, book, registries, log.log, time.ms);
    await book.requested('t-1', 'crvs_main', 'BIRTH');
    await book.confirmed('t-1', [code(inDays(time, 10))]);
    const first = async () => (await book.list()).find(({ id }) => id === 't-1');
    return { time, book, registry, renew, first, log, only };
  }

  it('asks again before the end, once', async () => {
    const { time, renew, registry, first, book } = await renewing();
    expect(await renew()).toBe(0);
    time.ms += 9.5 * DAY;
    expect(await renew()).toBe(1);
    expect(await renew()).toBe(0);
    expect(registry.received.map(({ path }) => path)).toEqual(['/registry/subscribe']);
    expect(await first()).toMatchObject({ state: 'replaced' });
    expect((await book.list()).map(({ state }) => state).sort()).toEqual(['active', 'replaced']);
  });

  it('asks once a time, also where the registry gives ends that are over', async () => {
    const { time, renew, registry, book } = await renewing(false);
    time.ms += 9.5 * DAY;
    for (let rounds = 1; rounds <= 5; rounds += 1) {
      expect(await renew()).toBe(1);
      for (const { id, state } of await book.list()) {
        if (state !== 'pending') continue;
        await book.confirmed(id, [{ code: id, status: null, regEventType: null, endsAt: inDays(time, -1) }]);
      }
      time.ms += SETTINGS.intervalMs;
    }
    expect(registry.received).toHaveLength(5);
  });

  it('reports a failure, tries again later, and also after the end', async () => {
    const { time, renew, registry, first, log } = await renewing();
    registry.faults.push({ status: 400 }, { status: 400 });
    time.ms += 9.5 * DAY;
    expect(await renew()).toBe(0);
    expect(await first()).toMatchObject({ state: 'active', renewal: { failures: 1 } });
    expect(log.text()).toContain('a subscription could not be renewed');
    expect(await renew()).toBe(0);
    expect(registry.faults).toHaveLength(1);
    time.ms += SETTINGS.intervalMs;
    expect(await renew()).toBe(0);
    expect((await first())?.renewal).toMatchObject({
      failures: 2,
      error: expect.stringContaining('registry.refused'),
    });
    time.ms += DAY;
    expect(await first()).toMatchObject({ state: 'expired' });
    expect(await renew()).toBe(1);
    expect(await first()).toMatchObject({ state: 'replaced' });
  });
});
