import { expect, it } from 'vitest';
import { callsOf, callsText } from '../../src/inbox/attempt-calls.ts';

const call = (ms: number) => ({ model: 'res.partner', method: 'write', outcome: 'ok', ms });

it('keeps the calls of an attempt, and of a great many those at its ends', () => {
  const few = [call(1), { ...call(2), outcome: 'odoo.timeout' }];
  expect(callsOf(callsText(few))).toEqual(few);
  expect(callsOf(callsText([]))).toEqual([]);
  const kept = callsOf(callsText(Array.from({ length: 1000 }, (_, at) => call(at))));
  expect(kept.map(({ ms }) => ms).slice(18, 22)).toEqual([18, 19, 980, 981]);
  expect(kept).toHaveLength(40);
});
