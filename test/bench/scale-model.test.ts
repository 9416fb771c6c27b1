import { describe, expect, it } from 'vitest';
import { lineThrough, needOf, predict, type StageCosts } from '../../bench/lib/scale-model.ts';

/** A message takes 0.2 ms of the main thread, and a commit 1 ms and 0.02 ms for each message. */
const COSTS: StageCosts = {
  receiveMs: 0.2,
  helperMs: 0,
  clientMs: 0,
  commitMs: 1,
  storeMs: 0.02,
  storeCpuMs: 0,
  commitCpuMs: 0,
};

describe('a receiver', () => {
  it('with one client takes what the stages take one after the other', () => {
    const { messagesPerSecond, latencyMs, groupSize, limit } = predict(COSTS, 1, 64);
    // Half of a commit that is under way, and its own, of one message each.
    expect(latencyMs).toBeCloseTo(0.2 + 1.5 * 1.02, 6);
    expect(messagesPerSecond).toBeCloseTo(1000 / latencyMs, 6);
    expect({ groupSize, limit }).toEqual({ groupSize: 1, limit: 'connections' });
  });

  it('with many clients takes what its main thread can', () => {
    const { messagesPerSecond, limit } = predict(COSTS, 500, 64);
    expect(messagesPerSecond).toBeGreaterThan(0.97 * 5000);
    expect(messagesPerSecond).toBeLessThanOrEqual(5000);
    expect(limit).toBe('main thread');
  });

  it('takes no more than its cores can, and waits longer for it', () => {
    const costs = { ...COSTS, helperMs: 0.1, clientMs: 0.1, storeCpuMs: 0.1 };
    const { messagesPerSecond, latencyMs, limit } = predict(costs, 200, 1);
    expect(messagesPerSecond).toBeCloseTo(1000 / 0.5, 6);
    expect(latencyMs).toBeCloseTo(100, 6);
    expect(limit).toBe('cores');
  });

  it('commits more at once the slower its disk is', () => {
    const sizes = [0.1, 1, 10, 100].map((commitMs) => predict({ ...COSTS, commitMs }, 100, 64).groupSize);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes[0]).toBeLessThan(2);
    expect(sizes.at(-1)).toBeGreaterThan(20);
    expect(sizes.at(-1), 'half of the clients wait for the next one').toBeLessThanOrEqual(50);
  });

  it('never takes less for more clients', () => {
    const rates = [1, 2, 5, 10, 50, 200, 1000].map((clients) => predict(COSTS, clients, 2).messagesPerSecond);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
  });
});

it('puts a line through two sizes of groups', () => {
  // 1 ms a commit and 0.02 a message.
  const line = lineThrough({ size: 25, each: 1 / 25 + 0.02 }, { size: 200, each: 1 / 200 + 0.02 });
  expect(line.fixed).toBeCloseTo(1, 9);
  expect(line.each).toBeCloseTo(0.02, 9);
});

describe('a country', () => {
  const COUNTRY = {
    people: 10_000_000,
    messagesPerThousand: 75,
    eventsPerThousand: 100,
    workingDays: 250,
    peakHourShare: 0.2,
  };
  const CAPACITY = {
    receiverPerSecond: 1000,
    odooWorkerPerSecond: 100,
    inboxBytes: 3000,
    retentionDays: 365,
  };

  it('needs one of each where it is small', () => {
    const need = needOf(COUNTRY, CAPACITY);
    expect(need.messagesPerDay).toBe(3000);
    expect(need.peakPerSecond).toBeCloseTo(600 / 3600, 9);
    expect(need).toMatchObject({ receivers: 1, odooWorkers: 1, backlog: 20_000 });
    expect(need.backlogHours).toBeCloseTo(20_000 / (100 - 4000 / 86_400) / 3600, 9);
    expect(need.inboxGb).toBeCloseTo(2.25, 9);
  });

  it('needs more where the peak is more than half of what one can do', () => {
    const large = { ...COUNTRY, people: 50_000_000_000 };
    const need = needOf(large, CAPACITY);
    // 833 messages and 1,111 events a second.
    expect(need).toMatchObject({ receivers: 2, odooWorkers: 23 });
    expect(needOf(large, CAPACITY, 46).backlogHours).toBeLessThan(need.backlogHours);
  });
});
