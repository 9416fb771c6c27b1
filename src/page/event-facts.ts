import type { Identifier } from '../events/vital-event.ts';

/** In which form a message was signed, by the look of its signature: the message was verified when it came. */
export function hasForm(body: string): 'http' | 'jws' | 'unknown' {
  try {
    const { signature } = JSON.parse(body) as { signature?: unknown };
    if (typeof signature !== 'string') return 'unknown';
    if (/keyId|kidId|namespace=/i.test(signature)) return 'http';
    return signature.split('.').length === 3 ? 'jws' : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Shorter values occur in any text. */
const TELLING = 4;

/** Whether a text that its sender made up holds none of the event's identifiers. */
export function isSafeToShow(text: string, identifiers: readonly Identifier[]): boolean {
  const lower = text.toLowerCase();
  return !identifiers.some(({ value }) => value.length >= TELLING && lower.includes(value.toLowerCase()));
}
