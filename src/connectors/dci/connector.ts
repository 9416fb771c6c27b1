import { connector } from '../connector.ts';
import { addDciRoutes } from './routes.ts';
import { signatureSchema } from './settings.ts';

/** Civil registries that speak DCI, in OpenSPP's dialect or SPDCI's. */
export const dci = connector({
  section: 'signature',
  schema: signatureSchema,
  variables: { ALLOW_UNSIGNED: { setting: 'allow_unsigned', kind: 'boolean' } },
  addRoutes: addDciRoutes,
});
