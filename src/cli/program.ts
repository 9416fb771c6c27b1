import { VERSION } from '../version.ts';
import { CliCommand, helpWidth } from './cli-command.ts';
import { printText } from './output.ts';

/** Gives a command its subcommands, options and work. */
type Define = (command: CliCommand, env: NodeJS.ProcessEnv) => void;

/** What it does, and its definition, which is loaded when it is needed: `verify` does not wait for a web server's code. */
type Group = readonly [summary: string, load: () => Promise<Define>];

const GROUPS: Readonly<Record<string, Group>> = {
  serve: [
    'receive notifications and deliver them to OpenSPP',
    () => import('./serve.ts').then((module) => module.serve),
  ],
  setup: [
    'make in OpenSPP what is missing: a user, ID types, a sender',
    () => import('./setup.ts').then((module) => module.setup),
  ],
  doctor: [
    'check the connection to OpenSPP, and say how to fix what is missing',
    () => import('./doctor.ts').then((module) => module.doctor),
  ],
  events: [
    'list, show, retry or set aside the events in the inbox',
    () => import('./events.ts').then((module) => module.events),
  ],
  audit: [
    'list who saw personal data, or changed what becomes of an event',
    () => import('./audit.ts').then((module) => module.audit),
  ],
  senders: [
    'list and show the senders; fetch their keys now',
    () => import('./senders.ts').then((module) => module.senders),
  ],
  sign: [
    'make a key pair or a signed message, to try a deployment',
    () => import('./sign.ts').then((module) => module.sign),
  ],
  verify: ['check the signature of a message', () => import('./verify.ts').then((module) => module.verify)],
  openspp: [
    'show which OpenSPP the inbox belongs to, or move it to another one',
    () => import('./openspp.ts').then((module) => module.openspp),
  ],
  keys: [
    'list, generate or rotate the bridge’s own keys',
    () => import('./keys.ts').then((module) => module.keys),
  ],
  sources: [
    'list or test the registries that the bridge can ask',
    () => import('./sources.ts').then((module) => module.sources),
  ],
  crvs: [
    'ask a civil registry: verify a birth, check a death, subscribe, catch up',
    () => import('./crvs.ts').then((module) => module.crvs),
  ],
  ibr: [
    'ask a registry of beneficiaries: double enrolment, programs',
    () => import('./ibr.ts').then((module) => module.ibr),
  ],
  dr: ['ask a disability registry', () => import('./dr.ts').then((module) => module.dr)],
  answers: [
    'show what a registry answered to an asynchronous question',
    () => import('./answers.ts').then((module) => module.answers),
  ],
  screen: [
    'ask a registry about everybody in a program, a payment round or OpenSPP',
    () => import('./screen.ts').then((module) => module.screen),
  ],
  opencrvs: [
    'subscribe to the webhooks of an OpenCRVS 1.x, list or end subscriptions',
    () => import('./opencrvs.ts').then((module) => module.opencrvs),
  ],
  mosip: [
    'show or renew the subscriptions at MOSIP’s hub',
    () => import('./mosip.ts').then((module) => module.mosip),
  ],
  config: ['show the settings in force', () => import('./config.ts').then((module) => module.config)],
  demo: [
    'show everything from a notification to the registrant, with a sandbox in place of OpenSPP',
    () => import('./demo.ts').then((module) => module.demo),
  ],
  completion: [
    'print what completes commands and options in your shell',
    () => import('./completion.ts').then((module) => module.completion),
  ],
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
  for (const [name, [summary, load]] of Object.entries(GROUPS)) {
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
