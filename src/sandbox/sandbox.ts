import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Account, Accounts, type Credentials, makeAccount } from './accounts.ts';
import { createApp } from './http/app.ts';
import { install } from './installation.ts';
import type { GroupId } from './model/groups.ts';
import type { Row } from './model/row.ts';
import { allModels, type ModelOptions } from './models/all.ts';
import { Caller } from './rpc/call.ts';
import { Database } from './store/database.ts';

export interface SandboxOptions extends Partial<ModelOptions> {
  /** 0, the default, takes a free one. */
  port?: number;
  host?: string;
  /** The name of the database; `sandbox` where left out. */
  db?: string;
  /** Whether the bridge's user may file change requests, where there are any; it may where left out. */
  bridgeFiles?: boolean;
  /** Milliseconds since 1970; the machine's clock where left out. */
  clock?: () => number;
  /** Passwords and keys; random where left out. */
  admin?: Partial<Credentials>;
  bridge?: Partial<Credentials>;
  clerk?: Partial<Credentials>;
  approver?: Partial<Credentials>;
}

/** A running stand-in for an OpenSPP. */
export interface Sandbox extends SandboxCore {
  url: string;
  close(): Promise<void>;
}

/** A stand-in for an OpenSPP without a port: its data lives in memory and ends with it. */
export interface SandboxCore {
  db: string;
  /** A system administrator. */
  admin: Credentials;
  /** An internal user who is a registry officer: all that a bridge needs. */
  bridge: Credentials;
  /** An internal user and nothing else. */
  clerk: Credentials;
  /** Who decides on change requests, where there are any. */
  approver: Credentials | null;
  /** How often each method was called since the start, by `model.method`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Whether the deployment has a model. */
  hasModel(model: string): boolean;
  /** All records of a model as they are stored, also those that OpenSPP hides from everybody. */
  stored(model: string): readonly Row[];
  /**
   * Calls a method in this process, with keyword arguments as JSON-2 has them.
   *
   * @throws OdooException what the call would have been answered with over HTTP.
   */
  execute(
    login: string,
    model: string,
    method: string,
    keywords?: Readonly<Record<string, unknown>>,
  ): unknown;
  /** Answers a request as Odoo would over HTTP. */
  fetch: Fetch;
}

type Fetch = (request: Request) => Response | Promise<Response>;

/**
 * Starts a stand-in for OpenSPP that speaks Odoo's external API over HTTP.
 *
 * @example
 * const sandbox = await startSandbox({ extras: true });
 * await fetch(`${sandbox.url}/json/2/spp.dci.crvs.event/search_count`, {
 *   method: 'POST',
 *   headers: {
 *     authorization: `bearer ${sandbox.bridge.apiKey}`,
 *     'content-type': 'application/json',
 *     'x-odoo-database': sandbox.db,
 *   },
 *   body: JSON.stringify({ domain: [] }),
 * });
 * await sandbox.close();
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1' } = options;
  const core = createSandbox(options);
  const server = await listen(core.fetch, port, host);
  return { ...core, url: `http://${host}:${server.port}`, close: server.close };
}

/** Creates a stand-in for OpenSPP that nobody can reach by network. */
export function createSandbox(options: SandboxOptions = {}): SandboxCore {
  const { db: name = 'sandbox' } = options;
  const modules: ModelOptions = {
    ...options,
    extras: options.extras ?? false,
    programs: options.programs ?? true,
  };
  const users = accountsOf(options);
  const { admin, bridge, clerk, approver } = users;
  const all = Object.values(users).filter((account) => account !== null);
  const db = new Database(name, allModels(modules), options.clock ?? Date.now);
  install(db, all, modules);
  const accounts = new Accounts(db, all);
  const caller = new Caller(db, accounts);
  const app = createApp(db, accounts, caller);
  return {
    db: name,
    admin: credentials(admin),
    bridge: credentials(bridge),
    clerk: credentials(clerk),
    approver: approver && credentials(approver),
    requests: caller.requests,
    hasModel: (model) => db.has(model),
    stored: (model) => [...db.table(model).rows()],
    execute(login, model, method, keywords = {}) {
      const uid = accounts.byLogin(login);
      if (uid === undefined) throw new Error(`The sandbox has no user ${login}`);
      return caller.callByKeywords(uid, model, method, keywords);
    },
    fetch: app.fetch,
  };
}

/** The users that there are at the start, with the ids of a fresh Odoo. */
function accountsOf(
  options: SandboxOptions,
): Record<'admin' | 'bridge' | 'clerk', Account> & { approver: Account | null } {
  const { changeRequests = false, bridgeFiles = true } = options;
  const manager: GroupId[] = changeRequests ? ['requestManager'] : [];
  const filer: GroupId[] = changeRequests && bridgeFiles ? ['requestUser'] : [];
  return {
    admin: makeAccount(2, 'Administrator', ['openSppAdmin', 'administrator', ...manager], {
      login: 'admin',
      ...options.admin,
    }),
    bridge: makeAccount(5, 'CRVS Bridge', ['officer', 'user', ...filer], {
      login: 'bridge',
      ...options.bridge,
    }),
    clerk: makeAccount(6, 'Clerk', ['user'], { login: 'clerk', ...options.clerk }),
    approver: changeRequests
      ? makeAccount(7, 'Change Request Approver', ['officer', 'user', ...manager], {
          login: 'approver',
          ...options.approver,
        })
      : null,
  };
}

function credentials({ login, password, apiKey }: Credentials): Credentials {
  return { login, password, apiKey };
}

function listen(
  fetch: Fetch,
  port: number,
  hostname: string,
): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname }, ({ port: bound }: AddressInfo) => {
      resolve({ port: bound, close });
    });
    server.once('error', reject);
    // Longer than any pause of a client: a connection that is closed as a request comes in looks like a failure.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 600_000;
    const close = (): Promise<void> =>
      new Promise((done) => {
        server.close(() => done());
        // Clients keep their connections open, and a stopped sandbox has nothing to say on them.
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
  });
}
