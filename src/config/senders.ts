import * as z from 'zod';
import { type TimeZones, timeZone } from '../events/time-zone.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { SourceSettings } from '../registries/source.ts';
import type { FetchPolicy } from '../registry-keys/fetch.ts';
import type { UrlPolicy } from '../registry-keys/url.ts';
import { NO_LIMITS, type SenderLimits } from '../senders/limits.ts';
import { checked } from './section.ts';
import { count, seconds, zone } from './values.ts';

/** What one sender may and must do; what is left out is as for all. */
const senderRules = z.strictObject({
  aliases: z.array(z.string().min(1).max(255)).optional(),
  event_types: z.array(z.enum(VITAL_EVENT_TYPES)).optional(),
  max_window_seconds: seconds.optional(),
  must_encrypt: z.boolean().optional(),
  rate_per_minute: count.max(1_000_000).optional(),
  jwks_allow_http: z.boolean().optional(),
  jwks_allow_private_addresses: z.boolean().optional(),
  time_zone: zone.optional(),
});
type SenderRules = z.output<typeof senderRules>;

const byId = z.record(z.string().min(1), senderRules);

/** The settings for the senders: by `sender_id`, with the aliases as a map from the alias to its sender. */
export const sendersSchema = checked(
  { refresh_seconds: seconds, unknown_cooldown_seconds: seconds, time_zone: zone.nullable(), by_id: byId },
  [
    ({ by_id: rules }) => {
      const names = [...Object.keys(rules), ...Object.values(rules).flatMap(({ aliases = [] }) => aliases)];
      return new Set(names).size === names.length;
    },
    'by_id',
    'an alias is there twice, or is a sender itself; a sender may speak only for itself',
  ],
).transform(({ refresh_seconds, unknown_cooldown_seconds, by_id, time_zone: common }) => {
  const rules = Object.entries(by_id);
  return {
    refreshMs: refresh_seconds * 1000,
    unknownCooldownMs: unknown_cooldown_seconds * 1000,
    aliases: new Map(
      rules.flatMap(([senderId, { aliases = [] }]) => aliases.map((alias) => [alias, senderId] as const)),
    ),
    limits: new Map(rules.map(([senderId, rule]) => [senderId, limitsOf(rule)])),
    urlPolicies: new Map(rules.map(([senderId, rule]) => [senderId, urlPolicyOf(rule)])),
    zonesById: new Map(
      rules.flatMap(([senderId, { time_zone: name }]) =>
        name === undefined ? [] : [[senderId, timeZone(name)] as const],
      ),
    ),
    zone: common === null ? null : timeZone(common),
  };
});

function limitsOf(rule: SenderRules): SenderLimits {
  return {
    eventTypes: rule.event_types === undefined ? NO_LIMITS.eventTypes : new Set(rule.event_types),
    maxWindowSeconds: rule.max_window_seconds ?? NO_LIMITS.maxWindowSeconds,
    mustEncrypt: rule.must_encrypt ?? NO_LIMITS.mustEncrypt,
    ratePerMinute: rule.rate_per_minute ?? NO_LIMITS.ratePerMinute,
  };
}

function urlPolicyOf({
  jwks_allow_http: allowHttp,
  jwks_allow_private_addresses: allowPrivateAddresses,
}: SenderRules): Partial<UrlPolicy> {
  return {
    ...(allowHttp === undefined ? {} : { allowHttp }),
    ...(allowPrivateAddresses === undefined ? {} : { allowPrivateAddresses }),
  };
}

/** How the key set of a sender may be fetched: as for all, with what is said of that sender. */
export function fetchPolicyOf(
  { jwks, senders }: { jwks: FetchPolicy; senders: Pick<z.output<typeof sendersSchema>, 'urlPolicies'> },
  senderId: string,
): FetchPolicy {
  return { ...jwks, ...senders.urlPolicies.get(senderId) };
}

/** Where a sender is, by any of its names. */
export function timeZonesOf({ zone, zonesById, aliases }: z.output<typeof sendersSchema>): TimeZones {
  return (senderId) => zonesById.get(aliases.get(senderId) ?? senderId) ?? zone;
}

/** The name of an OpenSPP, under which its senders and their keys are kept. */
export function opensppName({ url, db }: { url: string; db: string }): string {
  return `${db} at ${new URL(url).origin}`;
}

/**
 * An OpenCRVS answers under our own `sender_id`: that is an alias of the sender that the source names, unless another
 * source means another one.
 */
export function echoAliases(sources: ReadonlyMap<string, SourceSettings>): Map<string, string> {
  const echoed = new Map<string, Set<string>>();
  for (const { dialect, senderId: ours, registrySenderId: theirs } of sources.values()) {
    if (dialect !== 'opencrvs' || ours === undefined || theirs === undefined) continue;
    echoed.set(ours, (echoed.get(ours) ?? new Set()).add(theirs));
  }
  const single = [...echoed].filter(([, theirs]) => theirs.size === 1);
  return new Map(single.flatMap(([ours, theirs]) => [...theirs].map((one) => [ours, one] as const)));
}
