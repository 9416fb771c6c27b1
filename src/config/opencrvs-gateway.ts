import type { GatewaySettings } from '../connectors/opencrvs-v1/gateway.ts';
import { ConfigError } from './config-error.ts';
import { variableOf } from './environment.ts';
import type { Settings } from './schema.ts';

type Webhooks = Pick<Settings, 'opencrvs_webhooks'>;

/** The settings for OpenCRVS's gateway. @throws {ConfigError} naming what is missing */
export function gatewaySettings(settings: Webhooks): GatewaySettings {
  return {
    gatewayUrl: given(settings, 'gateway_url'),
    authUrl: given(settings, 'auth_url'),
    clientId: given(settings, 'client_id'),
    clientSecret: given(settings, 'client_secret'),
  };
}

/** Where OpenCRVS reaches the bridge. @throws {ConfigError} where it is not set */
export function webhookCallback(settings: Webhooks): string {
  return given(settings, 'callback_url');
}

function given(
  { opencrvs_webhooks: { gateway } }: Webhooks,
  name: keyof Webhooks['opencrvs_webhooks']['gateway'] & string,
): string {
  const value = gateway[name];
  if (value !== null) return value;
  const path = `opencrvs_webhooks.${name}`;
  throw new ConfigError(`${path} (${variableOf(path)}) is not set; config/default.yaml says what it is`);
}
