/** A call of Odoo that was made for the batch of an attempt; no personal data. */
export interface AttemptCall {
  model: string;
  method: string;
  /** `ok`, or the code of its error. */
  outcome: string;
  /** How long it took, in milliseconds. */
  ms: number;
}

/** Of so many calls at each end of a batch; those between them are left out. */
const KEPT_AT_AN_END = 20;

/** Calls as a column keeps them: one text for all events of the batch. Null for none. */
export function callsText(calls: readonly AttemptCall[]): string | null {
  if (calls.length === 0) return null;
  const kept =
    calls.length <= 2 * KEPT_AT_AN_END
      ? calls
      : [...calls.slice(0, KEPT_AT_AN_END), ...calls.slice(-KEPT_AT_AN_END)];
  return JSON.stringify(kept.map(({ model, method, outcome, ms }) => [model, method, outcome, ms]));
}

/** What `callsText` wrote. */
export function callsOf(text: string | null): AttemptCall[] {
  if (text === null) return [];
  const rows = JSON.parse(text) as [model: string, method: string, outcome: string, ms: number][];
  return rows.map(([model, method, outcome, ms]) => ({ model, method, outcome, ms }));
}
