import type { VerifyResult } from './verify.ts';

/**
 * A verification in one line for the engineers at both ends: what failed, the key's name, the digests that were tried,
 * the clock difference. Nothing of the message's content; still not for the sender's eyes, who gets `message`.
 */
export function explain(result: VerifyResult): string {
  const { kid, algorithm, digests, clockDifferenceSeconds } = result.details;
  const parts = [result.ok ? `signature verifies (${result.form})` : `${result.reason}: ${result.message}`];
  if (kid !== null) parts.push(`kid ${kid}`);
  if (algorithm !== null) parts.push(`algorithm ${algorithm}`);
  for (const { form, digest } of digests) parts.push(`digest ${form} ${digest}`);
  if (clockDifferenceSeconds !== null) parts.push(clock(clockDifferenceSeconds));
  return parts.join('; ');
}

function clock(difference: number): string {
  return difference < 0 ? `created ${-difference} s ahead of our clock` : `created ${difference} s ago`;
}
