import { answerParent } from '../lib/answer-parent.ts';
import { Load, type LoadJob } from './load.ts';
import { type Pool, signPool } from './pool.ts';
import type { SignJob } from './sign-worker.ts';

/** The load generator: a process of its own, that signs first and sends later. */
let pool: Pool | null = null;
let load: Load | null = null;

const questions = {
  async sign(job: Omit<SignJob, 'from'>) {
    pool = await signPool(job);
    return { averageBytes: pool.averageBytes };
  },
  async start(job: LoadJob) {
    if (!pool) throw new Error('nothing is signed yet');
    load = new Load(pool, job);
    await load.start();
  },
  finish() {
    if (!load) throw new Error('nothing was started');
    return load.finish();
  },
};

export type LoadQuestions = typeof questions;
answerParent(questions);
