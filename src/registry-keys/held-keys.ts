import type { VerificationKey } from '../dci/keys.ts';

/** A fetched key, and since when it is no longer in its set. */
export interface HeldKey {
  key: VerificationKey;
  /** Milliseconds since the epoch; null while it is in the set. */
  leftAt: number | null;
}

/** The keys that were fetched for a sender. */
export interface HeldKeys {
  keys: readonly HeldKey[];
  /** Thumbprints of keys that were in the set once and are out of force; the latest last. */
  retired: readonly string[];
}

export const NO_KEYS: HeldKeys = { keys: [], retired: [] };

/** Bounds on what a sender that rotates without end can make the bridge keep. */
const MAX_LEAVING = 100;
const MAX_RETIRED = 1000;

/**
 * Takes up a set as it is published now. A key that is in it no longer goes on for the grace time, for the messages
 * that are under way.
 *
 * @param now, graceMs milliseconds
 */
export function takeUp(
  held: HeldKeys,
  published: readonly VerificationKey[],
  now: number,
  graceMs: number,
): HeldKeys {
  // The object of a key that is known already, so that it is not imported again.
  const current = published.map((key) => held.keys.find((known) => isSame(known.key, key))?.key ?? key);
  const leaving = held.keys
    .filter(({ key }) => !published.some((other) => isSame(key, other)))
    .map(({ key, leftAt }) => ({ key, leftAt: leftAt ?? now }));
  const remaining = leaving.filter(({ leftAt }) => isWithinGrace(leftAt, now, graceMs)).slice(-MAX_LEAVING);
  const kept = [...current.map((key) => ({ key, leftAt: null })), ...remaining];
  const inForce = new Set(kept.map(({ key }) => key.thumbprint));
  const left = leaving.map(({ key }) => key.thumbprint);
  const retired = new Set([...held.retired, ...left].filter((thumbprint) => !inForce.has(thumbprint)));
  return { keys: kept, retired: [...retired].slice(-MAX_RETIRED) };
}

/** The keys that verify now: those of the set, and those that left it less than the grace time ago. */
export function inForce(held: HeldKeys, now: number, graceMs: number): VerificationKey[] {
  return held.keys
    .filter(({ leftAt }) => leftAt === null || isWithinGrace(leftAt, now, graceMs))
    .map(({ key }) => key);
}

/** When the next key goes out of force by itself, milliseconds since the epoch; infinity where none does. */
export function nextEnd(held: HeldKeys, now: number, graceMs: number): number {
  const ends = held.keys.flatMap(({ leftAt }) => (leftAt === null ? [] : [leftAt + graceMs]));
  return Math.min(...ends.filter((end) => end > now), Number.POSITIVE_INFINITY);
}

/** Whether a key is, or was, of the set: one that was registered by hand is not. */
export function isOfSet(held: HeldKeys, thumbprint: string): boolean {
  return held.retired.includes(thumbprint) || held.keys.some(({ key }) => key.thumbprint === thumbprint);
}

function isWithinGrace(leftAt: number, now: number, graceMs: number): boolean {
  return now < leftAt + graceMs;
}

function isSame(a: VerificationKey, b: VerificationKey): boolean {
  return a.thumbprint === b.thumbprint && a.kid === b.kid && a.algorithm === b.algorithm;
}
