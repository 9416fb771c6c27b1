import { randomBytes, timingSafeEqual } from 'node:crypto';
import { accessDenied, missingError } from './errors.ts';
import { type GroupId, IMPLIED } from './model/groups.ts';
import { type Context, Environment } from './orm/environment.ts';
import type { Database } from './store/database.ts';

/** How one user logs in. */
export interface Credentials {
  login: string;
  password: string;
  apiKey: string;
}

/** A user of the sandbox: an administrator, the bridge's own, or a clerk without registry rights. */
export interface Account extends Credentials {
  uid: number;
  name: string;
  groups: readonly GroupId[];
}

/** Makes an account; what is not given is random. */
export function makeAccount(
  uid: number,
  name: string,
  groups: readonly GroupId[],
  given: Partial<Credentials> & { login: string },
): Account {
  return {
    uid,
    name,
    groups,
    login: given.login,
    password: given.password ?? randomBytes(12).toString('base64url'),
    apiKey: given.apiKey ?? randomBytes(20).toString('hex'),
  };
}

/** Who may log in, and as whom a call runs. */
export class Accounts {
  readonly #db: Database;
  readonly #accounts: readonly Account[];

  constructor(db: Database, accounts: readonly Account[]) {
    this.#db = db;
    this.#accounts = accounts;
  }

  /** The uid for a login with its password or key; undefined where they are not right. */
  authenticate(login: unknown, secret: unknown): number | undefined {
    return this.#active().find((account) => account.login === login && opens(account, secret))?.uid;
  }

  /** The uid that an API key belongs to. */
  byApiKey(key: string): number | undefined {
    return this.#active().find((account) => same(account.apiKey, key))?.uid;
  }

  /** Lets an RPC call pass, or raises what Odoo raises. */
  check(uid: number, secret: unknown): void {
    if (!uid || !secret) throw accessDenied();
    if (!this.#db.table('res.users').has(uid)) throw missingError('res.users', uid, uid);
    const account = this.#active().find((candidate) => candidate.uid === uid);
    if (account === undefined || !opens(account, secret)) throw accessDenied();
  }

  byLogin(login: string): number | undefined {
    return this.#active().find((account) => account.login === login)?.uid;
  }

  /** The environment in which a user's call runs. */
  environment(uid: number, context: Context): Environment {
    const groups = this.#accounts.find((account) => account.uid === uid)?.groups ?? [];
    return new Environment(this.#db, uid, new Set(groups.flatMap((group) => IMPLIED[group])), context);
  }

  /** An archived user cannot log in. */
  #active(): Account[] {
    return this.#accounts.filter((account) => this.#db.table('res.users').get(account.uid)?.active);
  }
}

function opens(account: Account, secret: unknown): boolean {
  return typeof secret === 'string' && (same(account.password, secret) || same(account.apiKey, secret));
}

function same(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
