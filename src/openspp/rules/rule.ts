import type { VitalEvent } from '../../events/vital-event.ts';
import type { Capabilities } from '../capabilities.ts';
import type { Registrant, RegistrantPatch } from '../registrant.ts';

/** A vital event that OpenSPP has processed for a registrant before. */
export interface PastEvent {
  /** Of its row; what an event itself was before is not of its past. */
  id?: number;
  type: 'death' | 'marriage' | 'divorce';
  /** `YYYY-MM-DD` */
  date: string;
}

/** What a rule decides from. */
export interface RuleInput {
  event: VitalEvent;
  registrant: Registrant;
  openspp: Capabilities;
  /** Processed deaths, marriages and divorces of this registrant. */
  past: readonly PastEvent[];
  /** What the event was before, where it is a correction of one that is known; else left out. */
  corrects?: { date: string | null; applied: boolean } | null;
  /** The UTC day the notification was received, `YYYY-MM-DD`. */
  receivedOn: string;
  /** UTC now, as Odoo writes it: `YYYY-MM-DD HH:MM:SS`. */
  now: string;
}

/** What an event changes. Registration numbers are the same for all events and are added elsewhere. */
export interface Change {
  /** Fields of the registrant to write; empty where nothing changes. */
  patch: RegistrantPatch;
  /** End the registrant's running program memberships. */
  exit: { date: string; reason: string } | null;
  /** Give the memberships that the same event ended on one day another one. */
  redate?: { from: string; to: string };
  /** What a caseworker should know: what was left as it was, and why. */
  notes: string[];
  /** What the patch does, in words: noted once it is written. Left out by rules that say nothing of it. */
  done?: string[];
}

/** The rule of an event type: a pure function, so that a country can replace one. */
export type Rule = (input: RuleInput) => Change;

/** A rule cannot be applied in this OpenSPP; `message` says what is missing, in words for the caseworker. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  /** `event.implausible` where the event itself cannot be. */
  readonly reason: 'openspp.missing' | 'event.implausible';

  constructor(message: string, reason: RuleError['reason'] = 'openspp.missing') {
    super(message);
    this.reason = reason;
  }
}

export const NO_CHANGE: Change = { patch: {}, exit: null, notes: [] };
