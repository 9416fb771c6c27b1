import type { JsonSchema } from '../../../src/http/openapi/json-schema.ts';

/** A generator of numbers from 0 to 1 that a seed determines (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = [
  'UIN',
  'BIRTH',
  'a b',
  'é—漢',
  '0',
  "'; --",
  '<b>',
  '../..',
  '%00',
  '2024-02-30',
  '\u0000',
  '{}',
];
const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  '',
  'x'.repeat(2000),
  [],
  {},
  [[]],
  { a: null },
];

/** Makes values that a schema takes, and values that it mostly does not, of what a document says. */
export class Generator {
  readonly #random: () => number;
  readonly #components: Readonly<Record<string, JsonSchema>>;

  constructor(seed: number, components: Readonly<Record<string, JsonSchema>>) {
    this.#random = seeded(seed);
    this.#components = components;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  whole(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  /** One that fits. */
  value(schema: JsonSchema): unknown {
    const { $ref, anyOf, enum: choices, properties, type } = schema;
    if (typeof $ref === 'string') return this.value(this.#components[$ref.split('/').at(-1) ?? ''] ?? {});
    if (Array.isArray(anyOf)) return this.value(this.pick(anyOf));
    if (Array.isArray(choices)) return this.pick(choices);
    if ('const' in schema) return schema.const;
    if (type === 'string') return this.#text(schema);
    if (type === 'integer' || type === 'number') {
      const least =
        Number(schema.exclusiveMinimum ?? schema.minimum ?? -5) + ('exclusiveMinimum' in schema ? 1 : 0);
      return this.whole(least, Math.min(Number(schema.maximum ?? least + 50), least + 50));
    }
    if (type === 'boolean') return this.chance(0.5);
    if (type === 'null') return null;
    if (type === 'array') {
      const least = Number(schema.minItems ?? 0);
      return Array.from({ length: this.whole(least, least + 2) }, () =>
        this.value(schema.items as JsonSchema),
      );
    }
    if (type === 'object' || properties) return this.#object(schema);
    return this.pick(ODD);
  }

  /** One with something wrong in it, at the top or further down. */
  spoilt(schema: JsonSchema): unknown {
    const value = this.value(schema);
    if (typeof value !== 'object' || value === null || this.chance(0.3)) return this.pick(ODD);
    const members = Object.keys(value);
    const name = members.length === 0 || this.chance(0.2) ? 'surplus' : this.pick(members);
    if (!Array.isArray(value) && this.chance(0.3)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      return rest;
    }
    return Object.assign(value, { [name]: this.pick(ODD) });
  }

  #object({ properties = {}, required = [], minProperties = 0 }: JsonSchema): Record<string, unknown> {
    const must = required as string[];
    const names = Object.keys(properties as object);
    const some = names.filter((name) => must.includes(name) || this.chance(0.5));
    const enough = some.length < Number(minProperties) ? names.slice(0, Number(minProperties)) : some;
    return Object.fromEntries(
      enough.map((name) => [name, this.value((properties as Record<string, JsonSchema>)[name] ?? {})]),
    );
  }

  #text({ format, minLength = 0, maxLength = 40 }: JsonSchema): string {
    if (format === 'date-time') return '2024-12-01T08:30:00Z';
    if (format === 'date') return this.pick(['2024-12-01', '2020-02-29', '1970-01-01']);
    if (format === 'uri') return 'https://registry.example/api';
    return this.pick(WORDS).slice(0, Number(maxLength)).padEnd(Number(minLength), 'x');
  }
}
