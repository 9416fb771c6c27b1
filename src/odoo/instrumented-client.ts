import { withDeadline } from '../lib/abort.ts';
import { retried } from '../lib/retry.ts';
import type { OdooCallOptions, OdooCallReport, OdooClient, OdooProtocol } from './client.ts';
import { OdooError } from './errors.ts';
import { isRead } from './methods.ts';
import type { CallName, OdooTransport } from './transport.ts';

/** The transport, as soon as it is known. */
export interface Link {
  /** What is used, or else what is likely to be. */
  protocol(): OdooProtocol;
  transport(signal: AbortSignal): Promise<OdooTransport>;
}

export interface ClientOptions {
  /** Milliseconds for a call that names no time-out of its own, from its start to its whole answer. */
  timeoutMs: number;
  /** Milliseconds before a read whose failure may pass is made again, one for each further attempt; none where left out. */
  retryReadsAfterMs?: readonly number[] | undefined;
  /** Gets one report for each attempt of each `call`, failed ones included. */
  onCall?: ((report: OdooCallReport) => void) | undefined;
  /**
   * Runs each attempt, such as in a span of a trace that its request then carries.
   *
   * @param outcomeOf the `outcome` of the report, for what an attempt rejected with
   */
  inSpan?:
    | (<T>(
        model: string,
        method: string,
        attempt: () => Promise<T>,
        outcomeOf: (error: unknown) => string,
      ) => Promise<T>)
    | undefined;
}

/** Failures that pass by themselves; after a time-out Odoo has had its time. */
const PASSING: ReadonlySet<string> = new Set(['odoo.unreachable', 'odoo.unavailable', 'odoo.conflict']);

/** The client over a link: time-outs, further attempts of reads, one timer and one report for each attempt. */
export function instrumentedClient(link: Link, options: ClientOptions): OdooClient {
  const { retryReadsAfterMs = [], onCall, inSpan = (_model, _method, attempt) => attempt() } = options;

  function within<T>(
    name: Omit<CallName, 'protocol'>,
    { signal, timeoutMs = options.timeoutMs }: OdooCallOptions,
    work: (transport: OdooTransport, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = () => new OdooError('odoo.timeout', { protocol: link.protocol(), ...name });
    return withDeadline({ timeoutMs, signal, timeout }, async (either) =>
      work(await link.transport(either), either),
    );
  }

  async function reported<T>(
    { model, method }: { model: string; method: string },
    own: OdooCallOptions,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      return await inSpan(model, method, attempt, outcomeOf);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      const milliseconds = performance.now() - startedAt;
      const report = { model, method, protocol: link.protocol(), milliseconds, outcome };
      onCall?.(report);
      own.onCall?.(report);
    }
  }

  return {
    get protocol() {
      return link.protocol();
    },
    uid: () => within({}, {}, (transport, signal) => transport.uid(signal)),
    call(model, method, args = {}, own = {}) {
      const name = { model, method };
      const attempt = () =>
        within(name, own, (transport, signal) => transport.call({ ...name, args, signal }));
      return retried(() => reported(name, own, attempt), {
        signal: own.signal,
        pauseAfter: (error, failures) => {
          const passes = error instanceof OdooError && PASSING.has(error.code);
          if (!isRead(method) || !passes || own.signal?.aborted) return null;
          return retryReadsAfterMs[failures - 1] ?? null;
        },
      });
    },
  };
}

/** The code of the failure, or `aborted` by the caller. */
function outcomeOf(error: unknown): string {
  return error instanceof OdooError ? error.code : 'aborted';
}

/** The same client for one piece of work: `signal` ends all of its calls, and `onCall` gets their reports as well. */
export function boundClient(
  client: OdooClient,
  { signal, onCall }: Required<Pick<OdooCallOptions, 'signal' | 'onCall'>>,
): OdooClient {
  return {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    call: (model, method, args, { signal: own, ...options } = {}) =>
      client.call(model, method, args, {
        ...options,
        onCall,
        signal: own ? AbortSignal.any([signal, own]) : signal,
      }),
  };
}
