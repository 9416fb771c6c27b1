import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, TestRunner } from 'vitest';
import { startBridge } from '../src/bridge.ts';
import type { OdooAccess } from '../src/composition/context.ts';
import { loadSettings } from '../src/config/load.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/sandbox.ts';
import type { Tracing } from '../src/signals/tracing.ts';
import { type Seeding, seeding } from './sandbox/seeding.ts';
import { keptLog } from './senders/support.ts';

export const ADMIN_TOKEN = 'an-admin-token-of-at-least-32-characters';

export interface BridgeOverrides {
  /** Variables of its environment, besides a free port, an admin token, an inbox and keys in its folder. */
  env?: Record<string, string>;
  /** Settings of its configuration file. */
  file?: object;
  /** What its OpenSPP has; a plain one where left out. */
  openspp?: SandboxOptions;
  /** Fills its OpenSPP before it starts. */
  seed?: (sandbox: Sandbox & Seeding) => void;
  /** Another OpenSPP than one of its own. It is not closed with the bridge. */
  access?: OdooAccess;
  log?: ReturnType<typeof keptLog>;
  tracing?: Tracing | null;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // The tests say what is in an answer.
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  json: any;
}

export type TestBridge = Awaited<ReturnType<typeof testBridge>>;

/**
 * Starts the whole bridge in this process, with an OpenSPP, a folder and a log of its own.
 *
 * It ends with the test that starts it. Where a hook starts it, the hook returns its `close`.
 */
export async function testBridge(overrides: BridgeOverrides = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'crvs-bridge-test-'));
  const { log: kept = keptLog(), access: given } = overrides;
  const own = given ? null : await startSandbox(overrides.openspp);
  const closeRest = async () => {
    await own?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const sandbox = own && { ...own, ...seeding(own) };
    if (sandbox) overrides.seed?.(sandbox);
    const access = given ?? accessOf(own as Sandbox);
    const env: Record<string, string> = {
      PORT: '0',
      ADMIN_TOKEN,
      INBOX_URL: `sqlite:${join(folder, 'inbox.db')}`,
      KEYS_DIR: join(folder, 'keys'),
      ODOO_URL: access.url,
      ODOO_DB: access.db,
      ODOO_LOGIN: access.login,
      ODOO_API_KEY: access.apiKey ?? '',
      CONFIG_FILE: join(folder, 'bridge.yaml'),
      ...overrides.env,
    };
    writeFileSync(join(folder, 'bridge.yaml'), JSON.stringify(overrides.file ?? {}));
    const bridge = await startBridge(loadSettings(env, env.CONFIG_FILE), access, kept.log, overrides.tracing);
    let stopped: Promise<void> | null = null;
    /** Stops it, once. */
    const stop = () => {
      stopped ??= bridge.stop();
      return stopped;
    };
    const close = async () => {
      await stop();
      await closeRest();
    };
    if (TestRunner.getCurrentTest()) onTestFinished(close);
    return {
      url: bridge.url,
      app: bridge.app,
      folder,
      /** The same environment for commands. */
      env,
      logged: kept.text,
      entries: kept.entries,
      /** Its own OpenSPP, with what fills it. @throws where it was started with another one */
      get sandbox() {
        if (!sandbox) throw new Error('this bridge was given an OpenSPP');
        return sandbox;
      },
      /** Sends a request over the network. */
      send: async (path: string, init: RequestInit = {}) => answerOf(await fetch(bridge.url + path, init)),
      /** Calls the operators' API: with GET, or POST where there is a body, unless `method` says otherwise. */
      api: async (
        path: string,
        body?: object,
        { token = ADMIN_TOKEN, method = body ? 'POST' : 'GET' } = {},
      ) =>
        answerOf(
          await fetch(`${bridge.url}/api/${path}`, {
            method,
            headers: { authorization: `Bearer ${token}` },
            ...(body ? { body: JSON.stringify(body) } : {}),
          }),
        ),
      stop,
      close,
    };
  } catch (error) {
    await closeRest();
    throw error;
  }
}

/** How the bridge's user gets into a sandbox. */
export function accessOf({ url, db, bridge }: Sandbox): OdooAccess {
  return { url, db, ...bridge };
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {}
  return { status, headers, text, json };
}
