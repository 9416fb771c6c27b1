import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { MODEL, OTHER_MODEL } from './vocabulary.ts';

/** A type of OpenSPP's change requests (`spp.change.request.type`). */
interface ChangeRequestType {
  id: number;
  /** Such as `exit_registrant`, `edit_individual` or `update_id`. */
  code: string;
}

/** Whether OpenSPP has change requests: `absent`, `forbidden` to the bridge's user, or the types that it may file. */
export type ChangeRequests =
  | { kind: 'absent' }
  | { kind: 'forbidden' }
  | { kind: 'usable'; types: ReadonlyMap<string, ChangeRequestType> };

/** What the bridge's user may do in this OpenSPP. */
export interface Access {
  /** Whether it may write registrants; false under the registry lock of SP-MIS. */
  writesRegistrants: boolean;
  changeRequests: ChangeRequests;
}

/** Asks what the bridge's user may do, without writing anything. @throws OdooError */
export async function readAccess(client: OdooClient): Promise<Access> {
  const [writesRegistrants, changeRequests] = await Promise.all([
    mayWriteRegistrants(client),
    readChangeRequests(client),
  ]);
  return { writesRegistrants, changeRequests };
}

/** The lock judges records, or where there are none the context; without it, the answer is yes whatever the lock. */
async function mayWriteRegistrants(client: OdooClient): Promise<boolean> {
  const answer = await client.call(MODEL.registrant, 'has_access', {
    ids: [],
    operation: 'write',
    context: { default_is_registrant: true },
  });
  return answer === true;
}

async function readChangeRequests(client: OdooClient): Promise<ChangeRequests> {
  try {
    const [types, mayFile] = await Promise.all([
      searchRead(client, OTHER_MODEL.changeRequestType, [], ['code']),
      client.call(OTHER_MODEL.changeRequest, 'has_access', { ids: [], operation: 'create' }),
    ]);
    if (mayFile !== true) return { kind: 'forbidden' };
    const known = types.map((row) => ({ id: row.id, code: text(row.code) ?? '' }));
    return { kind: 'usable', types: new Map(known.map((type) => [type.code, type])) };
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    if (error.code === 'odoo.unknown_model') return { kind: 'absent' };
    if (error.code === 'odoo.access') return { kind: 'forbidden' };
    throw error;
  }
}
