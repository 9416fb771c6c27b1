import { expect, it } from 'vitest';
import { indexingLog } from '../../src/composition/indexing-log.ts';
import { keptLog } from '../senders/support.ts';

it('says that indexing fails at once, then every ten minutes, and that it works again', () => {
  const kept = keptLog();
  let now = 0;
  const report = indexingLog(kept.log, () => now);
  const lines = () => kept.text().trim().split('\n').filter(Boolean).length;
  report(null);
  expect(lines()).toBe(0);
  report('database or disk is full');
  expect(kept.text()).toContain('"detail":"database or disk is full"');
  for (now = 1000; now < 600_000; now += 1000) report('disk I/O error');
  expect(lines()).toBe(1);
  report('disk I/O error');
  expect(lines()).toBe(2);
  now = 5;
  report('disk I/O error');
  expect(lines()).toBe(3);
  report(null);
  report(null);
  expect(lines()).toBe(4);
  expect(kept.text()).toContain('indexes messages again');
  report('disk I/O error');
  expect(lines()).toBe(5);
});
