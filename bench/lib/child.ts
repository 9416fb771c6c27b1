import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onEnd } from './run.ts';

/** What a child process can be asked: one function a question. The argument must be what structured cloning takes. */
export type Questions = Record<string, (argument: never) => unknown>;

/** Parent to child, and back. */
export type Question = { id: number; name: string; argument: unknown };
export type Reply = { id: number; result: unknown } | { id: number; error: string };

/** How long a child may take to end by itself, which includes writing a profile. */
const END_MS = 10_000;

/**
 * A part of a benchmark in a process of its own, so that its CPU and memory are its alone. It ends with the benchmark,
 * however that ends.
 */
export class Child<Q extends Questions> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  /**
   * @param file the module that it runs; it calls `answerParent`
   * @param options.profile folder for its CPU profiles, or null
   * @param options.nodeFlags flags for Node
   */
  constructor(file: URL, options: { profile?: string | null; nodeFlags?: readonly string[] } = {}) {
    const { profile = null, nodeFlags = [] } = options;
    this.#process = fork(file, {
      serialization: 'advanced',
      execArgv: [...nodeFlags, ...(profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])],
      // What it prints is no result; a bridge's log is written as ever, and goes nowhere.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('error' in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.result);
    });
    this.#process.on('exit', (code, signal) => {
      const error = new Error(`${file.pathname.split('/').pop()} ended with ${signal ?? code}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    onEnd(() => this.end());
  }

  /**
   * Asks, and waits for the answer.
   *
   * Rejects with what the child threw, when the child ends, or when `timeoutMs` is over.
   */
  async ask<Name extends keyof Q & string>(
    name: Name,
    argument: Parameters<Q[Name]>[0],
    timeoutMs = 600_000,
  ): Promise<Awaited<ReturnType<Q[Name]>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const timer = setTimeout(
      () => reject(new Error(`${name} did not end in ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    this.#process.send({ id, name, argument } satisfies Question);
    try {
      return (await promise) as Awaited<ReturnType<Q[Name]>>;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Ends it; resolves once it is gone. */
  async end(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await gone;
    clearTimeout(timer);
  }
}
