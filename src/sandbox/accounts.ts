import { randomBytes, timingSafeEqual } from 'node:crypto';
import { accessDenied, missingError } from './errors.ts';
import type { Row } from './model/field.ts';
import { ALL_GROUPS, type GroupId, IMPLIED } from './model/groups.ts';
import { type Context, Environment, type Origin } from './orm/environment.ts';
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

/** Who may log in, and as whom a call runs: the accounts of the start, and the users that were made since. */
export class Accounts {
  readonly #db: Database;
  readonly #accounts: ReadonlyMap<number, Account>;

  constructor(db: Database, accounts: readonly Account[]) {
    this.#db = db;
    this.#accounts = new Map(accounts.map((account) => [account.uid, account]));
  }

  /** The uid for a login with its password or key; undefined where they are not right. */
  authenticate(login: unknown, secret: unknown): number | undefined {
    if (typeof login !== 'string') return undefined;
    const uid = this.byLogin(login);
    return uid !== undefined && this.#opens(uid, secret) ? uid : undefined;
  }

  /** The uid that an API key belongs to. */
  byApiKey(key: string): number | undefined {
    return this.#active().find((uid) => this.#keys(uid).some((one) => same(one, key)));
  }

  /** Lets an RPC call pass, or raises what Odoo raises. */
  check(uid: number, secret: unknown): void {
    if (!uid || !secret) throw accessDenied();
    if (!this.#db.table('res.users').has(uid)) throw missingError('res.users', uid, uid);
    if (!this.#active().includes(uid) || !this.#opens(uid, secret)) throw accessDenied();
  }

  byLogin(login: string): number | undefined {
    return this.#active().find((uid) => this.#row(uid)?.login === login);
  }

  /** The environment in which a user's call runs. */
  environment(uid: number, context: Context, origin?: Origin): Environment {
    const ids = (this.#row(uid)?.group_ids ?? []) as readonly number[];
    const groups = (Object.keys(ALL_GROUPS) as GroupId[]).filter((group) =>
      ids.includes(ALL_GROUPS[group].id),
    );
    return new Environment(
      this.#db,
      uid,
      new Set(groups.flatMap((group) => IMPLIED[group])),
      context,
      origin,
    );
  }

  #row(uid: number): Row | undefined {
    return this.#db.table('res.users').get(uid);
  }

  /** An archived user cannot log in. */
  #active(): number[] {
    return [...this.#db.table('res.users').rows()].filter((row) => row.active === true).map(({ id }) => id);
  }

  #keys(uid: number): string[] {
    const made = [...this.#db.table('res.users.apikeys').rows()].filter((row) => row.user_id === uid);
    const keys = [this.#accounts.get(uid)?.apiKey, ...made.map(({ key }) => key)];
    return keys.filter((key) => typeof key === 'string');
  }

  #opens(uid: number, secret: unknown): boolean {
    if (typeof secret !== 'string') return false;
    const password = this.#row(uid)?.password ?? this.#accounts.get(uid)?.password;
    return [password, ...this.#keys(uid)].some((one) => typeof one === 'string' && same(one, secret));
  }
}

function same(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
