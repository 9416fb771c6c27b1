import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { create, write } from '../../src/odoo/orm.ts';
import { isSameOpenspp, readFingerprint } from '../../src/openspp/fingerprint.ts';
import { testBridge } from '../bridge.ts';
import { run } from '../cli/run.ts';
import { HEADER } from '../http/support.ts';
import { PATIENCE } from '../patience.ts';
import { nationalIdType, OPENSPPS, type Openspp, unique } from '../sealed/openspp.ts';
import { TARGETS, type Target } from './target.ts';

// A real Odoo on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

describe.each(TARGETS)('what distinguishes an OpenSPP: $name', ({ open }) => {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target?.close());

  it('is read by the bridge’s user over every protocol, and a new company changes nothing', async () => {
    const before = await readFingerprint(target.bridge('jsonrpc'));
    expect(before).toMatchObject({
      'res.company 1': expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    expect(Object.keys(before).filter((row) => row.startsWith('res.users '))).toHaveLength(1);
    for (const protocol of ['json2', 'xmlrpc'] as const) {
      expect(await readFingerprint(target.bridge(protocol)), protocol).toEqual(before);
    }
    if (!target.admin) return;
    await create(target.admin, 'res.company', [{ name: unique('Ministry') }]);
    expect(isSameOpenspp(before, await readFingerprint(target.bridge('jsonrpc')))).toBe(true);
  });
});

/** The bridge's inbox at one OpenSPP, and then at another one, which ODOO_OTHER_DB names beside a real Odoo. */
describe.each(OPENSPPS)('an inbox that is moved: $name', ({ open, openAnother }) => {
  let own: Openspp;
  let other: Openspp | null = null;
  beforeAll(async () => {
    own = await open();
    other = (await openAnother?.()) ?? null;
  });
  afterAll(async () => {
    await own?.close();
    await other?.close();
  });

  it('is delivered to the other OpenSPP only once an operator accepts it', async (context) => {
    if (!other) return context.skip('ODOO_OTHER_DB and ODOO_OTHER_API_KEY are not set');
    const nid = unique('N');
    const [here = 0, there = 0] = [await registrant(own, nid), await registrant(other, nid)];
    const birthdateOf = async ({ admin }: Openspp, id: number) =>
      (await admin.call('res.partner', 'read', { ids: [id], fields: ['birthdate'] })) as {
        birthdate: unknown;
      }[];

    const first = await testBridge({ access: own.access, ...SETTINGS });
    await tell(first, nid);
    await settled(first, 1);
    await first.stop();
    expect(await birthdateOf(own, here)).toMatchObject([{ birthdate: '2001-01-01' }]);

    const second = await testBridge({
      access: other.access,
      ...SETTINGS,
      env: { ...SETTINGS.env, INBOX_URL: first.env.INBOX_URL ?? '' },
    });
    await vi.waitFor(
      async () => expect((await second.send('/readyz')).json.problems).toEqual(['openspp.other']),
      PATIENCE,
    );
    await tell(second, nid, 'again');
    await write(other.admin, 'res.partner', [there], { birthdate: false });
    expect((await second.api('status')).json).toMatchObject({ waiting: 1, processed: 1 });
    expect((await run(['openspp', 'accept', '--yes'], second.env)).code).toBe(0);
    await settled(second, 2);
    expect(await birthdateOf(other, there)).toMatchObject([{ birthdate: '2001-01-01' }]);
    expect((await second.send('/readyz')).json.problems).toEqual([]);
  });
});

const SETTINGS = {
  env: { ALLOW_UNSIGNED: 'true' },
  file: { delivery: { poll_seconds: 0.05 } },
};

type Bridge = Awaited<ReturnType<typeof testBridge>>;

async function registrant(openspp: Openspp, nid: string): Promise<number> {
  const [id = 0] = await create(openspp.admin, 'res.partner', [
    { name: unique('Registrant'), is_registrant: true, is_group: false },
  ]);
  const type = await nationalIdType(openspp);
  await create(openspp.admin, 'spp.registry.id', [
    { partner_id: id, id_type_id: type, value: nid, status: 'valid' },
  ]);
  return id;
}

async function tell(bridge: Bridge, nid: string, more = ''): Promise<void> {
  const { status } = await bridge.send('/crvs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      header: { ...HEADER, message_id: `${nid}${more}` },
      message: {
        event_type: 'BIRTH',
        event_date: '2001-01-01',
        identifiers: [{ type: 'national_id', value: nid }],
      },
    }),
  });
  expect(status).toBe(202);
}

const settled = (bridge: Bridge, events: number) =>
  vi.waitFor(
    async () => expect((await bridge.api('status')).json).toMatchObject({ processed: events, waiting: 0 }),
    PATIENCE,
  );
