import { isPlain, textOf } from '../dci/client/plain.ts';

const TIMEOUT_MS = 10_000;

/**
 * The names (`kid`) of the keys that a key set publishes. For our own key set, at an address of the settings.
 *
 * @throws where there is none: no connection, another status than 200, no JSON
 */
export async function publishedKeys(url: string, signal?: AbortSignal): Promise<string[]> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  if (!response.ok) throw new Error(`the key set answers with HTTP ${response.status}`);
  const set: unknown = await response.json();
  const keys = isPlain(set) && Array.isArray(set.keys) ? set.keys : [];
  return keys.filter(isPlain).flatMap(({ kid }) => textOf(kid) ?? []);
}
