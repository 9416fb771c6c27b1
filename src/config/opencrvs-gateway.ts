import type { GatewaySettings } from '../connectors/opencrvs-v1/gateway.ts';
import { ConfigError } from './config-error.ts';
import { variableOf } from './environment.ts';
import type { Settings } from './schema.ts';

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
