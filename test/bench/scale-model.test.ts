import { describe, expect, it } from 'vitest';
import { lineThrough, needOf } from '../../bench/lib/scale-model.ts';

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
