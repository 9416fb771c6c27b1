export interface Remembered<T> {
  /** The answer, asked for at the first call; calls that come meanwhile share that question. */
  get(): Promise<T>;
  /** Forgets an answer that `get` gave, unless a newer one has taken its place. */
  forget(answer: Promise<T>): void;
}

/** Keeps what `ask` answers. A rejection goes to all who waited for it and is not kept. */
export function remembered<T>(ask: () => Promise<T>): Remembered<T> {
  let kept: Promise<T> | undefined;
  const forget = (answer: Promise<T>) => {
    if (kept === answer) kept = undefined;
  };
  return {
    get() {
      if (kept) return kept;
      const asked = ask();
      kept = asked;
      asked.catch(() => forget(asked));
      return asked;
    },
    forget,
  };
}
