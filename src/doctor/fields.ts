import type { Fields } from '../openspp/capabilities.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { AREAS, type Finding, ok, problem, skipped, unread, warning } from './finding.ts';
import type { ModelReading, ModelReadings } from './read/models.ts';
import { type FieldNeed, MODEL_NAMES, type ModelName, NEEDS } from './requirements.ts';

/** Whether each model has the fields, and the values of them, that the bridge uses. */
export function checkFields(readings: ModelReadings): Finding[] {
  return MODEL_NAMES.flatMap((name) => checkModelFields(name, readings[name]));
}

function checkModelFields(name: ModelName, { fields, unfilled }: ModelReading): Finding[] {
  const model = MODEL[name];
  const id = `fields.${name}` as const;
  if (!fields.ok) {
    if (fields.error.code === 'odoo.unknown_model') return [skipped(id, `${model} is not there.`)];
    return [unread(id, `The fields of ${model}`, fields.error)];
  }
  // A database without OpenSPP: one finding says so, six would say no more.
  if (name === 'registrant' && !fields.value.has('is_registrant')) {
    return [skipped(id, `${model} has no registrants; see "${AREAS.models}".`)];
  }
  const findings = Object.entries(NEEDS[name].fields).flatMap(([field, need]) =>
    checkField(name, field, need, fields.value),
  );
  for (const field of unfilled) {
    findings.push(
      warning(
        `fields.${name}.${field}`,
        `${model}.${field} is mandatory here and the bridge does not know it, so that Odoo may refuse every new row.`,
        'Give the field a default, or make it optional.',
      ),
    );
  }
  if (findings.some(({ state }) => state !== 'ok')) return findings;
  return [ok(id, `${model}: the fields that the bridge uses are there.`), ...findings];
}

function checkField(name: ModelName, field: string, need: FieldNeed, fields: Fields): Finding[] {
  const id = `fields.${name}.${field}` as const;
  const full = `${MODEL[name]}.${field}`;
  const info = fields.get(field);
  const loss = need.loss ?? 'the bridge cannot work';
  if (!info) {
    // Plain OpenSPP has no date of death, so that this alone is nothing to warn of.
    if (name === 'registrant' && need.optional) return [ok(id, `It has no ${field}: ${loss}.`)];
    const found = `There is no ${full}: ${loss}.`;
    if (need.optional) return [warning(id, found, 'Update OpenSPP, where a newer version has the field.')];
    return [problem(id, found, 'Install the OpenSPP module that adds the field, or update OpenSPP.')];
  }
  const known = info.selection?.map(([value]) => value);
  const missing = known ? (need.values ?? []).filter((value) => !known.includes(value)) : [];
  if (missing.length === 0) return [];
  return [
    problem(
      id,
      `${full} has no value ${missing.map((value) => `"${value}"`).join(', ')}, which the bridge writes or looks for.`,
      'Update OpenSPP, or take back what changed the values of this field.',
    ),
  ];
}
