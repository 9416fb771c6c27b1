import type { Asked, KeptReply, Lookups } from '../registries/lookups.ts';
import { say } from './output.ts';

/** Milliseconds after which a command says that it waits, and between two such lines. */
const SAY_AFTER_MS = 3000;
const SAY_EVERY_MS = 30_000;

/**
 * Waits for an answer, and says on standard error that it does where it takes long.
 *
 * @param waitMs milliseconds in all
 * @returns what came by then; null where nothing was asked
 */
export async function waitForAnswer(
  lookups: Pick<Lookups, 'answer'>,
  { transactionId }: Asked,
  waitMs: number,
): Promise<KeptReply | null> {
  let left = waitMs;
  for (let step = SAY_AFTER_MS; ; step = SAY_EVERY_MS) {
    const reply = await lookups.answer(transactionId, Math.min(step, left));
    left -= step;
    const isOpen = reply?.state === 'pending' || reply?.state === 'partial';
    if (!isOpen || left <= 0) return reply;
    say(
      `waiting for the answer of ${reply.registry}, up to ${Math.round(left / 1000)} s more; ` +
        `\`answers ${transactionId}\` shows it later`,
    );
  }
}
