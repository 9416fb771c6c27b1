import type { SenderDirectorySettings } from '../senders/sender-directory.ts';
import type { Settings } from './schema.ts';

/** The settings for the senders in the form that their directory asks for: milliseconds. */
export function senderSettings({ senders }: Pick<Settings, 'senders'>): SenderDirectorySettings {
  return {
    refreshMs: senders.refresh_seconds * 1000,
    unknownCooldownMs: senders.unknown_cooldown_seconds * 1000,
  };
}
