import type { Logger } from 'pino';
import type { AuditAction } from '../inbox/audit.ts';
import type { Inbox } from '../inbox/inbox.ts';

/** Who does something. */
export interface Operator {
  /** `session …`, `api`, or `command (…)` with the account on the machine. */
  actor: string;
  /** Null for a command, or where there is no connection. */
  address: string | null;
}

/** What was done, and to what. */
export interface AuditNote {
  action: AuditAction;
  eventId?: number;
  count?: number;
  /** The filter that chose the events. */
  filter?: string;
}

/** Leaves a trace in the inbox and in the log. */
export class Auditor {
  readonly #inbox: Pick<Inbox, 'audit'>;
  readonly #log: Logger | null;
  readonly #clock: () => number;

  /** @param log null where there is none, as in a command */
  constructor(inbox: Pick<Inbox, 'audit'>, log: Logger | null, clock: () => number) {
    this.#inbox = inbox;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Resolves with the id of the trace once it is on disk: before anything is shown.
   *
   * @throws {InboxUnavailableError} where it cannot be kept; then nothing may be shown
   */
  async note(by: Operator, note: AuditNote): Promise<number> {
    const id = await this.keep(by, note);
    this.log(by, note);
    return id;
  }

  /** Keeps the trace in the inbox alone. @param eventIds the events that were changed */
  keep({ actor, address }: Operator, note: AuditNote, eventIds: readonly number[] = []): Promise<number> {
    const { action, eventId = null, count = null, filter = null } = note;
    return this.#inbox.audit({ at: this.#clock(), actor, address, action, eventId, count, filter }, eventIds);
  }

  log({ actor, address }: Operator, { action, eventId, count, filter }: AuditNote): void {
    this.#log?.info(
      { audit: action, actor, client: address ?? undefined, event: eventId, count, filter },
      'audit',
    );
  }
}
