/**
 * A table for people: the first column to the left, figures to the right.
 *
 * @param head one title a column
 * @param rows as many cells as `head`
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()}`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** A figure with as many digits as mean something; a dash where there is none. */
export function figure(value: number, digits = value < 10 ? 2 : value < 100 ? 1 : 0): string {
  if (!Number.isFinite(value)) return '-';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Bytes as MiB. */
export function mebibytes(bytes: number): string {
  return figure(bytes / 1_048_576, 1);
}

/** A ratio and, where there is a goal, whether it was reached. */
export function goalLine(
  name: string,
  value: number,
  goal?: { atLeast: number } | { atMost: number },
): string {
  const shown = `  ${name}: ${figure(value, Math.abs(value) < 1 ? 3 : 2)}`;
  if (!goal) return shown;
  const [sign, bound, met] =
    'atLeast' in goal ? ['≥', goal.atLeast, value >= goal.atLeast] : ['≤', goal.atMost, value <= goal.atMost];
  return `${shown}  (goal ${sign} ${bound}: ${met ? 'reached' : 'missed'})`;
}
