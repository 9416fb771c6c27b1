/** How a registry knows who we are. */
export type Auth =
  | { type: 'none' }
  | { type: 'bearer'; token: string }
  | { type: 'basic'; username: string; password: string }
  | {
      type: 'oauth2';
      /** Where the token comes from (RFC 6749, client credentials). */
      tokenUrl: string;
      clientId: string;
      clientSecret: string;
      scope?: string | undefined;
      /** Where the credentials go: the form body as in the RFC, or the query, which OpenCRVS wants. */
      location: 'body' | 'query';
    };

/** Where the tokens of `oauth2` come from: `TokenSource`. */
interface Tokens {
  get(signal?: AbortSignal): Promise<string>;
  /** Forgets this token, unless a newer one has taken its place; without a token, whatever is kept. */
  forget(token?: string): void;
}

/** Gives the `Authorization` header of a request. */
export interface Authorizer {
  /** Undefined where the registry wants none. */
  header(signal: AbortSignal | undefined): Promise<string | undefined>;
  /** The registry answered 401 to this header. True where another header may do. */
  refused(header: string | undefined): boolean;
  /** Forgets what is kept. */
  clear(): void;
}

/** @param tokens made for `oauth2` only */
export function authorizerOf(auth: Auth, tokens: () => Tokens): Authorizer {
  if (auth.type === 'oauth2') return new TokenAuthorizer(tokens());
  const header = staticHeader(auth);
  return { header: async () => header, refused: () => false, clear: () => {} };
}

function staticHeader(auth: Exclude<Auth, { type: 'oauth2' }>): string | undefined {
  if (auth.type === 'none') return undefined;
  if (auth.type === 'bearer') return `Bearer ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

class TokenAuthorizer implements Authorizer {
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  async header(signal: AbortSignal | undefined): Promise<string> {
    return `Bearer ${await this.#tokens.get(signal)}`;
  }

  refused(header: string | undefined): boolean {
    this.#tokens.forget(header?.replace(/^Bearer /, ''));
    return true;
  }

  clear(): void {
    this.#tokens.forget();
  }
}
