import { ShapeError } from './errors-of-answers.ts';
import { textOf } from './plain.ts';

/** What a status says of a request. */
export type AnswerStatus = 'success' | 'refused' | 'pending';

/** The specification's codes (`rcvd`, `pdng`, `succ`, `rjct`), and the words that implementations write for them. */
const WORDS: Readonly<Record<AnswerStatus, readonly string[]>> = {
  success: ['succ', 'success', 'successful', 'succeeded', 'ok', 'complete', 'completed', 'done'],
  refused: [
    'rjct',
    'reject',
    'rejected',
    'refused',
    'denied',
    'declined',
    'fail',
    'failed',
    'failure',
    'err',
    'error',
    'nack',
    'invalid',
  ],
  pending: [
    'rcvd',
    'received',
    'pdng',
    'pending',
    'processing',
    'inprogress',
    'accepted',
    'ack',
    'queued',
    'waiting',
    'submitted',
  ],
};

const STATUS = new Map<string, AnswerStatus>(
  (Object.keys(WORDS) as AnswerStatus[]).flatMap((status) => WORDS[status].map((word) => [word, status])),
);

/**
 * Reads a status in any case, by the specification's code or by its usual word.
 *
 * @param member how an error names it, such as `message.search_response[0].status`
 * @returns null where there is none: `null` and `""` count as absent
 * @throws {ShapeError} for every other word: it may mean anything, so it is never taken for a success
 */
export function answerStatus(value: unknown, member: string): AnswerStatus | null {
  if (value === undefined || value === null || value === '') return null;
  const word = textOf(value)
    ?.toLowerCase()
    .replace(/[\s_-]+/g, '');
  const status = word === undefined ? undefined : STATUS.get(word);
  if (status !== undefined) return status;
  throw new ShapeError(`${member} is no status: expected succ, rjct, pdng or rcvd`);
}

/** Whether a status is surely of this kind; a word that is not known is of none. */
export function hasStatus(value: unknown, wanted: AnswerStatus): boolean {
  try {
    return answerStatus(value, '') === wanted;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}
