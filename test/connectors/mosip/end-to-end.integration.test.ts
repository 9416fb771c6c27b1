import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventDetails } from '../../../src/inbox/inbox.ts';
import type { OdooValue } from '../../../src/odoo/client.ts';
import { create, searchRead, write } from '../../../src/odoo/orm.ts';
import { type TestBridge, testBridge } from '../../bridge.ts';
import { PATIENCE } from '../../patience.ts';
import { OPENSPPS, type Openspp, unique } from '../../sealed/openspp.ts';
import { action, BIRTH, DEATH, eventDocument } from '../opencrvs-v2/documents.ts';
import { delivery, issued, PARTNER, pemOf, SECRET, signature, TOPICS } from './support.ts';

const OPENCRVS_SECRET = 'a-secret-of-the-countryconfig';
// A real Odoo on a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

// With the numbers that OpenCRVS and MOSIP give, into a real OpenSPP where there is one, as its least-privileged user.
describe.each(OPENSPPS)('a birth in OpenCRVS and the identity that MOSIP gives it, in $name', ({ open }) => {
  let openspp: Openspp;
  let bridge: TestBridge;
  const types = new Map<string, number>();

  /** The ID type that takes a birth registration number here. */
  let birthType: string;
  beforeAll(async () => {
    openspp = await open();
    for (const code of ['UIN', 'MOSIP_HASH']) await addIdType(code);
    for (const row of await idTypes()) types.set(String(row.code), row.id);
    birthType = [...types.keys()].find((code) => code.toUpperCase() === 'BRN') ?? 'birth_certificate';
    bridge = await testBridge({
      access: openspp.access,
      file: {
        delivery: { poll_seconds: 0.05 },
        late_matches: { interval_seconds: 0.2 },
        signature: { allow_unsigned: true },
        opencrvs_events: { secret: OPENCRVS_SECRET },
        mosip: {
          secret: SECRET,
          topics: TOPICS,
          partner_key: pemOf(PARTNER.privateKey),
          ids: { UIN: ['credential.UIN'], MOSIP_HASH: ['data.id_hash'] },
        },
      },
    });
  });
  afterAll(async () => {
    await bridge?.close();
    await openspp?.close();
  });

  const idTypes = () =>
    searchRead(
      openspp.admin,
      'spp.vocabulary.code',
      [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
      ['code'],
    );
  async function addIdType(code: string): Promise<void> {
    if ((await idTypes()).some((row) => row.code === code)) return;
    const [vocabulary] = await searchRead(
      openspp.admin,
      'spp.vocabulary',
      [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
      ['id'],
    );
    await create(openspp.admin, 'spp.vocabulary.code', [
      { vocabulary_id: vocabulary?.id ?? 0, code, display: code, is_local: true },
    ]);
  }

  /** A registrant with these IDs. */
  async function person(ids: Record<string, string>): Promise<number> {
    const [id = 0] = await create(openspp.admin, 'res.partner', [
      { name: unique('Registrant'), is_registrant: true, is_group: false },
    ]);
    for (const [code, value] of Object.entries(ids)) await giveId(id, code, value);
    return id;
  }
  const giveId = (id: number, code: string, value: string) =>
    create(openspp.admin, 'spp.registry.id', [
      { partner_id: id, id_type_id: types.get(code) ?? 0, value, status: 'valid' },
    ]);

  /** The registrant's IDs by the code of their type, those marked invalid left out. */
  async function idsOf(id: number): Promise<Record<string, Record<string, OdooValue>>> {
    const rows = await searchRead(
      openspp.admin,
      'spp.registry.id',
      [
        ['partner_id', '=', id],
        ['status', '!=', 'invalid'],
      ],
      [
        'id_type_id',
        'value',
        'status',
        'expiry_date',
        'description',
        'verification_source',
        'verification_date',
      ],
    );
    const codes = new Map([...types].map(([code, type]) => [type, code]));
    return Object.fromEntries(
      rows.map((row) => [codes.get((row.id_type_id as [number, string])[0]) ?? '?', row]),
    );
  }
  const valuesOf = async (id: number) =>
    Object.fromEntries(Object.entries(await idsOf(id)).map(([code, row]) => [code, row.value]));

  async function api(path: string): Promise<unknown> {
    const answer = await bridge.api(path);
    expect(answer.status).toBe(200);
    return answer.json;
  }
  /** The newest event of all. */
  async function newest(): Promise<EventDetails> {
    const { events } = (await api('events?limit=1')) as { events: { id: number }[] };
    return (await api(`events/${events[0]?.id}`)) as EventDetails;
  }
  async function outcome(id: number): Promise<EventDetails> {
    return vi.waitFor(async () => {
      const event = (await api(`events/${id}`)) as EventDetails;
      expect(event.state).toBe('settled');
      return event;
    }, PATIENCE);
  }

  async function postTo(path: string, body: string, headers: Record<string, string>): Promise<number> {
    return (await bridge.send(path, { method: 'POST', body, headers })).status;
  }
  /** A registration that a country's configuration server forwards; gives its event. */
  async function register(form: string, declaration: object, number: string) {
    const actions = [
      action('DECLARE', { declaration }),
      action('REGISTER', { id: `register ${number}`, registrationNumber: number }),
    ];
    const body = JSON.stringify(eventDocument(form, actions, number));
    const hmac = createHmac('sha256', OPENCRVS_SECRET).update(body).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` };
    expect(await postTo('/opencrvs/events', body, headers)).toBe(202);
    return newest();
  }
  /** What MOSIP's hub delivers; gives its event. */
  async function tell(body: string) {
    expect(await postTo('/mosip/credentials', body, signature(body))).toBe(202);
    return newest();
  }
  const numbers = () => ({ nid: unique('N'), brn: unique('B'), uin: unique('U') });
  const credentialOf = (brn: string, uin: string, at = '2026-01-05T10:00:00.000Z') =>
    issued({ birthCertificateNumber: brn, UIN: uin }, { at });

  it('gives the registrant both numbers, and nothing twice', async () => {
    const { nid, brn, uin } = numbers();
    const child = await person({ national_id: nid });
    const birth = await register('birth', { ...BIRTH, 'child.nid': nid }, brn);
    expect(await outcome(birth.id)).toMatchObject({
      type: 'birth',
      outcome: 'processed',
      senderId: 'OpenCRVS',
    });
    const body = credentialOf(brn, uin);
    const told = await tell(body);
    expect(await outcome(told.id)).toMatchObject({
      type: 'identity',
      outcome: 'processed',
      odooEventId: null,
    });
    expect(await idsOf(child)).toMatchObject({
      national_id: { value: nid },
      [birthType]: { value: brn, verification_source: 'OpenCRVS' },
      UIN: {
        value: uin,
        status: 'valid',
        verification_source: 'MOSIP',
        verification_date: '2026-01-05 10:00:00',
      },
    });
    // The same delivery, and the same credential once more: nothing changes.
    expect((await tell(body)).id).toBe(told.id);
    const again = await tell(credentialOf(brn, uin, '2026-01-06T10:00:00.000Z'));
    expect(await outcome(again.id)).toMatchObject({ outcome: 'processed', notes: null });
    expect(await valuesOf(child)).toEqual({ national_id: nid, [birthType]: brn, UIN: uin });
  });

  it('keeps a credential that comes before its birth until the birth is there', async () => {
    const { nid, brn, uin } = numbers();
    const child = await person({ national_id: nid });
    const told = await tell(credentialOf(brn, uin));
    await vi.waitFor(async () => {
      expect(await api(`events/${told.id}`)).toMatchObject({
        outcome: 'error',
        errorMessage: 'No matching person found in registry',
      });
    }, PATIENCE);
    const birth = await register('birth', { ...BIRTH, 'child.nid': nid }, brn);
    expect(await outcome(birth.id)).toMatchObject({ outcome: 'processed' });
    await vi.waitFor(async () => {
      expect(await api(`events/${told.id}`)).toMatchObject({ outcome: 'processed' });
    }, PATIENCE);
    expect(await valuesOf(child)).toEqual({ national_id: nid, [birthType]: brn, UIN: uin });
  });

  /** Waits until a credential is in an error, without the birth that its transaction is about. */
  const waits = (id: number) =>
    vi.waitFor(async () => {
      expect(await api(`events/${id}`)).toMatchObject({ outcome: 'error', reason: 'match.transaction' });
    }, PATIENCE);
  /** A birth in OpenSPP's words. */
  async function birthOf(identifiers: object[], date = '2024-12-01'): Promise<EventDetails> {
    const message = { event_type: 'BIRTH', event_date: date, identifiers };
    const header = { message_id: unique('M'), message_ts: new Date().toISOString(), sender_id: 'crvs' };
    const text = JSON.stringify({ header: { ...header, action: 'notify' }, message });
    expect(await postTo('/crvs', text, { 'content-type': 'application/json' })).toBe(202);
    return outcome((await newest()).id);
  }

  it('finds whose a credential is by its transaction, also where the birth comes later', async () => {
    const { nid, brn, uin } = numbers();
    const track = unique('TRACK');
    const child = await person({ national_id: nid });
    const body = issued({ id: `http://credential.idrepo/credentials/${track}`, UIN: uin });
    const told = await tell(body);
    await waits(told.id);
    expect(bridge.logged()).toContain('a credential of MOSIP waits for its birth');
    const birth = await birthOf([
      { type: 'TRACKING_ID', value: track },
      { type: 'BRN', value: brn },
      { type: 'NID', value: nid },
    ]);
    expect(birth).toMatchObject({ outcome: 'processed' });
    await vi.waitFor(async () => {
      expect(await api(`events/${told.id}`)).toMatchObject({ outcome: 'processed' });
    }, PATIENCE);
    expect(await valuesOf(child)).toEqual({ national_id: nid, [birthType]: brn, UIN: uin });
    // Once the birth is known, it is found at once, by its registration number too.
    const second = await tell(issued({ id: `x/${brn}`, UIN: uin }, { event: { transactionId: brn } }));
    expect(await outcome(second.id)).toMatchObject({ outcome: 'processed' });
    for (const secret of [brn, uin, track]) expect(bridge.logged()).not.toContain(secret);
  });

  it('gives nobody the number where a birth with its registration number comes later', async () => {
    const { nid, brn, uin } = numbers();
    // Another office's child: the number was used again.
    const stranger = await person({ national_id: nid });
    const told = await tell(issued({ id: brn, UIN: uin }));
    await waits(told.id);
    const birth = await register('birth', { ...BIRTH, 'child.nid': nid }, brn);
    expect(await outcome(birth.id)).toMatchObject({ outcome: 'processed' });
    await vi.waitFor(async () => {
      expect(await api(`events/${told.id}`)).toMatchObject({
        outcome: 'error',
        reason: 'match.transaction',
        errorMessage: expect.stringContaining('came after the credential'),
      });
    }, PATIENCE);
    expect(await valuesOf(stranger)).toEqual({ national_id: nid, [birthType]: brn });
  });

  it('finds a child by its registration number and the date of birth in the credential', async () => {
    const { nid, brn, uin } = numbers();
    const child = await person({ national_id: nid });
    const told = await tell(issued({ id: brn, UIN: uin, dateOfBirth: '2025/02/20' }));
    await waits(told.id);
    const other = await tell(issued({ id: brn, UIN: unique('U'), dateOfBirth: '2019/02/20' }));
    await waits(other.id);
    await outcome((await register('birth', { ...BIRTH, 'child.nid': nid }, brn)).id);
    await vi.waitFor(async () => {
      expect(await api(`events/${told.id}`)).toMatchObject({ outcome: 'processed' });
    }, PATIENCE);
    expect(await valuesOf(child)).toEqual({ national_id: nid, [birthType]: brn, UIN: uin });
    await waits(other.id);
    for (const secret of ['2025-02-20', '2025/02/20']) expect(bridge.logged()).not.toContain(secret);
  });

  it('gives nobody the number where the registrant was born on another day than the credential says', async () => {
    const { brn, uin } = numbers();
    const stranger = await person({ birth_certificate: brn });
    await write(openspp.admin, 'res.partner', [stranger], { birthdate: '2019-05-05' });
    const told = await tell(issued({ birthCertificateNumber: brn, UIN: uin, dateOfBirth: '2025/02/20' }));
    expect(await outcome(told.id)).toMatchObject({
      outcome: 'error',
      reason: 'match.contradiction',
      errorMessage: expect.stringContaining(`registrant ${stranger}, who has another date of birth`),
    });
    expect(await valuesOf(stranger)).toEqual({ birth_certificate: brn });
    await write(openspp.admin, 'res.partner', [stranger], { birthdate: '2025-02-20' });
    expect((await bridge.api('events/retry', { ids: [told.id] })).status).toBe(200);
    expect(await outcome(told.id)).toMatchObject({ outcome: 'processed' });
  });

  it('gives nobody the number where two children have the registration number', async () => {
    const { brn, uin } = numbers();
    for (const date of ['2024-12-01', '2024-12-02']) {
      const nid = unique('N');
      await person({ national_id: nid });
      await birthOf(
        [
          { type: 'BRN', value: brn },
          { type: 'NID', value: nid },
        ],
        date,
      );
    }
    const told = await tell(issued({ id: brn, UIN: uin }));
    expect(await outcome(told.id)).toMatchObject({
      outcome: 'error',
      reason: 'match.transaction',
      errorMessage: expect.stringContaining('more than one person'),
    });
  });

  it('gives nobody the number where births of two people have the transaction', async () => {
    const [one, two] = [numbers(), numbers()];
    const shared = unique('TRACK');
    for (const { nid, brn } of [one, two]) {
      await person({ national_id: nid });
      const identifiers = [
        { type: 'TRACKING_ID', value: shared },
        { type: 'BRN', value: brn },
        { type: 'NID', value: nid },
      ];
      await birthOf(identifiers);
    }
    const told = await tell(issued({ id: shared, UIN: one.uin }));
    expect(await outcome(told.id)).toMatchObject({ outcome: 'error', reason: 'match.transaction' });
  });

  it('refuses a number that another registrant has, and one beside a number that somebody entered', async () => {
    const { brn, uin } = numbers();
    const child = await person({ birth_certificate: brn });
    const other = await person({ UIN: uin });
    const taken = await outcome((await tell(credentialOf(brn, uin))).id);
    expect(taken).toMatchObject({
      outcome: 'error',
      errorMessage: `The identifiers lead to different registrants (UIN to registrant ${other}, BRN to registrant ${child}). Nobody was changed.`,
    });
    expect(await valuesOf(child)).toEqual({ birth_certificate: brn });
    const second = numbers();
    const entered = await person({ birth_certificate: second.brn, UIN: second.uin });
    const clash = await outcome((await tell(credentialOf(second.brn, unique('U')))).id);
    expect(clash).toMatchObject({
      outcome: 'error',
      errorMessage: expect.stringContaining('already has another UIN'),
    });
    expect((await valuesOf(entered)).UIN).toBe(second.uin);
  });

  it('takes a later number that MOSIP gives instead of its own, and no older one', async () => {
    const { brn, uin } = numbers();
    const child = await person({ birth_certificate: brn });
    await outcome((await tell(credentialOf(brn, uin, '2026-02-01T00:00:00Z'))).id);
    const later = unique('U');
    expect(await outcome((await tell(credentialOf(brn, later, '2026-02-02T00:00:00Z'))).id)).toMatchObject({
      outcome: 'processed',
    });
    expect((await valuesOf(child)).UIN).toBe(later);
    const old = await outcome((await tell(credentialOf(brn, uin, '2026-01-31T00:00:00Z'))).id);
    expect(old).toMatchObject({ outcome: 'processed', notes: 'UIN not stored: a newer one is known.' });
    expect((await valuesOf(child)).UIN).toBe(later);
  });

  it('notes what MOSIP deactivates, so that the death that comes after still finds its person', async () => {
    const { brn, uin } = numbers();
    const hash = unique('H');
    const child = await person({ birth_certificate: brn });
    const body = issued({ birthCertificateNumber: brn, UIN: uin }, { at: '2026-01-05T10:00:00.000Z' });
    const withHash = JSON.parse(body);
    withHash.event.data.id_hash = hash;
    await outcome((await tell(JSON.stringify(withHash))).id);
    const off = { topic: 'openspp/DEACTIVATE_ID', at: '2026-03-01T10:00:00.000Z' };
    const told = await outcome((await tell(delivery({ id_hash: hash }, off))).id);
    expect(told).toMatchObject({ outcome: 'processed' });
    expect((await idsOf(child)).MOSIP_HASH).toMatchObject({
      status: 'valid',
      expiry_date: '2026-03-01',
      description: 'MOSIP took it out of use on 2026-03-01 (DEACTIVATE_ID).',
    });
    const on = { topic: 'openspp/ACTIVATE_ID', at: '2026-03-02T10:00:00.000Z' };
    await outcome((await tell(delivery({ id_hash: hash }, on))).id);
    expect((await idsOf(child)).MOSIP_HASH).toMatchObject({ expiry_date: false, description: false });
    // Late, and older than what is known by now.
    const late = await outcome((await tell(delivery({ id_hash: hash }, off))).id);
    expect(late.notes).toBe('MOSIP_HASH left as it is: what is known of it is newer.');
    // Deactivated for the death that OpenCRVS reports afterwards, with the birth's number.
    await outcome((await tell(delivery({ id_hash: hash }, { ...off, at: '2026-03-03T10:00:00.000Z' }))).id);
    const death = await register(
      'death',
      { ...DEATH, 'deceased.nid': null, 'deceased.brn': brn },
      unique('D'),
    );
    expect(await outcome(death.id)).toMatchObject({ type: 'death', outcome: 'processed' });
  });

  it('logs no number and no name', async () => {
    const { brn, uin } = numbers();
    await person({ birth_certificate: brn });
    await outcome((await tell(credentialOf(brn, uin))).id);
    for (const secret of [brn, uin, 'Achterberg']) expect(bridge.logged()).not.toContain(secret);
  });
});
