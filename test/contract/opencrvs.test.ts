import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { create, type OdooRow, searchRead } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { type TestBridge, testBridge } from '../bridge.ts';
import { bundle, MOTHER_ID, payload, RELEASES, type RecordTold } from '../connectors/opencrvs-v1/bundles.ts';
import { PATIENCE } from '../patience.ts';
import { nationalIdType, OPENSPPS, type Openspp, unique } from '../sealed/openspp.ts';

const SECRET = 'sha-secret-of-the-client';
/** How often OpenCRVS's worker sends a webhook that nobody answers. */
const ATTEMPTS = 3;

describe.each(OPENSPPS)('the webhooks of an OpenCRVS 1.x, in $name', ({ open }) => {
  let openspp: Openspp;
  let bridge: TestBridge;
  let nationalId = 0;

  beforeAll(async () => {
    openspp = await open();
    nationalId = await nationalIdType(openspp);
    bridge = await testBridge({
      access: openspp.access,
      env: { OPENCRVS_WEBHOOK_SECRETS: SECRET },
      file: { delivery: { poll_seconds: 0.05 } },
    });
  });
  afterAll(async () => {
    await bridge?.close();
    await openspp?.close();
  });

  /** A registrant with a national ID, and what OpenCRVS says of them. */
  async function person(type: RecordTold['type'], date: string) {
    const number = unique('N');
    const [id = 0] = await create(openspp.admin, 'res.partner', [
      { name: unique('Registrant'), is_registrant: true, is_group: false },
    ]);
    await create(openspp.admin, 'spp.registry.id', [
      { partner_id: id, id_type_id: nationalId, value: number, status: 'valid' },
    ]);
    return { id, told: { type, date, number: unique('R'), nationalId: number } };
  }

  /** Posts a record as often as the worker does where it hears nothing; gives what it was answered. */
  async function post(topic: string, told: RecordTold, release: keyof typeof RELEASES = '1.9') {
    const body = JSON.stringify(payload(topic, bundle(told, RELEASES[release])));
    const hmac = createHmac('sha256', SECRET).update(`sha256:${encodeURIComponent(body)}`);
    const headers = {
      'content-type': 'application/json',
      'x-hub-signature': `sha256=${hmac.digest('hex')}`,
    };
    const ids = new Set<string>();
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = await bridge.send('/opencrvs/webhook', { method: 'POST', body, headers });
      expect(answer.status).toBe(202);
      ids.add(answer.json.message.correlation_id);
    }
    expect(ids.size).toBe(1);
  }

  /** Waits until OpenSPP has all the events that OpenCRVS sent. */
  const settled = (count: number) =>
    vi.waitFor(async () => {
      const { events } = (await bridge.api('events?sender=opencrvs')).json as {
        events: { outcome: string }[];
      };
      expect(events.map(({ outcome }) => outcome)).toEqual(Array(count).fill('processed'));
    }, PATIENCE);

  /** The one row that an event has in OpenSPP. */
  async function rowOf(registrant: number): Promise<OdooRow> {
    const rows = await searchRead(
      openspp.admin,
      'spp.dci.crvs.event',
      [['person_id', '=', registrant]],
      ['event_type', 'event_date', 'identifier_type', 'identifier_value', 'person_id', 'state', 'notes'],
    );
    expect(rows).toHaveLength(1);
    return rows[0] as OdooRow;
  }
  async function birthdateOf(registrant: number) {
    const [partner] = await searchRead(
      openspp.admin,
      'res.partner',
      [['id', '=', registrant]],
      ['birthdate'],
    );
    return partner?.birthdate;
  }

  it('are one event each, however often they are sent, and a correction changes it', async () => {
    const child = await person('birth', '2020-05-01');
    const deceased = await person('death', '2024-12-01');
    await post('BIRTH_REGISTERED', child.told, '1.2');
    await post('DEATH_REGISTERED', deceased.told);
    await settled(2);
    const birth = await rowOf(child.id);
    expect(birth).toMatchObject({
      event_type: 'birth',
      event_date: '2020-05-01',
      identifier_type: 'BRN',
      identifier_value: child.told.number,
      state: 'processed',
    });
    expect(await birthdateOf(child.id)).toBe('2020-05-01');
    const death = await rowOf(deceased.id);
    expect(death).toMatchObject({
      event_type: 'death',
      event_date: '2024-12-01',
      identifier_type: 'DRN',
      identifier_value: deceased.told.number,
      state: 'processed',
    });
    // Another release's form of the same record, once it is corrected.
    await post('BIRTH_CORRECTED', { ...child.told, date: '2020-04-30' });
    await settled(3);
    const corrected = await rowOf(child.id);
    expect(corrected).toMatchObject({ id: birth.id, event_date: '2020-04-30', state: 'processed' });
    expect(corrected.notes).toContain('Registry correction: event date 2020-05-01 became 2020-04-30.');
    expect(await birthdateOf(child.id)).toBe('2020-04-30');
    expect(await rowOf(deceased.id)).toEqual(death);
    expect(many2oneId(death.person_id)).toBe(deceased.id);
    // Nobody has been taken for the mother, and nobody's number has got into the log.
    for (const secret of [MOTHER_ID, child.told.number, deceased.told.nationalId, SECRET])
      expect(bridge.logged()).not.toContain(secret);
  });
});
