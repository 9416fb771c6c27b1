import { connector } from '../connector.ts';
import { addOpencrvsEventRoutes } from './routes.ts';
import { opencrvsEventProblem, opencrvsEventSettings, opencrvsEventsSchema } from './settings.ts';

/** OpenCRVS 2.x, whose country configuration server forwards event documents. */
export const opencrvsV2 = connector({
  section: 'opencrvs_events',
  schema: opencrvsEventsSchema,
  problem: opencrvsEventProblem,
  addRoutes: (app, own, shared, parts) =>
    addOpencrvsEventRoutes(app, { ...shared, ...opencrvsEventSettings(own) }, parts),
});
