import { beforeEach, expect, it, vi } from 'vitest';
import { InboxUnavailableError } from '../../src/inbox/inbox.ts';
import { ScreeningService } from '../../src/screening/service.ts';
import { keptLog } from '../senders/support.ts';
import { openspp, type World, world } from './support.ts';

let spp: Awaited<ReturnType<typeof openspp>>;
let the: World;
let asked: {
  kind: 'deaths';
  population: { of: 'program'; id: number };
  fileEvents: false;
  maxAgeSeconds: null;
};

beforeEach(async () => {
  spp = await openspp();
  the = world(spp.client);
  const id = spp.program();
  spp.enroll(id, spp.people(...Array.from({ length: 25 }, (_, n) => ({ national_id: `D-${n}` }))));
  asked = { kind: 'deaths', population: { of: 'program', id }, fileEvents: false, maxAgeSeconds: null };
});

it('does what is asked for, one screening of a plan at a time, and stops it', async () => {
  const service = new ScreeningService({ ...the.deps(), log: keptLog().log });
  const { id } = await service.start(asked);
  await expect(service.start(asked)).rejects.toMatchObject({ code: 'screening.running' });
  const other = await service.start({ ...asked, population: { of: 'all' } } as never);
  the.registry.fault = (request) => {
    if (request === 2) void service.cancel(id);
    return null;
  };
  await service.work();
  expect(await service.screenings.get(id)).toMatchObject({ state: 'cancelled' });
  expect(await service.screenings.get(other.id)).toMatchObject({ state: 'done', people: 25 });
  await service.resume(id);
  await service.work();
  expect(await service.screenings.get(id)).toMatchObject({
    state: 'done',
    counts: { outcomes: { alive: 25 } },
  });
  await expect(service.resume(id)).rejects.toMatchObject({ code: 'screening.state' });
});

it('tries again where the inbox does not answer, and not where the fault is its own', async () => {
  const { log, text } = keptLog();
  const service = new ScreeningService({ ...the.deps(), log });
  const { id } = await service.start(asked);
  const replace = the.inbox.replaceDocument.bind(the.inbox);
  let calls = 0;
  const failing = vi.spyOn(the.inbox, 'replaceDocument').mockImplementation(async (...args) => {
    calls += 1;
    if (calls === 5) throw new InboxUnavailableError('the disk is full');
    return replace(...args);
  });
  await service.work();
  expect(await service.screenings.get(id)).toMatchObject({ state: 'done' });
  expect(text()).toContain('inbox.unavailable');
  failing.mockRestore();
  const broken = await service.start({ ...asked, maxAgeSeconds: 60 } as never);
  the.registry.fault = () => {
    throw new RangeError('D-7');
  };
  vi.spyOn(spp.client, 'call').mockImplementation(async () => {
    throw new RangeError('D-7 is our own fault');
  });
  await service.work();
  expect(await service.screenings.get(broken.id)).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('RangeError'),
  });
  expect(text()).not.toContain('D-7');
});

it('leaves a screening that waits for its registry alone until its time', async () => {
  const service = new ScreeningService({ ...the.deps(), log: keptLog().log });
  const { id } = await service.start(asked);
  the.registry.fault = () => new Response('', { status: 503, headers: { 'retry-after': '7200' } });
  await service.work();
  const requests = the.registry.times.length;
  await service.work();
  expect(the.registry.times).toHaveLength(requests);
  the.time.ms += 7_200_000;
  the.registry.fault = () => null;
  await service.work();
  expect(await service.screenings.get(id)).toMatchObject({ state: 'done' });
});
