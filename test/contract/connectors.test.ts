import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { create, searchRead } from '../../src/odoo/orm.ts';
import { many2oneId, many2oneName } from '../../src/odoo/values.ts';
import { type TestBridge, testBridge } from '../bridge.ts';
import { credential, delivery } from '../connectors/mosip/support.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { action, eventDocument } from '../connectors/opencrvs-v2/documents.ts';
import { PATIENCE } from '../patience.ts';
import { nationalIdType, OPENSPPS, type Openspp, unique } from '../sealed/openspp.ts';

const SECRET = 'a-secret-that-the-senders-share';
const TOPIC = 'openspp/CREDENTIAL_ISSUED';

// A real Odoo on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** What a registry says of a person, before a connector puts it into its own words. */
interface Fact {
  type: 'birth' | 'death';
  /** As sent. */
  date: string | null;
  number: string;
  nid: string;
  /** The registry takes back what it said. */
  revoked?: boolean;
  /** The registry says something else than before. */
  corrected?: boolean;
}

/** Says facts in the words of one kind of registry. */
type Tell = (fact: Fact) => Promise<void>;

/** The same facts, from any system, end in the same state of OpenSPP. */
describe.each(OPENSPPS)('the same facts by every connector, in $name', ({ open }) => {
  let openspp: Openspp;
  let bridge: TestBridge;
  let idType = 0;

  beforeAll(async () => {
    openspp = await open();
    idType = await nationalIdType(openspp);
    await addUin();
    bridge = await testBridge({
      access: openspp.access,
      env: {
        ALLOW_UNSIGNED: 'true',
        OPENCRVS_EVENTS_SECRET: SECRET,
        OPENCRVS_WEBHOOK_SECRETS: SECRET,
        MOSIP_SECRET: SECRET,
      },
      file: { delivery: { poll_seconds: 0.05 }, mosip: { topics: [TOPIC] } },
    });
  });
  afterAll(async () => {
    await bridge?.close();
    await openspp?.close();
  });

  /** Without an ID type of its own, a UIN would be the national ID that these registrants have. */
  async function addUin(): Promise<void> {
    const codes = await searchRead(
      openspp.admin,
      'spp.vocabulary.code',
      [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
      ['code', 'vocabulary_id'],
    );
    if (codes.some(({ code }) => code === 'UIN')) return;
    await create(openspp.admin, 'spp.vocabulary.code', [
      { vocabulary_id: many2oneId(codes[0]?.vocabulary_id), code: 'UIN', display: 'UIN', is_local: true },
    ]);
  }

  interface Listed {
    id: number;
    state: string;
    outcome: string | null;
  }
  const events = async () => (await bridge.api('events?limit=500')).json.events as Listed[];
  /** Waits until everything that was said is in OpenSPP, or in error. */
  const settled = () =>
    vi.waitFor(async () => {
      const open = (await events()).filter(({ state }) => state !== 'settled' && state !== 'dead');
      expect(open).toEqual([]);
    }, PATIENCE);
  async function retry(): Promise<void> {
    const ids = (await events()).filter(({ outcome }) => outcome === 'error').map(({ id }) => id);
    await bridge.api('events/retry', { ids });
    await settled();
  }

  async function post(path: string, body: string, signed: string): Promise<void> {
    const hmac = createHmac('sha256', SECRET).update(signed).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` };
    const answer = await bridge.send(path, { method: 'POST', headers, body });
    expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
    await settled();
  }
  let second = 0;
  async function notify(message: object): Promise<void> {
    second += 1;
    const header = {
      message_id: unique('M'),
      // Each is said after the one before.
      message_ts: new Date(Date.UTC(2025, 5, 1) + second * 1000).toISOString(),
      action: 'notify',
      sender_id: 'crvs.connectors',
    };
    await post('/registry/notify', JSON.stringify({ header, message }), '');
  }
  const codeOf = ({ type }: Fact) => (type === 'birth' ? 'BRN' : 'DRN');
  const status = ({ revoked }: Fact) => (revoked ? { status: 'cancelled' } : {});

  const CHANNELS: Record<string, () => Tell> = {
    'SPDCI’s dialect': () => (fact) =>
      notify({
        notify_event: [
          {
            data: {
              reg_event_type: fact.type === 'birth' ? 'live_birth' : '2',
              reg_records: [
                {
                  identifier: [
                    { identifier_type: codeOf(fact), identifier_value: fact.number },
                    { identifier_type: 'NID', identifier_value: fact.nid },
                  ],
                  [`${fact.type}_date`]: fact.date,
                  ...status(fact),
                },
              ],
            },
          },
        ],
      }),
    'OpenSPP’s dialect': () => (fact) =>
      notify({
        event_type: fact.type.toUpperCase(),
        event_date: fact.date,
        identifiers: [
          { type: codeOf(fact), value: fact.number },
          { type: 'NID', value: fact.nid },
        ],
        ...status(fact),
      }),
    'OpenCRVS 1.x': () => (fact) => {
      second += 1;
      const { type, date, number, nid } = fact;
      const record = bundle({ type, date, number, nationalId: nid }, RELEASES['1.9']);
      const entry = record.entry.map((one) => {
        const resource = 'resource' in one ? one.resource : one;
        if (!fact.revoked || resource.resourceType !== 'Task') return one;
        return { resource: { ...resource, status: 'entered-in-error' } };
      });
      const topic = `${type.toUpperCase()}_${fact.corrected ? 'CORRECTED' : 'REGISTERED'}`;
      const at = new Date(Date.UTC(2025, 5, 1) + second * 1000).toISOString();
      const body = JSON.stringify(payload(topic, { ...record, entry }, at));
      return post('/opencrvs/webhook', body, `sha256:${encodeURIComponent(body)}`);
    },
    'OpenCRVS 2.x': () => {
      const said = new Map<string, { id: string; actions: object[]; declaration: object }>();
      return (fact) => {
        const subject = fact.type === 'birth' ? 'child' : 'deceased';
        const dated = fact.type === 'birth' ? 'child.dob' : 'eventDetails.date';
        const declaration = { [`${subject}.nid`]: fact.nid, [dated]: fact.date };
        const known = said.get(`${fact.type} ${fact.nid}`) ?? { id: unique('E'), actions: [], declaration };
        const register = action('REGISTER', { declaration, registrationNumber: fact.number });
        if (known.actions.length === 0) known.actions.push(register);
        if (fact.corrected) {
          const request = unique('request');
          known.actions.push(action('REQUEST_CORRECTION', { id: request, declaration }));
          known.actions.push(action('APPROVE_CORRECTION', { requestId: request }));
        }
        if (fact.revoked)
          known.actions.push({ ...action('CUSTOM', {}), customActionType: 'REVOKE_REGISTRATION' });
        said.set(`${fact.type} ${fact.nid}`, known);
        const body = JSON.stringify(eventDocument(fact.type, known.actions, known.id));
        return post('/opencrvs/events', body, body);
      };
    },
  };

  async function enrol(nid: string): Promise<number> {
    const [id = 0] = await create(openspp.admin, 'res.partner', [
      { name: unique('Registrant'), is_registrant: true, is_group: false },
    ]);
    const row = { partner_id: id, id_type_id: idType, value: nid, status: 'valid' };
    await create(openspp.admin, 'spp.registry.id', [row]);
    return id;
  }

  /** Reports all of it, and gives what OpenSPP has in the end, in words that do not depend on the system. */
  async function told(tell: Tell) {
    const run = unique('R');
    // The ends, which notes show, are the same in each story.
    const nid = (who: string) => `N-${run}-${who}NID`;
    const number = (who: string) => `R-${run}-${who}NUM`;
    const people = new Map<string, number>();
    const enrolled = async (who: string) => people.set(who, await enrol(nid(who)));

    // Two births with one number, of people who are enrolled later, in the other order.
    const birth = (who: string): Fact => ({
      type: 'birth',
      date: '2020-05-01',
      number: number('X'),
      nid: nid(who),
    });
    await tell(birth('A'));
    await tell(birth('B'));
    await enrolled('B');
    await retry();
    await enrolled('A');
    await retry();

    // Two deaths with one number, of people who are known, and one of them corrected.
    const death = (who: string, date = '2024-12-01'): Fact => ({
      type: 'death',
      date,
      number: number('Y'),
      nid: nid(who),
    });
    for (const who of ['C', 'D']) {
      await enrolled(who);
      await tell(death(who));
    }
    await tell({ ...death('C', '2024-12-02'), corrected: true });

    // A death that is taken back after it was applied, and one that was taken back before it came.
    await enrolled('E');
    await tell({ ...death('E'), number: number('E') });
    await tell({ ...death('E'), number: number('E'), revoked: true });
    await enrolled('F');
    await tell({ ...death('F'), number: number('F'), revoked: true });

    // Days that nobody knows.
    for (const [who, date] of [
      ['G', '1958'],
      ['H', '0001-01-01'],
      ['I', ''],
    ] as const) {
      await enrolled(who);
      await tell({ type: 'birth', date, number: number(who), nid: nid(who) });
    }
    // A day in another spelling, with white space around what says who it is.
    await enrolled('J');
    await tell({ type: 'death', date: '2024/1/5', number: number('J'), nid: `\u00a0${nid('J')}\t` });

    const states: Record<string, object> = {};
    for (const [who, id] of people) states[who] = await stateOf(id, run);
    return states;
  }

  async function stateOf(id: number, run: string): Promise<object> {
    const [partner] = await searchRead(
      openspp.admin,
      'res.partner',
      [
        ['id', '=', id],
        ['active', 'in', [true, false]],
      ],
      ['birthdate', 'disabled', 'disabled_reason'],
    );
    const ids = await searchRead(
      openspp.admin,
      'spp.registry.id',
      [['partner_id', '=', id]],
      ['id_type_id', 'value', 'status'],
    );
    const rows = await searchRead(
      openspp.admin,
      'spp.dci.crvs.event',
      [['person_id', '=', id]],
      ['event_type', 'event_date', 'identifier_type', 'identifier_value', 'state', 'error_message', 'notes'],
    );
    expect(many2oneId(ids[0]?.id_type_id)).toBeGreaterThan(0);
    const state = {
      birthdate: partner?.birthdate,
      disabled: partner?.disabled !== false,
      reason: partner?.disabled_reason,
      ids: ids.map(({ id_type_id: type, value, status: live }) => [many2oneName(type), value, live]).sort(),
      rows: rows.map(({ id: _id, ...row }) => row),
    };
    const text = JSON.stringify(state)
      .replaceAll(run, 'RUN')
      .replaceAll(/registrant \d+/g, 'registrant N')
      .replaceAll(/CRVS-(BIRTH|DEATH)-\d+-\w+/g, 'CRVS-$1-REFERENCE')
      // OpenCRVS 1.x has a name of its own for it, as sent.
      .replaceAll('"NATIONAL_ID"', '"NID"');
    return JSON.parse(text) as object;
  }

  let first: Record<string, object> | null = null;
  it.each(Object.keys(CHANNELS))('%s', async (name) => {
    const tell = CHANNELS[name]?.();
    if (!tell) throw new Error('no such connector');
    const states = await told(tell);
    first ??= states;
    expect(states).toEqual(first);
    // The right state, and not only the same one.
    expect(states).toMatchObject({
      A: { birthdate: '2020-05-01', rows: [{ event_type: 'birth', state: 'processed' }] },
      B: { birthdate: '2020-05-01', rows: [{ event_type: 'birth', state: 'processed' }] },
      C: { disabled: true, rows: [{ event_date: '2024-12-02', state: 'processed' }] },
      D: { disabled: true, rows: [{ event_date: '2024-12-01', state: 'processed' }] },
      E: { rows: [{ state: 'error' }] },
      F: { disabled: false, rows: [{ state: 'processed' }] },
      G: { birthdate: false, rows: [{ event_date: false, state: 'processed' }] },
      H: { birthdate: false, rows: [{ event_date: false, state: 'processed' }] },
      I: { birthdate: false, rows: [{ event_date: false, state: 'processed' }] },
      J: { disabled: true, rows: [{ event_date: '2024-01-05', state: 'processed' }] },
    });
  });

  it('MOSIP gives a UIN to the registrant of a birth, whichever connector reported it', async () => {
    for (const [name, channel] of Object.entries(CHANNELS)) {
      const fact: Fact = { type: 'birth', date: '2020-05-01', number: unique('R'), nid: unique('N') };
      const id = await enrol(fact.nid);
      await channel()(fact);
      const uin = unique('U');
      // The shape of OpenCRVS's newer integration: no registration number but the transaction's.
      const subject = { birthCertificateNumber: undefined, id: `http://m.example/${fact.number}`, UIN: uin };
      const body = delivery({ credential: credential(subject) }, { topic: TOPIC });
      await post('/mosip/credentials', body, body);
      const held = await searchRead(openspp.admin, 'spp.registry.id', [['partner_id', '=', id]], ['value']);
      expect(held.map(({ value }) => value).sort(), name).toEqual([fact.nid, fact.number, uin].sort());
    }
  });
});
