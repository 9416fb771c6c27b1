import type { Identifier } from '../events/vital-event.ts';

/** As many characters of an identifier as everybody may see. */
const SHOWN = 4;

/**
 * The end of an identifier, by which a caseworker recognises it: its last four characters, and never more than half of
 * it.
 */
export function endingOf(value: string): string {
  const characters = [...value];
  const shown = Math.min(SHOWN, Math.floor(characters.length / 2));
  return shown === 0 ? '' : characters.slice(-shown).join('');
}

/** An identifier in a sentence: `…0342`. */
export function masked(value: string): string {
  return `…${endingOf(value)}`;
}

/** What a sentence must not show. */
export interface Secrets {
  identifiers: readonly Pick<Identifier, 'value'>[];
  /** Names of persons. */
  names: readonly string[];
}

/** Scripts that write words without blanks between them: there a name begins and ends anywhere. */
const WITHOUT_BLANKS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** A single letter of another script is an initial, or no name. */
const SHORTEST_NAME = 2;

/**
 * A sentence of Odoo for everybody: identifiers keep their ends, and names of persons become `person`. Both count as
 * whole words, whatever their letter case.
 *
 * @param person what a name is replaced by, such as `the registrant`
 */
export function withoutPersonalData(
  sentence: string,
  { identifiers, names }: Secrets,
  person: string,
): string {
  let text = sentence;
  const longestFirst = (a: string, b: string) => b.length - a.length;
  const known = names
    .map((name) => name.trim())
    .filter((name) => name.length >= SHORTEST_NAME || WITHOUT_BLANKS.test(name));
  for (const name of known.toSorted(longestFirst)) text = text.replaceAll(wholeWord(name), () => person);
  const values = identifiers.map(({ value }) => value).filter((value) => value !== '');
  for (const value of values.toSorted(longestFirst)) {
    text = text.replaceAll(wholeWord(value), () => masked(value));
  }
  return text;
}

function wholeWord(word: string): RegExp {
  const literal = word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  if (WITHOUT_BLANKS.test(word)) return new RegExp(literal, 'giu');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'giu');
}
