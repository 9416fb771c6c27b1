import type { VerificationKey } from '../dci/keys.ts';
import type { KeySetState } from '../registry-keys/kept-keys.ts';
import type { TrustedSender } from './trusted-sender.ts';

/** A sender as operators see it: no key itself, only its name and thumbprint. Times are ISO 8601. */
export interface SenderView {
  senderId: string;
  name: string;
  /** Why none of its messages can be verified; null where they can. */
  problem: string | null;
  aliases: string[];
  limits: {
    eventTypes: string[] | null;
    maxWindowSeconds: number | null;
    mustEncrypt: boolean;
    ratePerMinute: number | null;
  };
  keys: KeyView[];
  jwks: {
    url: string;
    fetchedAt: string | null;
    /** When it is fetched again, by a bridge that runs; null where at once. */
    dueAt: string | null;
    /** Why the last try failed, such as `jwks.timeout`; null where it did not. */
    problem: string | null;
    failedAt: string | null;
  } | null;
}

export interface KeyView {
  /** Null for a key that was entered in OpenSPP: it answers to any name. */
  kid: string | null;
  algorithm: string;
  thumbprint: string;
  /** Where it is: in the row in OpenSPP, in the key set, or in both. */
  source: 'openspp' | 'jwks' | 'both';
  /** When it ends, since it is no longer published; null where it does not. */
  endsAt: string | null;
}

/**
 * @param state of its key set; null without a JWKS URL
 * @param graceMs how long a key that left its set goes on
 */
export function viewOf(
  sender: TrustedSender,
  aliases: string[],
  state: KeySetState | null,
  graceMs: number,
): SenderView {
  const { senderId, name, problem, limits } = sender;
  return {
    senderId,
    name,
    problem,
    aliases,
    limits: { ...limits, eventTypes: limits.eventTypes && [...limits.eventTypes] },
    keys: keysOf(sender, state, graceMs),
    jwks: state && {
      url: state.url,
      fetchedAt: iso(state.fetchedAt),
      dueAt: iso(state.dueAt === 0 ? null : state.dueAt),
      problem: state.problem,
      failedAt: iso(state.failedAt),
    },
  };
}

function keysOf({ keys, fetchedKeys }: TrustedSender, state: KeySetState | null, graceMs: number): KeyView[] {
  const entered = keys.filter(({ kid }) => kid === null);
  const isEntered = (key: VerificationKey) => entered.some(({ thumbprint }) => thumbprint === key.thumbprint);
  const isFetched = (key: VerificationKey) =>
    fetchedKeys.some(({ thumbprint }) => thumbprint === key.thumbprint);
  const view = ({ kid, algorithm, thumbprint }: VerificationKey) => ({ kid, algorithm, thumbprint });
  return [
    ...entered
      .filter((key) => !isFetched(key))
      .map((key): KeyView => ({ ...view(key), source: 'openspp', endsAt: null })),
    ...fetchedKeys.map((key): KeyView => {
      const leftAt = state?.keys.find((held) => held.key === key)?.leftAt ?? null;
      const endsAt = leftAt === null ? null : iso(leftAt + graceMs);
      return { ...view(key), source: isEntered(key) ? 'both' : 'jwks', endsAt };
    }),
  ];
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
