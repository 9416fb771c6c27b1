import type { DciClientError, DciClientErrorCode } from '../dci/client/errors.ts';

/**
 * Why a registry's answer is neither a yes nor a no.
 *
 * `refused`: the registry refuses the question, or reports a failure. `pending`: it has not answered yet.
 * `unavailable`: it cannot be reached, or lets us in at no time soon. `unreadable`: what it answers cannot be understood
 * to the end, or contradicts itself. `nobody`: it knows nobody by that identifier, and is a registry that should.
 * `several`: the identifier leads to several people. `other_person`: its records carry other people's identifiers.
 * `unidentified`: its records carry no identifier to compare. `not_askable`: it cannot be asked by such an identifier.
 */
export type NotKnownReason =
  | 'refused'
  | 'pending'
  | 'unavailable'
  | 'unreadable'
  | 'nobody'
  | 'several'
  | 'other_person'
  | 'unidentified'
  | 'not_askable';

/** The third answer. Nobody may start or stop a payment by it. */
export interface NotKnown {
  readonly kind: 'not_known';
  readonly reason: NotKnownReason;
  /** What happened and what to do, for people; no personal data. */
  readonly detail: string;
  /** The kind of failure, where the question failed; `DciClientErrorCode`. */
  readonly code: DciClientErrorCode | null;
  /** Whether the same question may be answered later with nobody changing anything. */
  readonly transient: boolean;
}

/**
 * How a look-up ends: a plain yes, a plain no, or not known. Look at `kind`, always: every answer is an object, so an
 * answer is truthy whatever it says.
 *
 * @example
 * const answer = await crvs.checkDeath('UIN', '123456789');
 * switch (answer.kind) {
 *   case 'yes': return stopPayment(answer.date);
 *   case 'no': return pay();
 *   case 'not_known': return askACaseworker(answer.reason, answer.detail);
 * }
 */
export type Answer<Yes extends object = object, No extends object = object> =
  | ({ readonly kind: 'yes' } & Yes)
  | ({ readonly kind: 'no' } & No)
  | NotKnown;

/** A not-known answer. */
export function notKnown(reason: NotKnownReason, detail: string): NotKnown {
  return { kind: 'not_known', reason, detail, code: null, transient: reason === 'pending' };
}

const REASONS: Readonly<Record<DciClientErrorCode, NotKnownReason>> = {
  'registry.unreachable': 'unavailable',
  'registry.timeout': 'unavailable',
  'registry.unavailable': 'unavailable',
  'registry.busy': 'unavailable',
  'registry.unauthorized': 'unavailable',
  'registry.token': 'unavailable',
  'registry.pending': 'pending',
  'answer.timeout': 'pending',
  'answer.no_listener': 'pending',
  'registry.refused': 'refused',
  'registry.rejected': 'refused',
  'registry.answer': 'unreadable',
  'registry.signature': 'unreadable',
  'registry.encrypted': 'unreadable',
  'request.invalid': 'not_askable',
};

/**
 * The answer that a failed question is. `registryMessage`, the registry's own words, which may name a person, is there
 * as a member that loggers and `JSON.stringify` do not see.
 */
export function notKnownBecause(error: DciClientError): NotKnown & { readonly registryMessage?: string } {
  const { code, message, transient, registryMessage } = error;
  const answer: NotKnown = { kind: 'not_known', reason: REASONS[code], detail: message, code, transient };
  return Object.defineProperty(answer, 'registryMessage', { value: registryMessage, enumerable: false });
}
