import type { SharedSettings } from '../connectors/connector.ts';
import type { AppSettings } from '../http/app.ts';
import type { Settings } from './schema.ts';

/** The settings for the HTTP face in the form that it asks for. */
export function appSettings({ server, keys, metrics }: Settings): AppSettings {
  return {
    adminToken: server.admin_token,
    metricsToken: metrics.token,
    jwksMaxAgeSeconds: keys.jwks_max_age_seconds,
    trustedProxies: server.trusted_proxies,
  };
}

/** The settings that the connectors share. */
export function sharedSettings({ server, inbox, receiver_ids }: Settings): SharedSettings {
  return {
    maxBodyBytes: server.max_body_bytes,
    clientIsSender: server.tls_client_is_sender,
    memorySeconds: inbox.retention_days * 86_400,
    receiverIds: receiver_ids,
  };
}
