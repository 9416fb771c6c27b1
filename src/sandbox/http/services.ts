import type { Accounts } from '../accounts.ts';
import { accessDenied, pythonError, valueError } from '../errors.ts';
import type { Model, Origin } from '../model/types.ts';
import type { Caller } from '../rpc/call.ts';
import type { Arguments } from '../rpc/signature.ts';
import type { Database } from '../store/database.ts';

/** The version that the sandbox stands in for. */
export const VERSION = {
  server_version: '19.0',
  server_version_info: [19, 0, 0, 'final', 0, ''],
  server_serie: '19.0',
  protocol_version: 1,
} as const;

/** The services behind JSON-RPC and XML-RPC: `common`, `object` and `db`. */
export class Services {
  readonly #db: Database<Model>;
  readonly #accounts: Accounts;
  readonly #caller: Caller;

  constructor(db: Database<Model>, accounts: Accounts, caller: Caller) {
    this.#db = db;
    this.#accounts = accounts;
    this.#caller = caller;
  }

  dispatch(service: string, method: string, args: readonly unknown[], origin?: Origin): unknown {
    if (service === 'common') return this.#common(method, args);
    if (service === 'object') return this.#object(method, args, origin);
    if (service === 'db') return this.#databases(method, args);
    throw pythonError('builtins.KeyError', service);
  }

  #common(method: string, args: readonly unknown[]): unknown {
    if (method === 'version') return VERSION;
    if (method === 'login' || method === 'authenticate') {
      const [db, login, secret] = args;
      this.#requireDatabase(db);
      return this.#accounts.authenticate(login, secret) ?? false;
    }
    throw pythonError('builtins.Exception', `Method not found: ${method}`);
  }

  #object(method: string, args: readonly unknown[], origin: Origin | undefined): unknown {
    if (args.length < 5) {
      throw valueError(`not enough values to unpack (expected at least 5, got ${args.length})`);
    }
    const [db, id, secret, model, name, ...rest] = args;
    const uid = Number(id);
    if (!secret) throw accessDenied();
    this.#requireDatabase(db);
    if (method !== 'execute' && method !== 'execute_kw') {
      throw pythonError('builtins.NameError', `Method not available ${method}`);
    }
    this.#accounts.check(uid, secret);
    const [positional, keywords] =
      method === 'execute' ? [rest, {}] : [rest[0] as unknown[], (rest[1] ?? {}) as Arguments];
    return this.#caller.callByPosition(uid, String(model), String(name), positional, keywords, origin);
  }

  #databases(method: string, args: readonly unknown[]): unknown {
    if (method === 'db_exist') return args[0] === this.#db.name;
    if (method === 'list') return [this.#db.name];
    if (method === 'server_version') return VERSION.server_version;
    throw accessDenied();
  }

  #requireDatabase(name: unknown): void {
    if (name === this.#db.name) return;
    throw pythonError(
      'psycopg2.OperationalError',
      `connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "${name}" does not exist\n`,
    );
  }
}
