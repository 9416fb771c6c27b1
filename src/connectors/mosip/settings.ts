import * as z from 'zod';
import { partnerKeys } from './decrypt.ts';
import type { HubSettings } from './hub.ts';
import type { MosipSettings } from './routes.ts';

const secret = z.string().min(16, 'must have at least 16 characters').nullable();
const url = z.url({ protocol: /^https?$/, error: 'must be a URL with http or https' }).nullable();
const fields = z.record(
  z.string().min(1).max(255),
  z.array(
    z
      .string()
      .regex(/^(credential|data)(\.[^.]+)+$/, 'must be a field such as credential.UIN or data.id_hash'),
  ),
);

/** The settings for what MOSIP says of identities. */
export const mosipSchema = z.strictObject({
  secret,
  previous_secret: secret,
  topics: z.array(z.string().min(1).max(1000)),
  partner_key: z.string().min(1).nullable(),
  source: z.string().min(1).max(255),
  person: fields,
  ids: fields,
  max_body_bytes: z.int().positive(),
  hub_url: url,
  callback_url: url,
  token_url: url,
  client_id: z.string().min(1).nullable(),
  client_secret: z.string().min(1).nullable(),
});

type Section = z.output<typeof mosipSchema>;

/** The settings in the form that the routes ask for. */
export function mosipSettings(own: Section): MosipSettings {
  return {
    secrets: [own.secret, own.previous_secret].filter((one) => one !== null),
    keys: own.partner_key === null ? [] : partnerKeys(own.partner_key),
    topics: own.topics,
    source: own.source,
    subscribes: hubOf(own) !== null,
    person: own.person,
    ids: own.ids,
  };
}

/** Null where subscriptions are made and renewed by hand. */
export function hubOf(own: Section): HubSettings | null {
  if (own.hub_url === null || own.callback_url === null || own.secret === null) return null;
  return {
    hubUrl: own.hub_url,
    callbackUrl: own.callback_url,
    secret: own.secret,
    tokenUrl: own.token_url,
    clientId: own.client_id,
    clientSecret: own.client_secret,
  };
}

/** What is wrong with the settings together, naming the setting; null where nothing is. */
export function mosipProblem(own: Section): string | null {
  if (own.partner_key !== null) {
    try {
      partnerKeys(own.partner_key);
    } catch (error) {
      return `mosip.partner_key (MOSIP_PARTNER_KEY): ${(error as Error).message}`;
    }
  }
  if (own.secret === null) {
    return own.topics.length === 0
      ? null
      : 'mosip.topics is set, but mosip.secret (MOSIP_SECRET) is not: nothing would be taken';
  }
  if (own.topics.length === 0) {
    return 'mosip.topics is empty: name the topics, such as my-partner/CREDENTIAL_ISSUED';
  }
  if (own.hub_url !== null && own.callback_url === null) {
    return 'mosip.hub_url is set, but mosip.callback_url is not: the hub has to know where it reaches the bridge';
  }
  if (own.token_url !== null && (own.client_id === null || own.client_secret === null)) {
    return 'mosip.token_url is set, but mosip.client_id or mosip.client_secret (MOSIP_CLIENT_SECRET) is not';
  }
  for (const name of ['person', 'ids'] as const) {
    if (Object.values(own[name]).every((one) => one.length === 0)) return `mosip.${name} names no field`;
  }
  return null;
}
