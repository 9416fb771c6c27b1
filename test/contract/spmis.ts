import { deliverClaimed } from '../../src/delivery/deliver-claimed.ts';
import type { VitalEventType } from '../../src/events/vital-event.ts';
import type { ClaimedEvent, Settlement } from '../../src/inbox/inbox.ts';
import type { OdooClient, OdooValue } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { create, type OdooRow, searchRead, write } from '../../src/odoo/orm.ts';
import type { ApplyMode } from '../../src/openspp/apply-mode.ts';
import { CapabilityCache } from '../../src/openspp/capabilities.ts';
import { RowWriter } from '../../src/openspp/row-writer.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { FACES } from '../../src/sandbox/faces.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { MATCHING } from './target.ts';
import { World } from './world.ts';

/** A default SP-MIS: registrants are locked, changes are requested and approved. */
export interface Spmis {
  /** The bridge's user with, and one without, the right to file change requests. */
  filer: OdooClient;
  bridge: OdooClient;
  approver: OdooClient;
  admin: OdooClient;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;
const { SPMIS_URL, SPMIS_DB, SPMIS_FILER_KEY, SPMIS_BRIDGE_KEY, SPMIS_APPROVER_KEY, SPMIS_ADMIN_KEY } =
  process.env;

/** The sandbox as an SP-MIS, and the Odoo at SPMIS_URL, where one is given. */
export const SPMIS: { name: string; open(): Promise<Spmis> }[] = [
  {
    name: 'sandbox',
    async open() {
      const sandbox = await startSandbox(FACES.spmis);
      const place = { url: sandbox.url, db: sandbox.db, timeoutMs: TIMEOUT_MS, protocol: 'json2' } as const;
      if (!sandbox.approver) throw new Error('an SP-MIS has an approver');
      // The clerk becomes a registry officer without the right to file.
      const groups = sandbox.execute('admin', 'ir.model.data', 'search_read', {
        domain: [['name', '=', 'group_registry_officer']],
        fields: ['res_id'],
      }) as { res_id: number }[];
      sandbox.execute('admin', 'res.users', 'write', {
        ids: [6],
        vals: { group_ids: [[4, groups[0]?.res_id ?? 0]] },
      });
      return {
        filer: connectOdoo({ ...place, ...sandbox.bridge }),
        bridge: connectOdoo({ ...place, ...sandbox.clerk }),
        approver: connectOdoo({ ...place, ...sandbox.approver }),
        admin: connectOdoo({ ...place, ...sandbox.admin }),
        close: () => sandbox.close(),
      };
    },
  },
];

if (SPMIS_URL && SPMIS_DB && SPMIS_FILER_KEY && SPMIS_BRIDGE_KEY && SPMIS_APPROVER_KEY && SPMIS_ADMIN_KEY) {
  const as = (login: string, apiKey: string) =>
    connectOdoo({ url: SPMIS_URL, db: SPMIS_DB, timeoutMs: TIMEOUT_MS, protocol: 'json2', login, apiKey });
  SPMIS.push({
    name: 'Odoo at SPMIS_URL',
    open: async () => ({
      filer: as('bridge_cr', SPMIS_FILER_KEY),
      bridge: as('bridge', SPMIS_BRIDGE_KEY),
      approver: as('approver', SPMIS_APPROVER_KEY),
      admin: as('admin', SPMIS_ADMIN_KEY),
      close: async () => {},
    }),
  });
}

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

/** What a test needs of an SP-MIS; registrants are an administrator's to make there. */
export class SpmisWorld extends World {
  readonly spmis: Spmis;
  mode: ApplyMode = 'auto';
  byEventType: Partial<Record<VitalEventType, ApplyMode>> = {};

  constructor(spmis: Spmis) {
    super({ bridge: () => spmis.filer, admin: spmis.admin, close: async () => {} }, spmis.filer);
    this.spmis = spmis;
  }

  override async registrant(
    ids: Record<string, string> = {},
    values: Record<string, OdooValue> = {},
  ): Promise<number> {
    const [id] = await create(this.spmis.admin, 'res.partner', [
      { name: this.unique('Registrant'), is_registrant: true, is_group: false, ...values },
    ]);
    for (const [code, value] of Object.entries(ids)) await this.giveId(id ?? 0, code, value);
    return id ?? 0;
  }

  /** A registrant with a national ID, and that as an identifier of an event. */
  async person(values: Record<string, OdooValue> = {}) {
    const value = this.unique('NID');
    const id = await this.registrant({ national_id: value }, values);
    return { id, nid: { type: 'UIN', value } };
  }

  /** Enrols a registrant in a programme of this name. */
  async enrol(registrant: number, name: string): Promise<void> {
    const { admin } = this.spmis;
    const [program] = await create(admin, 'spp.program', [{ name }]);
    await create(admin, 'spp.program.membership', [
      { partner_id: registrant, program_id: program ?? 0, state: 'enrolled' },
    ]);
  }

  /** Delivers through a client, such as one that is cut off; gives what becomes of each. */
  async through(client: OdooClient, ...events: ClaimedEvent[]): Promise<Settlement[]> {
    const now = Date.now();
    const { settlements } = await deliverClaimed(events, {
      client,
      writer: new RowWriter(client),
      openspp: await new CapabilityCache(this.spmis.filer).get(now),
      matching: MATCHING,
      death: this.death,
      rules: RULES,
      apply: { mode: this.mode, byEventType: this.byEventType },
      holds: { hold: async (keys) => new Set(keys), free: async () => {} },
      nameOf: () => this.source,
      signal: new AbortController().signal,
      matchAgainAfterMs: null,
      now,
      onInternalError: (error) => {
        throw error;
      },
    });
    return settlements;
  }

  /** Delivers one event, and gives its row as it stands then; the event knows its row from then on. */
  async settle(event: ClaimedEvent): Promise<{ settlement: Settlement; row: OdooRow }> {
    const [settlement] = await this.through(this.spmis.filer, event);
    if (!settlement || settlement.kind === 'dead') throw new Error('an event was lost');
    event.odooEventId = settlement.odooEventId ?? null;
    return { settlement, row: await this.eventRow(event.odooEventId ?? 0) };
  }

  requestsOf(registrant: number): Promise<OdooRow[]> {
    return searchRead(this.spmis.admin, REQUEST, [['registrant_id', '=', registrant]], REQUEST_FIELDS, {
      order: 'id',
    });
  }

  async detailOf(request: OdooRow, fields: string[]): Promise<OdooRow> {
    const [row] = await searchRead(
      this.spmis.admin,
      String(request.detail_res_model),
      [['id', '=', request.detail_res_id ?? 0]],
      fields,
    );
    if (!row) throw new Error('the request has no detail');
    return row;
  }

  async approve(request: OdooRow | undefined): Promise<void> {
    await this.spmis.approver.call(REQUEST, 'action_approve', { ids: [request?.id ?? 0] });
  }

  /** As OpenSPP's dialog does. */
  async decide(request: OdooRow | undefined, values: Record<string, OdooValue>): Promise<void> {
    await write(this.spmis.admin, REQUEST, [request?.id ?? 0], values);
  }

  reject(request: OdooRow | undefined, reason: string): Promise<void> {
    return this.decide(request, { approval_state: 'rejected', rejection_reason: reason });
  }

  sendBack(request: OdooRow | undefined, notes: string): Promise<void> {
    return this.decide(request, { approval_state: 'revision', revision_notes: notes });
  }
}
