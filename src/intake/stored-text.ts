import type { Envelope } from '../dci/envelope.ts';
import { DciError } from '../dci/errors.ts';
import type { JsonSyntaxErrorCode } from '../dci/json.ts';
import type { InboxEvent } from '../events/identity-event.ts';
import { keptTextProblem } from '../events/raw-data.ts';

const ADVICE: Partial<Record<JsonSyntaxErrorCode, string>> = {
  'json.too_deep': 'send it nested less deeply',
  'json.too_many_values': 'send fewer records a message',
};

/**
 * Reads the text that is about to be kept as the delivery reads it: whatever a connector wraps around a message, or
 * puts beside it, nothing may be acknowledged that cannot be delivered. A text that an envelope was read from was read
 * in that way already, to the letter.
 *
 * @param readAs an envelope that the connector read; its own text says what it was read from
 * @throws {DciError} `err.request.bad`; its field is the place in the kept text
 */
export function assertDeliverable({
  body,
  events,
  readAs,
}: {
  body: string;
  events: readonly Pick<InboxEvent, 'type'>[];
  readAs?: Pick<Envelope, 'text'> | undefined;
}): void {
  if (readAs?.text === body && events.every(({ type }) => type !== 'identity')) return;
  const problem = keptTextProblem(body, events);
  if (problem === null) return;
  throw new DciError(
    'err.request.bad',
    problem.path === '' ? null : problem.path,
    `the message cannot be kept: ${problem.message}; ${ADVICE[problem.code] ?? 'send it as plain JSON'}`,
    problem.code,
  );
}
