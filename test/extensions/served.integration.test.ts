import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { startBridge } from '../../src/bridge.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { run } from '../cli/run.ts';
import { bundle, payload, RELEASES } from '../events/opencrvs-bundles.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { keptLog } from '../senders/support.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/cause-of-death/extension.ts', import.meta.url));
const FIELD = 'x_cause_of_death';
const ADMIN_TOKEN = 'an-admin-token-of-at-least-32-characters';
const SECRET = 'sha-secret-of-the-client';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.close());

const admin = (model: string, method: string, args: Record<string, unknown>) =>
  sandbox.execute(sandbox.admin.login, model, method, args);

function addField(model: string): void {
  const [row] = admin('ir.model', 'search_read', { domain: [['model', '=', model]], fields: ['id'] }) as {
    id: number;
  }[];
  const field = { model_id: row?.id, name: FIELD, field_description: FIELD, ttype: 'char', state: 'manual' };
  admin('ir.model.fields', 'create', { vals_list: [field] });
}

/** A registrant with a national ID. */
function registrant(number: string): void {
  const [type] = admin('spp.vocabulary.code', 'search_read', {
    domain: [
      ['namespace_uri', '=', 'urn:openspp:vocab:id-type'],
      ['code', '=', 'national_id'],
    ],
    fields: ['id'],
  }) as { id: number }[];
  const [id] = admin('res.partner', 'create', {
    vals_list: [{ name: 'Somebody', is_registrant: true, is_group: false }],
  }) as number[];
  admin('spp.registry.id', 'create', {
    vals_list: [{ partner_id: id, id_type_id: type?.id, value: number, status: 'valid' }],
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

it('a bridge serves with a careless extension, whose faults stay with its events', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const careless = join(folder, 'careless.mjs');
  writeFileSync(
    careless,
    `export default {
      name: 'careless', api: 1,
      eventFields: { fields: ['x_district'], values: (event) => event.type === 'death' ? event.no.such : {} },
    };`,
  );
  const settings = loadSettings({
    PORT: '0',
    ADMIN_TOKEN,
    INBOX_URL: `sqlite:${join(folder, 'inbox.db')}`,
    OPENCRVS_WEBHOOK_SECRETS: SECRET,
    EXTENSIONS: careless,
  });
  const { log, text } = keptLog();
  const bridge = await startBridge(
    { ...settings, delivery: { ...settings.delivery, poll_seconds: 0.05 } },
    { url: sandbox.url, db: sandbox.db, ...sandbox.bridge },
    log,
  );
  onTestFinished(() => bridge.stop());
  for (const type of ['birth', 'death'] as const) {
    const record = { type, date: '2024-05-01', number: `R-${type}`, nationalId: `N-${type}` };
    registrant(record.nationalId);
    const topic = type === 'birth' ? 'BIRTH_REGISTERED' : 'DEATH_REGISTERED';
    const body = JSON.stringify(payload(topic, bundle(record, RELEASES['1.9'])));
    const hmac = createHmac('sha256', SECRET).update(body).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` };
    const answer = await fetch(`${bridge.url}/opencrvs/webhook`, { method: 'POST', body, headers });
    expect(answer.status).toBe(202);
  }
  const errorOf = async (id: number) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const answer = await fetch(`${bridge.url}/api/events/${id}`, { headers });
    const { state, errorMessage } = (await answer.json()) as { state: string; errorMessage: string | null };
    return state === 'settled' ? errorMessage : state;
  };
  await vi.waitFor(
    async () =>
      expect([await errorOf(1), await errorOf(2)]).toEqual([
        null,
        'The extension "careless" failed in eventFields.values (TypeError).',
      ]),
    { timeout: 20_000, interval: 20 },
  );
  await vi.waitFor(() => expect(text()).toContain('x_district'), { timeout: 20_000, interval: 20 });
  expect(text()).not.toMatch(/[RN]-(?:birth|death)/);
});
