/**
 * PostgreSQL's text holds every character but U+0000, and no half of a surrogate pair; JSON strings hold both. A text
 * with one of them is kept as its JSON, marked by U+0001 in front, and so is one that begins with the mark.
 */
const MARK = '\u0001';

/** A text as it is kept; different texts are kept differently. */
export function stored(text: string): string;
export function stored(text: string | null): string | null;
export function stored(text: string | null): string | null {
  if (text === null) return null;
  const plain = text.isWellFormed() && !text.includes('\0') && !text.startsWith(MARK);
  return plain ? text : MARK + JSON.stringify(text).replaceAll('\0', '\\u0000');
}

/** The text that `stored` was given. */
export function restored(text: string): string;
export function restored(text: string | null): string | null;
export function restored(text: string | null): string | null {
  return text?.startsWith(MARK) ? (JSON.parse(text.slice(1)) as string) : text;
}
