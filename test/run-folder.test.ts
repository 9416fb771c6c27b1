import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { leftIn } from './run-folder.ts';

it('all temporary files are in the folder of the run', () => {
  expect(tmpdir()).toMatch(/crvs-bridge-run-\w{6}$/);
});

it('what tests leave in it is known from what vitest makes', () => {
  expect(leftIn(['crvs-bridge-test-a1B2c3', '74MvkheG2fcjARsg_N_7e', 'inbox.db'])).toEqual([
    'crvs-bridge-test-a1B2c3',
    'inbox.db',
  ]);
});
