import { randomBytes } from 'node:crypto';
import { deliverClaimed } from '../../src/delivery/deliver-claimed.ts';
import type { Identifier, VitalEventType } from '../../src/events/vital-event.ts';
import type { ClaimedEvent } from '../../src/inbox/inbox.ts';
import { newReference } from '../../src/inbox/reference.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { create, type OdooRow, read, searchRead, write } from '../../src/odoo/orm.ts';
import type { BatchContext } from '../../src/openspp/batch.ts';
import { type Capabilities, CapabilityCache } from '../../src/openspp/capabilities.ts';
import { RowWriter } from '../../src/openspp/row-writer.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { READER } from '../events/support.ts';
import { MATCHING, type Target } from './target.ts';

/** An event as a test words it. */
export interface Told {
  type: VitalEventType;
  date?: string | null;
  identifiers: Identifier[];
  receivedAt?: number;
  odooEventId?: number | null;
  correction?: boolean;
}

/** What a test needs of an OpenSPP: registrants to make, events to deliver, records to read back. */
export class World {
  readonly client: OdooClient;
  readonly admin: OdooClient | null;
  readonly approver: OdooClient | null;
  readonly face: Target['face'];
  readonly source = 'National CRVS';
  /** What a country's extensions make of the delivery. */
  extensions: Pick<BatchContext, 'rules' | 'hooks' | 'readNotification'> = {
    rules: RULES,
    readNotification: READER,
  };
  matching = MATCHING;
  death: BatchContext['death'] = { endHouseholdPlaces: false, revocation: 'flag' };
  #lastId = 0;
  readonly #known: CapabilityCache;
  #looks = 0;

  constructor(target: Target, client: OdooClient) {
    this.client = client;
    this.#known = new CapabilityCache(client);
    this.admin = target.admin;
    this.approver = target.approver;
    this.face = target.face;
  }

  /** Who makes fixtures: the administrator, whom no registry lock stops, where there is one. */
  get maker(): OdooClient {
    return this.admin ?? this.client;
  }

  /** The administrator, without whom a test cannot be made. */
  get administrator(): OdooClient {
    if (!this.admin) throw new Error('needs an administrator (ODOO_ADMIN_API_KEY or ODOO_ADMIN_PASSWORD)');
    return this.admin;
  }

  /** A value that no other test, and no earlier run on the same database, has used. */
  unique(prefix: string): string {
    return `${prefix}-${randomBytes(6).toString('hex').toUpperCase()}`;
  }

  /** As a bridge knows it that asks every minute: rows and rights are read again, and models now and then. */
  capabilities(): Promise<Capabilities> {
    this.#looks += 1;
    return this.#known.get(this.#looks * 60_000);
  }

  /** Sets the language of the user whom the bridge delivers as, which a bridge reads with the models. */
  async setLanguage(lang: string): Promise<void> {
    await write(this.administrator, 'res.users', [await this.client.uid()], { lang });
    this.#known.forget();
  }

  async idType(code: string): Promise<number | null> {
    const { idTypes } = await this.capabilities();
    return idTypes.find((type) => type.code === code)?.id ?? null;
  }

  /** An ID type of the deployment's own; needs an administrator. */
  async addIdType(code: string): Promise<number> {
    const [vocabulary] = await searchRead(
      this.administrator,
      'spp.vocabulary',
      [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
      ['id'],
    );
    const known = await searchRead(
      this.administrator,
      'spp.vocabulary.code',
      [
        ['vocabulary_id', '=', vocabulary?.id ?? 0],
        ['code', '=', code],
      ],
      ['id'],
    );
    if (known[0]) return known[0].id;
    const [id] = await create(this.administrator, 'spp.vocabulary.code', [
      { vocabulary_id: vocabulary?.id ?? 0, code, display: code, is_local: true },
    ]);
    return id ?? 0;
  }

  async registrant(
    ids: Record<string, string> = {},
    values: Record<string, OdooValue> = {},
  ): Promise<number> {
    const name = this.unique('Registrant');
    const id = await this.make('res.partner', { name, is_registrant: true, is_group: false, ...values });
    for (const [code, value] of Object.entries(ids)) await this.giveId(id, code, value);
    return id;
  }

  /** Many registrants with a national ID each, in two calls; gives the numbers. */
  async registrants(count: number): Promise<string[]> {
    const numbers = Array.from({ length: count }, () => this.unique('N'));
    const ids = await create(
      this.maker,
      'res.partner',
      numbers.map((number) => ({ name: `Registrant ${number}`, is_registrant: true, is_group: false })),
    );
    const type = await this.idType('national_id');
    await create(
      this.client,
      'spp.registry.id',
      numbers.map((value, n) => ({ partner_id: ids[n] ?? 0, id_type_id: type, value, status: 'valid' })),
    );
    return numbers;
  }

  async giveId(
    registrant: number,
    code: string,
    value: string,
    values: Record<string, OdooValue> = {},
  ): Promise<number> {
    const [id] = await create(this.client, 'spp.registry.id', [
      { partner_id: registrant, id_type_id: await this.idType(code), value, status: 'valid', ...values },
    ]);
    return id ?? 0;
  }

  /** Makes one record, as the administrator where there is one. */
  async make(model: string, values: Record<string, OdooValue>): Promise<number> {
    const [id] = await create(this.maker, model, [values]);
    if (id === undefined) throw new Error(`no ${model} was made`);
    return id;
  }

  /** A household, with the places of its members, the head's first. */
  async household(
    head: number,
    others: readonly number[] = [],
    values: Record<string, OdooValue> = {},
  ): Promise<{ id: number; places: number[] }> {
    const id = await this.registrant({}, { name: this.unique('Household'), is_group: true });
    const places: number[] = [];
    for (const individual of [head, ...others]) {
      const place = { group: id, individual, is_head: individual === head, ...values };
      places.push(await this.make('spp.group.membership', place));
    }
    return { id, places };
  }

  /** A program; only administrators make them. */
  async program(values: Record<string, OdooValue> = {}): Promise<{ id: number; name: string }> {
    const name = this.unique('Program');
    const [id = 0] = await create(this.administrator, 'spp.program', [{ name, ...values }]);
    return { id, name };
  }

  /** A registrant's membership of a program. */
  enrol(registrant: number, program: number, state: string): Promise<number> {
    return this.make('spp.program.membership', { partner_id: registrant, program_id: program, state });
  }

  /** A payment round of a program, open unless `values` says otherwise. */
  async cycle(
    program: number,
    values: Record<string, OdooValue> = {},
  ): Promise<{ id: number; name: string }> {
    const name = this.unique('Cycle');
    const dates = { start_date: '2020-01-01', end_date: '2999-12-31' };
    const made = { name, program_id: program, state: 'approved', ...dates, ...values };
    const [id = 0] = await create(this.administrator, 'spp.cycle', [made]);
    return { id, name };
  }

  /** A registrant's place in a payment round, and what it is to get there. */
  async inCycle(
    registrant: number,
    cycle: number,
    states: { membership?: string; entitlement?: string } = {},
  ): Promise<{ membership: number; entitlement: number }> {
    const both = { partner_id: registrant, cycle_id: cycle };
    const { membership = 'enrolled', entitlement = 'approved' } = states;
    return {
      membership: await this.make('spp.cycle.membership', { ...both, state: membership }),
      entitlement: await this.make('spp.entitlement', { ...both, state: entitlement }),
    };
  }

  /** A company that the bridge's user does not belong to. */
  company(): Promise<number> {
    return this.make('res.company', { name: this.unique('Company') });
  }

  /** A registrant who was archived. */
  async archived(ids: Record<string, string> = {}): Promise<number> {
    const id = await this.registrant(ids);
    await write(this.maker, 'res.partner', [id], { active: false });
    return id;
  }

  /** Lets a user be in a group, or not, by the group's external id. */
  async setGroup(uid: number, group: string, isMember: boolean): Promise<void> {
    const [module = '', name = ''] = group.split('.');
    const domain = [
      ['module', '=', module],
      ['name', '=', name],
    ];
    const [data] = await searchRead(this.administrator, 'ir.model.data', domain, ['res_id']);
    if (!data) throw new Error(`there is no group ${group}`);
    const command = [isMember ? 4 : 3, Number(data.res_id)];
    await write(this.administrator, 'res.users', [uid], { group_ids: [command] });
  }

  /** The change requests for a registrant, the oldest first. */
  requestsFor(registrant: number): Promise<OdooRow[]> {
    const fields = ['name', 'request_type_code', 'display_state', 'description', 'source_type'];
    const more = ['source_reference', 'detail_res_model', 'detail_res_id', 'create_uid'];
    const domain = [['registrant_id', '=', registrant]];
    return searchRead(this.#decider, 'spp.change.request', domain, [...fields, ...more], { order: 'id' });
  }

  /** Approves a change request, with which OpenSPP applies it. */
  async approve(request: number): Promise<void> {
    await this.#decider.call('spp.change.request', 'action_approve', { ids: [request] });
  }

  /** Rejects a change request. */
  async reject(request: number, reason: string): Promise<void> {
    const values = { approval_state: 'rejected', rejection_reason: reason };
    await write(this.#decider, 'spp.change.request', [request], values);
  }

  /** Sends a change request back to the filer. */
  async sendBack(request: number, notes: string): Promise<void> {
    const values = { approval_state: 'revision', revision_notes: notes };
    await write(this.#decider, 'spp.change.request', [request], values);
  }

  get #decider(): OdooClient {
    if (!this.approver)
      throw new Error('needs who decides (ODOO_APPROVER_API_KEY or ODOO_APPROVER_PASSWORD)');
    return this.approver;
  }

  claimed(told: Told): ClaimedEvent {
    const receivedAt = told.receivedAt ?? Date.now();
    const { type, identifiers, date = null, odooEventId = null } = told;
    this.#lastId += 1;
    const messageId = `m-${this.#lastId}-${randomBytes(4).toString('hex')}`;
    return {
      id: this.#lastId,
      messageInboxId: this.#lastId,
      correlationId: messageId,
      senderId: 'crvs.test',
      messageId,
      type,
      date,
      identifiers,
      body: JSON.stringify({
        signature: 'x',
        header: { message_id: messageId, action: 'notify' },
        message: { event_type: type.toUpperCase(), event_date: date, identifiers },
      }),
      position: 0,
      receivedAt,
      reference: newReference(type, receivedAt),
      attempts: 0,
      failures: 0,
      odooEventId,
      adopted: null,
      correction: told.correction ?? false,
    };
  }

  /** Delivers events as one batch; gives what became of each, in their order. */
  async deliver(...told: (Told | ClaimedEvent)[]) {
    const events = told.map((one) => ('reference' in one ? one : this.claimed(one)));
    const now = Date.now();
    const { settlements } = await deliverClaimed(events, {
      client: this.client,
      writer: new RowWriter(this.client),
      openspp: await this.capabilities(),
      matching: this.matching,
      death: this.death,
      ...this.extensions,
      holds: {
        hold: async (keys) => new Set(keys),
        free: async () => {},
      },
      nameOf: () => this.source,
      signal: new AbortController().signal,
      unansweredGraceMs: 0,
      matchAgainAfterMs: null,
      now,
      onInternalError: (error) => {
        throw error;
      },
    });
    return events.map(({ id }) => {
      const settlement = settlements.find((one) => one.id === id);
      if (!settlement) throw new Error('an event was lost');
      return settlement;
    });
  }

  /** Delivers one event and gives its row in Odoo. */
  async row(told: Told | ClaimedEvent): Promise<OdooRow> {
    const [settlement] = await this.deliver(told);
    if (settlement?.kind !== 'settled' || settlement.odooEventId === null)
      throw new Error('the event has no row');
    return this.eventRow(settlement.odooEventId);
  }

  eventRow(id: number): Promise<OdooRow> {
    return this.one('spp.dci.crvs.event', id, [
      'name',
      'event_type',
      'event_date',
      'identifier_type',
      'identifier_value',
      'person_id',
      'state',
      'error_message',
      'notes',
      'raw_data',
      'received_date',
      'processed_date',
      'processed_by',
    ]);
  }

  async one(model: string, id: number, fields: string[]): Promise<OdooRow> {
    const [row] = await read(this.client, model, [id], fields);
    if (!row) throw new Error(`${model} ${id} is not there`);
    return row;
  }

  /**
   * Reads what record rules hide from everybody while a registrant is disabled: the administrator lifts `disabled` for
   * that long, and puts it back.
   */
  async behindRules<T>(registrant: number, readHidden: () => Promise<T>): Promise<T> {
    const admin = this.administrator;
    const [row] = await read(admin, 'res.partner', [registrant], ['disabled']);
    await write(admin, 'res.partner', [registrant], { disabled: false });
    try {
      return await readHidden();
    } finally {
      await write(admin, 'res.partner', [registrant], {
        disabled: (row?.disabled ?? false) as OdooValue,
      });
    }
  }

  partner(id: number): Promise<OdooRow> {
    return this.one('res.partner', id, [
      'birthdate',
      'disabled',
      'disabled_by',
      'disabled_reason',
      'civil_status_id',
      'write_date',
    ]);
  }

  idsOf(registrant: number): Promise<OdooRow[]> {
    return searchRead(
      this.client,
      'spp.registry.id',
      [['partner_id', '=', registrant]],
      ['id_type_id', 'value', 'status', 'verification_method', 'verification_date', 'verification_source'],
      { order: 'id' },
    );
  }
}
