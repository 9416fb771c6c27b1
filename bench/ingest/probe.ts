import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../lib/statistics.ts';

const EVERY_MS = 20;

/**
 * Asks `GET /healthz` fifty times a second, over one connection, while the server is under load: what it takes is how
 * long the event loop is held up.
 */
export class HealthProbe {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #times: number[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/healthz`;
  }

  start(): void {
    this.#running ??= this.#run();
    // `stop` reports a failure; it may come much later.
    this.#running.catch(() => {});
  }

  /** @returns the 99th percentile and the longest, in milliseconds */
  async stop(): Promise<{ p99: number; longest: number }> {
    this.#stopped = true;
    await this.#running;
    this.#agent.destroy();
    const sorted = Float64Array.from(this.#times).sort();
    return { p99: percentile(sorted, 99), longest: percentile(sorted, 100) };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const start = performance.now();
      await this.#ask();
      const took = performance.now() - start;
      this.#times.push(took);
      await wait(Math.max(0, EVERY_MS - took));
    }
  }

  #ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      get(this.#url, { agent: this.#agent }, (response) => {
        response.resume().once('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`GET /healthz answered with ${response.statusCode}`));
        });
      }).once('error', reject);
    });
  }
}
