import type { Context } from 'hono';
import type { Receipt } from '../inbox/inbox.ts';
import { type MessageSignals, NO_SIGNALS, type Signals } from '../signals/signals.ts';
import { type AppEnv, requestIdOf } from './app-env.ts';
import { answerOf } from './http-error.ts';

/** One request, for the log and the signals. */
export interface RequestSeen {
  /** Its id; the message gets it for its correlation id where it is new. A UUID. */
  id: string;
  signals: MessageSignals;
}

/** One request on a route that is for one sender alone. */
export interface ClaimedRequest extends RequestSeen {
  /**
   * It claims to be that sender's, by a signature or a token of any kind. What carries neither is some stranger's, who
   * knows the address alone, and no fault of the sender's.
   */
  claims(senderId: string): void;
}

/** Who is told of messages. */
export interface MessageWatchers {
  /** Nobody is told where left out. */
  signals?: Pick<Signals, 'message'> | undefined;
  /** Told of each message that is refused. @param senderId as registered or configured; null for whoever is not */
  refused?: ((senderId: string | null, reason: string) => void) | undefined;
}

/**
 * Does the work of a request that brings a message, as part of its trace, and tells how it ended. The work itself tells
 * the steps in between, as far as it gets.
 *
 * @param work gives null where there was nothing to keep
 * @throws whatever the work throws
 */
export async function watchMessage<T extends Pick<Receipt, 'kind'> | null>(
  c: Context<AppEnv>,
  { signals: watch = NO_SIGNALS, refused }: MessageWatchers,
  work: (seen: ClaimedRequest) => Promise<T>,
): Promise<T> {
  const id = requestIdOf(c);
  const signals = watch.message(id, c.req.header('traceparent'));
  let claimed: string | null = null;
  const claims = (senderId: string) => {
    claimed = senderId;
    signals.from(senderId);
  };
  try {
    const receipt = await signals.run(() => work({ id, signals, claims }));
    signals.accepted(receipt?.kind === 'repeated' ? 'repeated' : 'created');
    return receipt;
  } catch (error) {
    const { code, status } = answerOf(error);
    signals.refused(code, status >= 500);
    refused?.(claimed, (error as { reason?: string }).reason ?? code);
    throw error;
  }
}
