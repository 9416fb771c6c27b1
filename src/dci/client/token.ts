import { orAborted } from '../../lib/abort.ts';
import { retried } from '../../lib/retry.ts';
import type { Auth } from './auth.ts';
import { DciClientError } from './errors.ts';
import { exchange, type HttpContext } from './http.ts';
import { type Plain, plainBody, tokenOf } from './plain.ts';
import { pauseOrThrow, type RetryPolicy } from './retry.ts';

/** Where a token does not say how long it lives, as OpenSPP takes it. */
const DEFAULT_LIFETIME_SECONDS = 3600;
/** A token is renewed so long before it expires. */
const MARGIN_MS = 60_000;

interface Kept {
  token: string;
  /** Milliseconds since the epoch. */
  until: number;
}

/**
 * The OAuth2 token of one registry (RFC 6749, client credentials). All who ask while there is none share one request;
 * it is kept until 60 seconds before it expires, or half its life where that is shorter.
 */
export class TokenSource {
  readonly #auth: Extract<Auth, { type: 'oauth2' }>;
  readonly #context: HttpContext;
  readonly #retry: RetryPolicy;
  #kept: Kept | null = null;
  #asking: Promise<Kept> | null = null;

  constructor(auth: Extract<Auth, { type: 'oauth2' }>, context: HttpContext, retry: RetryPolicy) {
    this.#auth = auth;
    this.#context = { ...context, action: 'token' };
    this.#retry = retry;
  }

  /**
   * The token. The request is nobody's own: a caller that gives up does not take it from the others.
   *
   * @throws {DciClientError} `registry.token`, or what kept the endpoint from answering
   */
  async get(signal?: AbortSignal): Promise<string> {
    if (this.#kept && this.#context.timing.now() < this.#kept.until) return this.#kept.token;
    if (!this.#asking) {
      const asking = this.#ask();
      this.#asking = asking;
      asking
        .then(
          (kept) => {
            // Not where it was forgotten meanwhile.
            if (this.#asking === asking) this.#kept = kept;
          },
          () => {},
        )
        .finally(() => {
          if (this.#asking === asking) this.#asking = null;
        });
    }
    return (await orAborted(this.#asking, signal)).token;
  }

  /** Forgets this token, unless a newer one has taken its place; without a token, whatever is kept. */
  forget(token?: string): void {
    if (token === undefined) this.#asking = null;
    if (token === undefined || this.#kept?.token === token) this.#kept = null;
  }

  async #ask(): Promise<Kept> {
    const { timing } = this.#context;
    return retried(() => this.#request(), {
      timing,
      pauseAfter: (failure, failures) => pauseOrThrow(failure, failures, true, this.#retry, timing.random),
    });
  }

  async #request(): Promise<Kept> {
    const { tokenUrl, clientId, clientSecret, scope, location } = this.#auth;
    const credentials = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      ...(scope ? { scope } : {}),
    });
    const url = new URL(tokenUrl);
    const headers: Record<string, string> = { accept: 'application/json' };
    const request = { method: 'POST' as const, headers };
    if (location === 'query') for (const [name, value] of credentials) url.searchParams.set(name, value);
    else headers['content-type'] = 'application/x-www-form-urlencoded';
    const asked = this.#context.timing.now();
    const { status, body } = await exchange(
      this.#context,
      url.href,
      location === 'query' ? request : { ...request, body: credentials.toString() },
      undefined,
    );
    const answer = plainBody(body);
    if (status >= 400) throw this.#refused(status, answer);
    const token = tokenOf(answer.access_token);
    if (token === null) throw this.#refused(status, answer);
    const seconds = Number(answer.expires_in ?? DEFAULT_LIFETIME_SECONDS);
    const lifetime = (seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS) * 1000;
    return { token, until: asked + Math.max(lifetime - MARGIN_MS, lifetime / 2) };
  }

  #refused(status: number, { error, error_description: words }: Plain): DciClientError {
    const { registry, action } = this.#context;
    return new DciClientError('registry.token', {
      registry,
      action,
      status,
      hint:
        status < 400
          ? 'the answer holds no access_token: check the token address'
          : 'check the client id, the secret, the scope, and whether the credentials go in the body or the query',
      registryCode: typeof error === 'string' ? error : undefined,
      registryMessage: typeof words === 'string' ? words : undefined,
    });
  }
}
