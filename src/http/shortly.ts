/**
 * Asks once for all who ask at the same time, and keeps the answer for a short time after it came; one that failed is
 * asked for again.
 *
 * @param keptMs milliseconds
 * @param now milliseconds, by a clock that may be set
 */
export function shortly<T>(
  ask: () => Promise<T>,
  keptMs: number,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let kept: Promise<T> | null = null;
  let cameAt: number | null = null;
  const isFresh = () => {
    if (cameAt === null) return true;
    const age = now() - cameAt;
    return age >= 0 && age < keptMs;
  };
  return () => {
    if (kept && isFresh()) return kept;
    const asked = ask();
    kept = asked;
    cameAt = null;
    asked.then(
      () => {
        cameAt = now();
      },
      () => {
        kept = null;
      },
    );
    return asked;
  };
}
