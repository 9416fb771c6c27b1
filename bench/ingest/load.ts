import { percentile } from '../lib/statistics.ts';
import { Connection } from './connection.ts';
import type { Pool } from './pool.ts';

/** How a server is loaded. */
export interface LoadJob {
  port: number;
  connections: number;
  warmupMs: number;
  measuredMs: number;
  /** Begin again with the first message after the last: for servers that keep nothing. */
  again: boolean;
}

/** What the clients saw. */
export interface LoadResult {
  /** Answers within the measured time. */
  completed: number;
  seconds: number;
  p50: number;
  p99: number;
  /** Answers other than 202, and lost connections; of the warm-up, too. */
  errors: number;
  firstError: string | null;
  /** 202s over the whole run. */
  acknowledged: number;
  /** CPU seconds of this generator a second. */
  generatorCores: number;
  /** Whether the signed messages ran out before the time did. */
  exhausted: boolean;
}

/** A closed loop: each connection sends its next request when it has the answer to the last. */
export class Load {
  readonly #pool: Pool;
  readonly #job: LoadJob;
  #connections: Connection[] = [];
  #latencies: number[] = [];
  #next = 0;
  #idle = 0;
  #measuring = false;
  #stopping = false;
  #errors = 0;
  #firstError: string | null = null;
  #acknowledged = 0;
  #startedAt = 0;
  #startCpu = process.cpuUsage();
  readonly #drained = Promise.withResolvers<void>();

  constructor(pool: Pool, job: LoadJob) {
    this.#pool = pool;
    this.#job = job;
  }

  /** Connects and warms the server up; resolves as the measurement begins. */
  async start(): Promise<void> {
    const { port, connections, warmupMs } = this.#job;
    this.#connections = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
    for (const connection of this.#connections) this.#drive(connection);
    await sleep(warmupMs);
    this.#measuring = true;
    this.#startedAt = performance.now();
    this.#startCpu = process.cpuUsage();
  }

  /** Resolves when the measured time is over and every request under way was answered. */
  async finish(): Promise<LoadResult> {
    // Where the messages run out, the last answer ends the measurement.
    await Promise.race([sleep(this.#job.measuredMs), this.#drained.promise]);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const cpu = process.cpuUsage(this.#startCpu);
    const exhausted = this.#idle > 0;
    this.#measuring = false;
    this.#stopping = true;
    await this.#drained.promise;
    for (const connection of this.#connections) connection.close();
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      completed: sorted.length,
      seconds,
      p50: percentile(sorted, 50),
      p99: percentile(sorted, 99),
      errors: this.#errors,
      firstError: this.#firstError,
      acknowledged: this.#acknowledged,
      generatorCores: (cpu.user + cpu.system) / 1e6 / seconds,
      exhausted,
    };
  }

  #drive(connection: Connection): void {
    let sentAt = 0;
    const sendNext = () => {
      const request = this.#stopping ? undefined : this.#take();
      if (!request) {
        this.#rest();
        return;
      }
      sentAt = performance.now();
      connection.send(request);
    };
    connection.listen(
      ({ status, text }) => {
        if (this.#measuring) this.#latencies.push(performance.now() - sentAt);
        if (status === 202) this.#acknowledged += 1;
        else this.#failed(text.slice(0, 500));
        sendNext();
      },
      (error) => {
        this.#failed(error.message);
        this.#rest();
      },
    );
    sendNext();
  }

  #take(): Uint8Array | undefined {
    const position = this.#next;
    this.#next += 1;
    return this.#pool.at(this.#job.again ? position % this.#pool.size : position);
  }

  #failed(what: string): void {
    this.#errors += 1;
    this.#firstError ??= what;
  }

  #rest(): void {
    this.#idle += 1;
    if (this.#idle >= this.#connections.length) this.#drained.resolve();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
