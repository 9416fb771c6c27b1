import { parseArgs } from 'node:util';
import type { Answer } from '../registries/answer.ts';
import type { BirthAnswer, DeathAnswer } from '../registries/crvs-answers.ts';
import type { CrvsService, SubscriptionOutcome } from '../registries/crvs-service.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import type { KeptSubscription } from '../registries/subscriptions.ts';
import type { Command } from './command.ts';
import { settingsOf } from './options.ts';
import { printAnswer } from './print-answer.ts';
import { printJson, printMembers } from './print-value.ts';
import {
  ASYNC_OPTIONS_HELP,
  REGISTRY_OPTIONS,
  REGISTRY_OPTIONS_HELP,
  type RegistryWork,
  registryCommand,
  withRegistries,
} from './registries.ts';
import { printTable } from './table.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: npm run -s bridge -- crvs verify-birth TYPE VALUE | TYPE --value-file FILE
       npm run -s bridge -- crvs check-death TYPE VALUE | TYPE --value-file FILE
       npm run -s bridge -- crvs subscribe [EVENT ...]
       npm run -s bridge -- crvs unsubscribe CODE ...
       npm run -s bridge -- crvs backfill --help
       npm run -s bridge -- crvs subscriptions

Asks the civil registry of source ${DEFAULT_SOURCES.crvs}: for the record of a birth (crvs verify-birth BRN 2020-12345; exits with
1 where there is none), whether somebody's death is registered (crvs check-death UIN 123456789), or to be told of
events (BIRTH and DEATH unless named) or no longer to be; backfill catches up on past events. A code that does not
come with the answer comes to the bridge's on-subscribe. verify-birth and check-death exit with 3 where the answer is
"not known": the registry refused, did not answer, or answered about somebody else. Subscriptions are remembered in the inbox (INBOX_URL); \`subscriptions\` shows them.
${REGISTRY_OPTIONS_HELP}${ASYNC_OPTIONS_HELP}`;

const ask = registryCommand(USAGE, workOf, (registries, source) => registries.crvs(source));

/** Asks a civil registry. */
export const crvs: Command = async (args, env) => {
  if (args[0] === 'subscriptions') return subscriptions(args.slice(1), env);
  if (args[0] !== 'backfill') return ask(args, env);
  const { backfill } = await import('./backfill.ts');
  return backfill(args.slice(1), env);
};

function workOf([action, ...rest]: string[], json: boolean): RegistryWork<CrvsService> | null {
  const [type = '', value = ''] = rest;
  const isPair = rest.length === 2;
  if (action === 'verify-birth' && isPair) {
    const print = (answer: Answer) => printBirth(answer as BirthAnswer, json);
    return {
      work: async (service) => print(await service.verifyBirth(type, value)),
      later: { lookup: 'verify-birth', type, value, print },
    };
  }
  if (action === 'check-death' && isPair) {
    const print = (answer: Answer) => printDeath(answer as DeathAnswer, json);
    return {
      work: async (service) => print(await service.checkDeath(type, value)),
      later: { lookup: 'check-death', type, value, print },
    };
  }
  if (action === 'subscribe') return { kept: true, work: (service) => subscribe(service, rest, json) };
  if (action === 'unsubscribe' && rest.length > 0)
    return { kept: true, work: (service) => unsubscribe(service, rest, json) };
  return null;
}

function printBirth(answer: BirthAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (!json && known.kind === 'yes') printMembers(known.record);
    if (!json && known.kind === 'no') process.stdout.write('no birth is registered under this identifier\n');
    return known.kind === 'yes' ? 0 : 1;
  });
}

function printDeath(answer: DeathAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (json) return 0;
    process.stdout.write(`${known.kind === 'yes' ? deceasedLine(known) : NOT_DECEASED[known.because]}\n`);
    return 0;
  });
}

const NOT_DECEASED = {
  nothing_registered: 'not deceased: no death is registered',
  registered_alive: 'not deceased: registered as living',
};

function deceasedLine({ date, number }: { date: string | null; number: string | null }): string {
  const on = date === null ? '' : ` on ${date}`;
  return `deceased: a death${on} is registered${number === null ? '' : ` under ${number}`}`;
}

async function subscribe(service: CrvsService, types: string[], json: boolean): Promise<number> {
  const outcomes = await service.requestSubscriptions(types.length > 0 ? types : undefined);
  if (json) printJson(outcomes.map(({ error, ...rest }) => ({ ...rest, error: error?.message ?? null })));
  else for (const outcome of outcomes) process.stdout.write(`${lineOf(outcome)}\n`);
  return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
}

/** Shows the subscriptions that are remembered. */
const subscriptions: Command = async (args, env) => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: REGISTRY_OPTIONS });
  if (values.help || positionals.length > 0) throw new UsageError(USAGE);
  return withRegistries(settingsOf(values, env), true, async ({ kept }) => {
    const all = (await kept?.subscriptions.list()) ?? [];
    const shown = all.filter(({ source }) => values.source === undefined || source === values.source);
    if (values.json) printJson(shown);
    else if (shown.length === 0) process.stdout.write('no subscriptions\n');
    else printTable([['source', 'event', 'state', 'code', 'asked for', 'ends'], ...shown.map(rowOf)]);
    return 0;
  });
};

function rowOf(one: KeptSubscription): string[] {
  const why = one.reasonCode ?? (one.renewal.error === null ? null : 'renewal failed');
  return [
    one.source,
    one.eventType,
    why === null ? one.state : `${one.state} (${why})`,
    one.codes.join(', ') || '-',
    one.requestedAt,
    one.endsAt ?? '-',
  ];
}

function lineOf({ eventType, state, codes, correlationId, error }: SubscriptionOutcome): string {
  if (state === 'subscribed') return `${eventType}: subscribed, code ${codes.join(', ')}`;
  if (state === 'failed') return `${eventType}: ${error?.message ?? 'failed'}`;
  return `${eventType}: asked for, the code comes to on-subscribe (correlation ${correlationId ?? 'unknown'})`;
}

async function unsubscribe(service: CrvsService, codes: string[], json: boolean): Promise<number> {
  const outcome = await service.unsubscribeEvents(codes);
  if (json) printJson(outcome);
  else if (outcome.status === 'succ') process.stdout.write(`unsubscribed: ${codes.join(', ')}\n`);
  else process.stdout.write(`asked for (${outcome.status ?? 'no status'}): ${codes.join(', ')}\n`);
  return 0;
}
