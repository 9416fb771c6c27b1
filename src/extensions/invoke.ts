import type { Logger } from 'pino';
import { orAborted } from '../lib/abort.ts';
import type { HookContext } from '../openspp/hooks.ts';
import { AskOdoo, type SharedReads } from './ask-odoo.ts';
import type { HookTools } from './extension.ts';
import { type Hook, LimitExceeded, logFailure, sentenceFor } from './failure.ts';
import { Stopwatch } from './stopwatch.ts';

/** What hooks are called with. */
export interface Caller {
  /** Milliseconds that a hook may take, the time in which Odoo is asked left out. */
  limitMs: number;
  log: Logger;
}

/** What the hooks of one step of a batch are called with. */
export interface Calls {
  reads: SharedReads;
  context: HookContext;
  caller: Caller;
}

/** What became of a call: its result, or the sentence for the caseworker. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: unknown; sentence: string };

/**
 * Calls a hook and contains what it does: it may throw, reject, never answer, or be refused by Odoo.
 *
 * @param call gives what is to be taken, checked; throws `InvalidResult` where it cannot be
 * @param events how many events it is about, for the log
 * @throws where Odoo cannot be asked, or the batch is to be left as it is
 */
export async function invoke<T>(
  hook: Hook,
  call: (tools: HookTools) => T | Promise<T>,
  { reads, context: { openspp, signal }, caller: { limitMs, log } }: Calls,
  events = 1,
): Promise<Outcome<T>> {
  const watch = new Stopwatch(limitMs);
  const odoo = new AskOdoo(reads, (isWaiting) => (isWaiting ? watch.pause() : watch.go()));
  const tools: HookTools = Object.freeze({
    odoo: { searchRead: odoo.searchRead.bind(odoo) },
    idTypes: (code: string) =>
      openspp.idTypes
        .filter((type) => type.code.toLowerCase() === String(code).toLowerCase())
        .map(({ id }) => id),
    eventFields: openspp.event,
    registrantFields: openspp.registrant,
  });
  try {
    const given = call(tools);
    const value = isThenable(given) ? await inTime(given, watch, limitMs, signal) : given;
    if (odoo.transient) throw odoo.transient;
    return { ok: true, value };
  } catch (error) {
    signal?.throwIfAborted();
    if (odoo.transient) throw odoo.transient;
    logFailure(log, hook, error, events);
    return { ok: false, error, sentence: sentenceFor(hook, error) };
  } finally {
    watch.stop();
  }
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function inTime<T>(
  given: Promise<T>,
  watch: Stopwatch,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const over = Promise.withResolvers<never>();
  watch.start(() => over.reject(new LimitExceeded(`it did not answer within ${limitMs / 1000} s`)));
  // Whichever comes later, the race takes its failure too, so that nothing is left uncaught.
  return orAborted(Promise.race([given, over.promise]), signal);
}
