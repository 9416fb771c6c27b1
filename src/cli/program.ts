import { VERSION } from '../version.ts';
import { CliCommand, helpWidth } from './cli-command.ts';
import { printText } from './output.ts';

/** Gives a command its subcommands, options and work. */
type Define = (command: CliCommand, env: NodeJS.ProcessEnv) => void;

interface Group {
  summary: string;
  /** Loaded only when it is needed: `verify` need not wait for a web server's code. */
  load: () => Promise<Define>;
}

const GROUPS: Readonly<Record<string, Group>> = {
  serve: {
    summary: 'receive notifications and deliver them to OpenSPP',
    load: async () => (await import('./serve.ts')).serve,
  },
  setup: {
    summary: 'make in OpenSPP what is missing: a user, ID types, a sender',
    load: async () => (await import('./setup.ts')).setup,
  },
  doctor: {
    summary: 'check the connection to OpenSPP, and say how to fix what is missing',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  events: {
    summary: 'list, show, retry or set aside the events in the inbox',
    load: async () => (await import('./events.ts')).events,
  },
  audit: {
    summary: 'list who saw personal data, or changed what becomes of an event',
    load: async () => (await import('./audit.ts')).audit,
  },
  senders: {
    summary: 'list and show the senders; fetch their keys now',
    load: async () => (await import('./senders.ts')).senders,
  },
  sign: {
    summary: 'make a key pair or a signed message, to try a deployment',
    load: async () => (await import('./sign.ts')).sign,
  },
  verify: {
    summary: 'check the signature of a message',
    load: async () => (await import('./verify.ts')).verify,
  },
  keys: {
    summary: 'list, generate or rotate the bridge’s own keys',
    load: async () => (await import('./keys.ts')).keys,
  },
  sources: {
    summary: 'list or test the registries that the bridge can ask',
    load: async () => (await import('./sources.ts')).sources,
  },
  crvs: {
    summary: 'ask a civil registry: verify a birth, check a death, subscribe, catch up',
    load: async () => (await import('./crvs.ts')).crvs,
  },
  ibr: {
    summary: 'ask a registry of beneficiaries: double enrolment, programs',
    load: async () => (await import('./ibr.ts')).ibr,
  },
  dr: {
    summary: 'ask a disability registry',
    load: async () => (await import('./dr.ts')).dr,
  },
  answers: {
    summary: 'show what a registry answered to an asynchronous question',
    load: async () => (await import('./answers.ts')).answers,
  },
  screen: {
    summary: 'ask a registry about everybody in a program, a payment round or OpenSPP',
    load: async () => (await import('./screen.ts')).screen,
  },
  opencrvs: {
    summary: 'subscribe to the webhooks of an OpenCRVS 1.x, list or end subscriptions',
    load: async () => (await import('./opencrvs.ts')).opencrvs,
  },
  mosip: {
    summary: 'show or renew the subscriptions at MOSIP’s hub',
    load: async () => (await import('./mosip.ts')).mosip,
  },
  config: {
    summary: 'show the settings in force',
    load: async () => (await import('./config.ts')).config,
  },
  demo: {
    summary: 'show everything from a notification to the registrant, with a sandbox in place of OpenSPP',
    load: async () => (await import('./demo.ts')).demo,
  },
  completion: {
    summary: 'print what completes commands and options in your shell',
    load: async () => (await import('./completion.ts')).completion,
  },
};

const NOTES = `
Exit codes: 0 done; 1 the command's own "no"; 2 a command line or a setting that cannot be used; 3 the answer of a registry is not known; 130 stopped with Ctrl-C at a question.

config/default.yaml explains every setting.`;

/**
 * The commands, with the groups that the arguments name; the others have only their summaries.
 *
 * @param argv the arguments after the program; `completion` loads all groups
 */
export async function programFor(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<CliCommand> {
  const program = new CliCommand('crvs-bridge')
    .description('Receives notifications of civil registries and delivers them to OpenSPP.')
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show what a command takes')
    .helpCommand('help [command]', 'show what a command takes')
    .option('--json', 'print JSON, errors included', false)
    .exitOverride();
  const isCompletion = argv.includes('completion');
  for (const [name, { summary, load }] of Object.entries(GROUPS)) {
    const group = program.command(name).summary(summary).description(sentence(summary));
    if (isCompletion || argv.includes(name)) (await load())(group, env);
  }
  program.command('version', { hidden: true }).runs(async () => {
    printText(VERSION);
    return 0;
  });
  return program.addHelpText('after', ({ command }) =>
    command === program ? program.createHelp().boxWrap(NOTES, helpWidth(process.stdout.columns)) : '',
  ) as CliCommand;
}

const sentence = (summary: string): string => `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
