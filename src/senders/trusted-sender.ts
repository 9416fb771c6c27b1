import { algorithmNamed } from '../dci/algorithms.ts';
import { answersTo, KeyError, keyFromPem, type VerificationKey } from '../dci/keys.ts';
import type { Refused, Sender } from '../dci/verify.ts';
import { isOfSet } from '../registry-keys/held-keys.ts';
import type { SenderKeys } from '../registry-keys/key-sets.ts';
import { NO_LIMITS, type SenderLimits } from './limits.ts';
import type { TokenBucket } from './token-bucket.ts';

/** A row of OpenSPP's CRVS Sender Registry, as it is kept. */
export interface SenderRow {
  senderId: string;
  name: string;
  /** `ed25519` or `rs256`; null where none was chosen. */
  algorithm: string | null;
  /** PEM; null where none was entered. */
  publicKey: string | null;
  /** Where its keys are published; null where none was entered. */
  jwksUrl: string | null;
}

/** A sender whose messages are verified with its keys. */
export interface TrustedSender extends Sender {
  name: string;
  jwksUrl: string | null;
  /** Those of its keys that come from its JWKS URL. */
  fetchedKeys: readonly VerificationKey[];
  limits: SenderLimits;
  /** Counts its messages; null where they are not limited. */
  rate: TokenBucket | null;
  /** Why none of its messages can be verified, for the operator; null where there is a key. */
  problem: string | null;
}

/** What the configuration says about a sender. */
export type SenderRules = Pick<TrustedSender, 'limits' | 'rate'>;

const NO_RULES: SenderRules = { limits: NO_LIMITS, rate: null };

/**
 * Imports the key of a row, and adds those that were fetched from its JWKS URL. A row that cannot be used is kept, so
 * that its messages are refused for the right reason.
 *
 * A row with a JWKS URL has no one algorithm: each of its keys says its own.
 *
 * @param fetched null where none were
 */
export function trustedSender(
  row: SenderRow,
  fetched: SenderKeys | null = null,
  rules: SenderRules = NO_RULES,
): TrustedSender {
  const { senderId, name, jwksUrl } = row;
  const common = { senderId, name, jwksUrl, limits: rules.limits, rate: rules.rate };
  const entered = importKeys(row);
  if (jwksUrl === null) {
    const algorithm = row.algorithm === null ? null : algorithmNamed(row.algorithm);
    return { ...common, ...entered, algorithm: algorithm ?? undefined, fetchedKeys: [] };
  }
  const fetchedKeys = fetched?.keys ?? [];
  const own = entered.keys.filter((key) => fetched === null || countsBesides(key, fetched));
  // A key that is in both counts once: a message that names no key leaves a choice otherwise.
  const keys = [...own, ...fetchedKeys.filter((key) => !own.some((other) => isSame(other, key)))];
  const problem = keys.length > 0 ? null : problemOf(fetched);
  return { ...common, keys, fetchedKeys, problem };
}

/**
 * Whether a refusal may be one because the known keys are not the latest: the signature names no key that we know of.
 * A PEM key answers to any name, and so hides that; then the signature does not match.
 */
export function namesUnknownKey(refused: Refused, sender: TrustedSender): boolean {
  if (sender.jwksUrl === null) return false;
  const { reason, details } = refused;
  if (reason === 'kid.unknown') return true;
  if (reason !== 'signature.mismatch' && reason !== 'algorithm.not_the_keys') return false;
  if (details.kid === null) return true;
  const names = [details.kid, details.kid.split('|')[1] ?? details.kid];
  return !sender.fetchedKeys.some((key) => answersTo(key, names));
}

/**
 * Whether the key that is in the row verifies, too. One that is none of the set was entered by hand, and is trusted
 * for that. A copy of one of the set's (OpenSPP and the bridge store such) is trusted as long as the original, and only
 * with its algorithm.
 */
function countsBesides(entered: VerificationKey, { state, keys }: SenderKeys): boolean {
  if (!isOfSet(state, entered.thumbprint)) return true;
  return keys.some((key) => isSame(key, entered));
}

function isSame(a: VerificationKey, b: VerificationKey): boolean {
  return a.thumbprint === b.thumbprint && a.algorithm === b.algorithm;
}

function problemOf(fetched: SenderKeys | null): string {
  const problem = fetched?.state.problem ?? null;
  if (problem !== null) return `its keys could not be fetched: ${problem}`;
  return 'its keys were not fetched yet';
}

function importKeys({ algorithm, publicKey }: SenderRow): {
  keys: VerificationKey[];
  problem: string | null;
} {
  if (publicKey === null) return { keys: [], problem: 'no public key is entered' };
  if (algorithm === null) return { keys: [], problem: 'no algorithm is chosen' };
  try {
    return { keys: [keyFromPem(publicKey, algorithm)], problem: null };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return { keys: [], problem: error.message };
  }
}
