import { accessError, userError } from '../errors.ts';
import {
  boolean,
  char,
  datetime,
  many2one,
  many2oneReference,
  type Row,
  selection,
  text,
  type Value,
  type Values,
} from '../model/field.ts';
import type { ModelDefinition, Operation } from '../model/model.ts';
import { checkAccess } from '../orm/access.ts';
import type { Environment } from '../orm/environment.ts';
import { requireRows } from '../orm/require-rows.ts';
import { signature } from '../rpc/signature.ts';
import { applyDetail } from './change-request-details.ts';
import { nextByCode } from './sequence.ts';

const MODEL = 'spp.change.request';
const TYPE = 'spp.change.request.type';
const ALL: readonly Operation[] = ['read', 'write', 'create', 'unlink'];

/**
 * Changes that somebody has to approve: draft, pending, then approved (and applied) or rejected; revision goes back to
 * the filer. Applying runs as the superuser, so that the registry lock does not stop it.
 */
export const changeRequest: ModelDefinition = {
  name: MODEL,
  description: 'Change Request',
  order: 'create_date desc',
  fields: {
    name: char({ required: true, readonly: true, default: 'New' }),
    request_type_id: many2one(TYPE, { required: true, ondelete: 'restrict', indexed: true }),
    request_type_code: char({
      string: 'Code',
      computed: 'readonly',
      related: 'request_type_id.code',
      depends: ['request_type_id.code'],
    }),
    registrant_id: many2one('res.partner', { indexed: true }),
    detail_res_model: char({
      string: 'Detail Model',
      computed: 'readonly',
      related: 'request_type_id.detail_model',
      depends: ['request_type_id.detail_model'],
    }),
    detail_res_id: many2oneReference('detail_res_model'),
    source_type: selection(
      [
        ['manual', 'Manual Entry'],
        ['event', 'Event Data'],
        ['api', 'External API'],
        ['import', 'Bulk Import'],
      ],
      { default: 'manual', readonly: true },
    ),
    source_reference: char(),
    description: text(),
    notes: text(),
    approval_state: selection(
      [
        ['draft', 'Draft'],
        ['pending', 'Pending Approval'],
        ['revision', 'Revision Requested'],
        ['approved', 'Approved'],
        ['rejected', 'Rejected'],
      ],
      { default: 'draft' },
    ),
    display_state: selection(
      [
        ['draft', 'Draft'],
        ['pending', 'Under Review'],
        ['revision', 'Needs Changes'],
        ['approved', 'Approved'],
        ['rejected', 'Rejected'],
        ['applied', 'Applied'],
      ],
      { computed: 'readonly', depends: ['approval_state', 'is_applied'] },
    ),
    submitted_date: datetime({ readonly: true }),
    rejection_reason: text({ readonly: true }),
    revision_notes: text({ readonly: true }),
    is_applied: boolean({ readonly: true }),
    applied_date: datetime({ readonly: true }),
    apply_error: text({ readonly: true }),
  },
  access: [
    { group: 'requestUser', operations: ['read', 'write', 'create'] },
    { group: 'requestManager', operations: ALL },
  ],
  rules: [
    {
      group: 'requestUser',
      operations: ALL,
      holds: (env, row) =>
        row.create_uid === env.uid || row.registrant_id === env.row('res.users', env.uid)?.partner_id,
    },
    { group: 'requestValidator', operations: ALL, holds: () => true },
  ],
  beforeCreate: nameRequests,
  compute: fillRelated,
  afterCreate: makeDetails,
  createdBy: 'ChangeRequest',
  methods: {
    action_submit_for_approval: {
      signature: signature('ChangeRequest.action_submit_for_approval', []),
      call: (env, ids) => submit(env, ids),
    },
    action_approve: {
      signature: signature('ChangeRequest.action_approve', [['comment', null]]),
      call: (env, ids) => approve(env, ids),
    },
    action_apply: {
      signature: signature('ChangeRequest.action_apply', []),
      call: (env, ids) => apply(env, ids),
    },
  },
};

function nameRequests(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) values.name = nextByCode(env, MODEL) ?? 'New';
}

function fillRelated(env: Environment, row: Row): Record<string, Value> {
  const type = env.row(TYPE, Number(row.request_type_id));
  return {
    request_type_code: type?.code ?? null,
    detail_res_model: type?.detail_model ?? null,
    display_state: row.is_applied === true ? 'applied' : (row.approval_state ?? null),
  };
}

/** The detail is made by the system; the filer then writes it. */
function makeDetails(env: Environment, rows: readonly Row[]): void {
  for (const { id, detail_res_model: model } of rows) {
    const [detail] = env.sudo().create(String(model), [{ change_request_id: id }]);
    env.write(MODEL, [id], { detail_res_id: detail });
  }
}

/** The requests as the caller reads them. */
function requestsOf(env: Environment, ids: readonly number[]): Row[] {
  const rows = requireRows(env, env.model(MODEL), ids);
  checkAccess(env, env.model(MODEL), 'read', ids);
  return rows;
}

function submit(env: Environment, ids: readonly number[]): object {
  for (const row of requestsOf(env, ids)) {
    if (row.approval_state !== 'draft' && row.approval_state !== 'revision') {
      throw userError('Only draft or revision-requested records can be submitted for approval.');
    }
    const type = env.row(TYPE, Number(row.request_type_id));
    if (type?.approval_definition_id === null) {
      throw userError(`No approval workflow configured for request type '${type.name}'.`);
    }
    refuseConflict(env, row);
    env.write(MODEL, [row.id], { approval_state: 'pending', submitted_date: env.now() });
  }
  return { type: 'ir.actions.client', tag: 'display_notification', params: { type: 'success' } };
}

/** A registrant can be asked to leave only once at a time. */
function refuseConflict(env: Environment, row: Row): void {
  if (row.request_type_code !== 'exit_registrant') return;
  const others = [
    ['registrant_id', '=', row.registrant_id ?? false],
    ['request_type_id', '=', row.request_type_id],
    ['approval_state', '=', 'pending'],
    ['id', '!=', row.id],
  ];
  const [open] = env.sudo().search(MODEL, others, { limit: 1, order: 'create_date desc' });
  if (open === undefined) return;
  throw userError(`Cannot submit due to blocking conflicts:\n\n${env.row(MODEL, open)?.name}`);
}

function approve(env: Environment, ids: readonly number[]): null {
  if (!env.groups.has('requestValidator')) {
    throw accessError('You are not allowed to approve this record.');
  }
  for (const row of requestsOf(env, ids)) {
    if (row.approval_state !== 'pending') throw userError('Only pending records can be approved.');
    env.write(MODEL, [row.id], { approval_state: 'approved' });
    if (env.row(TYPE, Number(row.request_type_id))?.auto_apply_on_approve) applyOne(env, row);
  }
  return null;
}

function apply(env: Environment, ids: readonly number[]): null {
  if (!env.su && !env.groups.has('requestManager')) {
    throw accessError('Only Change Request managers can apply change requests.');
  }
  for (const row of requestsOf(env, ids)) {
    if (row.is_applied === true || row.approval_state !== 'approved') {
      throw userError('Change request must be approved first, and applied once.');
    }
    applyOne(env, row);
  }
  return null;
}

function applyOne(env: Environment, row: Row): void {
  applyDetail(env.sudo(), String(row.detail_res_model), Number(row.detail_res_id), Number(row.registrant_id));
  env.write(MODEL, [row.id], { is_applied: true, applied_date: env.now(), apply_error: false });
}
