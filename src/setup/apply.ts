import { randomBytes } from 'node:crypto';
import { SERVICE_USER } from '../doctor/requirements.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { create, read, search, write } from '../odoo/orm.ts';
import { asksForSecondFactor } from '../odoo/web-session.ts';
import { MODEL, OTHER_MODEL } from '../openspp/vocabulary.ts';
import { makeApiKey } from './api-key.ts';
import { secondFactorSentence } from './plan.ts';
import { addSample } from './sample.ts';
import { SetupError } from './setup-error.ts';
import type { Step } from './step.ts';

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
  /** Called as soon as there is a key: a later step that fails must not lose it. */
  onKey(key: MadeKey): Promise<void>;
}

/** Takes back what a step has made. */
type Undo = () => Promise<void>;

/**
 * Does what was planned, one step after the other. Each looks for nothing that the plan did not find, so that a run that
 * broke off is simply planned again. Where no key can be made, the user is as before: removed, or without the new groups.
 *
 * @throws OdooError, SetupError
 */
export async function apply(steps: readonly Step[], options: ApplyOptions): Promise<void> {
  const undos: Undo[] = [];
  for (const step of steps) {
    if (step.kind === 'make-key') {
      const isNew = steps.some(({ kind }) => kind === 'create-user');
      await options.onKey(await makeKeyOrUndo(options, undos, isNew));
    } else undos.push(...(await perform(options, step)));
    options.onDone(step);
  }
}

/** Odoo's commands for a many2many field: link, and replace by. */
const link = (id: number) => [4, id];
const replaceBy = (ids: readonly number[]) => [6, 0, [...ids]];

async function perform(
  { admin, login }: ApplyOptions,
  step: Exclude<Step, { kind: 'make-key' }>,
): Promise<Undo[]> {
  switch (step.kind) {
    case 'create-user': {
      const [id = 0] = await create(
        admin,
        OTHER_MODEL.user,
        [
          {
            name: SERVICE_USER.name,
            login: step.login,
            password: randomPassword(),
            group_ids: [replaceBy(step.groupIds)],
          },
        ],
        // The login is no address: Odoo must not send a message there.
        { context: { no_reset_password: true } },
      );
      return [() => removeUser(admin, id)];
    }
    case 'change-user': {
      const { userId, addGroupIds } = step;
      const [before] = await read(admin, OTHER_MODEL.user, [userId], ['group_ids']);
      const groupIds = before?.group_ids as number[];
      await write(admin, OTHER_MODEL.user, [userId], { group_ids: addGroupIds.map(link) });
      return [() => write(admin, OTHER_MODEL.user, [userId], { group_ids: [replaceBy(groupIds)] })];
    }
    case 'add-companies':
      await write(admin, OTHER_MODEL.user, [await idOf(admin, login)], {
        company_ids: step.companyIds.map(link),
      });
      return [];
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
      return [];
    case 'restore-id-types':
      await write(admin, MODEL.code, step.ids, { active: true });
      return [];
    case 'add-sample':
      await addSample(admin);
      return [];
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
      return [];
  }
}

/** A user who has logged in may be held by rows of Odoo's: then archived, and out of the way of the next run. */
async function removeUser(admin: OdooClient, id: number): Promise<void> {
  try {
    await admin.call(OTHER_MODEL.user, 'unlink', { ids: [id] });
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    await write(admin, OTHER_MODEL.user, [id], {
      active: false,
      login: `removed-${id}-${randomBytes(4).toString('hex')}`,
    });
  }
}

async function makeKeyOrUndo(
  options: ApplyOptions,
  undos: readonly Undo[],
  isNew: boolean,
): Promise<MadeKey> {
  try {
    return await makeKey(options);
  } catch (error) {
    await takeBack(undos, options.login);
    if (asksForSecondFactor(error)) {
      const password = isNew ? '' : '. Its password is a random one now';
      throw new SetupError(`${secondFactorSentence(options.login)}${password}`);
    }
    throw error;
  }
}

async function takeBack(undos: readonly Undo[], login: string): Promise<void> {
  try {
    for (const undo of undos.toReversed()) await undo();
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    throw new SetupError(
      `no API key could be made for the user ${login}, and what was made before it could not be taken back: look at that user in Odoo, and run setup again`,
    );
  }
}

/** With a password that lives as long as this function: a login by it is what Odoo makes a key for. */
async function makeKey({ admin, login, connectAs }: ApplyOptions): Promise<MadeKey> {
  const userId = await idOf(admin, login);
  const password = randomPassword();
  await write(admin, OTHER_MODEL.user, [userId], { password });
  return makeApiKey(connectAs(login, password), password, SERVICE_USER.name);
}

async function idOf(admin: OdooClient, login: string): Promise<number> {
  const [userId] = await search(admin, OTHER_MODEL.user, [['login', '=', login]]);
  if (userId === undefined) throw new SetupError(`the user ${login} is not there: run setup again`);
  return userId;
}

function randomPassword(): string {
  return randomBytes(32).toString('base64url');
}
