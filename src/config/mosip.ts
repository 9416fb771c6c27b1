import * as z from 'zod';
import type { MosipSettings } from '../http/mosip-routes.ts';
import { partnerKeys } from '../mosip/decrypt.ts';
import { ConfigError } from './config-error.ts';
import type { Settings } from './schema.ts';

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

/** The settings in the form that the routes ask for. */
export function mosipSettings({ mosip }: Pick<Settings, 'mosip'>): MosipSettings {
  return {
    secrets: [mosip.secret, mosip.previous_secret].filter((one) => one !== null),
    keys: mosip.partner_key === null ? [] : partnerKeys(mosip.partner_key),
    topics: mosip.topics,
    source: mosip.source,
    person: mosip.person,
    ids: mosip.ids,
    maxBodyBytes: mosip.max_body_bytes,
  };
}

/**
 * What the settings mean together.
 *
 * @throws {ConfigError} naming the setting
 */
export function checkMosip({ mosip }: Pick<Settings, 'mosip'>): void {
  if (mosip.partner_key !== null) {
    try {
      partnerKeys(mosip.partner_key);
    } catch (error) {
      throw new ConfigError(`mosip.partner_key (MOSIP_PARTNER_KEY): ${(error as Error).message}`);
    }
  }
  if (mosip.secret === null) {
    if (mosip.topics.length === 0) return;
    throw new ConfigError(
      'mosip.topics is set, but mosip.secret (MOSIP_SECRET) is not: nothing would be taken',
    );
  }
  if (mosip.topics.length === 0) {
    throw new ConfigError('mosip.topics is empty: name the topics, such as my-partner/CREDENTIAL_ISSUED');
  }
  for (const name of ['person', 'ids'] as const) {
    if (Object.values(mosip[name]).every((one) => one.length === 0)) {
      throw new ConfigError(`mosip.${name} names no field`);
    }
  }
}
