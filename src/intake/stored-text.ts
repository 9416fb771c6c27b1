import { DciError } from '../dci/errors.ts';
import type { JsonSyntaxErrorCode } from '../dci/json.ts';
import { keptTextProblem } from '../events/raw-data.ts';
import type { ReadMessage } from './intake.ts';

const ADVICE: Partial<Record<JsonSyntaxErrorCode, string>> = {
  'json.too_deep': 'send it nested less deeply',
  'json.too_many_values': 'send fewer records a message',
};

/**
 * Reads the text that is about to be kept as the delivery reads it: whatever a connector wraps around a message, or
 * puts beside it, nothing may be acknowledged that cannot be delivered.
 *
 * @throws {DciError} `err.request.bad`; its field is the place in the kept text
 */
export function assertDeliverable({ body, events }: Pick<ReadMessage, 'body' | 'events'>): void {
  const problem = keptTextProblem(body, events);
  if (problem === null) return;
  throw new DciError(
    'err.request.bad',
    problem.path === '' ? null : problem.path,
    `the message cannot be kept: ${problem.message}; ${ADVICE[problem.code] ?? 'send it as plain JSON'}`,
    problem.code,
  );
}
