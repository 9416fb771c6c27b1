import { parseArgs } from 'node:util';
import { odooClient } from '../composition/odoo.ts';
import { type RegistryServices, registryServices } from '../composition/registry-services.ts';
import { keySettings } from '../config/keys.ts';
import type { Settings } from '../config/schema.ts';
import { DEFAULT_ANSWER_TIMEOUT_MS } from '../dci/client/client.ts';
import { DciClientError } from '../dci/client/errors.ts';
import { type Inbox, InboxUnavailableError } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { OwnKeys } from '../keys/own-keys.ts';
import { createLog } from '../log.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type Answer, type NotKnown, notKnownBecause } from '../registries/answer.ts';
import { type KeptReply, type Lookup, sourceOf } from '../registries/lookups.ts';
import type { Registries } from '../registries/registries.ts';
import type { Command } from './command.ts';
import { sendersWhereNamed } from './command-senders.ts';
import { readInput } from './input.ts';
import { CONFIG_OPTION, settingsOf } from './options.ts';
import { printAnswer } from './print-answer.ts';
import { printJson, printMembers } from './print-value.ts';
import { UsageError } from './usage-error.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** The options of all commands that ask registries. */
export const REGISTRY_OPTIONS = {
  ...CONFIG_OPTION,
  source: { type: 'string' },
  async: { type: 'boolean', default: false },
  'no-wait': { type: 'boolean', default: false },
  'no-record': { type: 'boolean', default: false },
  'value-file': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

export const REGISTRY_OPTIONS_HELP = `
  --source    the source's code, other than that
  --json      print JSON
  --config    a configuration file
`;

/** The options of look-ups by an identifier. */
export const ASYNC_OPTIONS_HELP = `  --value-file  a file with the VALUE, - for standard input: arguments show in the list of processes, and stay in the
              shell's history
  --async     ask asynchronously: the answer comes to a bridge that shares INBOX_URL, and is waited for
  --no-wait   with --async: print the transaction, and leave the answer to \`answers TRANSACTION\`
`;

/** What the arguments ask of a service; gives the exit code. */
type Work<Service> = (service: Service) => Promise<number>;

/** A look-up by an identifier, as the arguments ask it. */
export interface LookupWork {
  lookup: Lookup;
  type: string;
  value: string;
  /** Prints what it answers; gives the exit code. */
  print(answer: Answer): number;
}

/** What the arguments ask that needs more than a service. */
export interface RegistryWork<Service> {
  /** Asked of the service, and answered at once. */
  work: Work<Service>;
  /** Whether it is also remembered, or asked asynchronously. */
  kept?: boolean;
  /** Whether its outcome is written into OpenSPP, unless `--no-record` is given. */
  recorded?: boolean;
  /** How it is asked asynchronously; missing where it is not. */
  later?: LookupWork;
}

/**
 * A command that asks one of the registries.
 *
 * @param workOf what the arguments ask; null where they are not understood
 * @param serviceOf the service, at the source that was named
 */
export function registryCommand<Service>(
  usage: string,
  workOf: (positionals: string[], json: boolean, record: boolean) => RegistryWork<Service> | null,
  serviceOf: (registries: Registries, source: string | undefined) => Service | Promise<Service>,
): Command {
  return async (args, env) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: REGISTRY_OPTIONS });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const file = values['value-file'];
    if (file !== undefined) positionals.push(await readValue(file));
    const asked = workOf(positionals, values.json, !values['no-record']);
    if (!asked) throw new UsageError(usage);
    if (file !== undefined && !asked.later) {
      throw new UsageError('--value-file goes with a look-up by an identifier (TYPE and VALUE)');
    }
    if (values['no-record'] && !asked.recorded)
      throw new UsageError('--no-record: this writes nothing into OpenSPP');
    if (values['no-wait'] && !values.async) throw new UsageError('--no-wait goes with --async');
    const settings = settingsOf(values, env);
    if (!values.async) {
      return withRegistries(settings, asked.kept ?? false, async ({ registries }) =>
        asked.work(await serviceOf(registries, values.source)),
      );
    }
    const { later } = asked;
    if (!later) throw new UsageError('--async: this cannot be asked asynchronously');
    return withRegistries(settings, true, async ({ registries, kept }) => {
      if (!kept)
        throw new UsageError('--async: needs the inbox of a bridge that receives the answer (INBOX_URL)');
      const { lookup, type, value } = later;
      const question = await kept.lookups
        .ask(lookup, type, value, values.source)
        .catch((error: unknown) => failedQuestion(error));
      if ('kind' in question) return later.print(question);
      if (values['no-wait']) {
        if (values.json) printJson(question);
        else process.stdout.write(`asked, transaction ${question.transactionId}\n`);
        return 0;
      }
      const { answerTimeoutMs = DEFAULT_ANSWER_TIMEOUT_MS } = await registries.sources.get(
        values.source ?? sourceOf(lookup),
      );
      return printReply(await waitForAnswer(kept.lookups, question, answerTimeoutMs), values.json, later);
    });
  };
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
  later: Pick<LookupWork, 'print'> | null,
): number {
  if (!reply) {
    process.stderr.write('nothing was asked by this transaction, or it is forgotten by now\n');
    return 1;
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
    process.stdout.write(
      `${reply.state}${why}: ${reply.purpose} at ${reply.registry}, ${reply.transactionId}\n`,
    );
  }
  return isDone ? 0 : 1;
}

/**
 * Works with the registries that the settings and, where there is one, OpenSPP name, and closes what was opened.
 *
 * @param needsInbox whether something is to be remembered or waited for; without an inbox that is said, and left out
 */
export async function withRegistries(
  settings: Settings,
  needsInbox: boolean,
  work: (asks: RegistryServices, odoo: OdooClient | null) => Promise<number>,
): Promise<number> {
  const { url, db, login, api_key: apiKey, password } = settings.odoo;
  const odoo =
    url === null || db === null
      ? null
      : odooClient(settings, { url, db, login: login ?? '', apiKey, password });
  const ownKeys = new OwnKeys(keySettings(settings));
  await ownKeys.read();
  const inbox = needsInbox ? await inboxOrNull(settings.inbox.url) : null;
  const senders = odoo && (await sendersWhereNamed(settings, odoo));
  const asks = registryServices(settings, { inbox, odoo, ownKeys, senders, log: createLog('silent') });
  try {
    return await work(asks, odoo);
  } finally {
    await asks.stop();
    await inbox?.close();
  }
}

async function inboxOrNull(url: string): Promise<Inbox | null> {
  try {
    return await openInbox(url, { create: false });
  } catch (error) {
    if (!(error instanceof InboxUnavailableError)) throw error;
    process.stderr.write(`without an inbox (${error.message}): nothing is remembered\n`);
    return null;
  }
}

/** An argument that is a registrant's id in OpenSPP. @throws {UsageError} */
export function partnerId(text: string | undefined): number {
  if (!/^[1-9]\d{0,9}$/.test(text ?? '')) throw new UsageError('the registrant: expected an id of OpenSPP');
  return Number(text);
}
