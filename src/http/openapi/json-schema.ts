import * as z from 'zod';

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = Record<string, unknown>;

/**
 * Turns zod schemas into JSON Schemas. Those with an id (`.meta({ id })`) become components that the others refer to.
 */
export class SchemaWriter {
  /** By id. */
  readonly components: Record<string, JsonSchema> = {};

  /**
   * @param side `input`: what may be sent or is answered; `output`: what a text of the path or the query must be once it
   *   was read as a number
   */
  write(schema: z.ZodType, side: 'input' | 'output' = 'input'): JsonSchema {
    // Wrapped, since a schema with an id is a component only where something refers to it.
    const written = z.toJSONSchema(z.object({ it: schema }), { io: side, target: 'draft-2020-12' });
    for (const [id, component] of Object.entries(written.$defs ?? {})) {
      const { id: _, ...rest } = placed(component) as JsonSchema;
      this.components[id] = rest;
    }
    return placed(written.properties?.it) as JsonSchema;
  }
}

/** With references to where OpenAPI keeps its schemas, and without bounds that say nothing. */
function placed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(placed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !SAYS_NOTHING[key]?.includes(inner))
      .map(([key, inner]) => [
        key,
        key === '$ref' && typeof inner === 'string'
          ? inner.replace('#/$defs/', '#/components/schemas/')
          : placed(inner),
      ]),
  );
}

/** Of every whole number that JavaScript takes. */
const SAYS_NOTHING: Readonly<Record<string, readonly unknown[]>> = {
  maximum: [Number.MAX_SAFE_INTEGER],
  minimum: [Number.MIN_SAFE_INTEGER],
};
