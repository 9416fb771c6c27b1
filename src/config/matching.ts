import * as z from 'zod';
import type { MatchingSettings } from '../openspp/matching.ts';
import { SPELLING } from '../openspp/spellings.ts';

const types = z.array(z.string().min(1));
const upper = (names: readonly string[]) => new Set(names.map((name) => name.toUpperCase()));
const upperKeys = <Value>(by: Readonly<Record<string, Value>>) =>
  new Map(Object.entries(by).map(([type, value]) => [type.toUpperCase(), value]));

/** How values of an identifier type may be written. */
const spellingRule = z
  .strictObject({
    strip: z.boolean().optional(),
    upper: z.boolean().optional(),
    digits: z.boolean().optional(),
    spellings: z
      .array(
        z
          .string()
          .max(100)
          .regex(SPELLING, 'must be # for each character, with dashes or blanks, such as ####-####'),
      )
      .max(10)
      .optional(),
  })
  .refine(({ strip, spellings = [] }) => strip === true || spellings.length === 0, {
    path: ['spellings'],
    message: 'needs strip: true, since dashes and blanks count otherwise',
  });

/** The settings for matching: identifier types without regard to letter case. */
export const matchingSchema = z
  .strictObject({
    order: types,
    aliases: z.record(z.string().min(1), types),
    normalise: z.record(z.string().min(1), spellingRule),
    registration_numbers: z.strictObject({ birth: types, death: types, marriage: types, divorce: types }),
  })
  .transform(
    ({ order, aliases, normalise, registration_numbers: numbers }): MatchingSettings => ({
      order,
      aliases: upperKeys(aliases),
      normalise: upperKeys(normalise),
      registrationNumbers: {
        birth: upper(numbers.birth),
        death: upper(numbers.death),
        marriage: upper(numbers.marriage),
        divorce: upper(numbers.divorce),
      },
    }),
  );
