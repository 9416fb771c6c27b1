/** What somebody did who saw, or changed, more than anybody may. */
export const AUDIT_ACTIONS = [
  'sign_in',
  'sign_in_refused',
  'sign_out',
  'show',
  'show_message',
  'search',
  'retry',
  'retry_all',
  'set_aside',
  'screening_start',
  'screening_cancel',
  'screening_report',
  'screening_persons',
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
}

export interface KeptAuditEntry extends AuditEntry {
  id: number;
}

export interface AuditFilter {
  limit?: number | undefined;
  /** Only entries with an id below this one: the page after it, newest first. */
  before?: number | undefined;
  eventId?: number | undefined;
}

/** Who did what. */
export interface AuditTrail {
  /** Keeps a trace of what somebody did. */
  audit(entry: AuditEntry): Promise<void>;
  /** The traces, newest first; fifty where no limit is set. */
  auditTrail(filter: AuditFilter): Promise<KeptAuditEntry[]>;
  /** Deletes the traces from before `before`; gives how many. */
  pruneAudit(before: number): Promise<number>;
}
