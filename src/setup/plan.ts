import { missingIdTypes, SERVICE_USER } from '../doctor/requirements.ts';
import type { Found } from './read.ts';
import { SetupError } from './setup-error.ts';
import type { NewSender, Wishes } from './wishes.ts';

/** One thing that is to be done; `words` say it to the administrator. */
export type Step = { words: string } & (
  | { kind: 'create-user'; login: string; groupIds: number[] }
  | { kind: 'change-user'; userId: number; addGroupIds: number[] }
  | { kind: 'make-key' }
  | { kind: 'add-id-types'; vocabularyId: number; types: { code: string; display: string }[] }
  | { kind: 'restore-id-types'; ids: number[] }
  | { kind: 'register-sender'; sender: NewSender }
);

/**
 * What is missing, in the order in which it is to be made; empty where nothing is. Nothing that is there is changed but
 * by giving it what it lacks.
 *
 * @throws {SetupError} for what only a person can decide
 */
export function planOf(found: Found, wishes: Wishes): Step[] {
  return [...userSteps(found, wishes), ...idTypeSteps(found), ...senderSteps(found, wishes)];
}

function userSteps({ groups, user }: Found, { login, hasKey, newKey }: Wishes): Step[] {
  const labels = groups.map(({ label }) => label).join(' and ');
  const key: Step = { kind: 'make-key', words: `make an API key for ${login}, and show it once` };
  if (!user) {
    return [
      {
        kind: 'create-user',
        login,
        groupIds: groups.map(({ id }) => id),
        words: `create the user ${login} ("${SERVICE_USER.name}"), who is ${labels} and nothing else, with a random password that nobody knows`,
      },
      key,
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
    words: `add the user ${login} to ${lacking.map(({ label }) => label).join(' and ')}`,
  };
  const needsKey = newKey || !(hasKey || user.hasKey);
  const reset = { ...key, words: `${key.words}; its password becomes a random one that nobody knows` };
  return [...(lacking.length > 0 ? [change] : []), ...(needsKey ? [reset] : [])];
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

function senderSteps({ sender: known }: Found, { sender }: Wishes): Step[] {
  if (!sender) return [];
  if (known?.active === false) {
    throw new SetupError(
      `the sender ${sender.senderId} is archived in OpenSPP: whether to trust it again is for an administrator to decide there`,
    );
  }
  if (known) return [];
  const keys = sender.jwksUrl === null ? `its ${sender.algorithm} key` : `the keys at ${sender.jwksUrl}`;
  return [
    {
      kind: 'register-sender',
      sender,
      words: `register the sender ${sender.senderId} ("${sender.name}") with ${keys}: what it signs is believed`,
    },
  ];
}
