import type { Context } from 'hono';
import { acknowledge } from '../dci/ack.ts';
import type { Receipt } from '../inbox/inbox.ts';
import { type AppEnv, requestIdOf } from './app-env.ts';
import { ANSWER_HEADERS, REQUEST_ID_HEADER } from './headers.ts';

/**
 * Acknowledges what a registry or an identity system sent in its own tongue: 202 for what is kept, 200 where there was
 * nothing to keep.
 *
 * @param receipt null where there was nothing to keep
 * @param clock milliseconds since the epoch, for the time of an answer without a receipt
 */
export function answerReceipt(
  c: Context<AppEnv>,
  receipt: Pick<Receipt, 'correlationId' | 'receivedAt'> | null,
  clock: () => number,
): Response {
  const requestId = requestIdOf(c);
  const { correlationId, receivedAt } = receipt ?? { correlationId: requestId, receivedAt: clock() };
  return c.json(
    acknowledge({ correlationId, timestamp: new Date(receivedAt) }),
    receipt === null ? 200 : 202,
    { ...ANSWER_HEADERS, [REQUEST_ID_HEADER]: requestId },
  );
}
