import type { Context } from 'hono';
import { acknowledge } from '../dci/ack.ts';
import { jsonAnswer } from '../http/answer.ts';
import { type AppEnv, requestIdOf } from '../http/app-env.ts';
import { ANSWER_HEADERS, REQUEST_ID_HEADER } from '../http/headers.ts';
import type { Taken } from './intake.ts';

/**
 * Acknowledges a message in the shape of SPDCI: 202 for what is kept, 200 where there was nothing to keep.
 *
 * @param clock milliseconds since the epoch, for the time of an answer without a receipt
 */
export function answerTaken(
  c: Context<AppEnv>,
  { receipt, incomplete }: Taken,
  clock: () => number,
): Response {
  const requestId = requestIdOf(c);
  const { correlationId, receivedAt } = receipt ?? { correlationId: requestId, receivedAt: clock() };
  return jsonAnswer(
    acknowledge({ correlationId, timestamp: new Date(receivedAt) }, incomplete),
    receipt === null ? 200 : 202,
    { ...ANSWER_HEADERS, [REQUEST_ID_HEADER]: requestId },
  );
}
