import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnv } from '../child-env.ts';

/** The program. */
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A bridge in a process of its own, so that it can be killed. */
export class BridgeProcess {
  readonly #env: Record<string, string>;
  readonly #args: string[];
  readonly #nodeFlags: string[];
  #child: ChildProcess | null = null;
  /** Everything that it and its predecessors wrote. */
  output = '';
  url = '';

  constructor(env: Record<string, string>, args: string[] = [], nodeFlags: string[] = []) {
    this.#env = env;
    this.#args = args;
    this.#nodeFlags = nodeFlags;
  }

  /** Starts it; resolves once it listens. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [...this.#nodeFlags, MAIN, 'serve', ...this.#args], {
      env: childEnv(this.#env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr?.on('data', (chunk) => {
      this.output += chunk;
    });
    await new Promise<void>((resolve, reject) => {
      let seen = '';
      child.stdout?.on('data', (chunk) => {
        this.output += chunk;
        seen += chunk;
        const url = /"url":"(http[^"]+)"/.exec(seen)?.[1];
        if (url === undefined) return;
        this.url = url;
        resolve();
      });
      child.once('exit', (code) =>
        reject(new Error(`the bridge ended with ${code}: ${this.output.slice(-2000)}`)),
      );
    });
  }

  /** The process, where it was started. */
  get child(): ChildProcess | null {
    return this.#child;
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGUSR2'): void {
    this.#child?.kill(signal);
  }

  /** Ends it by a signal; resolves with the exit code once it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  }
}
