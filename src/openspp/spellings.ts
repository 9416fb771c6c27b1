import type { Identifier } from '../events/vital-event.ts';

/** How values of an identifier type may be written; what is left out counts as it is. */
export interface SpellingRule {
  /** Whether dashes and blanks count for nothing. */
  strip?: boolean | undefined;
  /** Whether letter case counts for nothing. */
  upper?: boolean | undefined;
  /** Whether decimal digits of every script are those of ASCII. */
  digits?: boolean | undefined;
  /** Where OpenSPP has dashes or blanks in values: `####-####`, with `#` for each other character. */
  spellings?: readonly string[] | undefined;
}

/** Upper-case identifier type → its rule. None where a country names none: then values match as they are. */
export interface SpellingRules {
  normalise?: ReadonlyMap<string, SpellingRule>;
}

/** A mask of `SpellingRule.spellings`: only what `strip` takes away may be in it, so that it changes no value. */
export const SPELLING = /^(?=.*#)[#\p{Pd}\p{Zs}]+$/u;

const SEPARATORS = /[\p{Pd}\p{Zs}\u2212]+/gu;
const DIGIT = /\p{Nd}/gu;
/** The scripts, besides ASCII, whose digits are looked for in OpenSPP: Arabic-Indic and Persian. */
const ZEROS = [0x0660, 0x06f0];

/**
 * All spellings under which a value is looked for in OpenSPP: as sent, first; where its type has a rule, as the rule
 * writes it, and in the forms that the rule knows. Odoo finds these in its index; a value that OpenSPP has in any other
 * spelling is not found, for that every ID would have to be read.
 */
export function spellingsOf({ type, value }: Identifier, rules: SpellingRules): string[] {
  const rule = rules.normalise?.get(type.toUpperCase());
  if (!rule) return [value];
  const normal = normalised(value, rule);
  const separated = (rule.spellings ?? []).flatMap((mask) => filled(mask, normal));
  const cased = [normal, ...separated].flatMap((one) => (rule.upper ? [one, one.toLowerCase()] : [one]));
  const all = cased.flatMap((one) =>
    rule.digits ? [one, ...ZEROS.map((zero) => withDigitsFrom(one, zero))] : [one],
  );
  // Some letters do not come back from the other case.
  return [...new Set([value, ...all.filter((one) => normalised(one, rule) === normal)])];
}

/** Whether two values of an identifier type are the same number, by the rule of the type where it has one. */
export function isSameValue(type: string, one: string, other: string, rules: SpellingRules): boolean {
  return one === other || normalValue(type, one, rules) === normalValue(type, other, rules);
}

/** A value as the rule of its type writes it; as it is where there is no rule. */
export function normalValue(type: string, value: string, rules: SpellingRules): string {
  const rule = rules.normalise?.get(type.toUpperCase());
  return rule ? normalised(value, rule) : value;
}

function normalised(value: string, { strip, upper, digits }: SpellingRule): string {
  let normal = strip ? value.replace(SEPARATORS, '') : value;
  // Values of dashes alone would all be the same.
  if (normal === '') normal = value;
  if (upper) normal = normal.toUpperCase();
  return digits ? normal.replace(DIGIT, asciiDigit) : normal;
}

/** Unicode has the digits of a script one after the other, from zero on. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

function withDigitsFrom(value: string, zero: number): string {
  return value.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)));
}

/** The value with the separators of the mask; none where the mask is for values of another length. */
function filled(mask: string, value: string): string[] {
  const characters = [...value];
  if (characters.length !== [...mask].filter((one) => one === '#').length) return [];
  return [[...mask].map((one) => (one === '#' ? characters.shift() : one)).join('')];
}
