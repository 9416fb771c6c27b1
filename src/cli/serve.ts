import { startBridge } from '../bridge.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/schema.ts';
import { createLog } from '../log.ts';
import type { Face } from '../sandbox/faces.ts';
import { startTracing } from '../signals/start-tracing.ts';
import { VERSION } from '../version.ts';
import type { CliCommand } from './cli-command.ts';
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

async function run(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const { role } = options;
  const settings = settingsOf(
    options,
    role === undefined ? env : { ...env, ROLE: role, ROLE_FILE: undefined },
  );
  const log = createLog(settings.log.level);
  // From the first moment: a stop during the start must not be lost.
  const stopped = stopSignal();
  const { access, inboxUrl, close } = await openspp(settings, env, options.sandbox);
  try {
    const inbox = { ...settings.inbox, url: inboxUrl };
    const tracing = await startTracing(env, VERSION, log);
    const bridge = await startBridge({ ...settings, inbox }, access, log, tracing);
    await stopped;
    await bridge.stop();
    return 0;
  } finally {
    // A bridge that could not start as well: a sandbox that goes on would keep the process.
    await close();
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
