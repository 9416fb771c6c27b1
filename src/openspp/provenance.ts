import type { OdooContext, OdooValues } from '../odoo/orm.ts';
import type { Fields } from './capabilities.ts';

/** Who says what is written: kept by OpenSPP's source tracking, where it is installed. */
export interface Provenance {
  /** The `sender_id` of the registry. */
  system: string;
  /** The `message_id` of its message. */
  reference: string;
}

/**
 * With it OpenSPP takes the values of each row as they are. Without it, it overwrites them with those of the call, which
 * are the same for all rows of a batch.
 */
export const AS_GIVEN: OdooContext = { skip_source_tracking: true };

/** Whether a model itself is tracked: program memberships also show the registrant's fields, which are not theirs. */
function isTracked(fields: Fields): boolean {
  const field = fields.get('last_update_system');
  return field !== undefined && field.store !== false;
}

/** The values of a new record that say who it is from; none where its model is not tracked. */
export function createdBy({ system, reference }: Provenance, fields: Fields): OdooValues {
  if (!isTracked(fields)) return {};
  return {
    source_system: system,
    source_reference: reference,
    collection_method: 'api',
    last_update_system: system,
    last_update_reference: reference,
  };
}

/** The values of a write that say who it is from; none where its model is not tracked. */
export function changedBy({ system, reference }: Provenance, fields: Fields): OdooValues {
  return isTracked(fields) ? { last_update_system: system, last_update_reference: reference } : {};
}
