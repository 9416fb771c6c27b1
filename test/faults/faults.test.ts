import { describe, expect, it } from 'vitest';
import { backfill } from './backfill.ts';
import { canMount, clock, crash, database, disk, network, outage, random, replicas } from './scenarios.ts';
import { screening } from './screening.ts';

const clean = (count: number) => ({
  accepted: count,
  settled: count,
  lost: 0,
  doubled: 0,
  wrong: 0,
  leaked: 0,
});

// The short form; `npm run test:faults` is the long one.
describe('nothing is lost, doubled or leaked', () => {
  it('when the bridge is killed at random moments', async () => {
    expect(await crash({ registrants: 80, kills: 4, seed: 7, graceSeconds: 0.3 })).toEqual(clean(100));
  });

  it('when Odoo is down while the notifications arrive', async () => {
    expect(await outage({ registrants: 80 })).toEqual(clean(100));
  });

  it('when the network drops, delays, cuts, answers 502 and repeats', async () => {
    expect(await network({ registrants: 80, seed: 3, rate: 0.1 })).toEqual(clean(100));
  });

  it.skipIf(!canMount())('when the disk is full for a while', async () => {
    const { refusals, ...result } = await disk({ registrants: 80 });
    expect(result).toEqual(clean(100));
    expect(refusals).toBeGreaterThanOrEqual(20);
  });

  it('when one of three bridges that share an inbox is killed, again and again', async () => {
    const { kills, ...result } = await replicas({ registrants: 160, killEveryMs: 400, seed: 9 });
    expect(result).toEqual(clean(200));
    expect(kills).toBeGreaterThan(0);
  });

  it('when the PostgreSQL of the inbox is killed and started again, with nothing but 503 meanwhile', async () => {
    const { refusals, unreachable, ...result } = await database({ registrants: 160, seed: 9 });
    expect(result).toEqual(clean(200));
    expect(refusals).toBeGreaterThanOrEqual(40);
    expect(unreachable).toBe(0);
  });

  it('when a catch-up is killed twice, beside a bridge and with some of it notified as well', async () => {
    const options = {
      registrants: 160,
      kills: 2,
      by: 'command',
      sliceDays: 1500,
      pageSize: 10,
      notified: 20,
    } as const;
    const { asked, ...result } = await backfill(options);
    expect(result).toEqual({ ...clean(200), kills: 2, extra: 0 });
    expect(asked).toBeGreaterThan(20);
  });

  it('when a screening is killed twice, with a registry that limits, fails and refuses', async () => {
    const options = { registrants: 240, kills: 2, by: 'bridge', perSecond: 50, batchSize: 5 } as const;
    // The pace is tested by a clock of its own (test/registries/gate.test.ts): this one a busy machine may stop.
    const {
      unknown,
      requests,
      mostInASecond: _,
      tooFast: __,
      memory: ___,
      ...result
    } = await screening({
      ...options,
      random: random(11),
    });
    expect(result).toEqual({
      registrants: 240,
      ...{ lost: 0, doubled: 0, wrong: 0, leaked: 0, kills: 2 },
      ...{ deceased: result.applied, filed: result.applied, applied: expect.any(Number) },
    });
    expect(result.applied).toBeGreaterThan(0);
    expect(unknown).toBeLessThan(20);
    expect(requests).toBeGreaterThan(48);
  });

  it('when the clock jumps', async () => {
    expect(await clock({ registrants: 80, jumps: 5, seed: 5 })).toEqual(clean(100));
  });
});
