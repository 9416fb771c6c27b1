import type { OdooClient } from '../odoo/client.ts';
import { type OdooDomain, searchCount } from '../odoo/orm.ts';
import type { MatchingSettings } from '../openspp/matching.ts';
import type { SpellingRule } from '../openspp/spellings.ts';
import { type IdType, idTypeTiers, MODEL } from '../openspp/vocabulary.ts';
import { type Finding, ok, unread, warning } from './finding.ts';
import { type Answer, answerOf } from './read/answer.ts';

/** How many IDs of an identifier type its rule in `matching.normalise` does not find. */
export interface UnfoundSpellings {
  type: string;
  count: Answer<number>;
}

const SEPARATORS = ['-', '\u2010', '\u2011', '\u2013', '\u2014', '\u2212', ' ', '\u00a0'];
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
/** The zeros of scripts whose digits matching does not look for in OpenSPP, from Devanagari to Khmer. */
const OTHER_ZEROS = [
  0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0,
];

/** Counts them in Odoo, one type after the other; each reads all IDs of the type, which only `doctor` does. */
export async function readUnfoundSpellings(
  client: OdooClient,
  idTypes: readonly IdType[],
  { normalise, aliases }: MatchingSettings,
): Promise<UnfoundSpellings[]> {
  const found: UnfoundSpellings[] = [];
  for (const [type, rule] of normalise ?? []) {
    const conditions = notFound(rule);
    if (conditions.length === 0) continue;
    const ids = idTypeTiers(type, idTypes, aliases).flat();
    const domain = [
      ['id_type_id', 'in', [...new Set(ids)]],
      ['status', '!=', 'invalid'],
      ...anyOf(conditions),
    ];
    found.push({ type, count: await answerOf(searchCount(client, MODEL.registryId, domain)) });
  }
  return found;
}

/** Conditions in Odoo's prefix notation, of which one is enough. */
function notFound({ strip, upper, digits, spellings = [] }: SpellingRule): OdooDomain[] {
  const conditions: OdooDomain[] = [];
  const has = (character: string): OdooDomain => ['value', 'like', character];
  if (strip) {
    const masks = spellings.map((mask): OdooDomain => ['value', 'not =like', mask.replaceAll('#', '_')]);
    conditions.push(allOf([...anyOf(SEPARATORS.map(has)), ...masks], masks.length + 1));
  }
  // All capitals, or none, are looked for.
  if (upper) {
    const [small, great] = [LETTERS.map(has), LETTERS.map((letter) => has(letter.toUpperCase()))];
    conditions.push(allOf([...anyOf(small), ...anyOf(great)], 2));
  }
  if (digits) {
    const others = OTHER_ZEROS.flatMap((zero) =>
      Array.from({ length: 10 }, (_, digit) => has(String.fromCodePoint(zero + digit))),
    );
    conditions.push(anyOf(others));
  }
  return conditions;
}

/** `flat` has as many conditions, each perhaps a group of its own, as `count` says. */
const allOf = (flat: OdooDomain, count: number): OdooDomain => [...Array(count - 1).fill('&'), ...flat];

function anyOf(conditions: readonly OdooDomain[]): OdooDomain {
  const flat = conditions.flatMap((one) => (typeof one[0] === 'string' && one[0].length > 1 ? [one] : one));
  return [...Array(conditions.length - 1).fill('|'), ...flat];
}

/** Whether the rules of `matching.normalise` find what OpenSPP has. */
export function checkSpellings(readings: readonly UnfoundSpellings[]): Finding[] {
  return readings.map(({ type, count }) => {
    const id = `id-types.spellings.${type}` as const;
    if (!count.ok) return unread(id, `How the values of ${type} are written`, count.error);
    if (count.value === 0) {
      return ok(id, `The values of ${type} are written in ways that matching.normalise looks for.`);
    }
    return warning(
      id,
      `${count.value} IDs of ${type} are written in a way that matching.normalise does not look for: events about them find nobody, unless they are written the same way.`,
      `Add the spelling that OpenSPP has under matching.normalise.${type}.spellings, or correct the values in OpenSPP.`,
    );
  });
}
