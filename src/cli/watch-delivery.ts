import type { Inbox, InboxCounts } from '../inbox/inbox.ts';
import type { Progress } from './progress.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 500;

/** Resolves after so long, or as soon as the signal aborts. */
type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Shows how the events that wait settle, until none waits or is being delivered. Those that are deferred have a time of
 * their own, and are not waited for.
 *
 * @param signal ends the watching, not the delivery
 * @returns the counts of the inbox then
 */
export async function watchDelivery(
  inbox: Pick<Inbox, 'counts'>,
  progress: Progress,
  signal: AbortSignal,
  pause: Pause = pauseOf,
): Promise<InboxCounts> {
  let most = 0;
  for (;;) {
    const counts = await inbox.counts();
    const open = counts.waiting + counts.delivering;
    // Others may come in the meantime: the bar then has more to go.
    most = Math.max(most, open);
    const later = counts.deferred > 0 ? `, ${counts.deferred} deferred` : '';
    progress.update({
      label: 'delivering',
      done: most - open,
      total: most,
      detail: `${open} to go${later}`,
    });
    if (open === 0 || signal.aborted) return counts;
    await pause(LOOK_MS, signal);
  }
}

function pauseOf(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
