import { expect, it } from 'vitest';
import { metricSources } from '../../src/composition/metric-sources.ts';
import { message, released, sharedInbox } from '../inbox/support.ts';

const shared = sharedInbox();

it('does not count what waits for people, or for its date, as the oldest event', async () => {
  const { inbox } = shared;
  const now = Date.now();
  const sources = metricSources({
    inbox,
    ownKeys: { placed: () => [] },
    senders: { all: () => null },
    apiKey: { now: null },
    mosipLeases: async () => [],
    delivery: null,
    guard: { isOtherAnywhere: async () => false },
  });
  const ids: number[] = [];
  for (const age of [3000, 2000, 1000])
    ids.push((await inbox.accept(message({ receivedAt: now - age }))).events[0]?.id ?? 0);
  const [people = 0, date = 0, odoo = 0] = ids;
  await inbox.claim(3, now);
  const later = now + 3_600_000;
  await inbox.settle(
    [
      released(people, later, 'openspp.request_undecided'),
      released(date, later, 'event.future_date'),
      released(odoo, later, 'odoo.unreachable'),
    ],
    now,
  );
  expect(await sources.backlog()).toMatchObject({ deferred: 3, oldestUnsettledAt: now - 1000 });
  await inbox.setAside([odoo]);
  expect((await sources.backlog()).oldestUnsettledAt).toBeNull();
});
