import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SignedRequests, SignJob } from './sign-worker.ts';

/** Signed requests, ready to be written to a socket. */
export class Pool {
  readonly #requests: Uint8Array[] = [];

  get size(): number {
    return this.#requests.length;
  }

  /** Bytes of an average request, head and body. */
  get averageBytes(): number {
    return this.#requests.reduce((sum, { length }) => sum + length, 0) / this.size;
  }

  /** The request at a position; undefined past the end. */
  at(position: number): Uint8Array | undefined {
    return this.#requests[position];
  }

  add({ bytes, ends }: SignedRequests): void {
    let start = 0;
    for (const end of ends) {
      this.#requests.push(bytes.subarray(start, end));
      start = end;
    }
  }
}

/** Signs requests on all cores, before anything is measured. */
export async function signPool(job: Omit<SignJob, 'from'>): Promise<Pool> {
  const pool = new Pool();
  const workers = availableParallelism();
  const share = Math.ceil(job.count / workers);
  await Promise.all(
    Array.from({ length: workers }, async (_, n) => {
      const from = n * share;
      const count = Math.min(share, job.count - from);
      if (count <= 0) return;
      const worker = new Worker(new URL('./sign-worker.ts', import.meta.url), {
        workerData: { ...job, from, count } satisfies SignJob,
      });
      worker.on('message', (part: SignedRequests) => pool.add(part));
      await once(worker, 'exit');
    }),
  );
  if (pool.size !== job.count) throw new Error(`only ${pool.size} of ${job.count} notifications were signed`);
  return pool;
}
