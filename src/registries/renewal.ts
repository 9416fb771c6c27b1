import type { Logger } from 'pino';
import { DciClientError } from '../dci/client/errors.ts';
import { backoffMs } from '../lib/retry.ts';
import { RegistriesError } from './errors.ts';
import type { Registries } from './registries.ts';
import type { KeptSubscription, SubscriptionBook, SubscriptionState } from './subscriptions.ts';

export interface RenewalSettings {
  /** Milliseconds before its end that a subscription is renewed; at most half of its life. */
  renewBeforeMs: number;
  /** Milliseconds after a failure before the next try; they double with each, up to a day. */
  intervalMs: number;
}

const LONGEST_RETRY_MS = 86_400_000;
/** A successor in one of these states is renewed in its turn, also where its registry gave it an end that is over. */
const TOOK_OVER: readonly SubscriptionState[] = ['active', 'expired', 'replaced'];

/**
 * Renews subscriptions whose end is near, or over: the registry has no other way. The old one stays until its
 * end; events that both announce are known as repeats. One at a time; each failure is logged and tried again.
 *
 * @returns how many were asked for again
 */
export async function renewSubscriptions(
  settings: RenewalSettings,
  book: SubscriptionBook,
  registries: Registries,
  log: Logger,
  now: number,
): Promise<number> {
  const all = await book.list();
  let renewed = 0;
  for (const one of all) {
    if (!isDue(one, settings, now)) continue;
    const successor = all.find(({ id }) => id === one.renewal.by);
    if (successor && TOOK_OVER.includes(successor.state)) {
      await book.replaced(one.id);
      continue;
    }
    // Its confirmation may still come.
    const isWaiting =
      successor?.state === 'pending' && now - Date.parse(successor.requestedAt) < settings.intervalMs;
    if (!isWaiting && (await renew(one, settings, book, registries, log, now))) renewed += 1;
  }
  return renewed;
}

async function renew(
  one: KeptSubscription,
  settings: RenewalSettings,
  book: SubscriptionBook,
  registries: Registries,
  log: Logger,
  now: number,
): Promise<boolean> {
  const outcome = await requested(one, registries);
  if (outcome.error === null) {
    await book.renewing(one.id, { failures: 0, nextAt: null, error: null, by: outcome.id });
    if (outcome.isActive) await book.replaced(one.id);
    return true;
  }
  const failures = one.renewal.failures + 1;
  const pause = backoffMs(failures, { initialMs: settings.intervalMs, maximumMs: LONGEST_RETRY_MS }, 1);
  const nextAt = new Date(now + pause).toISOString();
  log.warn(
    { source: one.source, subscription: one.id, code: outcome.code, failures, nextAt },
    'a subscription could not be renewed',
  );
  await book.renewing(one.id, { failures, nextAt, error: outcome.error, by: outcome.id });
  return false;
}

interface Requested {
  id: string | null;
  isActive: boolean;
  code: string | null;
  error: string | null;
}

async function requested(one: KeptSubscription, registries: Registries): Promise<Requested> {
  try {
    const crvs = await registries.crvs(one.source);
    const [outcome] = await crvs.requestSubscriptions([one.eventType], { waitMs: 0 });
    const { transactionId: id = null, state, error = null } = outcome ?? {};
    return { id, isActive: state === 'subscribed', code: error?.code ?? null, error: error?.message ?? null };
  } catch (error) {
    // OpenSPP may be what does not answer.
    const { code, message } = error as { code?: string; message: string };
    const isKnown = error instanceof RegistriesError || error instanceof DciClientError;
    return {
      id: null,
      isActive: false,
      code: code ?? 'unknown',
      error: isKnown ? message : (code ?? 'unknown'),
    };
  }
}

function isDue(one: KeptSubscription, { renewBeforeMs }: RenewalSettings, now: number): boolean {
  if (one.state !== 'active' && one.state !== 'expired') return false;
  if (one.endsAt === null) return false;
  if (one.renewal.nextAt !== null && now < Date.parse(one.renewal.nextAt)) return false;
  const ends = Date.parse(one.endsAt);
  const life = ends - Date.parse(one.confirmedAt ?? one.requestedAt);
  return now >= ends - Math.min(renewBeforeMs, Math.max(0, life / 2));
}
