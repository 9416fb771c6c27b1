import { afterEach, expect, it } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { run as runCommand } from '../cli/run.ts';

let sandbox: Sandbox;
afterEach(() => sandbox.close());

/** Runs setup against a sandbox, and gives what it says without the key. */
async function run(args: string[]): Promise<string> {
  const { url, db, admin } = sandbox;
  const env = { ODOO_URL: url, ODOO_DB: db, ODOO_ADMIN_PASSWORD: admin.password };
  return (await runCommand(['setup', ...args], env)).err;
}

async function start(options: SandboxOptions): Promise<void> {
  sandbox = await startSandbox(options);
}

const asAdmin = (model: string, method: string, keywords: Record<string, unknown>) =>
  sandbox.execute('admin', model, method, keywords) as never;

it('offers the right to file change requests, and says what becomes of each event', async () => {
  await start({ lock: true, changeRequests: true });
  const said = await run(['--dry-run']);
  expect(said).toContain('The registry is locked');
  expect(said).toContain('Deaths are filed as change requests');
  expect(said).toContain('! Marriages end in error');
  expect(said).toMatch(/create the user crvs-bridge .*"Change Request: User" and nothing else/);
  const without = await run(['--dry-run', '--without-change-requests']);
  expect(without).toContain('✗ Deaths wait in the inbox');
  expect(without).not.toMatch(/create the user crvs-bridge .*Change Request/);
});

it('says where nothing can be applied', async () => {
  await start({ lock: true });
  expect(await run(['--dry-run'])).toMatch(/✗ Deaths wait in the inbox: .*no change requests/);
});

it('asks as the bridge’s user what it may do, and says where that is otherwise', async () => {
  await start({});
  // A parameter that nothing heeds: the module of the lock is not installed.
  asAdmin('ir.config_parameter', 'create', {
    vals_list: [{ key: 'spp_starter.registry_admin_only_crud', value: 'True' }],
  });
  const said = await run(['--yes']);
  expect(said).toContain('✗ Deaths wait in the inbox');
  const [, otherwise = ''] = said.split('Asked as the bridge’s user, Odoo says otherwise:\n');
  expect(otherwise).toMatch(/^ {2}✓ The registry is not locked/);
  expect(otherwise).toContain('✓ Deaths are written into the registrant');
});

it('lets the user see the companies that have registrants', async () => {
  await start({});
  const ids = ['Island', 'Empty'].map(
    (name) => asAdmin('res.company', 'create', { vals_list: [{ name }] })[0] as number,
  );
  asAdmin('res.users', 'write', { ids: [2], vals: { company_ids: ids.map((id) => [4, id]) } });
  asAdmin('res.partner', 'create', {
    vals_list: [{ name: 'P', is_registrant: true, company_id: ids[0] }],
  });
  const line = 'let the user crvs-bridge see the registrants of the company Island (1)';
  expect(await run(['--dry-run', '--without-companies'])).not.toContain(line);
  expect(await run(['--yes'])).toContain(`✓ ${line}`);
  const [user] = asAdmin('res.users', 'search_read', {
    domain: [['login', '=', 'crvs-bridge']],
    fields: ['company_ids'],
  }) as { company_ids: number[] }[];
  expect(user?.company_ids).toEqual([1, ids[0]]);
  expect(await run(['--yes'])).toMatch(/nothing is missing\.\nNext:\n/);
});
