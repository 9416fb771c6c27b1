import { connector } from '../connector.ts';
import { opencrvsWebhook } from './reader.ts';
import { addWebhookRoutes } from './routes.ts';
import { opencrvsWebhooksSchema } from './settings.ts';

/** OpenCRVS 1.x, which posts signed webhooks. */
export const opencrvsV1 = connector({
  section: 'opencrvs_webhooks',
  schema: opencrvsWebhooksSchema,
  variables: {
    OPENCRVS_WEBHOOK_SECRETS: { setting: 'secrets', kind: 'list' },
    OPENCRVS_GATEWAY_URL: { setting: 'gateway_url' },
    OPENCRVS_AUTH_URL: { setting: 'auth_url' },
    OPENCRVS_CLIENT_ID: { setting: 'client_id' },
    OPENCRVS_CLIENT_SECRET: { setting: 'client_secret' },
    OPENCRVS_CALLBACK_URL: { setting: 'callback_url' },
  },
  dialects: [opencrvsWebhook],
  addRoutes: addWebhookRoutes,
});
