import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClaimedEvent } from '../../src/inbox/inbox.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import { create, type OdooRow, searchRead, write } from '../../src/odoo/orm.ts';
import { many2oneId } from '../../src/odoo/values.ts';
import { REQUEST_UNDECIDED } from '../../src/openspp/apply-mode.ts';
import { requestsOfRow, undecidedRows } from '../../src/openspp/change-requests/request.ts';
import { SPMIS, SpmisWorld } from './spmis.ts';
import { setLock, type Target } from './target.ts';

const TYPE = 'spp.change.request.type';
const REQUEST = 'spp.change.request';

describe.each(SPMIS)('change requests: $name', ({ open }) => {
  let target: Target;
  let world: SpmisWorld;
  let decider: OdooClient;

  beforeAll(async () => {
    target = await open({ locked: true });
    await new SpmisWorld(target).addIdType('brn');
    await new SpmisWorld(target).addIdType('drn');
    await new SpmisWorld(target).addIdType('mrn');
  });
  afterAll(() => target?.close());
  beforeEach(() => {
    world = new SpmisWorld(target);
    if (!target.approver) throw new Error('needs an approver');
    decider = target.approver;
  });

  const undecided = { kind: 'released', reason: REQUEST_UNDECIDED };
  const states = (requests: OdooRow[]) => requests.map((one) => one.display_state);

  it('a death asks for the exit, and is processed once that is applied', async () => {
    const { id, nid } = await world.person();
    const program = await world.program();
    await world.enrol(id, program.id, 'enrolled');
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    const filed = await world.settle(event);
    expect(filed.settlement).toMatchObject(undecided);
    const [request, ...others] = await world.requestsOf(id);
    expect(others).toEqual([]);
    // What the operator's page shows of the event, as the bridge's own user sees it.
    expect(await requestsOfRow(world.filer, filed.row.id)).toMatchObject([
      { id: request?.id, name: request?.name, standing: 'pending' },
    ]);
    expect(request).toMatchObject({
      request_type_code: 'exit_registrant',
      display_state: 'pending',
      source_type: 'api',
    });
    expect(
      await world.detailOf(request as OdooRow, ['exit_reason', 'exit_date', 'death_date']),
    ).toMatchObject({
      exit_reason: 'deceased',
      exit_date: '2024-12-01',
      death_date: '2024-12-01',
    });
    expect(request?.description).toContain(world.source);
    expect(request?.description).toContain(filed.row.name);
    expect(request?.description).toContain(program.name);
    expect(request?.description).not.toContain(nid.value);
    expect(filed.row).toMatchObject({ state: 'processing', error_message: false });
    expect(filed.row.notes).toContain(`Waiting for a decision on change request ${request?.name} (exit).`);
    expect(filed.row.notes).toContain(program.name);
    expect((await world.partner(id)).disabled).toBe(false);
    expect(await undecidedRows(world.filer)).toContain(filed.row.id);

    const again = await world.settle(event);
    expect(again.settlement).toMatchObject(undecided);
    expect(again.row.notes).toBe(filed.row.notes);
    expect(await world.requestsOf(id)).toHaveLength(1);

    await world.approve(Number(request?.id));
    expect(await undecidedRows(world.filer)).not.toContain(filed.row.id);
    const done = await world.settle(event);
    expect(done.settlement).toMatchObject({ kind: 'settled', outcome: 'processed' });
    expect(done.row).toMatchObject({ state: 'processed', error_message: false });
    expect(done.row.notes).toContain(`Applied by change request ${request?.name} (exit).`);
    expect(done.row.notes).not.toContain('Waiting');
    expect((await world.partner(id)).disabled).not.toBe(false);
    expect(await world.requestsOf(id)).toHaveLength(1);
  });

  it('a birth asks for the birth date and the registration number, and waits for both', async () => {
    const { id, nid } = await world.person({ given_name: 'Ama', family_name: 'Boateng' });
    const brn = { type: 'BRN', value: world.unique('BRN') };
    const event = world.claimed({ type: 'birth', date: '2020-02-03', identifiers: [nid, brn] });
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    const requests = await world.requestsOf(id);
    expect(requests.map((one) => one.request_type_code).sort()).toEqual(['edit_individual', 'update_id']);
    const [edit, number] = ['edit_individual', 'update_id'].map((code) =>
      requests.find((one) => one.request_type_code === code),
    );
    for (const one of requests) expect(String(one.description)).not.toContain(brn.value);
    await world.approve(Number(edit?.id));
    const half = await world.settle(event);
    expect(half.settlement).toMatchObject(undecided);
    expect(half.row.notes).toContain(`Waiting for a decision on change request ${number?.name} (`);
    expect(half.row.notes).not.toContain(brn.value);
    await world.approve(Number(number?.id));
    expect((await world.settle(event)).row).toMatchObject({ state: 'processed', error_message: false });
    expect((await world.partner(id)).birthdate).toBe('2020-02-03');
    const [person] = await searchRead(
      world.administrator,
      'res.partner',
      [['id', '=', id]],
      ['given_name', 'family_name'],
    );
    expect(person).toMatchObject({ given_name: 'Ama', family_name: 'Boateng' });
    expect((await world.idsOf(id)).map(({ value }) => value)).toContain(brn.value);
    expect(await world.requestsOf(id)).toHaveLength(2);
  });

  it('a birth date that is there, and a number that the registrant has, ask for nothing', async () => {
    const { id, nid } = await world.person({ birthdate: '2020-02-03' });
    const brn = { type: 'BRN', value: world.unique('BRN') };
    await world.giveId(id, 'brn', brn.value);
    const event = world.claimed({ type: 'birth', date: '2020-02-03', identifiers: [nid, brn] });
    expect((await world.settle(event)).row.state).toBe('processed');
    expect(await world.requestsOf(id)).toEqual([]);
  });

  it('a marriage ends in error, since there is no request type, and asks for nothing', async () => {
    const { id, nid } = await world.person();
    const mrn = { type: 'MRN', value: world.unique('MRN') };
    const { settlement, row } = await world.settle(
      world.claimed({ type: 'marriage', date: '2024-05-01', identifiers: [nid, mrn] }),
    );
    expect(settlement).toMatchObject({
      kind: 'settled',
      outcome: 'error',
      reason: 'openspp.no_request_type',
    });
    expect(row.error_message).toContain('no change request type for the civil status');
    expect(await world.requestsOf(id)).toEqual([]);
    expect((await world.partner(id)).civil_status_id).toBe(false);
  });

  it('a marriage that is to be written directly waits for the lock to be lifted', async () => {
    const { nid } = await world.person();
    world.byEventType = { marriage: 'direct' };
    const [settlement] = await world.through(
      world.filer,
      world.claimed({ type: 'marriage', date: '2024-05-01', identifiers: [nid] }),
    );
    expect(settlement).toMatchObject({ kind: 'released', reason: 'openspp.registry_locked' });
  });

  it.each(['direct', 'record', 'change_request'] as const)(
    'a record that cannot be read is shown while the lock is on: %s',
    async (mode) => {
      const { id, nid } = await world.person();
      world.byEventType = { death: mode };
      const identifier = [{ identifier_type: nid.type, identifier_value: nid.value }];
      const records = [
        { identifier, death_date: '2024-12-01' },
        { identifier, death_date: 'soon' },
      ];
      const claimed = world.claimed({ type: 'death', identifiers: [] });
      const { header } = JSON.parse(claimed.body);
      const message = { notify_event: [{ data: { reg_event_type: 'Death', reg_records: records } }] };
      const event = { ...claimed, position: 1, body: JSON.stringify({ header, message }) };
      const [first, again] = [
        (await world.through(world.filer, event))[0],
        (await world.through(world.filer, event))[0],
      ];
      expect(first).toMatchObject({ kind: 'settled', outcome: 'error', reason: 'event.unreadable' });
      expect(again).toEqual(first);
      const row = await world.eventRow(first?.kind === 'settled' ? (first.odooEventId ?? 0) : 0);
      expect(row).toMatchObject({
        state: 'error',
        person_id: false,
        identifier_value: false,
        event_date: false,
      });
      expect(row.error_message).toContain('death_date');
      expect(row.raw_data).toContain('soon');
      expect(await world.requestsOf(id)).toEqual([]);
      expect((await world.partner(id)).disabled).toBe(false);
    },
  );

  it('a rejected request ends it in error with the reason, and a retry files no second one', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.settle(event);
    const [request] = await world.requestsOf(id);
    await world.reject(Number(request?.id), `Alive, seen on Monday with card ${nid.value}`);
    const { settlement, row } = await world.settle(event);
    expect(settlement).toMatchObject({ outcome: 'error', reason: 'openspp.request_rejected' });
    expect(row.state).toBe('error');
    expect(row.error_message).toContain(`${request?.name} (exit) was rejected: Alive, seen on Monday`);
    expect(row.error_message).not.toContain(nid.value);
    expect(row.notes || '').not.toContain('Waiting');
    const retried = await world.settle(event);
    expect(retried.row).toMatchObject({ state: 'error', error_message: row.error_message });
    expect(states(await world.requestsOf(id))).toEqual(['rejected']);
    expect((await world.partner(id)).disabled).toBe(false);

    // What reviewers refused is not written where the bridge may write registrants by now.
    await setLock(world.administrator, false);
    try {
      expect((await world.settle(event)).row.state).toBe('error');
    } finally {
      await setLock(world.administrator, true);
    }
    expect((await world.partner(id)).disabled).toBe(false);

    // Somebody resets it to draft, and has the event tried again: the same request is submitted again.
    await world.decide(request, { approval_state: 'draft', rejection_reason: false });
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    expect(states(await world.requestsOf(id))).toEqual(['pending']);
  });

  it('a request that is sent back ends it in error; once it is applied, a retry finds that', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.settle(event);
    const [request] = await world.requestsOf(id);
    await world.sendBack(Number(request?.id), 'Which certificate?');
    const { settlement, row } = await world.settle(event);
    expect(settlement).toMatchObject({ outcome: 'error', reason: 'openspp.request_sent_back' });
    expect(row.error_message).toContain('sent back for revision: Which certificate?');
    await world.filer.call(REQUEST, 'action_submit_for_approval', { ids: [request?.id ?? 0] });
    await world.approve(Number(request?.id));
    expect((await world.settle(event)).row).toMatchObject({ state: 'processed', error_message: false });
    expect(await world.requestsOf(id)).toHaveLength(1);
  });

  it('one of two rejected: the event ends in error that names it, once both are decided', async () => {
    const { id, nid } = await world.person();
    const drn = { type: 'DRN', value: world.unique('DRN') };
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid, drn] });
    await world.settle(event);
    const requests = await world.requestsOf(id);
    const exit = requests.find((one) => one.request_type_code === 'exit_registrant');
    const number = requests.find((one) => one.request_type_code === 'update_id');
    await world.reject(Number(number?.id), 'Not readable');
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    await world.approve(Number(exit?.id));
    const { row } = await world.settle(event);
    expect(row.state).toBe('error');
    expect(row.error_message).toContain(`${number?.name} (registration number) was rejected: Not readable`);
  });

  it('a request that waits and is reset or deleted ends it in error, and is not filed by itself', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.settle(event);
    const [request] = await world.requestsOf(id);
    await world.decide(request, { approval_state: 'draft' });
    const reset = await world.settle(event);
    expect(reset.row.error_message).toContain('was reset to draft');
    expect(states(await world.requestsOf(id))).toEqual(['draft']);
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    await world.administrator.call(REQUEST, 'unlink', { ids: [request?.id ?? 0] });
    const gone = await world.settle(event);
    expect(gone.row.error_message).toContain('was deleted in OpenSPP');
    expect(await world.requestsOf(id)).toEqual([]);
    // Retried by somebody, it is filed again.
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    expect(await world.requestsOf(id)).toHaveLength(1);
  });

  it('a request that a user has corrected and reset is submitted as the user left it', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.settle(event);
    const [request] = await world.requestsOf(id);
    await world.decide(request, { approval_state: 'draft' });
    await world.settle(event);
    const detail = String(request?.detail_res_model);
    await write(world.administrator, detail, [Number(request?.detail_res_id)], { death_date: '2024-11-30' });
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    expect(states(await world.requestsOf(id))).toEqual(['pending']);
    expect(await world.detailOf(request as OdooRow, ['death_date'])).toMatchObject({
      death_date: '2024-11-30',
    });
  });

  it('a request that was approved and could not be applied ends it in error with OpenSPP’s sentence', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.settle(event);
    const [request] = await world.requestsOf(id);
    await world.decide(request, { approval_state: 'approved' });
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    await world.decide(request, { apply_error: `The record ${nid.value} is broken` });
    const { settlement, row } = await world.settle(event);
    expect(settlement).toMatchObject({ reason: 'openspp.request_not_applied' });
    expect(row.error_message).toContain('could not be applied: The record');
    expect(row.error_message).not.toContain(nid.value);
    await decider.call(REQUEST, 'action_apply', { ids: [request?.id ?? 0] });
    expect((await world.settle(event)).row.state).toBe('processed');
  });

  it('a missing workflow is said in OpenSPP’s words, and the draft is submitted later', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    const [type] = await searchRead(
      world.administrator,
      TYPE,
      [['code', '=', 'exit_registrant']],
      ['approval_definition_id'],
    );
    const definition = many2oneId(type?.approval_definition_id);
    await write(world.administrator, TYPE, [type?.id ?? 0], { approval_definition_id: false });
    try {
      const { settlement, row } = await world.settle(event);
      expect(settlement).toMatchObject({ outcome: 'error', reason: 'openspp.request_refused' });
      expect(row.error_message).toContain('No approval workflow configured');
      expect(states(await world.requestsOf(id))).toEqual(['draft']);
    } finally {
      await write(world.administrator, TYPE, [type?.id ?? 0], {
        approval_definition_id: definition ?? false,
      });
    }
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    expect(states(await world.requestsOf(id))).toEqual(['pending']);
  });

  it('a blocking conflict is said in OpenSPP’s words; its neighbours are filed', async () => {
    const blocked = await world.person();
    const free = await world.person();
    const [type] = await searchRead(world.administrator, TYPE, [['code', '=', 'exit_registrant']], ['id']);
    const [other] = await create(decider, REQUEST, [
      { request_type_id: type?.id ?? 0, registrant_id: blocked.id },
    ]);
    await decider.call(REQUEST, 'action_submit_for_approval', { ids: [other ?? 0] });
    const events = [blocked, free].map(({ nid }) =>
      world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] }),
    );
    const settlements = await world.through(world.filer, ...events);
    const of = (event: ClaimedEvent | undefined) => settlements.find(({ id }) => id === event?.id);
    expect(of(events[0])).toMatchObject({ outcome: 'error', reason: 'openspp.request_refused' });
    expect(JSON.stringify(of(events[0]))).toContain('blocking conflicts');
    expect(of(events[1])).toMatchObject(undecided);
  });

  it('a request without its details is never submitted', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    const bare: OdooClient = {
      protocol: world.filer.protocol,
      uid: () => world.filer.uid(),
      async call(model, method, args, options) {
        const answer = await world.filer.call(model, method, args, options);
        if (model !== REQUEST || method !== 'read') return answer;
        return (answer as OdooRow[]).map((row) => ({ ...row, detail_res_id: false }));
      },
    };
    expect(await world.through(bare, event)).toMatchObject([
      { outcome: 'error', reason: 'openspp.request_refused' },
    ]);
    expect(states(await world.requestsOf(id))).toEqual(['draft']);
    expect((await world.settle(event)).settlement).toMatchObject(undecided);
    expect(states(await world.requestsOf(id))).toEqual(['pending']);
  });

  it('a type that is archived is said to be missing', async () => {
    const { id, nid } = await world.person();
    const [type] = await searchRead(world.administrator, TYPE, [['code', '=', 'exit_registrant']], ['id']);
    await write(world.administrator, TYPE, [type?.id ?? 0], { active: false });
    try {
      const { row } = await world.settle(
        world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] }),
      );
      expect(row.error_message).toContain('no active change request type "exit_registrant"');
      expect(await world.requestsOf(id)).toEqual([]);
    } finally {
      await write(world.administrator, TYPE, [type?.id ?? 0], { active: true });
    }
  });

  it('a corrected birth date is requested after the first is decided', async () => {
    const { id, nid } = await world.person();
    const brn = { type: 'BRN', value: world.unique('BRN') };
    await world.giveId(id, 'brn', brn.value);
    const first = world.claimed({ type: 'birth', date: '2020-02-03', identifiers: [brn, nid] });
    await world.settle(first);
    const corrected = world.claimed({
      type: 'birth',
      date: '2020-02-04',
      identifiers: [brn, nid],
      correction: true,
    });
    expect((await world.settle(corrected)).settlement).toMatchObject(undecided);
    const [request] = await world.requestsOf(id);
    expect(await world.requestsOf(id)).toHaveLength(1);
    await world.approve(Number(request?.id));
    expect((await world.settle(first)).row.state).toBe('processed');
    expect((await world.settle(corrected)).settlement).toMatchObject(undecided);
    const [, second] = await world.requestsOf(id);
    await world.approve(Number(second?.id));
    expect((await world.settle(corrected)).row.state).toBe('processed');
    expect((await world.partner(id)).birthdate).toBe('2020-02-04');
    expect(await world.requestsOf(id)).toHaveLength(2);
  });

  it('a correction that adds a number to a death that waits asks for the number, and waits for both', async () => {
    const { id, nid } = await world.person();
    const drn = { type: 'DRN', value: world.unique('DRN') };
    await world.settle(world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] }));
    const corrected = world.claimed({
      type: 'death',
      date: '2024-12-01',
      identifiers: [nid, drn],
      correction: true,
    });
    expect((await world.settle(corrected)).settlement).toMatchObject(undecided);
    const requests = await world.requestsOf(id);
    expect(requests.map((one) => one.request_type_code).sort()).toEqual(['exit_registrant', 'update_id']);
    for (const one of requests) await world.approve(Number(one.id));
    expect((await world.settle(corrected)).row.state).toBe('processed');
    expect((await world.idsOf(id)).map(({ value }) => value)).toContain(drn.value);
    expect(await world.requestsOf(id)).toHaveLength(2);
  });

  it('a corrected date of death has no request type: the notes say what a person must do', async () => {
    const { id, nid } = await world.person();
    const first = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.settle(first);
    const [request] = await world.requestsOf(id);
    await world.approve(Number(request?.id));
    expect((await world.settle(first)).row.state).toBe('processed');
    const { row } = await world.settle(
      world.claimed({ type: 'death', date: '2024-11-30', identifiers: [nid], correction: true }),
    );
    expect(row).toMatchObject({ state: 'processed', event_date: '2024-11-30', error_message: false });
    expect(row.notes).toContain('corrected the date of death from 2024-12-01 to 2024-11-30');
    expect(row.notes).toContain('by hand');
    expect(await world.requestsOf(id)).toHaveLength(1);
  });

  it('what users read is in the language of the bridge’s user', async () => {
    const { id, nid } = await world.person();
    const event = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    await world.setLanguage('fr_FR');
    try {
      const { row } = await world.settle(event);
      expect(row.notes).toContain('En attente d’une décision sur la demande de modification');
    } finally {
      await world.setLanguage('en_US');
    }
    // Said in another language before, and no longer true.
    const [request] = await world.requestsOf(id);
    expect(request?.description).toContain('signale un décès');
    await world.approve(Number(request?.id));
    const { row } = await world.settle(event);
    expect(row).toMatchObject({ state: 'processed' });
    expect(row.notes).not.toContain('En attente');
  });

  it('record mode writes the row and changes nobody', async () => {
    const { id, nid } = await world.person();
    world.mode = 'record';
    const { settlement, row } = await world.settle(
      world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] }),
    );
    expect(settlement).toMatchObject({ kind: 'settled', outcome: 'processed' });
    expect(row).toMatchObject({
      state: 'received',
      person_id: [id, expect.anything()],
      error_message: false,
    });
    expect((await world.partner(id)).disabled).toBe(false);
    expect(await world.requestsOf(id)).toEqual([]);
    const unknown = await world.settle(
      world.claimed({
        type: 'death',
        date: '2024-12-01',
        identifiers: [{ type: 'UIN', value: world.unique('X') }],
      }),
    );
    expect(unknown.row).toMatchObject({ state: 'received', person_id: false });
    expect(unknown.row.notes).toContain('No matching person');
  });

  it('record mode shows no name that OpenSPP quotes where it refuses the row', async () => {
    const { id, nid } = await world.person();
    const name = String((await world.one('res.partner', id, ['name'])).name);
    world.mode = 'record';
    const { filer } = world;
    const refusing: OdooClient = {
      get protocol() {
        return filer.protocol;
      },
      uid: () => filer.uid(),
      call(model, method, ...rest) {
        if (model !== 'spp.dci.crvs.event' || method !== 'write') return filer.call(model, method, ...rest);
        const sentence = `${name} (${nid.value}) is under review.`;
        throw new OdooError('odoo.refused', { protocol: filer.protocol, model, method, sentence });
      },
    };
    const told = world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] });
    expect(await world.through(refusing, told)).toMatchObject([
      { outcome: 'error', errorMessage: `the registrant (…${nid.value.slice(-4)}) is under review.` },
    ]);
  });

  it('the calls do not depend on the number of events', async () => {
    const file = async (count: number) => {
      const events: ClaimedEvent[] = [];
      for (let number = 0; number < count; number += 1) {
        const { nid } = await world.person();
        const drn = { type: 'DRN', value: world.unique('DRN') };
        const date = `2024-12-0${(number % 5) + 1}`;
        events.push(world.claimed({ type: 'death', date, identifiers: [nid, drn] }));
      }
      const counted = cutting(world.filer, Number.POSITIVE_INFINITY, 'before');
      const settlements = await world.through(counted.client, ...events);
      expect(settlements.every((one) => one.kind === 'released')).toBe(true);
      return counted.calls();
    };
    const few = await file(6);
    const many = await file(30);
    expect(many).toBeLessThanOrEqual(few + 2);
  });

  it('an OpenSPP that submits only the first of several is given the others one by one', async () => {
    const people = [await world.person(), await world.person(), await world.person()];
    const events = people.map(({ nid }) =>
      world.claimed({ type: 'death', date: '2024-12-01', identifiers: [nid] }),
    );
    const settlements = await world.through(submittingFirst(world.filer), ...events);
    expect(settlements).toEqual(events.map(() => expect.objectContaining(undecided)));
    for (const { id } of people) expect(states(await world.requestsOf(id))).toEqual(['pending']);
  });

  it('a lock that is switched on between the look and the write makes it wait, not fail', async () => {
    const people = [await world.person(), await world.person(), await world.person(), await world.person()];
    const events = people.map(({ nid }, at) =>
      world.claimed({ type: 'birth', date: `2020-02-0${at + 1}`, identifiers: [nid] }),
    );
    await setLock(world.administrator, false);
    let halfway: boolean;
    // The lock falls before the first write of a registrant, or while they are tried in halves.
    const locking: OdooClient = {
      protocol: world.filer.protocol,
      uid: () => world.filer.uid(),
      async call(model, method, args, options) {
        if (model === 'res.partner' && method === 'web_save_multi' && !halfway) {
          halfway = true;
          await setLock(world.administrator, true);
        }
        return world.filer.call(model, method, args, options);
      },
    };
    halfway = false;
    try {
      await expect(world.through(locking, ...events)).rejects.toMatchObject({ code: 'odoo.access' });
    } finally {
      await setLock(world.administrator, true);
    }
    const rows = await searchRead(
      world.administrator,
      'spp.dci.crvs.event',
      [['person_id', 'in', people.map(({ id }) => id)]],
      ['state', 'error_message'],
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row).toMatchObject({ state: 'processing', error_message: false });
    world.byEventType = { birth: 'direct' };
    for (const settlement of await world.through(world.filer, ...events)) {
      expect(settlement).toMatchObject({ kind: 'released', reason: 'openspp.registry_locked' });
    }
  });

  describe.each(['before', 'after'] as const)('a bridge that is killed %s a call', (moment) => {
    it('goes on where it was: one request each, nothing twice, whichever call it was', async () => {
      for (let calls = 1; ; calls += 1) {
        const [dead, born, wed] = [await world.person(), await world.person(), await world.person()];
        const drn = { type: 'DRN', value: world.unique('DRN') };
        const brn = { type: 'BRN', value: world.unique('BRN') };
        const events = [
          world.claimed({ type: 'death', date: '2024-12-01', identifiers: [dead.nid, drn] }),
          world.claimed({ type: 'birth', date: '2020-02-03', identifiers: [born.nid, brn] }),
          world.claimed({ type: 'marriage', date: '2024-05-01', identifiers: [wed.nid] }),
        ];
        const cut = cutting(world.filer, calls, moment);
        const whole = await world.through(cut.client, ...events).then(
          () => true,
          () => false,
        );
        const settlements = await world.through(world.filer, ...events);
        expect(settlements.map(({ kind }) => kind).sort()).toEqual(['released', 'released', 'settled']);
        const requests = [...(await world.requestsOf(dead.id)), ...(await world.requestsOf(born.id))];
        expect(requests.map((one) => one.request_type_code).sort(), `cut at ${calls}`).toEqual([
          'edit_individual',
          'exit_registrant',
          'update_id',
          'update_id',
        ]);
        expect(new Set(states(requests))).toEqual(new Set(['pending']));
        expect(await world.requestsOf(wed.id)).toEqual([]);
        const [deathOf, birthOf] = [dead, born].map(({ id }) =>
          requests.filter((one) => id === ownerOf(one)),
        );
        for (const one of deathOf ?? []) await world.approve(Number(one?.id));
        await world.reject(Number(birthOf?.[0]?.id), 'no');
        await world.sendBack(Number(birthOf?.[1]?.id), 'unclear');
        const again = cutting(world.filer, calls, moment);
        await world.through(again.client, ...events).catch(() => {});
        await world.through(world.filer, ...events);
        const rows = await searchRead(
          world.administrator,
          'spp.dci.crvs.event',
          [['person_id', 'in', [dead.id, born.id, wed.id]]],
          ['state', 'event_type'],
          { order: 'id' },
        );
        expect(rows.map((row) => [row.event_type, row.state]).sort(), `cut at ${calls}`).toEqual([
          ['birth', 'error'],
          ['death', 'processed'],
          ['marriage', 'error'],
        ]);
        expect(await world.requestsOf(dead.id)).toHaveLength(2);
        expect(await world.requestsOf(born.id)).toHaveLength(2);
        expect((await world.idsOf(dead.id)).map(({ value }) => value).sort()).toEqual(
          [dead.nid.value, drn.value].sort(),
        );
        if (whole) break;
        expect(calls).toBeLessThan(40);
      }
    }, 300_000);
  });
});

const ownerOf = (request: OdooRow) => many2oneId(request.registrant_id);

/** A client whose connection breaks at the n-th call: before Odoo gets it, or after it was done, without an answer. */
function cutting(client: OdooClient, at: number, moment: 'before' | 'after') {
  let calls = 0;
  const cut: OdooClient = {
    get protocol() {
      return client.protocol;
    },
    uid: () => client.uid(),
    async call(model, method, args, options) {
      calls += 1;
      if (calls > at || (calls === at && moment === 'before')) throw broken(client, model, method);
      const answer = await client.call(model, method, args, options);
      if (calls >= at) throw broken(client, model, method);
      return answer;
    },
  };
  return { client: cut, calls: () => calls };
}

function broken({ protocol }: OdooClient, model: string, method: string): OdooError {
  return new OdooError('odoo.unreachable', { protocol, model, method });
}

/** As OpenSPP's released action_submit_for_approval does: it returns after the first record. */
function submittingFirst(client: OdooClient): OdooClient {
  return {
    protocol: client.protocol,
    uid: () => client.uid(),
    call(model, method, args, options) {
      if (method !== 'action_submit_for_approval') return client.call(model, method, args, options);
      const [first] = (args?.ids ?? []) as number[];
      return client.call(model, method, { ids: [first ?? 0] }, options);
    },
  };
}
