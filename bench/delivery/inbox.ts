import type { Inbox, Settlement } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import type { Announcement } from './message.ts';

const TOGETHER = 2000;

/** Puts messages into a new inbox file, as if a registry had sent them while nothing was delivered. */
export async function fillInbox(path: string, messages: Iterable<Announcement>): Promise<void> {
  const inbox = await openInbox(`sqlite:${path}`, {});
  let some: Promise<unknown>[] = [];
  for (const { planned: _planned, ...message } of messages) {
    some.push(inbox.accept(message));
    if (some.length < TOGETHER) continue;
    await Promise.all(some);
    some = [];
  }
  await Promise.all(some);
  await inbox.close();
}

/** What has left an inbox so far. */
export interface Counts {
  settled: number;
  errors: number;
  /** Given back, to be tried again. */
  released: number;
  /** When the first events were claimed, and the first settled; `performance.now()`, NaN before. */
  firstClaimAt: number;
  firstSettledAt: number;
}

/**
 * The same inbox, watched.
 *
 * @returns the inbox, what left it, and a promise of the moment that so many events were settled
 */
export function watched(inbox: Inbox, events: number): { inbox: Inbox; counts: Counts; done: Promise<void> } {
  const counts: Counts = {
    settled: 0,
    errors: 0,
    released: 0,
    firstClaimAt: Number.NaN,
    firstSettledAt: Number.NaN,
  };
  const done = Promise.withResolvers<void>();
  const watching: Pick<Inbox, 'claim' | 'settle'> = {
    async claim(limit, now, queue) {
      const claimed = await inbox.claim(limit, now, queue);
      if (claimed.length > 0 && Number.isNaN(counts.firstClaimAt)) counts.firstClaimAt = performance.now();
      return claimed;
    },
    async settle(settlements: Settlement[], now, calls) {
      await inbox.settle(settlements, now, calls);
      for (const settlement of settlements) {
        if (settlement.kind === 'released') counts.released += 1;
        else counts.settled += 1;
        if (settlement.kind === 'settled' && settlement.outcome === 'error') counts.errors += 1;
      }
      if (Number.isNaN(counts.firstSettledAt)) counts.firstSettledAt = performance.now();
      if (counts.settled >= events) done.resolve();
    },
  };
  const proxy = new Proxy(inbox, {
    get(target, name) {
      if (name === 'claim' || name === 'settle') return watching[name];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { inbox: proxy, counts, done: done.promise };
}
