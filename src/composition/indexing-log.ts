import type { Logger } from 'pino';

/** Milliseconds between two lines while it fails: it is tried each second. */
const SAY_EVERY_MS = 600_000;

/**
 * Says in the log that the inbox cannot index messages, and why: at once, then every ten minutes, and when it works again.
 *
 * @returns what takes the cause of a failure, without personal data, and null once it works again
 */
export function indexingLog(log: Logger, clock: () => number = Date.now): (failure: string | null) => void {
  let saidAt: number | null = null;
  return (failure) => {
    if (failure === null) {
      if (saidAt !== null) log.info('the inbox indexes messages again');
      saidAt = null;
      return;
    }
    const since = saidAt === null ? SAY_EVERY_MS : clock() - saidAt;
    // A clock that was set back must not keep it quiet.
    if (since >= 0 && since < SAY_EVERY_MS) return;
    saidAt = clock();
    log.error(
      { detail: failure },
      'the inbox cannot index messages: they are delivered, but searches and retractions do not find them',
    );
  };
}
