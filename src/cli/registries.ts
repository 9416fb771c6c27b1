import { odooClient } from '../composition/odoo.ts';
import { type RegistryServices, registryServices } from '../composition/registry-services.ts';
import type { Settings } from '../config/schema.ts';
import { DEFAULT_ANSWER_TIMEOUT_MS } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { OwnKeys } from '../keys/own-keys.ts';
import { createLog } from '../log.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type Answer, type NotKnown, notKnownBecause } from '../registries/answer.ts';
import { type KeptReply, type Lookup, sourceOf } from '../registries/lookups.ts';
import type { Registries } from '../registries/registries.ts';
import type { CliCommand, CommonOptions } from './cli-command.ts';
import { CommandError, UsageError } from './command-error.ts';
import { sendersWhereNamed } from './command-senders.ts';
import { inboxOrNull } from './inbox.ts';
import { readInput } from './input.ts';
import { settingsOf } from './options.ts';
import { printJson, printMembers, printText } from './output.ts';
import { printAnswer } from './print-answer.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** The options of a command that asks a registry. */
export interface RegistryOptions extends CommonOptions {
  source?: string;
}

/** Lets a command name the source that it asks. */
export function withSource(command: CliCommand, usual: string): CliCommand {
  return command
    .option('--source <code>', `the code of the source (${usual} where left out)`)
    .withSettings() as CliCommand;
}

/** A look-up by an identifier. */
export interface LookupCommand<Service, A extends Answer> {
  name: Lookup | 'search';
  summary: string;
  lookup: Lookup;
  /** The service, at the source that was named. */
  serviceOf(registries: Registries, source: string | undefined): Promise<Service>;
  ask(service: Service, type: string, value: string): Promise<A>;
  /** Prints what it answers; gives the exit code. */
  print(answer: A, json: boolean): number;
}

interface LookupOptions extends RegistryOptions {
  valueFile?: string;
  async?: boolean;
  wait: boolean;
}

/** Adds a look-up by an identifier to the commands that ask a registry. */
export function addLookup<Service, A extends Answer>(
  group: CliCommand,
  env: NodeJS.ProcessEnv,
  usual: string,
  { name, summary, lookup, serviceOf, ask, print }: LookupCommand<Service, A>,
): void {
  const command = group
    .command(name)
    .summary(summary)
    .argument('<type>', 'the type of the identifier, such as UIN')
    .argument('[value]', 'the identifier')
    .option(
      '--value-file <file>',
      'a file with the identifier, - for standard input: arguments show in the list of processes, and stay in the shell’s history',
    )
    .option(
      '--async',
      'ask asynchronously: the answer comes to a bridge that shares INBOX_URL, and the command waits for it',
    )
    .option(
      '--no-wait',
      'with --async: print the transaction, and leave the answer to `answers <transaction>`',
    );
  withSource(command, usual).runs<LookupOptions, [string, string | undefined]>(
    async (options, type, given) => {
      const value = await identifierOf(given, options.valueFile);
      if (!options.wait && !options.async) throw new UsageError('--no-wait goes with --async');
      const later = { print: (answer: Answer) => print(answer as A, options.json) };
      return withRegistries(
        settingsOf(options, env),
        options.async ?? false,
        async ({ registries, kept }) => {
          if (!options.async) {
            return later.print(await ask(await serviceOf(registries, options.source), type, value));
          }
          if (!kept)
            throw new UsageError('--async: needs the inbox of a bridge that receives the answer (INBOX_URL)');
          const question = await kept.lookups
            .ask(lookup, type, value, options.source)
            .catch((error: unknown) => failedQuestion(error));
          if ('kind' in question) return later.print(question);
          if (!options.wait) {
            if (options.json) printJson(question);
            else printText(`asked, transaction ${question.transactionId}`);
            return 0;
          }
          const { answerTimeoutMs = DEFAULT_ANSWER_TIMEOUT_MS } = await registries.sources.get(
            options.source ?? sourceOf(lookup),
          );
          return printReply(
            await waitForAnswer(kept.lookups, question, answerTimeoutMs),
            options.json,
            later,
          );
        },
      );
    },
  );
}

async function identifierOf(given: string | undefined, file: string | undefined): Promise<string> {
  if ((given === undefined) === (file === undefined)) {
    throw new UsageError('give the identifier as an argument or with --value-file, and not both');
  }
  return file === undefined ? (given ?? '') : readValue(file);
}

/** An identifier from a file or standard input. @throws {UsageError} where there is not just one */
async function readValue(path: string): Promise<string> {
  const value = (await readInput(path, '--value-file')).toString('utf8').trim();
  if (value !== '' && !/[\r\n]/.test(value)) return value;
  throw new UsageError('--value-file: expected one line with the identifier');
}

/** A question that failed is one whose answer is not known. */
function failedQuestion(error: unknown): NotKnown {
  if (error instanceof DciClientError && error.code !== 'request.invalid') return notKnownBecause(error);
  throw error;
}

/**
 * Prints what is known of the answer to a question.
 *
 * @param later prints the answer itself; null prints it member by member
 * @returns the exit code: 3 where a look-up's answer is not known, 1 where there is no answer to another question
 */
export function printReply(
  reply: KeptReply | null,
  json: boolean,
  later: { print(answer: Answer): number } | null,
): number {
  if (!reply) {
    throw new CommandError(
      'transaction.unknown',
      'nothing was asked by this transaction, or it is forgotten by now',
    );
  }
  const { result } = reply;
  if (result && 'kind' in result) {
    if (later) return later.print(result);
    if (json) printJson(reply);
    return printAnswer(result, json ? 'printed' : false, (known) => {
      if (!json) printMembers(known);
      return 0;
    });
  }
  const isDone = reply.state === 'answered';
  if (json) printJson(reply);
  else if (isDone && result) printMembers(result);
  else {
    const why = reply.reasonCode === null ? '' : ` (${reply.reasonCode})`;
    printText(`${reply.state}${why}: ${reply.purpose} at ${reply.registry}, ${reply.transactionId}`);
  }
  return isDone ? 0 : 1;
}

/**
 * Works with the registries that the settings and, where there is one, OpenSPP name, and closes what was opened.
 *
 * @param needsInbox whether something is kept or waited for; a message says where there is no inbox, and that is left out
 */
export async function withRegistries(
  settings: Settings,
  needsInbox: boolean,
  work: (asks: RegistryServices, odoo: OdooClient | null) => Promise<number>,
): Promise<number> {
  const { url, db, login, apiKey, password } = settings.odoo;
  const odoo =
    url === null || db === null
      ? null
      : odooClient(settings, { url, db, login: login ?? '', apiKey, password });
  const ownKeys = new OwnKeys(settings.keys);
  await ownKeys.read();
  const inbox = needsInbox ? await inboxOrNull(settings, 'nothing is kept') : null;
  const senders = odoo && (await sendersWhereNamed(settings, odoo));
  const asks = registryServices(settings, { inbox, odoo, ownKeys, senders, log: createLog('silent') });
  try {
    return await work(asks, odoo);
  } finally {
    await asks.stop();
    await inbox?.close();
  }
}
