import type { RequestTexts } from '../texts/requests.ts';
import { type ChangeRequest, partsOf } from './request.ts';

/** What becomes of an event, by how its requests stand. */
export type Verdict =
  | { kind: 'undecided'; note: string }
  | { kind: 'error'; error: string }
  | { kind: 'done'; note: string | null };

/**
 * All requests of an event are decided before it is: while one is not, the event waits; then one that was not applied
 * ends it in error.
 *
 * @param requests those of the event that count
 * @param refused what became of those that OpenSPP refused, in words
 * @param hide keeps identifiers out of what a reviewer wrote
 */
export function verdictOn(
  requests: readonly ChangeRequest[],
  refused: readonly string[],
  texts: RequestTexts,
  hide: (words: string) => string,
): Verdict {
  const open = requests.filter(({ standing }) => standing === 'pending' || standing === 'approved');
  if (open.length > 0) return { kind: 'undecided', note: texts.waits(open.map((one) => nameOf(one, texts))) };
  const errors = [...refused, ...requests.flatMap((request) => errorOf(request, texts, hide) ?? [])];
  if (errors.length > 0) {
    const decidedAgainst = requests.some(
      ({ standing }) => standing === 'rejected' || standing === 'revision',
    );
    return { kind: 'error', error: [...errors, ...(decidedAgainst ? [texts.notAgain] : [])].join('\n') };
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

function errorOf(
  request: ChangeRequest,
  texts: RequestTexts,
  hide: (words: string) => string,
): string | null {
  const name = nameOf(request, texts);
  const reason = request.reason === null ? null : hide(request.reason.trim());
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

/** Shows the last four characters of these values at most, wherever they stand in the words. */
export function hiding(values: readonly string[]): (words: string) => string {
  const known = [...new Set(values)].filter((value) => value.length > 4).sort((a, b) => b.length - a.length);
  return (words) => known.reduce((shown, value) => shown.replaceAll(value, `…${value.slice(-4)}`), words);
}
