import type { VitalEventType } from '../events/vital-event.ts';
import type { Access } from './access.ts';

/** How changes are applied, as an operator sets it (`apply.mode`, `apply.by_event_type`). */
export const APPLY_MODES = ['auto', 'direct', 'change_request', 'record'] as const;
export type ApplyMode = (typeof APPLY_MODES)[number];

/** How changes are applied, by event type. */
export interface ApplyModes {
  mode: ApplyMode;
  /** What differs by event type. */
  byEventType: Readonly<Partial<Record<VitalEventType, ApplyMode>>>;
}

/** How an event type is applied where nothing else is set. */
export const APPLY_AUTO: ApplyModes = { mode: 'auto', byEventType: {} };

/** The settings of `apply`. */
export interface ApplySettings extends ApplyModes {
  /** Milliseconds between two looks at what events wait for. */
  pollMs: number;
}

/**
 * Why events wait, as a code: the registry lock refuses the bridge's user; OpenSPP has no change requests; it has them,
 * but the user may not file any. Under `auto`, the last two also mean that the registry is locked.
 */
export const WAIT_REASONS = [
  'openspp.registry_locked',
  'openspp.change_requests_absent',
  'openspp.change_requests_forbidden',
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** Why an event waits whose change requests are filed: OpenSPP's reviewers have not decided on all of them. */
export const REQUEST_UNDECIDED = 'openspp.request_undecided';

/** What events wait for that is a person's to do: they wait as long as it takes, and nothing is wrong with the bridge. */
export const WAITS_FOR_PEOPLE: readonly string[] = [...WAIT_REASONS, REQUEST_UNDECIDED];

/** Why an event waits that is dated tomorrow by Odoo's calendar. */
export const FUTURE_DATE = 'event.future_date';

/**
 * The one rule of what is not late, for the page, the API, the metric and its alert: what waits for people, and what
 * waits for its own date until that has come. What is deferred for another reason, such as an outage of Odoo, is late.
 *
 * @param now milliseconds since the epoch
 */
export function notLate(now: number): {
  reasons: readonly string[];
  untilDue: readonly string[];
  now: number;
} {
  return { reasons: WAITS_FOR_PEOPLE, untilDue: [FUTURE_DATE], now };
}

/** What happens to events of a type now, in this OpenSPP. */
export type ModeInForce =
  /** The bridge writes the registrant. */
  | { kind: 'direct' }
  /** The bridge files OpenSPP's change requests. */
  | { kind: 'change_request' }
  /** The bridge writes the event's row and changes nobody. */
  | { kind: 'record' }
  /** Nothing is written; the events stay in the inbox until that is possible. */
  | { kind: 'wait'; reason: WaitReason };

/** What the mode depends on, of what this OpenSPP has. */
export type ApplyAccess = Pick<Access, 'writesRegistrants' | 'changeRequests'>;

/**
 * How events of a type are applied now: `auto` writes registrants where OpenSPP lets the bridge's user do so, else files
 * change requests where it may, else waits. A mode that is set by name and that OpenSPP does not allow waits, too:
 * nothing is applied in another way than the operator wants.
 */
export function modeInForce(
  settings: ApplyModes,
  openspp: ApplyAccess,
  eventType: VitalEventType,
): ModeInForce {
  const mode = settings.byEventType[eventType] ?? settings.mode;
  const { writesRegistrants, changeRequests } = openspp;
  if (mode === 'record') return { kind: 'record' };
  if (writesRegistrants && mode !== 'change_request') return { kind: 'direct' };
  if (mode === 'direct') return { kind: 'wait', reason: 'openspp.registry_locked' };
  if (changeRequests.kind === 'usable') return { kind: 'change_request' };
  return { kind: 'wait', reason: `openspp.change_requests_${changeRequests.kind}` };
}
