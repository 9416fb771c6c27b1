import type { OdooError } from '../odoo/errors.ts';

/** `skipped`: not looked at, because something before it has to be fixed first. */
export type FindingState = 'ok' | 'warning' | 'problem' | 'skipped';

/** The areas of the report, in its order, with their headings. */
export const AREAS = {
  connection: 'Connection',
  user: "The bridge's user",
  models: 'Models and rights',
  fields: 'Fields',
  'id-types': 'ID types',
  'civil-status': 'Civil status',
  changes: 'How changes are applied',
  visibility: 'Who can be found',
  senders: 'Senders',
  'event-table': 'Event table',
  extensions: 'Extensions',
  mosip: 'MOSIP',
  inbox: 'Inbox',
} as const;

export type Area = keyof typeof AREAS;

/** What one check found. Holds no secret and no personal data. */
export interface Finding {
  /** Area and check, such as `connection.url`. */
  id: `${Area}.${string}`;
  state: FindingState;
  /** One sentence: what was found. */
  found: string;
  /** How to fix or improve it; null where there is nothing to do. */
  fix: string | null;
}

type Id = Finding['id'];

export const ok = (id: Id, found: string): Finding => ({ id, state: 'ok', found, fix: null });
export const skipped = (id: Id, found: string): Finding => ({ id, state: 'skipped', found, fix: null });
export const warning = (id: Id, found: string, fix: string): Finding => ({
  id,
  state: 'warning',
  found,
  fix,
});
export const problem = (id: Id, found: string, fix: string): Finding => ({
  id,
  state: 'problem',
  found,
  fix,
});

/** The area that a finding belongs to. */
export function areaOf({ id }: Finding): Area {
  return id.slice(0, id.indexOf('.')) as Area;
}

/**
 * The finding for what could not be read. A right or a model that is missing has a finding of its own under Models;
 * anything else is Odoo's failure.
 */
export function unread(id: Id, what: string, error: OdooError): Finding {
  if (error.code === 'odoo.access' || error.code === 'odoo.unknown_model') {
    return skipped(id, `${what} could not be read; see "${AREAS.models}".`);
  }
  return problem(
    id,
    `${what} could not be read (${error.code}).`,
    "Look into Odoo's log for the reason, and run doctor again.",
  );
}
