import { checkWays } from '../doctor/changes.ts';
import type { Finding } from '../doctor/finding.ts';
import { CHANGE_REQUEST_GROUP } from '../doctor/requirements.ts';
import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import type { Access, ChangeRequests } from '../openspp/access.ts';
import type { ApplySettings } from '../openspp/apply-mode.ts';
import { OTHER_MODEL } from '../openspp/vocabulary.ts';
import type { Found } from './read.ts';
import type { SetupRequest } from './request.ts';

/**
 * What will become of each event type once the plan is carried out, as far as an administrator can see: only the
 * bridge's user itself can find out what it may do.
 */
export async function forecast(
  admin: OdooClient,
  found: Found,
  request: SetupRequest,
  apply: Pick<ApplySettings, 'mode' | 'byEventType'>,
): Promise<Finding[]> {
  return checkWays(await expectedAccess(admin, found, request), apply);
}

async function expectedAccess(admin: OdooClient, found: Found, request: SetupRequest): Promise<Access> {
  return {
    writesRegistrants: !found.isLocked,
    changeRequests: await expectedRequests(admin, found, request),
  };
}

async function expectedRequests(
  admin: OdooClient,
  found: Found,
  request: SetupRequest,
): Promise<ChangeRequests> {
  if (!found.hasChangeRequests) return { kind: 'absent' };
  // Whether the user has the right already in another way cannot be seen from here.
  if (request.withoutChangeRequests) return { kind: 'forbidden' };
  const types = await readTypes(admin);
  return { kind: 'usable', types: new Map(types.map((type) => [type.code, type])) };
}

/** An administrator need not have the right to change requests; then OpenSPP's own types are taken to be there. */
async function readTypes(admin: OdooClient): Promise<{ id: number; code: string }[]> {
  try {
    const rows = await searchRead(admin, OTHER_MODEL.changeRequestType, [], ['code']);
    return rows.map((row) => ({ id: row.id, code: text(row.code) ?? '' }));
  } catch (error) {
    if (!(error instanceof OdooError) || error.code !== 'odoo.access') throw error;
    return ['exit_registrant', 'edit_individual', 'update_id'].map((code) => ({ id: 0, code }));
  }
}

/** What an administrator should know besides, and setup does not do. */
export function remarks(
  { companies, hasChangeRequests, removedIdsBlock }: Found,
  request: SetupRequest,
): string[] {
  const { hiddenIds, unseen } = companies;
  return [
    ...(hiddenIds > 0
      ? [
          `${hiddenIds} registry IDs are of registrants whom this administrator cannot see${
            unseen.length > 0
              ? `, maybe of the companies that this administrator does not belong to (${unseen.map(({ name }) => name).join(', ')})`
              : ''
          }: the bridge will not find them either, unless its user is given their companies or areas in Odoo.`,
        ]
      : []),
    ...(removedIdsBlock === true
      ? [
          'A removed registry ID (invalid) blocks its type for good in this OpenSPP (up to spp_registry 19.0.2.2.1): the bridge brings it back to life with a new number; users cannot add one until OpenSPP is updated.',
        ]
      : []),
    ...(hasChangeRequests && request.withoutChangeRequests
      ? [`The user is not added to ${CHANGE_REQUEST_GROUP.label}: where the registry is locked, events wait.`]
      : []),
  ];
}
