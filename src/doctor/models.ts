import { MODEL } from '../openspp/vocabulary.ts';
import { type Finding, ok, problem, unread } from './finding.ts';
import type { ModelReading, ModelReadings } from './read/models.ts';
import { MODEL_NAMES, type ModelName, NEEDS } from './requirements.ts';

/** Whether the models are there, and whether the user may do there what the bridge does. */
export function checkModels(readings: ModelReadings): Finding[] {
  return MODEL_NAMES.map((name) => checkModel(name, readings[name]));
}

function checkModel(name: ModelName, { missingRights, fields }: ModelReading): Finding {
  const { label, operations, group, withoutIt } = NEEDS[name];
  const id = `models.${name}` as const;
  const title = `${label[0]?.toUpperCase()}${label.slice(1)} (${MODEL[name]})`;
  const isThere = fields.ok && (name !== 'registrant' || fields.value.has('is_registrant'));
  if (!missingRights.ok && missingRights.error.code !== 'odoo.unknown_model') {
    return unread(id, title, missingRights.error);
  }
  if (!missingRights.ok || (fields.ok && !isThere)) {
    return withoutIt === null
      ? problem(
          id,
          `${title} are not in this database${missingRights.ok ? ': the model is there, registrants are not' : ''}.`,
          'Install OpenSPP with its registry and CRVS modules, or name its database in ODOO_DB.',
        )
      : ok(id, withoutIt);
  }
  const missing = missingRights.value;
  if (missing.length === 0) return ok(id, `${title}: ${operations.join(', ')}.`);
  return problem(
    id,
    `${title}: the user may not ${missing.join(', ')}.`,
    `An administrator adds the user to the group ${group}.`,
  );
}
