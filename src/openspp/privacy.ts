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

/** Shorter words are part of other words, and tell nobody who it is. */
const SHORTEST_NAME = 3;

/**
 * A sentence of Odoo for everybody: identifiers keep their ends, and names of persons become `person`.
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
  for (const name of names.filter(({ length }) => length >= SHORTEST_NAME).toSorted(longestFirst)) {
    text = text.replaceAll(name, person);
  }
  for (const value of identifiers
    .map((one) => one.value)
    .filter(Boolean)
    .toSorted(longestFirst)) {
    text = text.replaceAll(value, masked(value));
  }
  return text;
}
