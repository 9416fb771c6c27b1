import { type TimeZone, type TimeZones, timeZone } from '../events/time-zone.ts';
import type { KeySetsSettings } from '../senders/jwks/key-sets.ts';
import type { LifetimeBounds } from '../senders/jwks/lifetime.ts';
import type { UrlPolicy } from '../senders/jwks/url.ts';
import { NO_LIMITS, type SenderLimits } from '../senders/limits.ts';
import type { SenderDirectorySettings } from '../senders/sender-directory.ts';
import type { Settings } from './schema.ts';

/** Which OpenSPP senders are read from. */
interface Place {
  url: string;
  db: string;
}

/** The settings for the senders in the form that their directory asks for: milliseconds. */
export function senderSettings(
  { senders, sources }: Pick<Settings, 'senders' | 'sources'>,
  openspp: Place,
): Required<SenderDirectorySettings> {
  const rules = Object.entries(senders.by_id);
  return {
    openspp: nameOf(openspp),
    refreshMs: senders.refresh_seconds * 1000,
    unknownCooldownMs: senders.unknown_cooldown_seconds * 1000,
    aliases: aliasesOf({ senders, sources }),
    limits: new Map(rules.map(([senderId, rule]) => [senderId, limitsOf(rule)])),
  };
}

function aliasesOf({ senders, sources }: Pick<Settings, 'senders' | 'sources'>): Map<string, string> {
  return new Map([
    ...echoAliases(sources),
    ...Object.entries(senders.by_id).flatMap(([senderId, { aliases = [] }]) =>
      aliases.map((alias): [string, string] => [alias, senderId]),
    ),
  ]);
}

/**
 * An OpenCRVS answers under our own `sender_id`: that is an alias of the sender that the source names, unless another
 * source means another one.
 */
function echoAliases(sources: Settings['sources']): [string, string][] {
  const echoed = new Map<string, Set<string>>();
  for (const { dialect, sender_id: ours, registry_sender_id: theirs } of Object.values(sources)) {
    if (dialect !== 'opencrvs' || ours === undefined || theirs === undefined) continue;
    echoed.set(ours, (echoed.get(ours) ?? new Set()).add(theirs));
  }
  return [...echoed].flatMap(([ours, theirs]): [string, string][] => {
    const [only, ...others] = theirs;
    return only !== undefined && others.length === 0 ? [[ours, only]] : [];
  });
}

function limitsOf(rule: Settings['senders']['by_id'][string]): SenderLimits {
  return {
    eventTypes: rule.event_types === undefined ? NO_LIMITS.eventTypes : new Set(rule.event_types),
    maxWindowSeconds: rule.max_window_seconds ?? NO_LIMITS.maxWindowSeconds,
    mustEncrypt: rule.must_encrypt ?? NO_LIMITS.mustEncrypt,
    ratePerMinute: rule.rate_per_minute ?? NO_LIMITS.ratePerMinute,
  };
}

/** Where senders are, by each of their names. */
export function timeZonesOf(settings: Pick<Settings, 'senders' | 'sources'>): TimeZones {
  const { time_zone: common, by_id: rules } = settings.senders;
  const known = new Map<string, TimeZone>();
  const zoneOf = (name: string): TimeZone => {
    const zone = known.get(name) ?? timeZone(name);
    known.set(name, zone);
    return zone;
  };
  const aliases = aliasesOf(settings);
  return (senderId) => {
    const name = rules[aliases.get(senderId) ?? senderId]?.time_zone ?? common;
    return name === null ? null : zoneOf(name);
  };
}

/** The settings for the key sets of senders in the form that they ask for: milliseconds. */
export function keySetsSettings({ jwks }: Pick<Settings, 'jwks'>, openspp: Place): KeySetsSettings {
  return {
    openspp: nameOf(openspp),
    graceMs: jwks.grace_seconds * 1000,
    cooldownMs: jwks.cooldown_seconds * 1000,
    retryMs: jwks.minimum_seconds * 1000,
  };
}

/** How the key set of a sender may be fetched. */
export function fetchSettings(
  { jwks, senders }: Pick<Settings, 'jwks' | 'senders'>,
  senderId: string,
): UrlPolicy & { timeoutMs: number; lifetime: LifetimeBounds } {
  const own = Object.hasOwn(senders.by_id, senderId) ? senders.by_id[senderId] : undefined;
  return {
    allowHttp: own?.jwks_allow_http ?? jwks.allow_http,
    allowPrivateAddresses: own?.jwks_allow_private_addresses ?? jwks.allow_private_addresses,
    timeoutMs: jwks.timeout_seconds * 1000,
    lifetime: {
      minimumMs: jwks.minimum_seconds * 1000,
      defaultMs: jwks.default_seconds * 1000,
      maximumMs: jwks.maximum_seconds * 1000,
    },
  };
}

function nameOf({ url, db }: Place): string {
  return `${db} at ${new URL(url).origin}`;
}
