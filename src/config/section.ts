import * as z from 'zod';

type Camel<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text;
type Name<Text extends string> = Text extends `${infer Stem}_${'seconds' | 'days'}`
  ? `${Camel<Stem>}Ms`
  : Camel<Text>;

/** Settings under the names that the code uses. */
export type Named<Raw> = { [Key in keyof Raw as Key extends string ? Name<Key> : Key]: Raw[Key] };

const UNITS: Readonly<Record<string, number>> = { seconds: 1000, days: 86_400_000 };

/** Settings under the names and in the units that the code uses: `poll_seconds` is `pollMs`, `client_id` is `clientId`. */
export function named<Raw extends object>(raw: Raw): Named<Raw> {
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => {
      const [, stem, unit] = /^(.+)_(seconds|days)$/.exec(key) ?? [];
      if (stem === undefined || unit === undefined) return [camel(key), value];
      return [`${camel(stem)}Ms`, typeof value === 'number' ? value * (UNITS[unit] ?? 1) : value];
    }),
  ) as Named<Raw>;
}

const camel = (text: string) => text.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** What must hold within a section; where it does not, the message names the setting. */
export type Rule<Raw> = [holds: (raw: Raw) => boolean, setting: keyof Raw & string, message: string];

/** A section of the settings: strict, checked by rules, then under the names and in the units that the code uses. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  ...rules: Rule<z.output<z.ZodObject<Shape>>>[]
) {
  return checked(shape, ...rules).transform(named);
}

/** The same under the names of the file, for sections that another transform follows. */
export function checked<Shape extends z.ZodRawShape>(
  shape: Shape,
  ...rules: Rule<z.output<z.ZodObject<Shape>>>[]
) {
  return z.strictObject(shape).superRefine((raw, context) => {
    for (const [holds, setting, message] of rules) {
      if (!holds(raw as z.output<z.ZodObject<Shape>>)) {
        context.addIssue({ code: 'custom', path: [setting], message });
      }
    }
  });
}
