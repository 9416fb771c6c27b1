import type { JsonSchema } from './json-schema.ts';

/** Texts of the formats that schemas here name. */
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-11-21T05:05:21.372Z',
  date: '2026-11-21',
  uri: 'urn:example:crvs',
  uuid: '0c1f5a52-3d0e-4f6e-9c62-6f0c2d9a7b11',
};
const REFERENCE = '#/components/schemas/';
/** Members of members of members: deeper, an example helps nobody. */
const MAX_DEPTH = 6;

/**
 * A value that a schema takes: its own example where it has one, else the first alternative with every member that is
 * described. Deterministic.
 *
 * @param components the schemas that others refer to
 */
export function exampleOf(
  schema: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  depth = 0,
): unknown {
  const again = (inner: unknown) => exampleOf(inner as JsonSchema, components, depth + 1);
  const { $ref, examples, const: only, enum: values, default: usual, anyOf, oneOf, allOf } = schema;
  const [type] = [schema.type].flat();
  if (typeof $ref === 'string') return again(components[$ref.slice(REFERENCE.length)] ?? {});
  if (Array.isArray(examples)) return examples[0];
  if (only !== undefined) return only;
  if (Array.isArray(values)) return values[0];
  if (usual !== undefined) return usual;
  const [first] = (anyOf ?? oneOf ?? allOf ?? []) as unknown[];
  if (first !== undefined) return again(first);
  if (type === 'object') return objectExample(schema, again, depth);
  if (type === 'array') return depth < MAX_DEPTH && schema.items ? [again(schema.items)] : [];
  if (type === 'integer' || type === 'number')
    return Math.max(1, Number(schema.minimum ?? 1), Number(schema.exclusiveMinimum ?? 0) + 1);
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  return textExample(schema);
}

function objectExample(
  { properties = {}, required = [], additionalProperties, propertyNames }: JsonSchema,
  again: (inner: unknown) => unknown,
  depth: number,
): Record<string, unknown> {
  const members = Object.entries(properties as Record<string, JsonSchema>).filter(
    ([name]) => depth < MAX_DEPTH || (required as string[]).includes(name),
  );
  const example = Object.fromEntries(members.map(([name, inner]) => [name, again(inner)]));
  const others = typeof additionalProperties === 'object' && members.length === 0 && depth < MAX_DEPTH;
  return others ? { [String(again(propertyNames ?? {}))]: again(additionalProperties) } : example;
}

function textExample({ format, minLength }: JsonSchema): string {
  return (FORMATS[String(format)] ?? 'text').padEnd(Number(minLength ?? 0), 'x');
}
