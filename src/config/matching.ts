import type { MatchingSettings } from '../openspp/matching.ts';
import type { Settings } from './schema.ts';

/** The settings for matching in the form that the rules ask for: identifier types without regard to letter case. */
export function matchingSettings({ matching }: Pick<Settings, 'matching'>): MatchingSettings {
  const upper = (types: readonly string[]) => new Set(types.map((type) => type.toUpperCase()));
  const { birth, death, marriage, divorce } = matching.registration_numbers;
  return {
    order: matching.order,
    aliases: new Map(Object.entries(matching.aliases).map(([type, codes]) => [type.toUpperCase(), codes])),
    normalise: new Map(Object.entries(matching.normalise).map(([type, rule]) => [type.toUpperCase(), rule])),
    registrationNumbers: {
      birth: upper(birth),
      death: upper(death),
      marriage: upper(marriage),
      divorce: upper(divorce),
    },
  };
}
