import type { KeySetSource, KeySetsSettings } from '../senders/jwks/key-sets.ts';
import type { Settings } from './schema.ts';

/** The settings for the key sets of registries that are asked: milliseconds. */
export function registryKeySettings({ jwks }: Pick<Settings, 'jwks'>): KeySetsSettings {
  return {
    // The name of their document, beside those of OpenSPPs' senders.
    openspp: 'sources',
    graceMs: jwks.grace_seconds * 1000,
    cooldownMs: jwks.cooldown_seconds * 1000,
    retryMs: jwks.minimum_seconds * 1000,
  };
}

/** The sources with a JWKS URL, by code. */
export function registryKeySources({ sources }: Pick<Settings, 'sources'>): KeySetSource[] {
  return Object.entries(sources).flatMap(([code, { registry_jwks_url: url }]) =>
    url === undefined ? [] : [{ senderId: code, url }],
  );
}
