import type { EventReason } from '../reasons.ts';
import type { RequestTexts } from '../texts/index.ts';
import { type ChangeRequest, partsOf, type Standing } from './request.ts';

/** What becomes of an event, by the states of its requests. */
export type Verdict =
  | { kind: 'undecided'; note: string }
  | { kind: 'error'; error: string; reason: EventReason }
  | { kind: 'done'; note: string | null };

/**
 * All requests of an event are decided before it is: while one is not, the event waits; then one that was not applied
 * ends it in error.
 *
 * @param requests those of the event that count
 * @param refused what became of those that OpenSPP refused, in words
 */
export function verdictOn(
  requests: readonly ChangeRequest[],
  refused: readonly string[],
  texts: RequestTexts,
): Verdict {
  const open = requests.filter(({ standing }) => standing === 'pending' || standing === 'approved');
  if (open.length > 0) return { kind: 'undecided', note: texts.waits(open.map((one) => nameOf(one, texts))) };
  const errors = [...refused, ...requests.flatMap((request) => errorOf(request, texts) ?? [])];
  if (errors.length > 0) {
    const reason = refused.length > 0 ? 'openspp.request_refused' : reasonOf(requests);
    const decidedAgainst = reason === 'openspp.request_rejected' || reason === 'openspp.request_sent_back';
    return {
      kind: 'error',
      error: [...errors, ...(decidedAgainst ? [texts.notAgain] : [])].join('\n'),
      reason,
    };
  }
  const applied = requests.filter(({ standing }) => standing === 'applied');
  return {
    kind: 'done',
    note: applied.length === 0 ? null : texts.applied(applied.map((one) => nameOf(one, texts))),
  };
}

/** Its reference for people, and what it changes. */
export function nameOf(request: ChangeRequest, texts: RequestTexts): string {
  const kind = partsOf(request.reference)?.kind;
  return kind === undefined ? request.name : texts.named(request.name, texts.kinds[kind]);
}

function reasonOf(requests: readonly ChangeRequest[]): EventReason {
  const is = (wanted: Standing) => requests.some(({ standing }) => standing === wanted);
  if (is('rejected')) return 'openspp.request_rejected';
  if (is('revision') || is('reset')) return 'openspp.request_sent_back';
  return is('failed') ? 'openspp.request_not_applied' : 'openspp.request_refused';
}

function errorOf(request: ChangeRequest, texts: RequestTexts): string | null {
  const name = nameOf(request, texts);
  const reason = request.reason?.trim() || null;
  switch (request.standing) {
    case 'rejected':
      return texts.rejected(name, reason);
    case 'revision':
      return texts.sentBack(name, reason);
    case 'failed':
      return texts.notApplied(name, reason ?? '');
    case 'reset':
      return texts.reset(name);
    case 'draft':
      return texts.notSubmitted(name, null);
    default:
      return null;
  }
}
