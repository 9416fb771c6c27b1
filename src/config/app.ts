import type { AppSettings } from '../http/app.ts';
import type { Settings } from './schema.ts';

/** The settings for the HTTP face in the form that it asks for. */
export function appSettings({
  server,
  signature,
  inbox,
  receiver_ids,
  keys,
  metrics,
  opencrvs_webhooks,
}: Settings): AppSettings {
  return {
    maxBodyBytes: server.max_body_bytes,
    allowUnsigned: signature.allow_unsigned,
    clockSkewSeconds: signature.clock_skew_seconds,
    maxWindowSeconds: signature.max_window_seconds,
    memorySeconds: inbox.retention_days * 86_400,
    receiverIds: receiver_ids,
    adminToken: server.admin_token,
    metricsToken: metrics.token,
    jwksMaxAgeSeconds: keys.jwks_max_age_seconds,
    receives: server.role !== 'worker',
    trustedProxies: server.trusted_proxies,
    clientIsSender: server.tls_client_is_sender,
    webhooks: { senderId: opencrvs_webhooks.sender_id, secrets: opencrvs_webhooks.secrets },
  };
}
