import { deliverClaimed } from '../../src/delivery/deliver-claimed.ts';
import type { VitalEventType } from '../../src/events/vital-event.ts';
import type { ClaimedEvent, Settlement } from '../../src/inbox/inbox.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { type OdooRow, searchRead, write } from '../../src/odoo/orm.ts';
import type { ApplyMode } from '../../src/openspp/apply-mode.ts';
import { RowWriter } from '../../src/openspp/row-writer.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { READER } from '../events/support.ts';
import { MATCHING, TARGETS, type Target } from './target.ts';
import { World } from './world.ts';

/** The default SP-MIS among the targets: registrants are locked, changes are requested and approved. */
export const SPMIS = TARGETS.filter(({ face }) => face === 'spmis');

const REQUEST = 'spp.change.request';
const REQUEST_FIELDS = [
  'name',
  'request_type_code',
  'registrant_id',
  'display_state',
  'source_type',
  'source_reference',
  'description',
  'detail_res_model',
  'detail_res_id',
];

/** What a test needs of an SP-MIS, besides what all OpenSPPs have. */
export class SpmisWorld extends World {
  readonly filer: OdooClient;
  mode: ApplyMode = 'auto';
  byEventType: Partial<Record<VitalEventType, ApplyMode>> = {};

  constructor(target: Target) {
    const filer = target.bridge('json2');
    super(target, filer);
    this.filer = filer;
  }

  /** A registrant with a national ID, and that as an identifier of an event. */
  async person(values: Record<string, OdooValue> = {}) {
    const value = this.unique('NID');
    const id = await this.registrant({ national_id: value }, values);
    return { id, nid: { type: 'UIN', value } };
  }

  /** Delivers through a client, such as one that is cut off; gives what becomes of each. */
  async through(client: OdooClient, ...events: ClaimedEvent[]): Promise<Settlement[]> {
    const now = Date.now();
    const { settlements } = await deliverClaimed(events, {
      client,
      writer: new RowWriter(client),
      openspp: await this.capabilities(),
      matching: MATCHING,
      death: this.death,
      rules: RULES,
      readNotification: READER,
      apply: { mode: this.mode, byEventType: this.byEventType },
      holds: { hold: async (keys) => new Set(keys), free: async () => {} },
      nameOf: () => this.source,
      signal: new AbortController().signal,
      unansweredGraceMs: 0,
      matchAgainAfterMs: null,
      now,
      onInternalError: (error) => {
        throw error;
      },
    });
    return settlements;
  }

  /** Delivers one event, and gives its row after that; the event knows its row from then on. */
  async settle(event: ClaimedEvent): Promise<{ settlement: Settlement; row: OdooRow }> {
    const [settlement] = await this.through(this.filer, event);
    if (!settlement || settlement.kind === 'dead') throw new Error('an event was lost');
    event.odooEventId = settlement.odooEventId ?? null;
    return { settlement, row: await this.eventRow(event.odooEventId ?? 0) };
  }

  requestsOf(registrant: number): Promise<OdooRow[]> {
    return searchRead(this.administrator, REQUEST, [['registrant_id', '=', registrant]], REQUEST_FIELDS, {
      order: 'id',
    });
  }

  async detailOf(request: OdooRow, fields: string[]): Promise<OdooRow> {
    const [row] = await searchRead(
      this.administrator,
      String(request.detail_res_model),
      [['id', '=', request.detail_res_id ?? 0]],
      fields,
    );
    if (!row) throw new Error('the request has no detail');
    return row;
  }

  /** Whatever an administrator makes of a request. */
  async decide(request: OdooRow | undefined, values: Record<string, OdooValue>): Promise<void> {
    await write(this.administrator, REQUEST, [request?.id ?? 0], values);
  }
}
