import * as z from 'zod';
import { partnerKeys } from './decrypt.ts';
import type { HubSettings } from './hub.ts';

const secret = z.string().min(16, 'must have at least 16 characters').nullable();
const url = z.url({ protocol: /^https?$/, error: 'must be a URL with http or https' }).nullable();
const fieldNames = z.array(
  z.string().regex(/^(credential|data)(\.[^.]+)+$/, 'must be a field such as credential.UIN or data.id_hash'),
);
const fields = z.record(z.string().min(1).max(255), fieldNames);

const section = z.strictObject({
  secret,
  previous_secret: secret,
  topics: z.array(z.string().min(1).max(1000)),
  partner_key: z.string().min(1).nullable(),
  source: z.string().min(1).max(255),
  person: fields,
  birth_date: fieldNames,
  ids: fields,
  max_body_bytes: z.int().positive(),
  hub_url: url,
  callback_url: url,
  token_url: url,
  client_id: z.string().min(1).nullable(),
  client_secret: z.string().min(1).nullable(),
});
type Section = z.output<typeof section>;

/** The settings for what MOSIP reports about identities. */
export const mosipSchema = section
  .superRefine((own, context) => {
    const problem = problemOf(own);
    if (problem) context.addIssue({ code: 'custom', path: [problem.setting], message: problem.message });
  })
  .transform((own, context) => {
    const settings = {
      secrets: [own.secret, own.previous_secret].filter((one) => one !== null),
      topics: own.topics,
      source: own.source,
      person: own.person,
      birthDate: own.birth_date,
      ids: own.ids,
      // Credentials have photographs and biometrics in them.
      maxBodyBytes: own.max_body_bytes,
      hub: hubOf(own),
    };
    try {
      return { ...settings, keys: own.partner_key === null ? [] : partnerKeys(own.partner_key) };
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['partner_key'], message: (error as Error).message });
      return z.NEVER;
    }
  });

/** Null where subscriptions are made and renewed by hand. */
function hubOf(own: Section): HubSettings | null {
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

/** The setting that does not go with the others, and why; null where all do. */
function problemOf(own: Section): { setting: keyof Section; message: string } | null {
  if (own.secret === null) {
    if (own.topics.length === 0) return null;
    return {
      setting: 'topics',
      message: 'is set, but mosip.secret (MOSIP_SECRET) is not: nothing would be accepted',
    };
  }
  if (own.topics.length === 0)
    return { setting: 'topics', message: 'is empty: name the topics, such as my-partner/CREDENTIAL_ISSUED' };
  if (own.hub_url !== null && own.callback_url === null) {
    return {
      setting: 'callback_url',
      message: 'is not set, but mosip.hub_url is: the hub has to know where it reaches the bridge',
    };
  }
  if (own.token_url !== null && (own.client_id === null || own.client_secret === null)) {
    return {
      setting: 'token_url',
      message: 'is set, but mosip.client_id or mosip.client_secret (MOSIP_CLIENT_SECRET) is not',
    };
  }
  const empty = (['person', 'ids'] as const).find((name) =>
    Object.values(own[name]).every((one) => one.length === 0),
  );
  return empty ? { setting: empty, message: 'names no field' } : null;
}
