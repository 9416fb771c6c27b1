/** As much of JSON Schema, in OpenAPI 3.0's form, as the SPDCI specifications use. */
export interface Schema {
  $ref?: string;
  type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  enum?: readonly unknown[];
  maxLength?: number;
  pattern?: string;
  format?: string;
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
}

/**
 * What is wrong with a value, by paths; empty where nothing is.
 *
 * @param root the document that `$ref`s point into
 */
export function problemsOf(value: unknown, schema: Schema, root: unknown = schema, path = ''): string[] {
  if (schema.$ref !== undefined) return problemsOf(value, resolved(schema.$ref, root), root, path);
  const problems: string[] = [];
  const bad = (what: string) => problems.push(`${path || '(root)'}: ${what}`);
  if (schema.type !== undefined && !isOfType(value, schema.type))
    return [`${path || '(root)'}: no ${schema.type}`];
  if (schema.enum && !schema.enum.includes(value)) bad(`none of ${schema.enum.join(', ')}`);
  if (typeof value === 'string') {
    if (schema.maxLength !== undefined && value.length > schema.maxLength) bad('too long');
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) bad('another pattern');
    if (schema.format !== undefined && !hasFormat(value, schema.format)) bad(`no ${schema.format}`);
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items)
      for (const [at, item] of value.entries())
        problems.push(...problemsOf(item, items, root, `${path}/${at}`));
  } else if (typeof value === 'object' && value !== null) {
    for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) bad(`has no ${name}`);
    for (const [name, inner] of Object.entries(schema.properties ?? {})) {
      const member = (value as Record<string, unknown>)[name];
      if (member !== undefined) problems.push(...problemsOf(member, inner, root, `${path}/${name}`));
    }
  }
  for (const one of schema.allOf ?? []) problems.push(...problemsOf(value, one, root, path));
  for (const [kind, least, most] of [
    ['anyOf', 1, Number.POSITIVE_INFINITY],
    ['oneOf', 1, 1],
  ] as const) {
    const choices = schema[kind];
    if (!choices) continue;
    const failed = choices
      .map((one) => problemsOf(value, one, root, path))
      .filter((found) => found.length > 0);
    const fit = choices.length - failed.length;
    if (fit < least || fit > most) bad(`fits ${fit} of ${kind} [${failed.flat().join(' | ')}]`);
  }
  return problems;
}

function resolved(ref: string, root: unknown): Schema {
  let node: unknown = root;
  for (const part of ref.replace(/^#\//, '').split('/')) {
    node = (node as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  if (typeof node !== 'object' || node === null) throw new Error(`${ref} leads nowhere`);
  return node as Schema;
}

function isOfType(value: unknown, type: NonNullable<Schema['type']>): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function hasFormat(value: string, format: string): boolean {
  if (format === 'date-time')
    return (
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
      !Number.isNaN(Date.parse(value))
    );
  if (format === 'uri') return URL.canParse(value);
  return true;
}
