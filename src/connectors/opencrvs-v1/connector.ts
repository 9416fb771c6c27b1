import { connector } from '../connector.ts';
import { addWebhookRoutes } from './routes.ts';
import { opencrvsWebhooksSchema, webhookSettings } from './settings.ts';

/** OpenCRVS 1.x, which posts signed webhooks. */
export const opencrvsV1 = connector({
  section: 'opencrvs_webhooks',
  schema: opencrvsWebhooksSchema,
  addRoutes: (app, own, shared, parts) =>
    addWebhookRoutes(app, { ...shared, ...webhookSettings(own) }, parts),
});
