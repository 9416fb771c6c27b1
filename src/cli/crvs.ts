import type { CrvsService, SubscriptionOutcome } from '../registries/crvs-service.ts';
import { DEFAULT_SOURCES } from '../registries/sources.ts';
import { printJson, printMembers } from './print-value.ts';
import { REGISTRY_OPTIONS_HELP, registryCommand, type Work } from './registries.ts';
import type { Command } from './run-command.ts';

const USAGE = `Usage: npm run -s bridge -- crvs verify-birth TYPE VALUE
       npm run -s bridge -- crvs check-death TYPE VALUE
       npm run -s bridge -- crvs subscribe [EVENT ...]
       npm run -s bridge -- crvs unsubscribe CODE ...
       npm run -s bridge -- crvs backfill --help

Asks the civil registry of source ${DEFAULT_SOURCES.crvs}: for the record of a birth (crvs verify-birth BRN 2020-12345; exits with
1 where there is none), whether somebody's death is registered (crvs check-death UIN 123456789), or to be told of
events (BIRTH and DEATH unless named) or no longer to be; backfill catches up on past events. A code that does not come with the answer comes to the
bridge's on-subscribe.
${REGISTRY_OPTIONS_HELP}`;

const question = registryCommand(USAGE, workOf, (registries, source) => registries.crvs(source));

/** Asks a civil registry. */
export const crvs: Command = async (args, env) => {
  if (args[0] !== 'backfill') return question(args, env);
  const { backfill } = await import('./backfill.ts');
  return backfill(args.slice(1), env);
};

function workOf([action, ...rest]: string[], json: boolean): Work<CrvsService> | null {
  const [type = '', value = ''] = rest;
  const isPair = rest.length === 2;
  if (action === 'verify-birth' && isPair) return (service) => verifyBirth(service, type, value, json);
  if (action === 'check-death' && isPair) return (service) => checkDeath(service, type, value, json);
  if (action === 'subscribe') return (service) => subscribe(service, rest, json);
  if (action === 'unsubscribe' && rest.length > 0) return (service) => unsubscribe(service, rest, json);
  return null;
}

async function verifyBirth(
  service: CrvsService,
  type: string,
  value: string,
  json: boolean,
): Promise<number> {
  const record = await service.verifyBirth(type, value);
  if (json) printJson(record);
  else if (record) printMembers(record);
  else process.stdout.write('no birth is registered under this identifier\n');
  return record ? 0 : 1;
}

async function checkDeath(service: CrvsService, type: string, value: string, json: boolean): Promise<number> {
  const deceased = await service.checkDeath(type, value);
  if (json) printJson({ deceased });
  else process.stdout.write(`${deceased ? 'deceased: a death' : 'not deceased: no death'} is registered\n`);
  return 0;
}

async function subscribe(service: CrvsService, types: string[], json: boolean): Promise<number> {
  const outcomes = await service.requestSubscriptions(types.length > 0 ? types : undefined);
  if (json) printJson(outcomes.map(({ error, ...rest }) => ({ ...rest, error: error?.message ?? null })));
  else for (const outcome of outcomes) process.stdout.write(`${lineOf(outcome)}\n`);
  return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
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
