import { missingIdTypes, SERVICE_USER } from '../doctor/requirements.ts';
import type { Found } from './read.ts';
import type { SetupRequest } from './request.ts';
import { SAMPLE_TYPE, SAMPLE_VALUE } from './sample.ts';
import { senderSteps } from './sender-steps.ts';
import { SetupError } from './setup-error.ts';
import type { Step } from './step.ts';

/**
 * What is missing, in the order in which it is to be made; empty where nothing is. Nothing that is there is changed but
 * by giving it what it lacks.
 *
 * @throws {SetupError} for what only a person can decide
 */
export function planOf(found: Found, request: SetupRequest): Step[] {
  return [
    ...userSteps(found, request),
    ...companySteps(found, request),
    ...idTypeSteps(found),
    ...senderSteps(found, request),
    ...sampleSteps(found),
  ];
}

function userSteps(found: Found, { login, hasKey, newKey, noKey }: SetupRequest): Step[] {
  const { groups, user } = found;
  const labels = listed(groups.map(({ label }) => label));
  const key: Step = { kind: 'make-key', words: `make an API key for ${login}, and show it once` };
  if (!user) {
    if (!noKey) checkSecondFactor(found, login);
    return [
      {
        kind: 'create-user',
        login,
        groupIds: groups.map(({ id }) => id),
        words: `create the user ${login} ("${SERVICE_USER.name}"), who is ${labels} and nothing else, with a random password that nobody knows`,
      },
      ...(noKey ? [] : [key]),
    ];
  }
  if (!user.active) {
    throw new SetupError(
      `the user ${login} is archived: make it active again in Odoo, or name another with --login`,
    );
  }
  const lacking = groups.filter(({ id }) => !user.groupIds.includes(id));
  const change: Step = {
    kind: 'change-user',
    userId: user.id,
    addGroupIds: lacking.map(({ id }) => id),
    words: `add the user ${login} to ${listed(lacking.map(({ label }) => label))}`,
  };
  const needsKey = !noKey && (newKey || !(hasKey || user.hasKey));
  if (needsKey) checkSecondFactor(found, login);
  const reset = { ...key, words: `${key.words}; its password becomes a random one that nobody knows` };
  return [...(lacking.length > 0 ? [change] : []), ...(needsKey ? [reset] : [])];
}

function listed(names: readonly string[]): string {
  return names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Odoo's wizard for keys wants a login by password, which a second factor stops: better before anything is made. */
function checkSecondFactor({ enforcesSecondFactor, user }: Found, login: string): void {
  if (enforcesSecondFactor) throw new SetupError(secondFactorSentence(login));
  if (user?.hasSecondFactor) {
    throw new SetupError(
      `${asksFor(login)}. Either take that second factor away (Settings, Users, the user, Disable two-factor authentication), ${BY_HAND}`,
    );
  }
}

/** Why no key can be made where everybody must give a second factor, and what to do. */
export function secondFactorSentence(login: string): string {
  return `${asksFor(login)}. Either switch the enforcement off for the time of setup (Settings, Permissions, Enforce two-factor authentication; API keys go on working when it is on again), ${BY_HAND}`;
}

const asksFor = (login: string) =>
  `Odoo asks the user ${login} for a second factor at login, which setup cannot give, so that no API key can be made; nothing was made`;
const BY_HAND =
  'or run `setup --no-key`, log in to Odoo as that user (an administrator gives it an e-mail address and a password first), make a key under Preferences, Security, and set ODOO_API_KEY';

/** Companies are offered where the user is not in them; a new user is in the administrator's own company by default. */
function companySteps(
  { companies: { withRegistrants }, user }: Found,
  { login, withoutCompanies }: SetupRequest,
): Step[] {
  const lacking = withRegistrants.filter(({ id }) => !user?.companyIds.includes(id));
  if (withoutCompanies || lacking.length === 0) return [];
  const names = lacking.map(({ name, registrants }) => `${name} (${registrants})`);
  return [
    {
      kind: 'add-companies',
      companyIds: lacking.map(({ id }) => id),
      words: `let the user ${login} see the registrants of ${lacking.length === 1 ? 'the company' : 'the companies'} ${listed(names)}`,
    },
  ];
}

function sampleSteps({ hasSample }: Pick<Found, 'hasSample'>): Step[] {
  if (hasSample) return [];
  const words = `make a sample registrant with ${SAMPLE_TYPE} ${SAMPLE_VALUE}, for a trial; archive it in OpenSPP afterwards`;
  return [{ kind: 'add-sample', words }];
}

function idTypeSteps({ idTypes, idTypeVocabulary }: Found): Step[] {
  const archived = missingIdTypes(idTypes.filter(({ active }) => active).map(({ code }) => code)).flatMap(
    (type) => idTypes.filter(({ code }) => code.toUpperCase() === type.code).slice(0, 1),
  );
  const missing = missingIdTypes(idTypes.map(({ code }) => code));
  const names = (list: readonly { code: string }[]) => list.map(({ code }) => code).join(', ');
  const restore: Step = {
    kind: 'restore-id-types',
    ids: archived.map(({ id }) => id),
    words: `make the archived ID types active again: ${names(archived)}`,
  };
  const add: Step = {
    kind: 'add-id-types',
    vocabularyId: idTypeVocabulary,
    types: missing,
    words: `add the ID types ${names(missing)} as local codes`,
  };
  return [...(archived.length > 0 ? [restore] : []), ...(missing.length > 0 ? [add] : [])];
}
