export interface Memoized<T> {
  /**
   * The answer, asked for at the first call; calls that come meanwhile share that question.
   *
   * @param now milliseconds since the epoch
   */
  get(now?: number): Promise<T>;
  /** Forgets an answer that `get` gave, unless a newer one has taken its place; without an answer, whatever is kept. */
  forget(answer?: Promise<T>): void;
}

/**
 * Keeps what `ask` answers. A rejection goes to all who waited for it and is not kept.
 *
 * @param keptMs milliseconds for which an answer is kept
 */
export function memoize<T>(ask: () => Promise<T>, keptMs = Number.POSITIVE_INFINITY): Memoized<T> {
  let kept: { answer: Promise<T>; at: number } | undefined;
  const forget = (answer = kept?.answer) => {
    if (kept?.answer === answer) kept = undefined;
  };
  return {
    get(now = Date.now()) {
      if (kept && now - kept.at <= keptMs) return kept.answer;
      const answer = ask();
      kept = { answer, at: now };
      answer.catch(() => forget(answer));
      return answer;
    },
    forget,
  };
}
