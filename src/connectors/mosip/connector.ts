import { connector } from '../connector.ts';
import { addMosipRoutes } from './routes.ts';
import { mosipSchema } from './settings.ts';

/** MOSIP's WebSub hub, which delivers what becomes of identities. */
export const mosip = connector({
  section: 'mosip',
  schema: mosipSchema,
  variables: {
    MOSIP_SECRET: { setting: 'secret' },
    MOSIP_PREVIOUS_SECRET: { setting: 'previous_secret' },
    MOSIP_PARTNER_KEY: { setting: 'partner_key' },
    MOSIP_CLIENT_SECRET: { setting: 'client_secret' },
  },
  addRoutes: addMosipRoutes,
});
