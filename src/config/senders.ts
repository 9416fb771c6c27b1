import type { SenderDirectorySettings } from '../senders/sender-directory.ts';
import type { Settings } from './schema.ts';

/**
 * The settings for the senders in the form that their directory asks for: milliseconds.
 *
 * @param openspp the OpenSPP that they are read from
 */
export function senderSettings(
  { senders }: Pick<Settings, 'senders'>,
  openspp: { url: string; db: string },
): SenderDirectorySettings {
  return {
    openspp: `${openspp.db} at ${new URL(openspp.url).origin}`,
    refreshMs: senders.refresh_seconds * 1000,
    unknownCooldownMs: senders.unknown_cooldown_seconds * 1000,
  };
}
