/** What somebody did who saw, or changed, more than anybody may. */
const AUDIT_ACTIONS = [
  'sign_in',
  'sign_in_refused',
  'sign_out',
  'show',
  'show_message',
  'search',
  'retry',
  'retry_all',
  'set_aside',
  'export',
  'screening_start',
  'screening_cancel',
  'screening_report',
  'screening_persons',
  'backfill_stop',
  'openspp_accept',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** A trace in the audit log. Never a name, an identifier or what was searched for. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  at: number;
  /** Who: `session …`, `api`, or `command` with the account on the machine. */
  actor: string;
  /** The address that the request came from; null for a command, or where there is no connection. */
  address: string | null;
  action: AuditAction;
  /** The event that it was about; null where it was about none, or about many. */
  eventId: number | null;
  /** How many events it was about; null where that is not the point. */
  count: number | null;
  /** The filter that chose the events, as `name=value` joined by `&`; null where none did. */
  filter: string | null;
}

export interface KeptAuditEntry extends AuditEntry {
  id: number;
}

export interface AuditFilter {
  limit?: number | undefined;
  /** Only entries with an id below this one: the page after it, newest first. */
  before?: number | undefined;
  /** Only entries about this event, alone or among others. */
  eventId?: number | undefined;
}

/** Who did what. */
export interface AuditTrail {
  /**
   * Keeps a trace of what somebody did; gives its id.
   *
   * @param eventIds the events that it changed, where there may be several
   */
  audit(entry: AuditEntry, eventIds?: readonly number[]): Promise<number>;
  /** Adds events to a trace, and to its count. */
  extendAudit(id: number, eventIds: readonly number[]): Promise<void>;
  /** The traces, newest first; fifty where no limit is set. */
  auditTrail(filter: AuditFilter): Promise<KeptAuditEntry[]>;
  /** Deletes the traces from before `before`; gives how many. */
  pruneAudit(before: number): Promise<number>;
}
