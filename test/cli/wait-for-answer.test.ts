import { expect, it, vi } from 'vitest';
import { waitForAnswer } from '../../src/cli/wait-for-answer.ts';
import { notKnown } from '../../src/registries/answer.ts';
import type { KeptReply } from '../../src/registries/lookups.ts';

const ASKED = { transactionId: 't-1', correlationId: null };
const reply = (state: KeptReply['state']): KeptReply => ({
  ...ASKED,
  registry: 'crvs_main',
  purpose: 'check-death',
  askedAt: '2026-03-01T12:00:00.000Z',
  state,
  callbacks: 0,
  result: notKnown('pending', 'x'),
  reasonCode: null,
});

/** Waits with answers that take their time, none of which passes; gives what was waited for and what was said. */
async function waiting(states: KeptReply['state'][], waitMs: number) {
  const waits: number[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const lookups = {
      answer: async (_id: string, ms = 0) => {
        waits.push(ms);
        return reply(states.shift() ?? 'pending');
      },
    };
    const last = await waitForAnswer(lookups, ASKED, waitMs);
    return { state: last?.state, waits, said: spy.mock.calls.map(([line]) => String(line)) };
  } finally {
    spy.mockRestore();
  }
}

it('an answer that comes soon is waited for in silence', async () => {
  expect(await waiting(['answered'], 300_000)).toEqual({ state: 'answered', waits: [3000], said: [] });
});

it('a long wait is said now and then, until the time is over', async () => {
  const { state, waits, said } = await waiting(['pending', 'partial'], 40_000);
  expect([state, waits]).toEqual(['pending', [3000, 30_000, 7000]]);
  expect(said).toEqual([
    'waiting for the answer of crvs_main, up to 37 s more; `answers t-1` shows it later\n',
    'waiting for the answer of crvs_main, up to 7 s more; `answers t-1` shows it later\n',
  ]);
});

it('a short time is not exceeded', async () => {
  expect((await waiting([], 50)).waits).toEqual([50]);
});
