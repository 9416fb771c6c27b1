import type { Inbox } from '../../src/inbox/inbox.ts';
import type { Process } from '../time/scheduler.ts';

/** An event as it is in the inbox. */
export interface KeptEvent {
  id: number;
  senderId: string;
  messageId: string;
  position: number;
  type: string;
  date: string | null;
  state: string;
  outcome: string | null;
  attempts: number;
  failures: number;
  reason: string | null;
  odooEventId: number | null;
  errorMessage: string | null;
  /** When it is matched again; null for never. */
  matchAt: number | null;
}

/** All events of an inbox. */
export const EVENTS = `
  SELECT e.id, m.sender_id AS senderId, m.message_id AS messageId, e.position, e.type, e.date, e.state, e.outcome,
         e.attempts, e.failures, e.reason, e.odoo_event_id AS odooEventId, e.error_message AS errorMessage,
         e.match_at AS matchAt
  FROM events e JOIN messages m ON m.id = e.message ORDER BY e.id`;

/** Does something a little later, for a process: what it asks of its inbox is done in the order in which it asked. */
export type Later = (process: Process, run: () => void) => void;

/** Where the inbox is: it outlives the processes that serve it. */
export interface Storage {
  /** Opens the inbox for a process, which serves it from then on. */
  open(process: Process): Promise<Inbox>;
  /** All events, by id. */
  events(): KeptEvent[];
  /** While it is full, or does not answer, nothing can be written. */
  setFull(isFull: boolean): void;
  /** The machine under it loses its power. */
  powerCut(): void;
  /** What a disk does by itself every few seconds. */
  flush(): void;
}

/** Milliseconds that an event waits whose delivery was cut off. */
export const GRACE_MS = 5000;
