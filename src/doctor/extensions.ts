import type { FieldUse } from '../extensions/needs.ts';
import { MODEL } from '../openspp/vocabulary.ts';
import { type Finding, ok, skipped, warning } from './finding.ts';
import type { ModelReadings } from './read/models.ts';

/** Whether this OpenSPP has the fields that the country's extensions use; nothing where there are none. */
export function checkExtensions(uses: readonly FieldUse[], readings: ModelReadings): Finding[] {
  return uses.map(({ extension, model, field }): Finding => {
    const id = `extensions.${extension}.${model}.${field}` as const;
    const { fields } = readings[model];
    const full = `${MODEL[model]}.${field}`;
    if (!fields.ok) return skipped(id, `${extension}: the fields of ${MODEL[model]} could not be read.`);
    if (fields.value.has(field)) return ok(id, `${extension}: ${full} is there.`);
    return warning(
      id,
      `${extension}: there is no ${full}, or the user may not read it, so that nothing is kept in it.`,
      'An administrator adds the field (Settings › Technical › Fields), or the module that has it.',
    );
  });
}
