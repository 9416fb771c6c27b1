import type { OwnKey } from './own-key.ts';

/**
 * `active`: new signatures are by it, messages should be sealed to it. `previous`: a newer one took its place; still
 * published, and opens messages. `retired`: neither; its file is kept.
 */
type KeyState = 'active' | 'previous' | 'retired';

/** A key, and its place among its successors. */
export interface PlacedKey {
  key: OwnKey;
  state: KeyState;
  /** When the next one took its place; null where none did. Milliseconds since the epoch. */
  replacedAt: number | null;
  /** When it is no longer published; null where that is not set. */
  retiresAt: number | null;
}

/**
 * Keys that succeed one another: all signing keys, and the encryption keys of one kind, so that a registry that knows
 * RSA alone and one that knows curves alone both find a key.
 */
export function lineOf({ kind }: Pick<OwnKey, 'kind'>): string {
  return kind.use === 'sig' ? 'sig' : kind.name;
}

/**
 * Gives the state of each key. Nothing but the keys' own times decides it, so that nothing else need be kept: of a line
 * the newest is active, and each other one was replaced when the next newer was made.
 *
 * @param given keys from the environment: active; those of the folder follow them for as long as they are there
 * @param overlapMs how long a replaced key stays published
 * @param now milliseconds since the epoch
 * @returns those in force first, the active before the others, then by age
 */
export function placeKeys(
  given: readonly OwnKey[],
  filed: readonly OwnKey[],
  overlapMs: number,
  now: number,
): PlacedKey[] {
  const placed: PlacedKey[] = given.map((key) => ({
    key,
    state: 'active',
    replacedAt: null,
    retiresAt: null,
  }));
  const newestFirst = filed.toSorted((a, b) => b.createdAt - a.createdAt || (a.kid < b.kid ? 1 : -1));
  const newer = new Map<string, OwnKey>();
  // A copy of a file is no key of its own: nobody may meet two of one kid.
  const seen = new Set<string>();
  for (const key of newestFirst) {
    if (seen.has(key.kid)) continue;
    seen.add(key.kid);
    const line = lineOf(key);
    const next = newer.get(line);
    newer.set(line, key);
    if (given.some(({ kid }) => kid === key.kid)) continue;
    if (next) {
      const retiresAt = next.createdAt + overlapMs;
      const state = now < retiresAt ? 'previous' : 'retired';
      placed.push({ key, state, replacedAt: next.createdAt, retiresAt });
    } else {
      const state = given.some((one) => lineOf(one) === line) ? 'previous' : 'active';
      placed.push({ key, state, replacedAt: null, retiresAt: null });
    }
  }
  const order: KeyState[] = ['active', 'previous', 'retired'];
  return placed.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}
