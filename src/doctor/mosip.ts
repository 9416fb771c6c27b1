import { type Finding, ok, problem, warning } from './finding.ts';

/** A subscription at MOSIP's WebSub hub. Times in milliseconds since the epoch. */
export interface LeaseReading {
  topic: string;
  state: string;
  /** When it ends unless it is renewed; null where that is not known. */
  endsAt: number | null;
}

/**
 * Whether MOSIP still delivers.
 *
 * @param leases null where the inbox could not be read
 * @param renews whether the bridge renews them itself
 * @param beforeMs how long before its end a lease is to be renewed
 */
export function checkLeases(
  leases: readonly LeaseReading[] | null,
  renews: boolean,
  beforeMs: number,
  now: number,
): Finding[] {
  if (leases === null) {
    return [
      warning(
        'mosip.leases',
        'The subscriptions at MOSIP’s hub could not be read: the inbox does not answer.',
        'Run doctor where INBOX_URL is reachable.',
      ),
    ];
  }
  const renew = renews
    ? 'Look at the log for why the bridge could not renew it; `mosip subscribe` tries now.'
    : 'Subscribe again at the hub, as docs/mosip.md says; or set mosip.hub_url, and the bridge renews it.';
  return leases.map(({ topic, state, endsAt }) => {
    const id = `mosip.lease.${topic}` as const;
    const day = endsAt === null ? '' : new Date(endsAt).toISOString();
    if (state === 'denied') return problem(id, `MOSIP’s hub ended the subscription to ${topic}.`, renew);
    if (state !== 'active') {
      return warning(
        id,
        `No subscription to ${topic} is known: MOSIP’s hub never confirmed one here.`,
        renew,
      );
    }
    if (endsAt === null)
      return ok(id, `The subscription to ${topic} is confirmed; the hub did not say for how long.`);
    if (endsAt <= now)
      return problem(id, `The subscription to ${topic} ended at ${day}: MOSIP delivers nothing.`, renew);
    if (endsAt - now <= beforeMs && !renews)
      return warning(id, `The subscription to ${topic} ends at ${day}.`, renew);
    return ok(
      id,
      `The subscription to ${topic} lasts until ${day}${renews ? ', and is renewed before' : ''}.`,
    );
  });
}
