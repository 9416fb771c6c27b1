import type { Logger } from 'pino';
import type { AuditAction } from '../inbox/audit.ts';
import type { Inbox } from '../inbox/inbox.ts';

/** Who did something, and to what. */
export interface Deed {
  /** `session …` or `api`. */
  actor: string;
  address: string | null;
  action: AuditAction;
  eventId?: number;
  count?: number;
}

/** Leaves a trace in the inbox and in the log. */
export class Auditor {
  readonly #inbox: Pick<Inbox, 'audit'>;
  readonly #log: Logger;
  readonly #clock: () => number;

  constructor(inbox: Pick<Inbox, 'audit'>, log: Logger, clock: () => number) {
    this.#inbox = inbox;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Resolves once the trace is on disk: before anything is shown.
   *
   * @throws {InboxUnavailableError} where it cannot be kept; then nothing may be shown
   */
  async note({ actor, address, action, eventId, count }: Deed): Promise<void> {
    await this.#inbox.audit({
      at: this.#clock(),
      actor,
      address,
      action,
      eventId: eventId ?? null,
      count: count ?? null,
    });
    this.#log.info({ audit: action, actor, client: address ?? undefined, event: eventId, count }, 'audit');
  }
}
