import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Somebody who gave the token. */
export interface Session {
  id: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Sessions that were ended early and are remembered for it, at most. */
const ENDED_LIMIT = 10_000;

/**
 * Sessions without a store: what the browser keeps is signed with a key made from the token, so that every bridge with
 * the same token takes it, and a new token ends all of them.
 */
export class Sessions {
  readonly #cookieKey: Buffer;
  readonly #formKey: Buffer;
  readonly #lengthMs: number;
  readonly #clock: () => number;
  /** Until when they would have been good. */
  readonly #ended = new Map<string, number>();

  /** @param lengthMs milliseconds that a session is good for */
  constructor(token: string, lengthMs: number, clock: () => number) {
    const key = (purpose: string) => Buffer.from(hkdfSync('sha256', token, '', purpose, 32));
    this.#cookieKey = key('crvs-bridge page session 1');
    this.#formKey = key('crvs-bridge page form 1');
    this.#lengthMs = lengthMs;
    this.#clock = clock;
  }

  /** A new session. */
  begin(): Session {
    return { id: randomBytes(12).toString('base64url'), expiresAt: this.#clock() + this.#lengthMs };
  }

  /** What the cookie holds. */
  seal({ id, expiresAt }: Session): string {
    const said = `${id}.${expiresAt.toString(36)}`;
    return `${said}.${mac(this.#cookieKey, said)}`;
  }

  /** The session that a cookie holds; null where the bridge did not make it, or it has ended. */
  open(cookie: string | undefined): Session | null {
    const parts = /^([\w-]{16})\.([0-9a-z]{1,11})\.([\w-]{43})$/.exec(cookie ?? '');
    if (!parts) return null;
    const [, id = '', expires = '', given = ''] = parts;
    if (!same(given, mac(this.#cookieKey, `${id}.${expires}`))) return null;
    const session = { id, expiresAt: Number.parseInt(expires, 36) };
    return session.expiresAt <= this.#clock() || this.#ended.has(id) ? null : session;
  }

  /** Ends a session before its time, in this process: another bridge behind the same address does not hear of it. */
  end({ id, expiresAt }: Session): void {
    const now = this.#clock();
    for (const [known, until] of this.#ended) if (until <= now) this.#ended.delete(known);
    const [first] = this.#ended.keys();
    if (this.#ended.size >= ENDED_LIMIT && first !== undefined) this.#ended.delete(first);
    this.#ended.set(id, expiresAt);
  }

  /** What the forms of a session carry, which nobody else can know. */
  formToken({ id }: Session): string {
    return mac(this.#formKey, id);
  }

  isFormToken(session: Session, given: string): boolean {
    return same(given, this.formToken(session));
  }
}

function mac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

function same(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
