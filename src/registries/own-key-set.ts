import { publishedKeys } from '../registry-keys/published-keys.ts';
import type { Source } from './source.ts';

/**
 * Whether our key is where an OpenCRVS looks for it, at `<sender_id>/.well-known/jwks.json`; nothing for other sources, and
 * for those whose requests are not signed.
 *
 * @param kid the name of the key that signs requests to the source; null where there is none
 * @returns what is wrong, each with what to do; no secret
 * @throws the signal's reason
 */
export async function ownKeySetWarnings(
  { code, dialect, senderId, signRequests }: Pick<Source, 'code' | 'dialect' | 'senderId' | 'signRequests'>,
  kid: string | null,
  signal?: AbortSignal,
): Promise<string[]> {
  if (dialect !== 'opencrvs' || signRequests === false) return [];
  if (kid === null) {
    return [
      `sources.${code}: this bridge has no signing key, so requests go out unsigned; make one with \`keys generate\``,
    ];
  }
  const url = `${senderId.replace(/\/+$/, '')}/.well-known/jwks.json`;
  if (!URL.canParse(url)) return [];
  try {
    if ((await publishedKeys(url, signal)).includes(kid)) return [];
    return [
      `sources.${code}.sender_id: ${url} does not publish the key that signs; the bridge that serves there must have the ` +
        'same KEYS_DIR or SIGNING_KEY',
    ];
  } catch {
    signal?.throwIfAborted();
    return [
      `sources.${code}.sender_id: no key set could be fetched from ${url}; the bridge must be reachable there, also while ` +
        'questions are asked from the command line',
    ];
  }
}
