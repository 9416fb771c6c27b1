import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { create, read, searchRead } from '../../src/odoo/orm.ts';
import { en } from '../../src/openspp/texts/en.ts';
import { type TestBridge, testBridge } from '../bridge.ts';
import { bundle, payload, RELEASES } from '../connectors/opencrvs-v1/bundles.ts';
import { action, eventDocument } from '../connectors/opencrvs-v2/documents.ts';
import { PATIENCE } from '../patience.ts';
import { nationalIdType, OPENSPPS, type Openspp, unique } from '../sealed/openspp.ts';

const SECRET = 'a-secret-of-the-countryconfig';

describe.each(OPENSPPS)('what registries really send, in $name', ({ open }) => {
  let openspp: Openspp;
  let bridge: TestBridge;
  let idType = 0;

  beforeAll(async () => {
    openspp = await open();
    idType = await nationalIdType(openspp);
    bridge = await testBridge({
      access: openspp.access,
      env: { ALLOW_UNSIGNED: 'true', OPENCRVS_EVENTS_SECRET: SECRET, OPENCRVS_WEBHOOK_SECRETS: SECRET },
      file: { delivery: { poll_seconds: 0.05 } },
    });
  });
  afterAll(async () => {
    await bridge?.close();
    await openspp?.close();
  });

  /** A registrant with a national ID. */
  async function person(): Promise<{ id: number; number: string }> {
    const number = unique('N');
    const [id = 0] = await create(openspp.admin, 'res.partner', [
      { name: unique('Registrant'), is_registrant: true, is_group: false },
    ]);
    const row = { partner_id: id, id_type_id: idType, value: number, status: 'valid' };
    await create(openspp.admin, 'spp.registry.id', [row]);
    return { id, number };
  }

  async function notify(type: string, records: object[], wait = 60) {
    const header = {
      message_id: unique('M'),
      message_ts: new Date().toISOString(),
      action: 'notify',
      sender_id: 'crvs.readings',
    };
    const message = { notify_event: [{ data: { reg_event_type: type, reg_records: records } }] };
    const answer = await bridge.send('/registry/notify', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: `wait=${wait}` },
      body: JSON.stringify({ header, message }),
    });
    return { status: answer.status, body: answer.json as Record<string, unknown> };
  }
  const record = (number: string, over: object) => ({
    identifier: [{ identifier_type: 'NID', identifier_value: number }],
    ...over,
  });
  const rowsOf = (id: number) =>
    searchRead(
      openspp.admin,
      'spp.dci.crvs.event',
      [['person_id', '=', id]],
      ['event_type', 'event_date', 'state', 'notes', 'raw_data', 'identifier_value'],
    );
  /** The row of a record that cannot be read: it names the field, and nobody. */
  async function unreadableRow(word: string, type: string, said: string) {
    const rows = await vi.waitFor(async () => {
      const found = await searchRead(
        openspp.admin,
        'spp.dci.crvs.event',
        [
          ['raw_data', 'like', word],
          ['person_id', '=', false],
        ],
        ['event_type', 'event_date', 'state', 'error_message', 'raw_data', 'identifier_value', 'person_id'],
      );
      expect(found).toMatchObject([{ state: 'error' }]);
      return found;
    }, PATIENCE);
    const [row] = rows;
    expect(row).toMatchObject({
      event_type: type,
      event_date: false,
      identifier_value: false,
      error_message: expect.stringContaining(said),
    });
    expect(row?.error_message).not.toContain(word);
    return row as { id: number; raw_data: string };
  }
  async function api(path: string, body?: object) {
    const answer = await bridge.api(path, body);
    expect(answer.status).toBe(200);
    return answer.json as { events: { id: number; attempts: number }[] };
  }
  const disabled = async (id: number) =>
    (await read(openspp.admin, 'res.partner', [id], ['disabled']))[0]?.disabled !== false;
  const refusals = async () => (await bridge.api('refusals?limit=5')).json.refusals;

  it('of three deaths whose second cannot be read, two people are disabled, and the second is shown', async () => {
    const people = [await person(), await person(), await person()];
    const dates = ['2024-12-01', 'someday', '2024-12-03'];
    const { status, body } = await notify(
      'Death',
      people.map(({ number }, at) => record(number, { death_date: dates[at] })),
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ message: { ack_status: 'ACK', error: { code: 'err.request.bad' } } });
    expect(await Promise.all(people.map(({ id }) => disabled(id)))).toEqual([true, false, true]);
    for (const [at, { id, number }] of people.entries()) {
      const rows = await rowsOf(id);
      expect(rows).toHaveLength(at === 1 ? 0 : 1);
      if (at === 1) continue;
      expect(rows[0]).toMatchObject({ event_date: dates[at], state: 'processed' });
      expect(rows[0]?.raw_data).toContain(number);
      expect(rows[0]?.raw_data).not.toContain('someday');
    }
    expect((await refusals())[0]).toMatchObject({
      reason: 'record.unreadable',
      field: 'message.notify_event[0].data.reg_records[1].death_date',
    });
    const shown = await unreadableRow(people[1]?.number ?? '', 'death', 'death_date: expected a date');
    expect(shown.raw_data).toContain('someday');
    for (const at of [0, 2]) expect(shown.raw_data).not.toContain(people[at]?.number);
    // A retry reads it again, and makes no second row.
    const { events } = await api('events?reason=event.unreadable&limit=1');
    expect(events).toMatchObject([{ type: 'death', outcome: 'error', reason: 'event.unreadable' }]);
    await api('events/retry', { ids: events.map(({ id }) => id) });
    await expect
      .poll(async () => (await api('events?reason=event.unreadable&limit=1')).events[0]?.attempts, {
        ...PATIENCE,
      })
      .toBe(2);
    expect(await unreadableRow(people[1]?.number ?? '', 'death', 'death_date')).toMatchObject({
      id: shown.id,
    });
    expect(await disabled(people[1]?.id ?? 0)).toBe(false);
  });

  it('a user who presses Retry on a record that cannot be read changes nobody', async () => {
    const [good, bad] = [await person(), await person()];
    const spoilt = record(bad.number, { death_date: '31.12.2024' });
    await notify('Death', [record(good.number, { death_date: '2024-12-01' }), spoilt]);
    const { id } = await unreadableRow(bad.number, 'death', 'death_date');
    await openspp.admin.call('spp.dci.crvs.event', 'action_retry_processing', { ids: [id] });
    expect(await disabled(bad.id)).toBe(false);
  });

  it('of a marriage of OpenCRVS 2.x, one spouse who cannot be read is shown, and the other is married', async () => {
    const [bride, groom] = [await person(), await person()];
    const declaration = {
      'bride.nid': bride.number,
      'groom.nid': `${groom.number}\u0007`,
      'eventDetails.date': '2024-06-01',
    };
    const registration = action('REGISTER', { declaration, registrationNumber: unique('M') });
    expect(await posted('/opencrvs/events', eventDocument('marriage', [registration]))).toBe(202);
    await expect
      .poll(() => rowsOf(bride.id), PATIENCE)
      .toMatchObject([{ event_type: 'marriage', state: 'processed' }]);
    const shown = await unreadableRow(groom.number, 'marriage', 'has a control character');
    expect(shown.raw_data).not.toContain(bride.number);
    expect(await rowsOf(groom.id)).toEqual([]);
  });

  it('a marriage whose other spouse has no identifier is shown for the other as well', async () => {
    const bride = await person();
    const groom = unique('Groom');
    const relations = [{ name: groom, relationship_type: 'spouse' }];
    await notify('marriage', [record(bride.number, { marriage_date: '2024-06-01', relations })]);
    expect(await rowsOf(bride.id)).toMatchObject([{ state: 'processed' }]);
    await unreadableRow(groom, 'marriage', 'the other spouse has no identifier');
  });

  it.each([
    ['a month', '2024-07', 'a year or a month only'],
    ['the year 1', '0001-01-01', 'before 1850'],
    ['an empty text', '', 'sent no date of death'],
  ])('a death with %s for a date is applied without one, which is noted', async (_what, death_date, note) => {
    const { id, number } = await person();
    expect((await notify('ns:dci:vital-events:v1:death', [record(number, { death_date })])).status).toBe(200);
    expect(await disabled(id)).toBe(true);
    const [row] = await rowsOf(id);
    expect(row).toMatchObject({ event_date: false, state: 'processed' });
    expect(row?.notes).toContain(note);
  });

  it('a death that was taken back disables nobody, and is shown', async () => {
    const { id, number } = await person();
    const over = { death_date: '2024-12-01', registration_status: 'revoked' };
    expect((await notify('Death', [record(number, over)])).status).toBe(200);
    expect(await rowsOf(id)).toMatchObject([
      { state: 'processed', notes: expect.stringContaining(en.revocation.nothingApplied) },
    ]);
    expect(await disabled(id)).toBe(false);
  });

  /** Reports one death by each connector that can, of another person each time, and gives who died. */
  const TELLERS: Record<string, (nid: string, drn: string, day: string) => Promise<number>> = {
    'OpenSPP’s dialect': (nid, drn, day) =>
      posted('/crvs', {
        header: headerOf(),
        message: {
          event_type: 'DEATH',
          event_date: day,
          identifiers: [
            { type: 'DRN', value: drn },
            { type: 'NID', value: nid },
          ],
        },
      }),
    'SPDCI’s dialect': (nid, drn, day) => {
      const identifier = [
        { identifier_type: 'DRN', identifier_value: drn },
        { identifier_type: 'NID', identifier_value: nid },
      ];
      const data = { reg_event_type: 'x:Death', reg_records: { identifier, deathDate: day } };
      return posted('/registry/notify', { header: headerOf(), message: { notify_event: [{ data }] } });
    },
    'OpenCRVS 1.x': (nid, drn, day) =>
      posted(
        '/opencrvs/webhook',
        payload(
          'DEATH_REGISTERED',
          bundle({ type: 'death', date: day, number: drn, nationalId: nid }, RELEASES['1.9']),
        ),
      ),
    'OpenCRVS 2.x': (nid, drn, day) => {
      const declaration = { 'deceased.nid': nid, 'eventDetails.date': day };
      const registration = action('REGISTER', { id: unique('r'), declaration, registrationNumber: drn });
      return posted('/opencrvs/events', eventDocument('death', [registration]));
    },
  };
  const headerOf = () => ({
    message_id: unique('M'),
    message_ts: new Date().toISOString(),
    action: 'notify',
    sender_id: 'crvs.readings',
  });
  async function posted(path: string, content: object): Promise<number> {
    const body = JSON.stringify(content);
    const hmac = createHmac('sha256', SECRET).update(body).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hmac}` };
    return (await bridge.send(path, { method: 'POST', headers, body })).status;
  }

  it.each([
    ['2024-12-01', '2024-12-01'],
    ['2024/12/1', '2024-12-01'],
    ['2024-12-01T22:00:00+02:00', '2024-12-01'],
    ['2024-12', false],
    ['0001-01-01', false],
  ])('a death on %s ends the same, whichever connector reports it', async (sent, day) => {
    const ends = await Promise.all(
      Object.values(TELLERS).map(async (tell) => {
        const { id, number } = await person();
        const drn = unique('D');
        expect(await tell(number, drn, sent)).toBe(202);
        const row = await vi.waitFor(async () => {
          const [found] = await rowsOf(id);
          expect(found?.state).toBe('processed');
          return found;
        }, PATIENCE);
        return {
          date: row?.event_date,
          type: row?.event_type,
          isNumber: row?.identifier_value === drn,
          notes: String(row?.notes),
          disabled: await disabled(id),
        };
      }),
    );
    const [first, ...others] = ends;
    expect(first).toMatchObject({ date: day, type: 'death', isNumber: true, disabled: true });
    for (const other of others) expect(other).toMatchObject({ ...first, notes: expect.any(String) });
    const noted = ends.map(({ notes }) => /year or a month|before 1850/.exec(notes)?.[0]);
    expect(new Set(noted).size).toBe(1);
  });

  it('a death of OpenCRVS 2.x that was revoked before it came disables nobody', async () => {
    const { id, number } = await person();
    const declaration = { 'deceased.nid': number, 'eventDetails.date': '2024-12-01' };
    const registration = action('REGISTER', { declaration, registrationNumber: unique('D') });
    const revoke = { ...action('CUSTOM', { id: unique('x') }), customActionType: 'REVOKE_REGISTRATION' };
    expect(await posted('/opencrvs/events', eventDocument('death', [registration, revoke]))).toBe(202);
    await expect
      .poll(() => rowsOf(id), PATIENCE)
      .toMatchObject([{ state: 'processed', notes: expect.stringContaining(en.revocation.marks.revoked) }]);
    expect(await disabled(id)).toBe(false);
  });

  it('a marriage that comes as one spouse is an event of both, each with their own raw data', async () => {
    const [bride, groom] = [await person(), await person()];
    const relations = [record(groom.number, { relationship_type: 'spouse' })];
    const { status } = await notify('4', [record(bride.number, { marriagedate: '2024/6/1', relations })]);
    expect(status).toBe(200);
    for (const [own, other] of [
      [bride, groom],
      [groom, bride],
    ] as const) {
      const rows = await rowsOf(own.id);
      expect(rows).toMatchObject([{ event_type: 'marriage', event_date: '2024-06-01', state: 'processed' }]);
      expect(rows[0]?.raw_data).toContain(own.number);
      expect(rows[0]?.raw_data).not.toContain(other.number);
    }
  });

  it('white space around an identifier is no part of it', async () => {
    const { id, number } = await person();
    expect((await notify('Death', [record(`\u00a0${number}\t`, { death_date: '2024-12-01' })])).status).toBe(
      200,
    );
    expect(await rowsOf(id)).toMatchObject([{ identifier_value: number, state: 'processed' }]);
  });
});
