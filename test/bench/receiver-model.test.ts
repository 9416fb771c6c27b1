import { describe, expect, it } from 'vitest';
import { predict, type StageCosts } from '../../bench/lib/receiver-model.ts';

/** A message takes 0.2 ms of the main thread, and a commit 1 ms of the disk and 0.02 ms of a core for each message. */
const COSTS: StageCosts = {
  receiveMs: 0.2,
  helperMs: 0,
  clientMs: 0,
  handOverMs: 0,
  packMs: 0,
  commitCpuMs: 0,
  storeCpuMs: 0.02,
  diskMs: 1,
};

describe('a receiver', () => {
  it('with one client takes what the stages take one after the other', () => {
    const costs = {
      receiveMs: 0.2,
      helperMs: 0.1,
      clientMs: 0.05,
      handOverMs: 0.04,
      packMs: 0.01,
      commitCpuMs: 0.3,
      storeCpuMs: 0.02,
      diskMs: 1,
    };
    const { messagesPerSecond, latencyMs, groupSize, limit } = predict(costs, 1, 2);
    // From the socket on; the client's own time comes on top.
    expect(latencyMs).toBeCloseTo(1.67, 6);
    expect(messagesPerSecond).toBeCloseTo(1000 / 1.72, 6);
    expect({ groupSize, limit }).toEqual({ groupSize: 1, limit: 'connections' });
  });

  it('with many clients takes what its main thread can', () => {
    const { messagesPerSecond, limit } = predict(COSTS, 500, 64);
    expect(messagesPerSecond).toBeGreaterThan(0.9 * 5000);
    expect(messagesPerSecond).toBeLessThanOrEqual(5000);
    expect(limit).toBe('main thread');
  });

  it('counts what the main thread does for the inbox', () => {
    const { messagesPerSecond, groupSize } = predict({ ...COSTS, packMs: 0.1, handOverMs: 2 }, 500, 64);
    expect(messagesPerSecond).toBeLessThanOrEqual(1000 / (0.3 + 2 / groupSize));
    expect(messagesPerSecond).toBeGreaterThan(0.95 * (1000 / (0.3 + 2 / groupSize)));
  });

  it('takes no more than its cores can, and waits longer for it', () => {
    const costs = { ...COSTS, helperMs: 0.1, clientMs: 0.1, storeCpuMs: 0.1 };
    const { messagesPerSecond, latencyMs, limit } = predict(costs, 200, 1);
    expect(messagesPerSecond).toBeGreaterThan(0.95 * 2000);
    expect(messagesPerSecond).toBeLessThanOrEqual(2000 * 1.001);
    expect(latencyMs).toBeGreaterThan(60);
    expect(limit).toBe('cores');
  });

  it('is slower where its threads share fewer cores', () => {
    const costs = { ...COSTS, helperMs: 0.2, clientMs: 0.05, storeCpuMs: 0.05 };
    const rates = [1, 2, 4, 8].map((cores) => predict(costs, 50, cores).messagesPerSecond);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(rates[1]).toBeGreaterThan(1.5 * (rates[0] ?? 0));
  });

  it('commits more at once the slower its disk is: one group is on the disk, one is handed over, one waits', () => {
    const costs = { ...COSTS, receiveMs: 0.02, clientMs: 0.1, storeCpuMs: 0 };
    const sizes = [0.01, 0.5, 2, 50].map((diskMs) => predict({ ...costs, diskMs }, 99, 64).groupSize);
    expect(sizes[0]).toBeLessThan(3);
    expect(sizes[1]).toBeGreaterThan(2 * (sizes[0] ?? 0));
    expect(sizes[2]).toBeGreaterThan(sizes[1] ?? 0);
    expect(sizes.at(-1)).toBeGreaterThan(30);
  });

  it('takes more for more clients, as far as it can', () => {
    const rates = [1, 2, 8, 50, 200].map((clients) => predict(COSTS, clients, 2).messagesPerSecond);
    for (const [at, rate] of rates.entries()) expect(rate).toBeGreaterThan(0.97 * (rates[at - 1] ?? 0));
  });
});
