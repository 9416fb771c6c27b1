import type { Inbox } from '../../src/inbox/inbox.ts';
import type { Process } from '../time/scheduler.ts';

/** An event as it stands in the inbox. */
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
