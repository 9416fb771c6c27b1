import { randomBytes } from 'node:crypto';
import { SERVICE_USER } from '../doctor/requirements.ts';
import type { OdooClient } from '../odoo/client.ts';
import { create, search, write } from '../odoo/orm.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { makeApiKey } from './api-key.ts';
import type { Step } from './plan.ts';
import { SetupError } from './setup-error.ts';

/** The key that was made; Odoo shows it this once. */
export interface MadeKey {
  key: string;
  /** After which it ends; null where it does not. */
  days: number | null;
}

export interface ApplyOptions {
  /** Logged in as an administrator. */
  admin: OdooClient;
  login: string;
  /** A client for that user in a session like a browser's, which Odoo's wizard for keys needs. */
  connectAs(login: string, password: string): OdooClient;
  /** Called when a step is done. */
  onDone(step: Step): void;
}

/**
 * Does what was planned, one step after the other. Each looks for nothing that the plan did not find, so that a run that
 * broke off is simply planned anew.
 *
 * @returns the key, where one was made
 * @throws OdooError, SetupError
 */
export async function apply(steps: readonly Step[], options: ApplyOptions): Promise<MadeKey | null> {
  let made: MadeKey | null = null;
  for (const step of steps) {
    if (step.kind === 'make-key') made = await makeKey(options);
    else await perform(options.admin, step);
    options.onDone(step);
  }
  return made;
}

/** Odoo's commands for a many2many field: link, and replace by. */
const link = (id: number) => [4, id];
const replaceBy = (ids: readonly number[]) => [6, 0, [...ids]];

async function perform(admin: OdooClient, step: Exclude<Step, { kind: 'make-key' }>): Promise<void> {
  switch (step.kind) {
    case 'create-user':
      await create(
        admin,
        'res.users',
        [
          {
            name: SERVICE_USER.name,
            login: step.login,
            password: randomPassword(),
            group_ids: [replaceBy(step.groupIds)],
          },
        ],
        // The login is no address: nobody is to be written to.
        { context: { no_reset_password: true } },
      );
      return;
    case 'change-user':
      await write(admin, 'res.users', [step.userId], { group_ids: step.addGroupIds.map(link) });
      return;
    case 'add-id-types':
      await create(
        admin,
        MODEL.code,
        step.types.map(({ code, display }) => ({
          vocabulary_id: step.vocabularyId,
          code,
          display,
          is_local: true,
          target_type: 'individual',
        })),
      );
      return;
    case 'restore-id-types':
      await write(admin, MODEL.code, step.ids, { active: true });
      return;
    case 'register-sender':
      await create(admin, MODEL.sender, [
        {
          name: step.sender.name,
          sender_id: step.sender.senderId,
          algorithm: step.sender.algorithm,
          public_key: step.sender.publicKey ?? false,
          jwks_url: step.sender.jwksUrl ?? false,
        },
      ]);
  }
}

/** With a password that lives as long as this function: a login by it is what Odoo makes a key for. */
async function makeKey({ admin, login, connectAs }: ApplyOptions): Promise<MadeKey> {
  const [userId] = await search(admin, 'res.users', [['login', '=', login]]);
  if (userId === undefined) throw new SetupError(`the user ${login} is not there: run setup again`);
  const password = randomPassword();
  await write(admin, 'res.users', [userId], { password });
  return makeApiKey(connectAs(login, password), password, SERVICE_USER.name);
}

function randomPassword(): string {
  return randomBytes(32).toString('base64url');
}
