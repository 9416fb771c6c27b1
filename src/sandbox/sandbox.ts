import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Accounts, type Credentials, makeAccount } from './accounts.ts';
import { createApp } from './http/app.ts';
import { install } from './installation.ts';
import { allModels } from './models/all.ts';
import { Caller } from './rpc/call.ts';
import { Database } from './store/database.ts';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  host?: string;
  /** The name of the database; `sandbox` where left out. */
  db?: string;
  /** What other modules add: `death_date`, `cause_of_death`, an ID type `brn` with a format, a sequence for deaths. */
  extras?: boolean;
  /** The programs module; there where left out. */
  programs?: boolean;
  /** The DCI client for disability registries, with its `spp.dci.disability.status`; not there where left out. */
  disability?: boolean;
  /** Milliseconds since 1970; the machine's clock where left out. */
  clock?: () => number;
  /** Passwords and keys; random where left out. */
  admin?: Partial<Credentials>;
  bridge?: Partial<Credentials>;
  clerk?: Partial<Credentials>;
}

/** A running stand-in for an OpenSPP: its data lives in memory and ends with it. */
export interface Sandbox {
  url: string;
  db: string;
  /** A system administrator. */
  admin: Credentials;
  /** An internal user who is a registry officer: all that a bridge needs. */
  bridge: Credentials;
  /** An internal user and nothing else. */
  clerk: Credentials;
  /** How often each method was called since the start, by `model.method`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Whether the deployment has a model. */
  hasModel(model: string): boolean;
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
  close(): Promise<void>;
}

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
  const { port = 0, host = '127.0.0.1', db: name = 'sandbox', extras = false, programs = true } = options;
  // The ids are those of a fresh Odoo.
  const admin = makeAccount(2, 'Administrator', ['administrator'], { login: 'admin', ...options.admin });
  const bridge = makeAccount(5, 'CRVS Bridge', ['officer', 'user'], { login: 'bridge', ...options.bridge });
  const clerk = makeAccount(6, 'Clerk', ['user'], { login: 'clerk', ...options.clerk });
  const users = [admin, bridge, clerk];

  const db = new Database(
    name,
    allModels({ extras, programs, disability: options.disability ?? false }),
    options.clock ?? Date.now,
  );
  install(db, users, { extras });
  const accounts = new Accounts(db, users);
  const caller = new Caller(db, accounts);
  const app = createApp(db, accounts, caller);
  const server = await listen(app.fetch, port, host);

  return {
    url: `http://${host}:${server.port}`,
    db: name,
    admin: credentials(admin),
    bridge: credentials(bridge),
    clerk: credentials(clerk),
    requests: caller.requests,
    hasModel: (model) => db.has(model),
    execute(login, model, method, keywords = {}) {
      const uid = accounts.byLogin(login);
      if (uid === undefined) throw new Error(`The sandbox has no user ${login}`);
      return caller.callByKeywords(uid, model, method, keywords);
    },
    close: server.close,
  };
}

function credentials({ login, password, apiKey }: Credentials): Credentials {
  return { login, password, apiKey };
}

type Fetch = (request: Request) => Response | Promise<Response>;

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
