import type { Timing } from '../../lib/timing.ts';
import { DciClientError } from './errors.ts';
import { Repeatable, retryAfterMs } from './retry.ts';

/** As much of `fetch` as is used; another one may take its place, such as one that takes any TLS certificate. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpAnswer {
  status: number;
  /** The body, whatever its type says: some registries send JSON as `text/plain`. */
  body: Uint8Array;
}

export interface HttpContext {
  registry: string;
  action: string;
  fetch: Fetch;
  timing: Timing;
  /** Milliseconds from the request to the end of its answer. */
  timeoutMs: number;
  /** Bytes; a longer answer is given up. */
  maxAnswerBytes: number;
  /** What an HTTP 500 of this registry mostly means. */
  hintAt500?: string | undefined;
}

/** Statuses with which a registry, or the proxy before it, says that it did not take the request up. */
const NOT_TAKEN_UP = new Set([429, 503]);

/**
 * One request and its whole answer. Redirects are not followed: they would carry the token to somebody else. An answer
 * below 500 other than 429 is given back, whatever it says.
 *
 * @throws {Repeatable} for what may pass: no connection, a time-out, 429, 5xx
 * @throws {DciClientError} `registry.answer` for an answer that is too long or a redirect
 * @throws the signal's reason where the caller aborted
 */
export async function exchange(
  context: HttpContext,
  url: string,
  request: { method: 'GET' | 'POST' | 'DELETE'; headers: Record<string, string>; body?: string },
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  const { registry, action } = context;
  const deadline = AbortSignal.timeout(context.timeoutMs);
  const ended = signal ? AbortSignal.any([signal, deadline]) : deadline;
  let response: Response | null = null;
  try {
    response = await context.fetch(url, { ...request, redirect: 'manual', signal: ended });
    const { status, headers } = response;
    if (status === 429 || status >= 500) {
      await response.body?.cancel();
      const code = status === 429 ? 'registry.busy' : 'registry.unavailable';
      const reached = NOT_TAKEN_UP.has(status) ? 'nothing' : 'unknown';
      const asked = retryAfterMs(headers.get('retry-after'), context.timing.now());
      throw new Repeatable(
        new DciClientError(code, {
          registry,
          action,
          status,
          hint: status === 500 ? context.hintAt500 : undefined,
          retryAfterMs: asked ?? undefined,
        }),
        reached,
        asked,
      );
    }
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      throw new DciClientError('registry.answer', {
        registry,
        action,
        status,
        hint: 'redirects are not followed: set the address that it leads to',
      });
    }
    return { status, body: await wholeBody(response, context) };
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof Repeatable || cause instanceof DciClientError) throw cause;
    if (deadline.aborted)
      throw new Repeatable(new DciClientError('registry.timeout', { registry, action }), 'unknown');
    // Its code alone: what fetch says may quote the address or a header, with the secrets in them, and loggers print it.
    const hint = codeOf(cause);
    throw new Repeatable(
      new DciClientError('registry.unreachable', { registry, action, hint }),
      response === null && NO_CONNECTION.has(hint ?? '') ? 'nothing' : 'unknown',
    );
  }
}

const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
function codeOf(cause: unknown): string | undefined {
  const nested = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = (nested as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : undefined;
}

async function wholeBody(response: Response, context: HttpContext): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    if (length > context.maxAnswerBytes) {
      throw new DciClientError('registry.answer', {
        registry: context.registry,
        action: context.action,
        status: response.status,
        hint: 'the answer is longer than allowed: ask for smaller pages',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
