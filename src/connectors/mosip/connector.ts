import { connector } from '../connector.ts';
import { addMosipRoutes } from './routes.ts';
import { mosipProblem, mosipSchema, mosipSettings } from './settings.ts';

/** MOSIP's WebSub hub, which delivers what becomes of identities. */
export const mosip = connector({
  section: 'mosip',
  schema: mosipSchema,
  problem: mosipProblem,
  addRoutes(app, own, shared, parts) {
    // Credentials have photographs and biometrics in them.
    const settings = { ...shared, ...mosipSettings(own), maxBodyBytes: own.max_body_bytes };
    addMosipRoutes(app, settings, parts);
  },
});
