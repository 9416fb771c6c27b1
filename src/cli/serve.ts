import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { startBridge } from '../bridge.ts';
import type { OdooAccess } from '../composition/context.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/schema.ts';
import { connectionProblem } from '../doctor/examine-connection.ts';
import { createLog } from '../log.ts';
import type { Face } from '../sandbox/faces.ts';
import { startTracing } from '../signals/start-tracing.ts';
import { VERSION } from '../version.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { logLines } from './log-lines.ts';
import { orNoSandbox } from './no-sandbox.ts';
import { settingsOf } from './options.ts';
import type { Served } from './served-sandbox.ts';
import { choice } from './values.ts';

/** Written out: an installation may have no sandbox. */
export const SANDBOX_FACES = ['plain', 'extras', 'spmis', 'oldids'] as const satisfies readonly Face[];

interface Options {
  config?: string;
  role?: string;
  sandbox?: Face;
}

/** Serves until SIGTERM or SIGINT; then finishes what is under way. */
export function serve(command: CliCommand, env: NodeJS.ProcessEnv): void {
  command
    .description(
      'Receives notifications and delivers them to the OpenSPP at ODOO_URL; without ODOO_URL, to a sandbox of its own. config/default.yaml explains every setting.',
    )
    .addOption(
      choice(
        '--role <role>',
        'with INBOX_URL=postgres://… the work can be divided: a receiver takes messages and does not deliver, a worker delivers and takes none',
        ['all', 'receiver', 'worker'],
      ),
    )
    .addOption(
      choice(
        '--sandbox <face>',
        'what the sandbox is like: extras has a death date and a BRN type; spmis the registry lock, change requests and source tracking of the SP-MIS starter; oldids the constraint on IDs of older releases',
        SANDBOX_FACES,
      ),
    )
    .withSettings()
    .runs<Options>((options) => run(options, env));
}

async function run(options: Options & CommonOptions, env: NodeJS.ProcessEnv): Promise<number> {
  const { role } = options;
  const settings = settingsOf(
    options,
    role === undefined ? env : { ...env, ROLE: role, ROLE_FILE: undefined },
  );
  const isForPerson = process.stdout.isTTY === true && !options.json;
  const log = createLog(settings.log.level, isForPerson ? logLines(process.stdout) : undefined);
  // From the first moment: a stop during the start must not be lost.
  const stopped = stopSignal();
  const started = start(settings, env, options.sandbox, log);
  const serving = await Promise.race([started, stopped.then(() => afterPatience(started))]);
  if (serving === null) {
    // A start that hangs has nothing under way that a message could be lost in.
    log.warn('stopped during the start');
    process.exit(0);
  }
  await stopped;
  await serving.stop();
  return 0;
}

/** Milliseconds that a start may still take when a stop is asked for. */
const STOP_PATIENCE_MS = 2000;

/** What was started, where that is soon; else null. */
function afterPatience<T>(started: Promise<T>): Promise<T | null> {
  return Promise.race([started, setTimeout(STOP_PATIENCE_MS, null, { ref: false })]);
}

async function start(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  face: Face | undefined,
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  const { access, inboxUrl, close } = await openspp(settings, env, face);
  try {
    const inbox = { ...settings.inbox, url: inboxUrl };
    const tracing = await startTracing(env, VERSION, log);
    const bridge = await startBridge({ ...settings, inbox }, access, log, tracing);
    sayPage(settings, bridge.url, log);
    void sayProblem(settings, access, log);
    return {
      stop: async () => {
        await bridge.stop();
        await close();
      },
    };
  } catch (error) {
    // A sandbox that goes on would keep the process.
    await close();
    throw error;
  }
}

function sayPage({ page, server }: Settings, url: string, log: Logger): void {
  if (!page.enabled) return;
  if (server.adminToken === null) log.info('there is no page for operators: ADMIN_TOKEN is not set');
  else log.info({ page: `${url}/` }, 'the page for operators asks for a token: the value of ADMIN_TOKEN');
}

/** The bridge receives messages while OpenSPP cannot be used; a person who starts it should know why it cannot. */
async function sayProblem(settings: Settings, access: OdooAccess, log: Logger): Promise<void> {
  const { protocol, timeoutMs, apiKeyExpires } = settings.odoo;
  const { apiKey, password, ...place } = access;
  const odoo = { ...place, apiKey: apiKey ?? undefined, password: password ?? undefined };
  try {
    const found = await connectionProblem({ ...odoo, protocol, timeoutMs }, apiKeyExpires);
    if (found === null) return;
    const { id: check, fix } = found;
    log.error({ check, fix }, `OpenSPP cannot be used: ${found.found} Run \`crvs-bridge doctor\`.`);
  } catch (error) {
    log.debug({ reason: (error as Error).name }, 'the connection to OpenSPP was not examined');
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

/** The OpenSPP that the settings name, or else a sandbox. */
async function openspp(settings: Settings, env: NodeJS.ProcessEnv, face: Face | undefined): Promise<Served> {
  const { url, db, login, apiKey, password } = settings.odoo;
  if (url !== null && db !== null && login !== null) {
    if (face !== undefined)
      throw new ConfigError('--sandbox has no use where ODOO_URL is set: leave one of them out');
    return {
      access: { url, db, login, apiKey, password },
      inboxUrl: settings.inbox.url,
      close: async () => {},
    };
  }
  if (env.NODE_ENV === 'production') {
    throw new ConfigError('odoo.url (ODOO_URL) is not set; the sandbox is refused with NODE_ENV=production');
  }
  const { startServedSandbox } = await orNoSandbox(import('./served-sandbox.ts'));
  return startServedSandbox(settings, face);
}
