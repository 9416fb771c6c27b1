/**
 * Keeps tests that look for personal data in a text from failing by chance: the text may hold random and time-dependent
 * values (ids, times, signatures), and a short value may occur in one of them.
 */

/** A kind of random or time-dependent word. */
interface RandomWord {
  pattern: RegExp;
  /** What such a word may hold. */
  letters: RegExp;
  /** How many different letters it may hold. */
  alphabet: number;
}

const UUID = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi;
const TIMESTAMP = /\b\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|\b1[67]\d{8}(?:\d{3})?\b/g;

const RANDOM_WORDS: readonly RandomWord[] = [
  { pattern: UUID, letters: /^[\da-f-]+$/i, alphabet: 16 },
  // Ports, durations, times.
  { pattern: /\d[\d.:]{3,}/g, letters: /^[\d.:]+$/, alphabet: 10 },
  { pattern: /\b[\da-f]{16,}\b/gi, letters: /^[\da-f]+$/i, alphabet: 16 },
  // Keys, signatures, tokens and what is encrypted.
  {
    pattern: /(?<![\w+/-])(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[\w+/-]{20,}/g,
    letters: /^[\w+/=-]+$/,
    alphabet: 64,
  },
];

/** The greatest chance of a false alarm that one check may have. */
const BEARABLE = 1e-6;
/** A value of so many letters is in no random word by chance. */
const LONG = 8;

/** How likely a value is in a text by chance, because of the random words in it: from 0 to about 1. */
export function chanceOf(value: string, text: string): number {
  if (value.length === 0 || value.length >= LONG) return 0;
  let chance = 0;
  for (const { pattern, letters, alphabet } of RANDOM_WORDS) {
    if (!letters.test(value)) continue;
    for (const [word] of text.matchAll(pattern)) {
      chance += Math.max(0, word.length - value.length + 1) / alphabet ** value.length;
    }
  }
  return chance;
}

/** The plain words that a pattern looks for: those of its alternatives that have no operators. */
export function wordsOf(pattern: RegExp): string[] {
  return pattern.source
    .split('|')
    .filter((part) => /^(?:[^\\^$.*+?()[\]{}]|\\[^A-Za-z\d])+$/.test(part))
    .map((part) => part.replaceAll('\\', ''));
}

/** A text without UUIDs, dates and times, for a check by a short piece of a value. Other random words stay. */
export function withoutRandom(text: string): string {
  return text.replaceAll(UUID, '<uuid>').replaceAll(TIMESTAMP, '<time>');
}

/** @throws where a check that none of these values is in the text may fail by chance */
export function assertDistinctive(values: readonly string[], text: string): void {
  for (const value of values) {
    const chance = chanceOf(value, text);
    if (chance <= BEARABLE) continue;
    throw new Error(
      `"${value}" may be in this text by chance (about ${chance.toExponential(0)}), in a random id, time or signature: look for a longer value, or in withoutRandom(text) (test/chance.ts)`,
    );
  }
}
