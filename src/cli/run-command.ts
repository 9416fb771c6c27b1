import { ConfigError } from '../config/config-error.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { ExtensionLoadError } from '../extensions/load-error.ts';
import { TlsFilesError } from '../http/tls.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';
import { OwnKeyError } from '../keys/own-key.ts';
import { OdooError } from '../odoo/errors.ts';
import { OdooSettingsError } from '../odoo/settings.ts';
import { RegistriesError } from '../registries/errors.ts';
import { ScreeningError } from '../screening/plan.ts';
import { VERSION } from '../version.ts';
import type { Command } from './command.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- <command> [options]

  serve     receive notifications and deliver them to OpenSPP
  verify    check the signature of a message
  sign      make a signed message, for trying a deployment
  keys      list, generate or rotate the bridge's own keys
  events    list, show or retry the events in the inbox
  audit     who saw personal data, or changed what becomes of an event
  senders   list and show the senders; fetch their keys now
  sources   list or test the registries that can be asked
  crvs      ask a civil registry: verify a birth, check a death, subscribe, catch up
  opencrvs  subscribe to the webhooks of an OpenCRVS 1.x, list or end subscriptions
  mosip     show or renew the subscriptions at MOSIP's hub
  ibr       ask a registry of beneficiaries: double enrolment, programs
  dr        ask a disability registry
  screen    ask a registry about everybody in a program, a payment round or OpenSPP
  setup     make in OpenSPP what is missing: a user, ID types, a sender
  answers   show what a registry answered to a question that was asked asynchronously
  doctor    check the connection to OpenSPP, and say how to fix what is missing
  config    show the settings in force
  demo      show the whole way, with a sandbox in place of OpenSPP

  Exit codes: 0 done, 1 the command's own "no", 2 a command line or a setting that cannot be used, 3 a registry's answer
  is not known: neither a yes nor a no.

  <command> --help tells more; --version tells the version. config/default.yaml explains every setting.
`;

/** Each is loaded only when it is run: `verify` need not wait for a web server's code. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  verify: async () => (await import('./verify.ts')).verify,
  sign: async () => (await import('./sign.ts')).sign,
  keys: async () => (await import('./keys.ts')).keys,
  events: async () => (await import('./events.ts')).events,
  audit: async () => (await import('./audit.ts')).audit,
  senders: async () => (await import('./senders.ts')).senders,
  sources: async () => (await import('./sources.ts')).sources,
  crvs: async () => (await import('./crvs.ts')).crvs,
  opencrvs: async () => (await import('./opencrvs.ts')).opencrvs,
  mosip: async () => (await import('./mosip.ts')).mosip,
  ibr: async () => (await import('./ibr.ts')).ibr,
  dr: async () => (await import('./dr.ts')).dr,
  screen: async () => (await import('./screen.ts')).screen,
  setup: async () => (await import('./setup.ts')).setup,
  answers: async () => (await import('./answers.ts')).answers,
  doctor: async () => (await import('./doctor.ts')).doctor,
  config: async () => (await import('./config.ts')).config,
  demo: async () => (await import('./demo.ts')).demo,
};

/**
 * Runs the command that the arguments name.
 *
 * @returns the exit code: 0 done, 1 the command's own "no", 2 a command line or a setting that cannot be used, 3 a
 *   registry's answer is not known
 */
export async function runCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(USAGE);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    process.stderr.write(`there is no command of that name\n\n${USAGE}`);
    return 2;
  }
  try {
    return await (await load())(args, env);
  } catch (error) {
    const message = explain(error);
    if (message === null) throw error;
    process.stderr.write(`${message}\n`);
    return 2;
  }
}

/** Errors that a person can mend, in one line; null for a fault of the program, which should show itself. */
function explain(error: unknown): string | null {
  if (
    error instanceof UsageError ||
    error instanceof ConfigError ||
    error instanceof ExtensionLoadError ||
    error instanceof OwnKeyError ||
    error instanceof OdooSettingsError ||
    error instanceof OdooError ||
    error instanceof TlsFilesError ||
    error instanceof RegistriesError ||
    error instanceof ScreeningError
  ) {
    return error.message;
  }
  if (error instanceof DciClientError) {
    const { message, registryMessage } = error;
    return registryMessage === undefined ? message : `${message}\nthe registry says: ${registryMessage}`;
  }
  if (error instanceof InboxUnavailableError) return `the inbox cannot be used: ${error.message}`;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('ERR_PARSE_ARGS')) return (error as Error).message;
  if (code === 'EADDRINUSE') return 'the port is taken by another program; set another PORT';
  if (code === 'EACCES') return 'not allowed to listen on that port, or to write there';
  return null;
}
