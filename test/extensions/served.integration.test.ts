import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { accessOf, testBridge } from '../bridge.ts';
import { run } from '../cli/run.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { type Seeding, seeding } from '../sandbox/seeding.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/cause-of-death/extension.ts', import.meta.url));
const FIELD = 'x_cause_of_death';
const SECRET = 'sha-secret-of-the-client';

let sandbox: Sandbox & Seeding;
beforeAll(async () => {
  const started = await startSandbox();
  sandbox = { ...started, ...seeding(started) };
  return sandbox.close;
});

function addField(model: string): void {
  const [row] = sandbox.rows<{ id: number }>('ir.model', ['id'], [['model', '=', model]]);
  sandbox.create('ir.model.fields', {
    model_id: row?.id,
    name: FIELD,
    field_description: FIELD,
    ttype: 'char',
    state: 'manual',
  });
}

/** What the doctor finds about extensions. */
async function found(): Promise<Record<string, unknown>[]> {
  const { url, db, bridge } = sandbox;
  const { out } = await run(['doctor', '--json'], {
    ODOO_URL: url,
    ODOO_DB: db,
    ODOO_LOGIN: bridge.login,
    ODOO_API_KEY: bridge.apiKey,
    EXTENSIONS: EXAMPLE,
  });
  const { checks } = JSON.parse(out) as { checks: Record<string, unknown>[] };
  return checks.filter(({ area }) => area === 'extensions');
}

it('the doctor says of each field of an extension whether OpenSPP has it', async () => {
  const finding = (model: 'event' | 'registrant', state: string) => ({
    id: `extensions.cause-of-death.${model}.${FIELD}`,
    state,
  });
  const none = await found();
  expect(none).toMatchObject([finding('event', 'warning'), finding('registrant', 'warning')]);
  expect(JSON.stringify(none)).toContain(`there is no spp.dci.crvs.event.${FIELD}`);
  expect(JSON.stringify(none)).toContain('Settings › Technical › Fields');
  addField('spp.dci.crvs.event');
  expect(await found()).toMatchObject([finding('event', 'ok'), finding('registrant', 'warning')]);
  addField('res.partner');
  expect(await found()).toMatchObject([finding('event', 'ok'), finding('registrant', 'ok')]);
});

it('a bridge serves with a careless extension, whose faults stay with its events', async () => {
  const folder = temporaryFolder();
  const careless = join(folder, 'careless.mjs');
  writeFileSync(
    careless,
    `export default {
      name: 'careless', api: 1,
      eventFields: { fields: ['x_district'], values: (event) => event.type === 'death' ? event.no.such : {} },
    };`,
  );
  const bridge = await testBridge({
    access: accessOf(sandbox),
    env: { OPENCRVS_WEBHOOK_SECRETS: SECRET, EXTENSIONS: careless },
    file: { delivery: { poll_seconds: 0.05 } },
  });
  for (const type of ['birth', 'death'] as const) {
    const record = { type, date: '2024-05-01', number: `R-${type}`, nationalId: `N-${type}` };
    sandbox.people({ national_id: record.nationalId });
    const topic = type === 'birth' ? 'BIRTH_REGISTERED' : 'DEATH_REGISTERED';
    const body = JSON.stringify(payload(topic, bundle(record, RELEASES['1.9'])));
    const hmac = createHmac('sha256', SECRET).update(body).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` };
    const answer = await bridge.send('/opencrvs/webhook', { method: 'POST', body, headers });
    expect(answer.status).toBe(202);
  }
  const errorOf = async (id: number) => {
    const { state, errorMessage } = (await bridge.api(`events/${id}`)).json;
    return state === 'settled' ? errorMessage : state;
  };
  await vi.waitFor(
    async () =>
      expect([await errorOf(1), await errorOf(2)]).toEqual([
        null,
        'The extension "careless" failed in eventFields.values (TypeError).',
      ]),
    PATIENCE,
  );
  await vi.waitFor(() => expect(bridge.logged()).toContain('x_district'), PATIENCE);
  expect(bridge.logged()).not.toMatch(/[RN]-(?:birth|death)/);
});
