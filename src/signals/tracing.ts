import type { EventInHand } from './signals.ts';

/** The trace of one request that brings a message. */
export interface RequestTrace {
  run<T>(work: () => Promise<T>): Promise<T>;
  from(sender: string): void;
  /** A step that ends now; @param startedAt by `performance.now()` */
  step(name: 'verify' | 'commit', startedAt: number): void;
  end(dialect: string, outcome: string, code: string): void;
}

/** Traces as the rest of the signals sees them; `open-telemetry.ts` makes them. */
export interface Tracing {
  request(correlationId: string, traceparent: string | undefined): RequestTrace;
  operation<T>(route: string, traceparent: string | undefined, work: () => Promise<T>): Promise<T>;
  /** @param log what the lines of the log get meanwhile */
  batch<T>(
    correlationIds: readonly string[],
    log: Record<string, unknown>,
    work: () => Promise<T>,
  ): Promise<T>;
  /** An event's attempt has ended, in the current batch; @param startedAt milliseconds since the epoch */
  delivered(event: EventInHand, outcome: string, reason: string, startedAt: number): void;
  call<T>(
    model: string,
    method: string,
    work: () => Promise<T>,
    outcomeOf: (error: unknown) => string,
  ): Promise<T>;
  /** Sends what is left, and ends. */
  stop(): Promise<void>;
}

/**
 * The trace that a message has of its own, made from its correlation id: its 32 hexadecimal digits are the trace, the
 * last 16 the first span. So any process that delivers it, in this process or another, today or after a restart, finds it.
 */
export function traceOf(correlationId: string): { traceId: string; spanId: string } {
  const traceId = correlationId.replaceAll('-', '').toLowerCase();
  return { traceId, spanId: traceId.slice(16) };
}

/** What a `traceparent` header says (W3C Trace Context, level 1); null where it cannot be read, as that asks. */
export function parseTraceparent(
  header: string | undefined,
): { traceId: string; spanId: string; traceFlags: number } | null {
  const match = /^\s*(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\s*$/.exec(
    header ?? '',
  );
  if (!match) return null;
  const [, version, traceId = '', spanId = '', flags = '', more] = match;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId) || (version === '00' && more !== undefined)) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 };
}
