import { stripVTControlCharacters } from 'node:util';

/** Columns that a text takes on a terminal; colours take none. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/**
 * Breaks lines between words, never in them: a word that is longer than the width keeps a line of its own. What
 * follows the first part of a line is indented two columns more than that line.
 *
 * @param columns the width of the terminal; infinity where there is none
 */
export function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let open = indent;
  let isEmpty = true;
  for (const word of line.trim().split(/ +/)) {
    if (!isEmpty && widthOf(open) + 1 + widthOf(word) > columns) {
      lines.push(open);
      open = `${indent}  ${word}`;
      continue;
    }
    open += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, open].join('\n');
}

/**
 * Rows in columns, the first row being the heads. Where they are wider than the terminal, each row is a paragraph with
 * a line for each column.
 */
export function table(rows: readonly (readonly string[])[], columns: number): string {
  const [heads = [], ...rest] = rows;
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
  if (lines.every((line) => widthOf(line) <= columns)) return lines.join('\n');
  return rest
    .map((row) => row.map((cell, column) => wrapLine(`${heads[column]}: ${cell}`, columns)).join('\n'))
    .join('\n\n');
}
