/** What makes a spreadsheet take a cell for a formula; some take the full-width forms for the same. */
const SIGN = '[=+\\-@\\uFF1D\\uFF0B\\uFF0D\\uFF20]';
/** Also behind quotes, which some spreadsheets take away. */
const FORMULA = new RegExp(`^[\\s"'\`]*${SIGN}`, 'u');
/** Where a cell would begin if the file were divided at another separator, or at a quote. */
const INNER = new RegExp(`([,;|"'\`]\\s*)(?=${SIGN})`, 'gu');

/**
 * A cell of a CSV file that no spreadsheet takes for a formula, whichever separator it goes by: an apostrophe goes
 * before what would begin one. Line ends, tabs and other control characters become spaces, so that a record is a line.
 */
export function csvCell(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const inside = line.replace(INNER, "$1'");
  const safe = FORMULA.test(line) ? `'${inside}` : inside;
  return /[^\w.:@-]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A line of a CSV file, with its end (RFC 4180). */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}
