/** Whether a text has neither control characters nor lone surrogates, which no database keeps and no log prints well. */
export function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed();
}
