import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CivilRegistry } from '../../src/demo/civil-registry.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { create } from '../../src/odoo/orm.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { BridgeProcess } from './bridge-process.ts';
import { type FaultPlan, FaultProxy } from './fault-proxy.ts';
import { finished, type PlannedEvent, type Population, populate, type Tally, tally } from './population.ts';
import { SwitchableProxy } from './switchable-proxy.ts';

/** Everything a fault test plays with: an OpenSPP behind a proxy, a registry that signs, a bridge to kill. */
export interface Stage {
  admin: OdooClient;
  proxy: SwitchableProxy;
  /** The first of the bridges, and the only one but where several share an inbox. */
  bridge: BridgeProcess;
  bridges: BridgeProcess[];
  registry: CivilRegistry;
  population: Population;
  /** Strings that no log may hold. */
  secrets: string[];
  /** What happens to the calls to OpenSPP; null where nothing does. */
  faults: FaultProxy | null;
  /** The events whose notifications were acknowledged. */
  accepted: PlannedEvent[];
  /** How often a notification was answered with 503. */
  refusals: number;
  /** How often nobody answered. */
  unreachable: number;
  /** The configuration file, and the variables, of the bridges. */
  config: string;
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Short waits, so that a test of many failures ends soon; the rest is as in production. */
const SETTINGS = `
delivery:
  batch_size_minimum: 1
  batch_size_maximum: BATCH_SIZE
  backoff_initial_seconds: 0.2
  backoff_maximum_seconds: 2
  unanswered_grace_seconds: GRACE
  poll_seconds: 0.2
senders:
  refresh_seconds: 5
odoo:
  timeout_seconds: TIMEOUT
inbox:
  lease_seconds: 5
  timeout_seconds: 2
`;

/**
 * Sets the stage: against the Odoo at ODOO_URL (with ODOO_ADMIN_API_KEY or ODOO_ADMIN_PASSWORD for the fixtures), else
 * against a sandbox.
 */
export async function setStage(options: {
  registrants: number;
  batchSize: number;
  graceSeconds: number;
  faults?: FaultPlan;
  odooTimeoutSeconds?: number;
  nodeFlags?: string[];
  inboxFolder?: string;
  /** Where several bridges share one; else each stage has an SQLite file. */
  inboxUrl?: string;
  bridges?: number;
  /** More settings, as lines of the configuration file. */
  settings?: string;
  /** More variables of the bridges. */
  env?: Record<string, string>;
}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'crvs-bridge-faults-'));
  const openspp = await openOpenspp();
  const population = await populate(openspp.admin, options.registrants);
  const registry = new CivilRegistry(`crvs.${population.personal[1] ?? 'x'}`);
  await create(openspp.admin, 'spp.dci.crvs.sender', [
    {
      name: 'Fault Registry',
      sender_id: registry.senderId,
      public_key: registry.publicKey,
      algorithm: 'ed25519',
    },
  ]);
  const faults = options.faults ? new FaultProxy(openspp.url, options.faults) : null;
  const proxy = new SwitchableProxy(faults ? await faults.start() : openspp.url);
  await proxy.up();
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    SETTINGS.replace('BATCH_SIZE', String(options.batchSize))
      .replace('GRACE', String(options.graceSeconds))
      .replace('TIMEOUT', String(options.odooTimeoutSeconds ?? 120))
      .concat(options.settings ?? ''),
  );
  const env = {
    ...openspp.env,
    ODOO_URL: proxy.url,
    INBOX_URL: options.inboxUrl ?? `sqlite:${join(options.inboxFolder ?? folder, 'inbox.db')}`,
    PORT: '0',
    ...options.env,
  };
  const newBridge = () => new BridgeProcess(env, ['--config', config], options.nodeFlags);
  const bridge = newBridge();
  const bridges = [bridge];
  while (bridges.length < (options.bridges ?? 1)) bridges.push(newBridge());
  return {
    admin: openspp.admin,
    proxy,
    faults,
    bridge,
    bridges,
    registry,
    population,
    // The sender's id was made from an identifier only to be unique; it is not personal.
    secrets: [...population.personal.filter((_, n) => n !== 1), ...openspp.secrets],
    accepted: [],
    refusals: 0,
    unreachable: 0,
    config,
    env,
    async close() {
      await Promise.all(bridges.map((one) => one.end('SIGKILL')));
      await proxy.down();
      await faults?.stop();
      await openspp.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openOpenspp() {
  const { ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_PASSWORD, ODOO_PROTOCOL } = process.env;
  const { ODOO_ADMIN_LOGIN = 'admin', ODOO_ADMIN_API_KEY, ODOO_ADMIN_PASSWORD } = process.env;
  if (ODOO_URL && ODOO_DB && ODOO_LOGIN && (ODOO_ADMIN_API_KEY || ODOO_ADMIN_PASSWORD)) {
    const env = { ODOO_DB, ODOO_LOGIN, ODOO_API_KEY, ODOO_PASSWORD, ODOO_PROTOCOL };
    return {
      url: ODOO_URL,
      env: Object.fromEntries(
        Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])),
      ),
      secrets: [ODOO_API_KEY, ODOO_PASSWORD].filter((secret) => secret !== undefined),
      admin: connectOdoo({
        url: ODOO_URL,
        db: ODOO_DB,
        login: ODOO_ADMIN_LOGIN,
        apiKey: ODOO_ADMIN_API_KEY,
        password: ODOO_ADMIN_PASSWORD,
        protocol: 'auto',
        timeoutMs: 120_000,
      }),
      close: async () => {},
    };
  }
  const sandbox = await startSandbox();
  return {
    url: sandbox.url,
    env: { ODOO_DB: sandbox.db, ODOO_LOGIN: sandbox.bridge.login, ODOO_API_KEY: sandbox.bridge.apiKey },
    secrets: [sandbox.bridge.apiKey, sandbox.bridge.password],
    admin: connectOdoo({
      url: sandbox.url,
      db: sandbox.db,
      ...sandbox.admin,
      protocol: 'json2',
      timeoutMs: 30_000,
    }),
    close: () => sandbox.close(),
  };
}

/**
 * Posts the notification of an event, again and again until it is acknowledged, as a registry would.
 *
 * @param targets gives the bridges that get it at the same time; asked again for each try
 */
async function announce(
  stage: Stage,
  event: PlannedEvent,
  targets: () => BridgeProcess[] = () => [stage.bridge],
): Promise<void> {
  const body = await stage.registry.notification({
    event_type: event.type.toUpperCase(),
    event_date: event.date,
    identifiers: [{ type: 'UIN', value: event.uin }],
  });
  for (;;) {
    const statuses = await Promise.all(targets().map((bridge) => post(bridge, body)));
    for (const status of statuses) {
      if (status === 503) stage.refusals += 1;
      else if (status === null) stage.unreachable += 1;
      else if (status !== 202) throw new Error(`answered with ${status}`);
    }
    if (statuses.includes(202)) {
      stage.accepted.push(event);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The status that a bridge answers with; null where it does not answer. */
async function post(bridge: BridgeProcess, body: string): Promise<number | null> {
  try {
    const response = await fetch(`${bridge.url}/dci_api/v1/crvs`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

/** Announces events, `parallel` at a time. */
export async function announceAll(
  stage: Stage,
  events: readonly PlannedEvent[],
  parallel = 20,
  targets?: () => BridgeProcess[],
): Promise<void> {
  const queue = [...events];
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let event = queue.shift(); event; event = queue.shift()) await announce(stage, event, targets);
    }),
  );
}

/** Waits until all announced events are in a final state in OpenSPP, or nothing has moved for `patienceMs`. */
export async function untilFinished(stage: Stage, patienceMs = 60_000): Promise<void> {
  let best = -1;
  let movedAt = Date.now();
  while (Date.now() - movedAt < patienceMs) {
    const now = await finished(stage.admin, stage.accepted);
    if (now === stage.accepted.length) return;
    if (now > best) {
      best = now;
      movedAt = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export interface Outcome extends Tally {
  /** How many of the strings that no log may hold are in the bridge's output. */
  leaked: number;
}

/** Compares what arrived with what was reported, and searches the logs. */
export async function outcome(stage: Stage): Promise<Outcome> {
  const leaked = stage.secrets.filter((secret) =>
    stage.bridges.some(({ output }) => output.includes(secret)),
  ).length;
  return { ...(await tally(stage.admin, stage.accepted)), leaked };
}
