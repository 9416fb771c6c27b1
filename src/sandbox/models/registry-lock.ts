import { accessError } from '../errors.ts';
import type { ModelDefinition, Operation } from '../model/model.ts';
import { checkAccess } from '../orm/access.ts';
import type { Environment } from '../orm/environment.ts';
import { parameter } from './config-parameter.ts';

export const LOCK_PARAMETER = 'spp_starter.registry_admin_only_crud';

const REFUSAL =
  'Registry records are restricted to administrators. Ask an administrator to make this change, or turn off ' +
  "'Restrict Registry Edits to Admin Only' in SP-MIS Settings.";

/** The registry lock of the SP-MIS starter on `res.partner`: registrants are for OpenSPP's administrators alone. */
export function lockRegistrants(partner: ModelDefinition): ModelDefinition {
  const isLocked = (env: Environment, operation: Operation): boolean =>
    operation !== 'read' &&
    !env.groups.has('openSppAdmin') &&
    parameter(env.sudo(), LOCK_PARAMETER) === 'True';
  return {
    ...partner,
    refuses(env, operation, rows) {
      if (!isLocked(env, operation)) return undefined;
      // Without records there is nothing to judge but the context.
      const isRefused =
        rows.length === 0
          ? Boolean(env.context.default_is_registrant)
          : rows.some((row) => row.is_registrant === true);
      return isRefused ? accessError(REFUSAL) : undefined;
    },
    afterWrite(env, rows) {
      // Odoo writes a contact a second time to keep its family in step: one that was made a registrant is refused then.
      const ids = rows.map(({ id }) => id);
      checkAccess(env, env.model(partner.name), 'write', ids);
      partner.afterWrite?.(env, rows);
    },
  };
}
