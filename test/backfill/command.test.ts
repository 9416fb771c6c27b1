import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSqliteInbox } from '../../src/inbox/sqlite/sqlite-inbox.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { standIn } from '../registries/support.ts';
import { births } from './support.ts';

let env: NodeJS.ProcessEnv;
let config: string;
let path: string;
const entries = births(31);
const RANGE = ['--from', '2024-01-01', '--to', '2024-01-31', '--types', 'birth'];

beforeEach(async () => {
  const folder = temporaryFolder();
  const registry = await standIn({ entries });
  path = join(folder, 'inbox.db');
  config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `sources:\n  crvs_main:\n    base_url: ${registry.url}\n    auth_type: none\n    sender_id: openspp.example.org\n`,
  );
  env = { INBOX_URL: `sqlite:${path}`, CONFIG_FILE: config };
});

const backfill = (...args: string[]) => run(['crvs', 'backfill', ...args], env);

describe('crvs backfill', () => {
  it('fills an inbox that nobody serves, says how far it is on standard error, and is done once', async () => {
    const first = await backfill(...RANGE);
    expect(first).toMatchObject({
      code: 0,
      out: 'births from crvs_main, 2024-01-01 to 2024-01-31: done\n31 records: 31 new, 0 known\n',
    });
    expect(first.err).toMatch(/^births: \d+ %, 2024-01-01/);
    const inbox = await openSqliteInbox({ path });
    expect(await inbox.counts()).toMatchObject({ waiting: 31 });
    await inbox.close();
    const again = await backfill(...RANGE);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toMatch(/^done on \d{4}-\d\d-\d\d already; --restart asks again\n/);
    expect((await backfill(...RANGE, '--restart', '--slice-days', '31', '--page-size', '7')).out).toContain(
      '31 records: 0 new, 31 known',
    );
  });

  it('prints nothing but JSON to standard output with --json, also of --status', async () => {
    const { code, out } = await backfill(...RANGE, '--json');
    const state = JSON.parse(out);
    expect([code, state]).toMatchObject([0, { state: 'done', counts: { created: 31 } }]);
    expect(JSON.parse((await backfill('--status', '--json')).out)).toEqual(state);
    expect(await backfill('--stop')).toMatchObject({ code: 1, out: 'no catch-up is under way\n' });
  });

  it.each([
    [['--from', '2024-01-01'], /^--from, --to and --types are needed/],
    [[...RANGE, '--to', '2023-01-01'], /^--from: must not be after/],
    [['--from', '2024-01-01', '--to', '2024-01-31', '--types', 'birth,adoption'], /^--types: expected/],
    [[...RANGE, '--page-size', '1001'], /^--page-size: expected a whole number from 1 to 1000/],
    [[...RANGE, '--source', 'nowhere'], /there is no source nowhere/],
    [['--status'], /the inbox cannot be used: there is no such file/],
  ])('ends with 2 and says what is wrong: %j', async (args, message) => {
    const { code, err } = await backfill(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

it('crvs backfill says that it failed, how to go on, and ends with 2', async () => {
  const registry = await standIn({ entries, fault: ({ count }) => (count < 2 ? null : { status: 403 }) });
  writeFileSync(
    config,
    `sources:\n  crvs_main:\n    base_url: ${registry.url}\n    auth_type: none\n    sender_id: us\n`,
  );
  const { code, out, err } = await backfill(...RANGE);
  expect(code).toBe(2);
  expect(out).toContain('births from crvs_main, 2024-01-01 to 2024-01-31: failed\n14 records: 14 new');
  expect(err).toContain('the same command line continues where it was\n');
  expect(err).toContain('registry.unauthorized: search at crvs_main (HTTP 403)');
});

it('crvs backfill ends with 1 where something could not be understood, and says how far it is', async () => {
  const registry = await standIn({
    entries: [...births(2), { identifiers: { UIN: 'U-9' }, birth: '' }],
    dialect: 'unchecked',
    fault: () => ({
      status: 200,
      body: {
        header: { status: 'succ' },
        message: { search_response: [{ data: { reg_records: [{ birth_date: 'U-9' }] } }] },
      },
    }),
  });
  writeFileSync(
    config,
    `sources:\n  crvs_main:\n    base_url: ${registry.url}\n    auth_type: none\n    sender_id: us\n`,
  );
  const { code, out } = await backfill('--from', '2024-01-01', '--to', '2024-01-07', '--types', 'birth');
  expect(code).toBe(1);
  expect(out).toContain(
    'not understood: births 2024-01-01 to 2024-01-07, page 1, record 1: record.birth_date: expected a date',
  );
  expect(out).not.toContain('U-9');
});
