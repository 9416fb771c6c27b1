import { hasStatus } from './answer-status.ts';
import type { CallbackAnswer } from './answers.ts';
import { PendingError, RejectedError } from './errors-of-answers.ts';
import { countOf, type Plain } from './plain.ts';
import { type AnswerForm, readSearchAnswer, type SearchAnswer } from './search-answer.ts';

/** A callback that only says how far the registry got. */
const isInterim = ({ header }: CallbackAnswer) => hasStatus(header.status, 'pending');

/** Reads the first callback that is more than a report of progress; null while there is none. */
export function lastOf<T>(
  read: (header: Plain, message: Plain) => T,
): (answers: readonly CallbackAnswer[]) => T | null {
  return (answers) => {
    const final = answers.find((answer) => !isInterim(answer));
    return final ? read(final.header, final.message) : null;
  };
}

/**
 * Puts the callbacks to one search together. A registry may say first that it is at it (`rcvd`, `pdng`), send one
 * answer in several parts, and send a part again.
 *
 * A callback is the last where its header has another status than those and counts nothing as still to come:
 * `completed_count` below `total_count` does, unless the parts together have all (each counts its own, or all so far),
 * or there are as many records as the pagination says there are.
 *
 * @returns null while there is more to come
 * @throws {ShapeError} {@link RejectedError}
 */
export function gatherSearch(answers: readonly CallbackAnswer[], form: AnswerForm = {}): SearchAnswer | null {
  const parts: { answer: SearchAnswer; source: CallbackAnswer }[] = [];
  const seen = new Set<string>();
  for (const source of answers) {
    const answer = readPart(source, form);
    if (answer === null) continue;
    const content = JSON.stringify([answer.records, answer.pagination]);
    if (answer.records.length > 0 && seen.has(content)) continue;
    seen.add(content);
    parts.push({ answer, source });
  }
  const first = parts[0];
  if (!first) return null;
  const records = parts.flatMap(({ answer }) => answer.records);
  const total = first.answer.pagination?.totalCount ?? null;
  const isWhole = !parts.some(({ source }) => isPart(source)) || hasAll(parts.map(({ source }) => source));
  if (!isWhole && (total === null || records.length < total)) return null;
  return { ...first.answer, records };
}

/** Null for one that brings nothing yet. */
function readPart(source: CallbackAnswer, form: AnswerForm): SearchAnswer | null {
  const { header, message } = source;
  try {
    return readSearchAnswer(header, message, form);
  } catch (error) {
    if (error instanceof PendingError) return null;
    const isEmpty = message.search_response === undefined || message.search_response === null;
    if (!(error instanceof RejectedError) && isEmpty && isInterim(source)) return null;
    throw error;
  }
}

function countsOf({ header }: CallbackAnswer): { done: number; total: number } | null {
  const done = countOf(header.completed_count);
  const total = countOf(header.total_count);
  // Registries that do not count leave 0.
  return done === null || total === null || done === 0 ? null : { done, total };
}

function isPart(answer: CallbackAnswer): boolean {
  const counts = countsOf(answer);
  return isInterim(answer) || (counts !== null && counts.done < counts.total);
}

function hasAll(answers: readonly CallbackAnswer[]): boolean {
  const last = answers.at(-1);
  const counts = answers.map(countsOf).filter((one) => one !== null);
  const total = Math.max(...counts.map((one) => one.total), 0);
  if (counts.length === 0) return last !== undefined && !isInterim(last);
  const done = counts.map((one) => one.done);
  // Counts that grow say what is done so far; others what each part brings.
  const grows = done.every((count, at) => at === 0 || count > (done[at - 1] ?? 0));
  const reached = grows ? Math.max(...done) : done.reduce((sum, count) => sum + count, 0);
  return reached >= total;
}
