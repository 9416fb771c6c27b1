import * as z from 'zod';
import { partnerKeys } from './decrypt.ts';
import type { MosipSettings } from './routes.ts';

const secret = z.string().min(16, 'must have at least 16 characters').nullable();
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
});

type Section = z.output<typeof mosipSchema>;

/** The settings in the form that the routes ask for. */
export function mosipSettings(own: Section): MosipSettings {
  return {
    secrets: [own.secret, own.previous_secret].filter((one) => one !== null),
    keys: own.partner_key === null ? [] : partnerKeys(own.partner_key),
    topics: own.topics,
    source: own.source,
    person: own.person,
    ids: own.ids,
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
  for (const name of ['person', 'ids'] as const) {
    if (Object.values(own[name]).every((one) => one.length === 0)) return `mosip.${name} names no field`;
  }
  return null;
}
