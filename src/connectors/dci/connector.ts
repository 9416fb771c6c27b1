import { connector } from '../connector.ts';
import { addDciRoutes } from './routes.ts';
import { signatureSchema } from './settings.ts';

/** Civil registries that speak DCI, in OpenSPP's dialect or SPDCI's. */
export const dci = connector({
  section: 'signature',
  schema: signatureSchema,
  addRoutes: (app, own, shared, parts) =>
    addDciRoutes(
      app,
      {
        ...shared,
        allowUnsigned: own.allow_unsigned,
        clockSkewSeconds: own.clock_skew_seconds,
        maxWindowSeconds: own.max_window_seconds,
      },
      parts,
    ),
});
