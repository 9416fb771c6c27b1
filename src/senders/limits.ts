import { DciError } from '../dci/errors.ts';
import type { VitalEventType } from '../events/vital-event.ts';

/** What one sender may do, beyond being trusted. Null for no limit of its own. */
export interface SenderLimits {
  /** The events that it may report. */
  eventTypes: ReadonlySet<VitalEventType> | null;
  /** The longest time from `created` to `expires` of its signatures, in place of the general one. */
  maxWindowSeconds: number | null;
  /** Whether its messages must be encrypted. */
  mustEncrypt: boolean;
  /** How many messages it may send in a minute. */
  ratePerMinute: number | null;
}

export const NO_LIMITS: SenderLimits = {
  eventTypes: null,
  maxWindowSeconds: null,
  mustEncrypt: false,
  ratePerMinute: null,
};

/** @throws {DciError} `err.encryption.invalid` where the message should be encrypted and is not */
export function assertEncrypted(limits: SenderLimits, isMsgEncrypted: boolean): void {
  if (!limits.mustEncrypt || isMsgEncrypted) return;
  throw new DciError(
    'err.encryption.invalid',
    'header.is_msg_encrypted',
    'header.is_msg_encrypted: messages of this sender must be encrypted; encrypt this one, or ask the operator',
  );
}

/** @throws {DciError} `err.request.forbidden` where one of the events is of a type that the sender may not report */
export function assertEventTypes(limits: SenderLimits, events: readonly { type: VitalEventType }[]): void {
  const { eventTypes } = limits;
  if (eventTypes === null || events.every(({ type }) => eventTypes.has(type))) return;
  throw new DciError(
    'err.request.forbidden',
    'message',
    `message: this sender may report ${[...eventTypes].join(', ') || 'no events'} only; ask the operator to allow more`,
  );
}
