import type { BirthAnswer, DeathAnswer } from '../registries/crvs-answers.ts';
import type { CrvsService, SubscriptionOutcome } from '../registries/crvs-service.ts';
import type { Registries } from '../registries/registries.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import type { KeptSubscription } from '../registries/subscriptions.ts';
import { addBackfill } from './backfill.ts';
import type { CliCommand } from './cli-command.ts';
import { settingsOf } from './options.ts';
import { printJson, printMembers, printTable, printText } from './output.ts';
import { printAnswer } from './print-answer.ts';
import { addLookup, type RegistryOptions, withRegistries, withSource } from './registries.ts';

/** Asks a civil registry. */
export function crvs(group: CliCommand, env: NodeJS.ProcessEnv): void {
  const usual = DEFAULT_SOURCES.crvs;
  const serviceOf = async (registries: Registries, source: string | undefined) => registries.crvs(source);
  group.description(
    `Asks the civil registry of source ${usual}. "verify-birth" and "check-death" exit with 3 where the answer is not known: the registry refused, did not answer, or answered about another person.`,
  );
  addLookup(group, env, usual, {
    name: 'verify-birth',
    summary: 'show the record of a birth; exits with 1 where there is none',
    lookup: 'verify-birth',
    serviceOf,
    ask: (service: CrvsService, type, value) => service.verifyBirth(type, value),
    print: printBirth,
  });
  addLookup(group, env, usual, {
    name: 'check-death',
    summary: 'say whether a death is registered',
    lookup: 'check-death',
    serviceOf,
    ask: (service: CrvsService, type, value) => service.checkDeath(type, value),
    print: printDeath,
  });
  const atService = (options: RegistryOptions, work: (service: CrvsService) => Promise<number>) =>
    withRegistries(settingsOf(options, env), true, async ({ registries }) =>
      work(await serviceOf(registries, options.source)),
    );
  withSource(
    group
      .command('subscribe')
      .summary('subscribe to events (BIRTH and DEATH where none is named)')
      .description(
        'Subscribes to events. A code that does not come with the answer comes to the bridge’s on-subscribe. The inbox (INBOX_URL) keeps the subscriptions.',
      )
      .argument('[event...]', 'types of events'),
    usual,
  ).runs<RegistryOptions, [string[]]>((options, types = []) =>
    atService(options, (service) => subscribe(service, types, options.json)),
  );
  withSource(
    group.command('unsubscribe').summary('end subscriptions').argument('<code...>', 'codes of subscriptions'),
    usual,
  ).runs<RegistryOptions, [string[]]>((options, codes) =>
    atService(options, (service) => unsubscribe(service, codes, options.json)),
  );
  group
    .command('subscriptions')
    .summary('list the subscriptions that the inbox keeps')
    .option('--source <code>', 'only those of this source')
    .withSettings()
    .runs<RegistryOptions>((options) =>
      withRegistries(settingsOf(options, env), true, async ({ kept }) =>
        listSubscriptions((await kept?.subscriptions.list()) ?? [], options),
      ),
    );
  addBackfill(group, env);
}

function printBirth(answer: BirthAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (!json && known.kind === 'yes') printMembers(known.record);
    if (!json && known.kind === 'no') printText('no birth is registered under this identifier');
    return known.kind === 'yes' ? 0 : 1;
  });
}

function printDeath(answer: DeathAnswer, json: boolean): number {
  return printAnswer(answer, json, (known) => {
    if (json) return 0;
    printText(known.kind === 'yes' ? deceasedLine(known) : NOT_DECEASED[known.because]);
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
  else for (const outcome of outcomes) printText(lineOf(outcome));
  return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
}

function listSubscriptions(
  all: readonly KeptSubscription[],
  { source: wanted, json }: RegistryOptions,
): number {
  const shown = all.filter(({ source }) => wanted === undefined || source === wanted);
  if (json) printJson(shown);
  else if (shown.length === 0) printText('no subscriptions');
  else printTable([['source', 'event', 'state', 'code', 'asked for', 'ends'], ...shown.map(rowOf)]);
  return 0;
}

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
  else if (outcome.status === 'succ') printText(`unsubscribed: ${codes.join(', ')}`);
  else printText(`asked for (${outcome.status ?? 'no status'}): ${codes.join(', ')}`);
  return 0;
}
