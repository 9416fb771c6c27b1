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
  readonly source = 'National CRVS';
  /** What a country's extensions make of the delivery. */
  extensions: Pick<BatchContext, 'rules' | 'hooks'> = { rules: RULES };
  death: BatchContext['death'] = { endHouseholdPlaces: false };
  #lastId = 0;

  constructor(target: Target, client: OdooClient) {
    this.client = client;
    this.admin = target.admin;
  }

  /** A value that no other test, and no earlier run on the same database, has used. */
  unique(prefix: string): string {
    return `${prefix}-${randomBytes(6).toString('hex').toUpperCase()}`;
  }

  capabilities(): Promise<Capabilities> {
    return new CapabilityCache(this.client).get();
  }

  async idType(code: string): Promise<number | null> {
    const { idTypes } = await this.capabilities();
    return idTypes.find((type) => type.code === code)?.id ?? null;
  }

  /** An ID type of the deployment's own; needs an administrator. */
  async addIdType(code: string): Promise<number> {
    if (!this.admin) throw new Error('needs an administrator');
    const [vocabulary] = await searchRead(
      this.admin,
      'spp.vocabulary',
      [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
      ['id'],
    );
    const known = await searchRead(
      this.admin,
      'spp.vocabulary.code',
      [
        ['vocabulary_id', '=', vocabulary?.id ?? 0],
        ['code', '=', code],
      ],
      ['id'],
    );
    if (known[0]) return known[0].id;
    const [id] = await create(this.admin, 'spp.vocabulary.code', [
      { vocabulary_id: vocabulary?.id ?? 0, code, display: code, is_local: true },
    ]);
    return id ?? 0;
  }

  async registrant(
    ids: Record<string, string> = {},
    values: Record<string, OdooValue> = {},
  ): Promise<number> {
    const [id] = await create(this.client, 'res.partner', [
      { name: this.unique('Registrant'), is_registrant: true, is_group: false, ...values },
    ]);
    if (id === undefined) throw new Error('no registrant was made');
    for (const [code, value] of Object.entries(ids)) await this.giveId(id, code, value);
    return id;
  }

  /** Many registrants with a national ID each, in two calls; gives the numbers. */
  async registrants(count: number): Promise<string[]> {
    const numbers = Array.from({ length: count }, () => this.unique('N'));
    const ids = await create(
      this.client,
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
      openspp: await new CapabilityCache(this.client).get(now),
      matching: MATCHING,
      death: this.death,
      ...this.extensions,
      holds: {
        hold: async (keys) => new Set(keys),
        free: async () => {},
      },
      nameOf: () => this.source,
      signal: new AbortController().signal,
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
    if (!this.admin) throw new Error('needs an administrator');
    const [row] = await read(this.admin, 'res.partner', [registrant], ['disabled']);
    await write(this.admin, 'res.partner', [registrant], { disabled: false });
    try {
      return await readHidden();
    } finally {
      await write(this.admin, 'res.partner', [registrant], {
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
