import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Planned, Scheduler } from './scheduler.ts';

/** The longest that Node's timers take; a longer one fires at once. */
const LONGEST_MS = 2_147_483_647;

/**
 * Puts simulated time and seeded randomness in the place of Node's: `Date`, `performance.now`, timers, `setImmediate`,
 * `AbortSignal.timeout`, `Math.random` and `randomUUID`. So the code of the bridge runs as it is, without a parameter for
 * a clock in every function. Nothing else may run in this thread meanwhile.
 *
 * @returns puts Node's own back
 */
export function installTime(scheduler: Scheduler, random: Random): () => void {
  const undo: (() => void)[] = [];
  const put = <T extends object, K extends keyof T>(target: T, name: K, value: unknown) => {
    const own = Object.getOwnPropertyDescriptor(target, name);
    undo.push(() => {
      if (own) Object.defineProperty(target, name, own);
      else delete target[name];
    });
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
  };
  put(globalThis, 'Date', dateOf(scheduler));
  put(performance, 'now', () => scheduler.now);
  put(globalThis, 'setTimeout', (run: Callback, ms?: number, ...args: unknown[]) =>
    timer(scheduler.plan(delayOf(ms), () => run(...args))),
  );
  put(globalThis, 'setInterval', (run: Callback, ms?: number, ...args: unknown[]) =>
    interval(scheduler, delayOf(ms), () => run(...args)),
  );
  put(globalThis, 'setImmediate', (run: Callback, ...args: unknown[]) =>
    timer(scheduler.plan(0, () => run(...args))),
  );
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'] as const) {
    put(globalThis, name, (planned?: Planned) => planned?.cancel());
  }
  put(timersPromises, 'setTimeout', (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) =>
    wait(scheduler, delayOf(ms), value, options?.signal),
  );
  put(AbortSignal, 'timeout', (ms: number) => {
    const controller = new AbortController();
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    scheduler.plan(ms, () => controller.abort(reason));
    return controller.signal;
  });
  put(Math, 'random', () => random.fraction());
  put(crypto, 'randomUUID', () => random.uuid());
  syncBuiltinESMExports();
  return () => {
    for (const one of undo.reverse()) one();
    syncBuiltinESMExports();
  };
}

type Callback = (...args: unknown[]) => void;

function delayOf(ms: number | undefined): number {
  return ms === undefined || !(ms >= 1) || ms > LONGEST_MS ? 1 : ms;
}

/** As much of a `NodeJS.Timeout` as the bridge uses. */
function timer(planned: Planned) {
  const one = { cancel: () => planned.cancel(), unref: () => one, ref: () => one, hasRef: () => false };
  return one;
}

function interval(scheduler: Scheduler, ms: number, run: () => void) {
  let planned: Planned;
  const plan = () => {
    planned = scheduler.plan(ms, () => {
      plan();
      run();
    });
  };
  plan();
  return timer({ cancel: () => planned.cancel() });
}

function wait(scheduler: Scheduler, ms: number, value: unknown, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      planned?.cancel();
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    let planned: Planned | undefined;
    if (signal?.aborted) {
      aborted();
      return;
    }
    planned = scheduler.plan(ms, () => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    });
    signal?.addEventListener('abort', aborted, { once: true });
  });
}

function dateOf(scheduler: Scheduler): DateConstructor {
  const RealDate = Date;
  return class extends RealDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [scheduler.wallClock] : args) as [number]));
    }
    static override now(): number {
      return scheduler.wallClock;
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof RealDate;
    }
  } as unknown as DateConstructor;
}
