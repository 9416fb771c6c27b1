import { hash } from 'node:crypto';
import type { OdooClient } from '../../odoo/client.ts';
import { type OdooRow, read, searchRead } from '../../odoo/orm.ts';
import { text } from '../../odoo/values.ts';
import { OTHER_MODEL } from '../vocabulary.ts';

/** The types of OpenSPP's change requests that the bridge files (`spp.change.request.type.code`). */
export type RequestKind = 'exit_registrant' | 'edit_individual' | 'update_id';

/**
 * The state of a request. `draft` was made and never submitted; `reset` was submitted, and a user has made it a draft
 * again; `failed` is approved, and applying it failed.
 */
export type Standing =
  | 'draft'
  | 'reset'
  | 'pending'
  | 'approved'
  | 'failed'
  | 'applied'
  | 'rejected'
  | 'revision';

/** A change request that the bridge filed (`spp.change.request`). */
export interface ChangeRequest {
  id: number;
  /** Its reference for people, such as `CR/2026/00001`. */
  name: string;
  reference: string;
  standing: Standing;
  /** What the reviewer, or OpenSPP, said of it; null where nothing. */
  reason: string | null;
  detail: { model: string; id: number } | null;
}

/** What the references of all requests of the bridge begin with (`source_reference`). */
const REFERENCE_PREFIX = 'crvs-bridge/';

const FIELDS = [
  'name',
  'source_reference',
  'approval_state',
  'is_applied',
  'submitted_date',
  'rejection_reason',
  'revision_notes',
  'apply_error',
  'detail_res_model',
  'detail_res_id',
];

/**
 * The reference of a request: by it, it is found again after a crash, whatever was still to be done. It names the row
 * of the event, the kind, and, as a digest, what is requested of whom: the same thing is requested once, another one
 * (a correction, another registrant) is another request.
 */
export function referenceOf(rowId: number, kind: RequestKind, content: readonly (string | number)[]): string {
  const digest = hash('sha256', JSON.stringify([rowId, kind, ...content]), 'hex').slice(0, 16);
  return `${REFERENCE_PREFIX}${rowId}/${kind}/${digest}`;
}

/** The event row that a reference names, and the kind; null where it is none of the bridge's. */
export function partsOf(reference: string): { rowId: number; kind: RequestKind } | null {
  const [, rowId, kind] =
    /^crvs-bridge\/(\d+)\/(exit_registrant|edit_individual|update_id)\//.exec(reference) ?? [];
  return rowId === undefined ? null : { rowId: Number(rowId), kind: kind as RequestKind };
}

/**
 * The requests of the bridge about these registrants, by the event row that they are for. Its user sees all that it has
 * filed, and those alone are asked for.
 *
 * @throws OdooError
 */
export async function findRequests(
  client: OdooClient,
  registrants: readonly number[],
): Promise<Map<number, ChangeRequest[]>> {
  const found = new Map<number, ChangeRequest[]>();
  if (registrants.length === 0) return found;
  const rows = await searchRead(
    client,
    OTHER_MODEL.changeRequest,
    [
      ['registrant_id', 'in', [...new Set(registrants)]],
      ['source_type', '=', 'api'],
      ['source_reference', '=like', `${REFERENCE_PREFIX}%`],
    ],
    FIELDS,
    { order: 'id' },
  );
  for (const request of rows.map(requestOf)) {
    const rowId = partsOf(request.reference)?.rowId;
    if (rowId !== undefined) found.set(rowId, [...(found.get(rowId) ?? []), request]);
  }
  return found;
}

/** The requests of the bridge that are for one event row, in the order in which they were made. @throws OdooError */
export async function requestsOfRow(client: OdooClient, rowId: number): Promise<ChangeRequest[]> {
  const rows = await searchRead(
    client,
    OTHER_MODEL.changeRequest,
    [
      ['source_type', '=', 'api'],
      ['source_reference', '=like', `${REFERENCE_PREFIX}${rowId}/%`],
    ],
    FIELDS,
    { order: 'id' },
  );
  return rows.map(requestOf);
}

/** Reads the requests again, by id. @throws OdooError */
export async function readRequests(
  client: OdooClient,
  ids: readonly number[],
): Promise<Map<number, ChangeRequest>> {
  if (ids.length === 0) return new Map();
  const rows = await read(client, OTHER_MODEL.changeRequest, ids, FIELDS);
  return new Map(rows.map((row) => [row.id, requestOf(row)]));
}

/**
 * The event rows that have a request on which nobody has decided, or which is approved and still to be applied.
 *
 * @throws OdooError
 */
export async function undecidedRows(client: OdooClient): Promise<Set<number>> {
  const rows = new Set<number>();
  for (let after = 0; ; ) {
    const page = await searchRead(
      client,
      OTHER_MODEL.changeRequest,
      [
        ['id', '>', after],
        ['source_type', '=', 'api'],
        ['source_reference', '=like', `${REFERENCE_PREFIX}%`],
        '|',
        ['approval_state', '=', 'pending'],
        '&',
        '&',
        ['approval_state', '=', 'approved'],
        ['is_applied', '=', false],
        ['apply_error', '=', false],
      ],
      ['source_reference'],
      { order: 'id', limit: PAGE },
    );
    for (const { source_reference: reference } of page) {
      const rowId = partsOf(text(reference) ?? '')?.rowId;
      if (rowId !== undefined) rows.add(rowId);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return rows;
    after = last.id;
  }
}

const PAGE = 2000;

function requestOf(row: OdooRow): ChangeRequest {
  const model = text(row.detail_res_model);
  const detailId = typeof row.detail_res_id === 'number' ? row.detail_res_id : 0;
  const standing = standingOf(row);
  return {
    id: row.id,
    name: text(row.name) ?? String(row.id),
    reference: text(row.source_reference) ?? '',
    standing,
    reason: reasonOf(row, standing),
    detail: model !== null && detailId > 0 ? { model, id: detailId } : null,
  };
}

function standingOf(row: OdooRow): Standing {
  if (row.is_applied === true) return 'applied';
  switch (row.approval_state) {
    case 'pending':
    case 'rejected':
    case 'revision':
      return row.approval_state;
    case 'approved':
      return text(row.apply_error) === null ? 'approved' : 'failed';
    default:
      return text(row.submitted_date) === null ? 'draft' : 'reset';
  }
}

function reasonOf(row: OdooRow, standing: Standing): string | null {
  if (standing === 'rejected') return text(row.rejection_reason);
  if (standing === 'revision') return text(row.revision_notes);
  return standing === 'failed' ? text(row.apply_error) : null;
}
