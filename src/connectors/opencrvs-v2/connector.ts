import { connector } from '../connector.ts';
import { addOpencrvsEventRoutes } from './routes.ts';
import { opencrvsEventsSchema, registrationNumberProblem } from './settings.ts';

/** OpenCRVS 2.x, whose country configuration server forwards event documents. */
export const opencrvsV2 = connector({
  section: 'opencrvs_events',
  schema: opencrvsEventsSchema,
  variables: {
    OPENCRVS_EVENTS_SECRET: { setting: 'secret' },
    OPENCRVS_EVENTS_TOKEN: { setting: 'token' },
  },
  problem: registrationNumberProblem,
  addRoutes: addOpencrvsEventRoutes,
});
