import { afterAll, describe, expect, test } from 'vitest';
import { FACES, type Face } from '../../src/sandbox/faces.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Answers, readRecorded, writeRecorded } from './parity/recorded.ts';
import type { Scenario } from './parity/request.ts';
import { type Exchange, runScenario } from './parity/runner.ts';
import { PLAIN, SPMIS, WITH_EXTRAS, WITH_OLD_IDS } from './parity/scenarios.ts';
import type { Target } from './parity/target.ts';

/**
 * The sandbox must answer as a real Odoo does. What Odoo answered is kept in a file, and the sandbox is held
 * against it always; where `ODOO_URL` and its companions name a real Odoo, that one is asked again, and with
 * `ODOO_RECORD=1` the file is made again.
 *
 * The scenarios need all users: `ODOO_ADMIN_API_KEY` and `CLERK_API_KEY` besides the bridge's own, and
 * `ODOO_APPROVER_API_KEY` for an SP-MIS; `ODOO_FACE` says what the database has. They leave records of their own
 * behind, and touch no others.
 */
const SETS: readonly { name: string; face: Face; scenarios: readonly Scenario[] }[] = [
  { name: 'a fresh OpenSPP', face: 'plain', scenarios: PLAIN },
  { name: 'an OpenSPP with other modules', face: 'extras', scenarios: WITH_EXTRAS },
  { name: 'an SP-MIS', face: 'spmis', scenarios: SPMIS },
  { name: 'an OpenSPP with old IDs', face: 'oldids', scenarios: WITH_OLD_IDS },
];

const sandboxes: Sandbox[] = [];

afterAll(async () => {
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
});

describe.each(SETS)('$name', ({ face, scenarios }) => {
  const real = realOdoo(face);

  test.each(scenarios)('$name', { timeout: 300_000 }, async (scenario) => {
    const sandbox = await startSandbox(FACES[face]);
    sandboxes.push(sandbox);
    const answered = byRequest(await runScenario(targetOf(sandbox), scenario));
    if (real !== undefined) {
      const asked = byRequest(await runScenario(real, scenario));
      if (process.env.ODOO_RECORD === '1') writeRecorded(scenario.name, asked);
      expect(answered).toEqual(asked);
    }
    expect(answered).toEqual(readRecorded(scenario.name));
  });
});

/** A request may be made twice in a scenario, so its place is part of its name. */
function byRequest(exchanges: readonly Exchange[]): Answers {
  return Object.fromEntries(exchanges.map(({ name, answer }, at) => [`${at} ${name}`, answer]));
}

function targetOf({ url, db, admin, bridge, clerk, approver }: Sandbox): Target {
  return {
    url,
    db,
    users: {
      admin: { ...admin, uid: 2 },
      bridge: { ...bridge, uid: 5 },
      clerk: { ...clerk, uid: 6 },
      approver: { ...(approver ?? clerk), uid: 7 },
    },
  };
}

/** The Odoo of the environment, where its database is of the asked kind. */
function realOdoo(face: Face): Target | undefined {
  const {
    ODOO_URL: url,
    ODOO_DB: db = '',
    ODOO_LOGIN: login = '',
    ODOO_PASSWORD: password = '',
  } = process.env;
  const { ODOO_API_KEY: bridge, ODOO_ADMIN_API_KEY: admin, CLERK_API_KEY: clerk } = process.env;
  const { ODOO_FACE = 'plain', ODOO_APPROVER_API_KEY: approver = '' } = process.env;
  if (!url || !bridge || !admin || !clerk || ODOO_FACE !== face) return undefined;
  return {
    url,
    db,
    users: {
      admin: { login: 'admin', password: '', apiKey: admin, uid: 2 },
      bridge: { login, password, apiKey: bridge, uid: 5 },
      clerk: { login: 'clerk', password: '', apiKey: clerk, uid: 6 },
      approver: { login: 'approver', password: '', apiKey: approver, uid: 7 },
    },
  };
}
