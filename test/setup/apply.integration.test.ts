import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { connectWebSession } from '../../src/odoo/web-session.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { apply, type MadeKey } from '../../src/setup/apply.ts';
import type { Step } from '../../src/setup/step.ts';
import { json } from '../odoo/fake-server.ts';
import { serve } from '../server.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const place = () => ({ url: sandbox.url, db: sandbox.db, protocol: 'jsonrpc', timeoutMs: 10_000 }) as const;
/** A user who cannot be deleted is archived, under another login. */
const users = () =>
  sandbox.execute('admin', 'res.users', 'search_read', {
    domain: [['active', '=', true]],
    fields: ['login', 'group_ids'],
  }) as { login: string; group_ids: number[] }[];

const CREATE: Step[] = [
  { kind: 'create-user', login: 'crvs-bridge', groupIds: [1, 17], words: '' },
  { kind: 'make-key', words: '' },
];
const CHANGE: Step[] = [
  { kind: 'change-user', userId: 0, addGroupIds: [17], words: '' },
  { kind: 'make-key', words: '' },
];

async function run(steps: readonly Step[], connectAs: (login: string, password: string) => OdooClient) {
  const keys: MadeKey[] = [];
  const [step] = steps;
  const clerk = users().find(({ login }) => login === sandbox.clerk.login);
  const own =
    step?.kind === 'change-user' ? [{ ...step, userId: Number((clerk as { id?: number })?.id) }] : [];
  const work = apply([...own, ...steps.slice(own.length)], {
    admin: connectOdoo({ ...place(), ...sandbox.admin }),
    login: own.length > 0 ? sandbox.clerk.login : 'crvs-bridge',
    connectAs,
    onDone: () => {},
    onKey: async (key) => {
      keys.push(key);
    },
  });
  const error = await work.then(
    () => null,
    (reason: Error) => reason,
  );
  return { keys, error };
}

/** Odoo's answer to a right password of a user who must give a second factor. */
async function secondFactor(): Promise<(login: string, password: string) => OdooClient> {
  const { url } = await serve(json(200, { jsonrpc: '2.0', id: 1, result: { uid: null } }));
  return (login, password) => connectWebSession({ ...place(), url, login, password });
}

it('takes the user back where a second factor stops the key, and says what to do', async () => {
  const before = users();
  const { error, keys } = await run(CREATE, await secondFactor());
  expect(error?.message).toMatch(/asks the user crvs-bridge for a second factor.*nothing was made/);
  expect(keys).toEqual([]);
  expect(users()).toEqual(before);
});

it('takes new groups back where a second factor stops the key', async () => {
  const before = users();
  const { error } = await run(CHANGE, await secondFactor());
  expect(error?.message).toMatch(/second factor/);
  expect(users()).toEqual(before);
});

it('takes the user back where Odoo fails', async () => {
  const before = users();
  const { error } = await run(CREATE, () => ({
    protocol: 'jsonrpc',
    uid: async () => 0,
    call: async () => {
      throw new OdooError('odoo.timeout', { protocol: 'jsonrpc' });
    },
  }));
  expect(error).toMatchObject({ code: 'odoo.timeout' });
  expect(users()).toEqual(before);
});

it('hands the key over before a later step fails', async () => {
  const later: Step = {
    kind: 'add-id-types',
    vocabularyId: 999,
    types: [{ code: 'X', display: 'X' }],
    words: '',
  };
  const { error, keys } = await run([...CREATE, later], (login, password) =>
    connectWebSession({ ...place(), login, password }),
  );
  expect(error).toBeInstanceOf(OdooError);
  expect(keys).toHaveLength(1);
  const { key = '' } = keys[0] ?? {};
  const odoo = connectOdoo({ ...place(), login: 'crvs-bridge', apiKey: key, protocol: 'json2' });
  expect(await odoo.uid()).toBeGreaterThan(0);
});
