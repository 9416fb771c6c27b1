import type { OwnKeysSettings } from '../keys/own-keys.ts';
import type { Settings } from './schema.ts';

/** The settings for the bridge's own keys in the form that they ask for: milliseconds. */
export function keySettings({ keys }: Pick<Settings, 'keys'>): OwnKeysSettings {
  return {
    directory: keys.directory,
    signingKey: keys.signing_key,
    encryptionKey: keys.encryption_key,
    overlapMs: keys.overlap_seconds * 1000,
    refreshMs: keys.refresh_seconds * 1000,
  };
}
