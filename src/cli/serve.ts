import { parseArgs } from 'node:util';
import { startBridge } from '../bridge.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/schema.ts';
import { createLog } from '../log.ts';
import { FACES, type Face, isFace } from '../sandbox/faces.ts';
import { startTracing } from '../signals/start-tracing.ts';
import { VERSION } from '../version.ts';
import type { Command } from './command.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import type { Served } from './served-sandbox.ts';

const USAGE = `Usage: npm start
       npm run -s bridge -- serve [--config FILE] [--role all|receiver|worker]
                         [--sandbox plain|extras|spmis|oldids]

Receives notifications and delivers them to the OpenSPP at ODOO_URL; without ODOO_URL, to a sandbox of its own.
--sandbox says what that sandbox is like: extras has a death date and a BRN type; spmis the registry lock, change
requests and source tracking of the SP-MIS starter; oldids the constraint on IDs of older releases.
With INBOX_URL=postgres://… the work can be divided: --role receiver takes messages and does not deliver, --role worker
delivers and takes none.
config/default.yaml explains every setting.
`;

/** Serves until SIGTERM or SIGINT; then finishes what is under way. */
export const serve: Command = async (args, env) => {
  const { values } = parseArgs({
    args,
    options: {
      ...CONFIG_OPTION,
      role: { type: 'string' },
      sandbox: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { role } = values;
  const settings = settingsOf(
    values,
    role === undefined ? env : { ...env, ROLE: role, ROLE_FILE: undefined },
  );
  const log = createLog(settings.log.level);
  // From the first moment: a stop during the start must not be lost.
  const stopped = stopSignal();
  const { access, inboxUrl, close } = await openspp(settings, env, values.sandbox);
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
};

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

/** The OpenSPP that the settings name, or else a sandbox. */
async function openspp(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  face: string | undefined,
): Promise<Served> {
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
  const { startServedSandbox } = await import('./served-sandbox.ts');
  return startServedSandbox(settings, faceOf(face));
}

function faceOf(name = 'plain'): Face {
  if (isFace(name)) return name;
  throw new ConfigError(`--sandbox must be one of ${Object.keys(FACES).join(', ')}`);
}
