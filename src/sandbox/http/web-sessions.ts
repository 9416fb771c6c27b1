import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import type { Accounts } from '../accounts.ts';
import { accessDenied, pythonError } from '../errors.ts';
import { SESSION, type Session } from '../models/api-key.ts';
import type { Caller } from '../rpc/call.ts';
import type { Database } from '../store/database.ts';
import { answerEnvelope } from './jsonrpc.ts';
import { originOf } from './origin.ts';

/** Logins as a browser has them, by a cookie; as much of them as Odoo's wizard for API keys needs. */
export class WebSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #db: Database;
  readonly #accounts: Accounts;
  readonly #caller: Caller;

  constructor(db: Database, accounts: Accounts, caller: Caller) {
    this.#db = db;
    this.#accounts = accounts;
    this.#caller = caller;
  }

  async authenticate(context: Context): Promise<Response> {
    let id: string | undefined;
    const answer = await answerEnvelope(context.req.raw, context.req.path, ({ db, login, password }) => {
      const uid = db === this.#db.name ? this.#accounts.authenticate(login, password) : undefined;
      if (uid === undefined) throw accessDenied();
      id = randomBytes(20).toString('hex');
      const checks = (given: unknown) => this.#accounts.authenticate(login, given) === uid;
      this.#sessions.set(id, { uid, checked: false, checks });
      return { uid, db };
    });
    if (id !== undefined) answer.headers.append('set-cookie', `session_id=${id}; HttpOnly; Path=/`);
    return answer;
  }

  call(context: Context): Promise<Response> {
    const id = /(?:^|; )session_id=([0-9a-f]+)/.exec(context.req.header('cookie') ?? '')?.[1] ?? '';
    return answerEnvelope(context.req.raw, context.req.path, ({ model, method, args, kwargs }) => {
      const session = this.#sessions.get(id);
      if (!session) throw pythonError('odoo.http.SessionExpiredException', 'Session expired');
      const keywords = kwargs as Record<string, unknown>;
      const given = { ...(keywords.context as object), [SESSION]: session };
      return this.#caller.callByPosition(
        session.uid,
        String(model),
        String(method),
        args as unknown[],
        {
          ...keywords,
          context: given,
        },
        originOf(context.req.raw),
      );
    });
  }
}
