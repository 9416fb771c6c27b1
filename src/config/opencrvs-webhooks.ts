import * as z from 'zod';
import type { GatewaySettings } from '../opencrvs/gateway.ts';
import { ConfigError } from './config-error.ts';
import { variableOf } from './environment.ts';
import type { Settings } from './schema.ts';

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const text = z.string().min(1).nullable();

/** The settings for webhooks of an OpenCRVS 1.x: taking them, and subscribing to them. */
export const opencrvsWebhooksSchema = z.strictObject({
  sender_id: z.string().min(1).max(255),
  secrets: z.array(z.string().min(16, 'must have at least 16 characters')),
  gateway_url: address.nullable(),
  auth_url: address.nullable(),
  client_id: text,
  client_secret: text,
  // OpenCRVS puts its own query in the place of any that is there.
  callback_url: address.refine((url) => !/[?#]/.test(url), 'must have no query').nullable(),
});

type Webhooks = Settings['opencrvs_webhooks'];

/** The settings for OpenCRVS's gateway. @throws {ConfigError} naming what is missing */
export function gatewaySettings({
  opencrvs_webhooks: own,
}: Pick<Settings, 'opencrvs_webhooks'>): GatewaySettings {
  return {
    gatewayUrl: given(own, 'gateway_url'),
    authUrl: given(own, 'auth_url'),
    clientId: given(own, 'client_id'),
    clientSecret: given(own, 'client_secret'),
  };
}

/** Where OpenCRVS reaches the bridge. @throws {ConfigError} where it is not set */
export function webhookCallback({ opencrvs_webhooks: own }: Pick<Settings, 'opencrvs_webhooks'>): string {
  return given(own, 'callback_url');
}

function given(
  own: Webhooks,
  name: 'gateway_url' | 'auth_url' | 'client_id' | 'client_secret' | 'callback_url',
): string {
  const value = own[name];
  if (value !== null) return value;
  const path = `opencrvs_webhooks.${name}`;
  throw new ConfigError(`${path} (${variableOf(path)}) is not set; config/default.yaml says what it is`);
}
