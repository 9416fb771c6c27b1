import type { Capabilities } from '../openspp/capabilities.ts';
import type { Extension } from './extension.ts';

/** A field that an extension uses. */
export interface FieldUse {
  extension: string;
  model: 'event' | 'registrant';
  field: string;
}

/** The fields that these extensions use. */
export function fieldUses(extensions: readonly Extension[]): FieldUse[] {
  return extensions.flatMap(({ name, eventFields, registrantFields }) => [
    ...(eventFields?.fields ?? []).map((field) => ({ extension: name, model: 'event' as const, field })),
    ...(registrantFields?.fields ?? []).map((field) => ({
      extension: name,
      model: 'registrant' as const,
      field,
    })),
  ]);
}

/** Those of them that this OpenSPP does not have. */
export function missingFields(
  extensions: readonly Extension[],
  openspp: Pick<Capabilities, 'event' | 'registrant'>,
): FieldUse[] {
  return fieldUses(extensions).filter(({ model, field }) => !openspp[model].has(field));
}
