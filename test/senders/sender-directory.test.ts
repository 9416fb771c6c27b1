import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { NO_LIMITS } from '../../src/senders/limits.ts';
import { SenderDirectory, type SenderDirectorySettings } from '../../src/senders/sender-directory.ts';
import type { SenderRow } from '../../src/senders/trusted-sender.ts';
import { temporaryInbox } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { ED25519, keptLog, pemOf, RSA, senderRow } from './support.ts';

const DOWN = () => Promise.reject(new OdooError('odoo.unreachable', { protocol: 'json2' }));

/** OpenSPP's registry, as the directory sees it: what it answers now, and how often it was asked. */
class Registry {
  answer: () => Promise<SenderRow[]> = DOWN;
  asked = 0;
  holds(...rows: SenderRow[]): void {
    this.answer = async () => rows;
  }
}

describe('the directory of senders', () => {
  let inbox: Inbox;
  let registry: Registry;
  let kept: ReturnType<typeof keptLog>;
  beforeEach(async () => {
    inbox = await temporaryInbox();
    registry = new Registry();
    kept = keptLog();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function directory(settings: Partial<SenderDirectorySettings> = {}): SenderDirectory {
    const made = new SenderDirectory(
      { openspp: 'spp at http://odoo', refreshMs: 3_600_000, unknownCooldownMs: 5000, ...settings },
      {
        documents: inbox,
        readRows() {
          registry.asked += 1;
          return registry.answer();
        },
        log: kept.log,
      },
    );
    onTestFinished(() => made.stop());
    return made;
  }

  it('knows nobody before it is read', () => {
    const senders = directory();
    expect(senders.size).toBeNull();
    expect(senders.find('crvs.a')).toBeUndefined();
  });

  it('reads the registry at the first start', async () => {
    registry.holds(senderRow('crvs.a'), senderRow('crvs.b', { algorithm: 'rs256', publicKey: pemOf(RSA) }));
    const senders = directory();
    await senders.start();
    expect(senders.size).toBe(2);
    expect(senders.find('crvs.a')).toMatchObject({
      name: 'Registry crvs.a',
      algorithm: 'ed25519',
      problem: null,
    });
    expect(senders.find('crvs.b')?.keys).toHaveLength(1);
  });

  it('finds a sender by its exact sender_id', async () => {
    registry.holds(senderRow('crvs.a'));
    const senders = directory();
    await senders.start();
    for (const name of ['CRVS.A', 'crvs.a ', 'crvs', '', '__proto__', 'constructor']) {
      expect(senders.find(name), name).toBeUndefined();
    }
  });

  it('has the limits of a name that nobody registered, for a connector with a proof of its own', async () => {
    const limits = { ...NO_LIMITS, eventTypes: new Set(['birth'] as const), ratePerMinute: 1 };
    const senders = directory({ limits: new Map([['opencrvs', limits]]) });
    expect(senders.find('opencrvs')).toBeUndefined();
    expect(senders.rulesOf('opencrvs').limits).toBe(limits);
    // It counts on.
    expect([0, 1].map(() => senders.rulesOf('opencrvs').rate?.take(0))).toEqual([0, 60]);
    expect(senders.rulesOf('another')).toEqual({ limits: NO_LIMITS, rate: null });
  });

  it('distinguishes an empty registry from one that was never read', async () => {
    const unread = directory();
    await unread.start();
    expect(unread.size).toBeNull();
    registry.holds();
    const empty = directory();
    await empty.start();
    expect(empty.size).toBe(0);
  });

  it('still verifies after a restart while Odoo is down', async () => {
    registry.holds(senderRow('crvs.a'));
    await directory().start();
    registry.answer = DOWN;
    const senders = directory();
    await senders.start();
    expect(senders.find('crvs.a')?.keys).toHaveLength(1);
  });

  it('does not wait for Odoo where it has kept something', async () => {
    registry.holds(senderRow('crvs.a'));
    await directory().start();
    registry.answer = () => new Promise(() => {});
    const senders = directory();
    await senders.start();
    expect(senders.size).toBe(1);
    expect(registry.asked).toBe(2);
  });

  it('keeps those known while Odoo does not answer, and says so without a name', async () => {
    registry.holds(senderRow('crvs.a'));
    const senders = directory();
    await senders.start();
    registry.answer = DOWN;
    await expect(senders.refresh()).resolves.toBeUndefined();
    expect(senders.find('crvs.a')?.keys).toHaveLength(1);
    expect(kept.entries().at(-1)).toMatchObject({ level: 'warn', code: 'odoo.unreachable', known: 1 });
    expect(kept.text()).not.toContain('Registry crvs.a');
  });

  it('does not trust, at one OpenSPP, those whom another one trusted', async () => {
    registry.holds(senderRow('crvs.a'));
    await directory().start();
    registry.answer = DOWN;
    const elsewhere = directory({ openspp: 'spp at http://other' });
    await elsewhere.start();
    expect(elsewhere.find('crvs.a')).toBeUndefined();
    expect(elsewhere.size).toBeNull();
  });

  it('takes up what has changed: a new key, one who left, one who came', async () => {
    registry.holds(senderRow('crvs.a'), senderRow('crvs.b'));
    const senders = directory();
    await senders.start();
    const before = senders.find('crvs.a')?.keys[0]?.thumbprint;
    registry.holds(senderRow('crvs.a', { algorithm: 'rs256', publicKey: pemOf(RSA) }), senderRow('crvs.c'));
    await senders.refresh();
    expect(senders.find('crvs.a')?.keys[0]?.thumbprint).not.toBe(before);
    expect(senders.find('crvs.b')).toBeUndefined();
    expect(senders.find('crvs.c')).toBeDefined();
    expect(JSON.parse((await inbox.getDocument('senders of spp at http://odoo')) ?? '')).toHaveLength(2);
  });

  it('imports no key again where nothing has changed', async () => {
    registry.holds(senderRow('crvs.a'));
    const senders = directory();
    await senders.start();
    const sender = senders.find('crvs.a');
    await senders.refresh();
    expect(senders.find('crvs.a')).toBe(sender);
  });

  it('keeps a row that cannot be used, and shows the operator why', async () => {
    registry.holds(senderRow('crvs.bad', { publicKey: '-----BEGIN SECRET-----' }), senderRow('crvs.a'));
    const senders = directory();
    await senders.start();
    expect(senders.find('crvs.bad')).toMatchObject({ keys: [], problem: expect.stringMatching(/./) });
    expect(senders.find('crvs.a')?.problem).toBeNull();
    const warnings = kept.entries().filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([expect.objectContaining({ sender: 'crvs.bad', problem: expect.any(String) })]);
    expect(kept.text()).not.toContain('BEGIN');
  });

  it('reads once where several ask at the same time', async () => {
    registry.holds(senderRow('crvs.a'));
    const senders = directory();
    await Promise.all([senders.refresh(), senders.refresh(), senders.refresh()]);
    expect(registry.asked).toBe(1);
    await senders.refresh();
    expect(registry.asked).toBe(2);
  });

  it('looks again for an unknown sender, once in the cool-down', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    registry.holds();
    const senders = directory({ unknownCooldownMs: 5000 });
    await senders.start();
    registry.holds(senderRow('crvs.new'));
    vi.setSystemTime(1_004_999);
    senders.refreshForUnknown();
    expect(registry.asked).toBe(1);
    vi.setSystemTime(1_005_000);
    senders.refreshForUnknown();
    senders.refreshForUnknown();
    expect(registry.asked).toBe(2);
    await senders.refresh();
    expect(senders.find('crvs.new')).toBeDefined();
    expect(registry.asked).toBe(2);
    senders.refreshForUnknown();
    expect(registry.asked).toBe(2);
  });

  it('goes on reading in the background until it is stopped', async () => {
    registry.holds(senderRow('crvs.a'));
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const senders = directory({ refreshMs: 60_000 });
    await senders.start();
    expect(registry.asked).toBe(1);
    vi.advanceTimersByTime(59_999);
    expect(registry.asked).toBe(1);
    vi.advanceTimersByTime(1);
    expect(registry.asked).toBe(2);
    await senders.refresh();
    vi.advanceTimersByTime(60_000);
    expect(registry.asked).toBe(3);
    senders.stop();
    vi.advanceTimersByTime(600_000);
    expect(registry.asked).toBe(3);
  });

  it('uses what it read even where the inbox cannot keep it, and keeps it later', async () => {
    registry.holds(senderRow('crvs.a'));
    const putDocument = vi.spyOn(inbox, 'putDocument').mockRejectedValueOnce(new Error('disk full'));
    const senders = directory();
    await senders.start();
    expect(senders.find('crvs.a')?.keys).toHaveLength(1);
    await senders.refresh();
    expect(putDocument).toHaveBeenCalledTimes(2);
    expect(await inbox.getDocument('senders of spp at http://odoo')).toContain('crvs.a');
  });

  it('takes up what an earlier version kept, before there were JWKS URLs', async () => {
    const { jwksUrl: _, ...before } = senderRow('crvs.a');
    await inbox.putDocument('senders of spp at http://odoo', JSON.stringify([before]));
    const senders = directory();
    await senders.start();
    expect(senders.find('crvs.a')).toMatchObject({ jwksUrl: null, problem: null });
    expect(senders.find('crvs.a')?.keys).toHaveLength(1);
  });

  it('keeps no more than the public part', async () => {
    registry.holds(senderRow('crvs.a'));
    await directory().start();
    expect(JSON.parse((await inbox.getDocument('senders of spp at http://odoo')) ?? '')).toEqual([
      {
        senderId: 'crvs.a',
        name: 'Registry crvs.a',
        algorithm: 'ed25519',
        publicKey: pemOf(ED25519),
        jwksUrl: null,
      },
    ]);
  });

  it('of those that share an inbox, one reads the registry, and the others take up what it has kept', async () => {
    registry.holds(senderRow('crvs.a'));
    const schedules: { work: () => Promise<void> }[] = [];
    const sharing = () => {
      const made = new SenderDirectory(
        { openspp: 'spp at http://odoo', refreshMs: 5, unknownCooldownMs: 5000 },
        {
          documents: inbox,
          readRows() {
            registry.asked += 1;
            return registry.answer();
          },
          log: kept.log,
          async schedule(_name, _everyMs, work) {
            schedules.push({ work });
            return async () => {};
          },
        },
      );
      onTestFinished(() => made.stop());
      return made;
    };
    const [leader, follower] = [sharing(), sharing()];
    await leader.start();
    await follower.start();
    const asked = registry.asked;
    registry.holds(senderRow('crvs.a'), senderRow('crvs.b'));
    await schedules[0]?.work();
    expect(registry.asked).toBe(asked + 1);
    await vi.waitFor(() => expect(follower.find('crvs.b')).toBeDefined(), PATIENCE);
    expect(registry.asked, 'the follower did not ask').toBe(asked + 1);
    expect(leader.find('crvs.b')).toBeDefined();
    expect(follower.leads()).toBe(false);
  });
});
