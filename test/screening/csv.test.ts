import { describe, expect, it } from 'vitest';
import { csvCell, csvLine } from '../../src/screening/csv.ts';

/** What a spreadsheet makes of a line, by the separator that it goes by. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] ?? '';
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === '') isQuoted = true;
    else if (sign === separator) {
      cells.push(cell);
      cell = '';
    } else cell += sign;
  }
  return [...cells, cell];
}

const SIGNS = ['=', '+', '-', '@', '\t=', '\r=', '\n=', '＝', '＋', '－', '＠'];
const BEFORE = [
  '',
  '"',
  '""',
  "'",
  ' ',
  '\u00a0',
  '\u0000',
  '\ufeff',
  'a;',
  'a,',
  'a\t',
  'a\r\n',
  'a|',
  'a; ',
  'a","',
  '";',
];
const MALICIOUS = BEFORE.flatMap((before) => SIGNS.map((sign) => `${before}${sign}cmd|' /C calc'!A1`));

describe('a cell', () => {
  it.each([',', ';', '\t', '|'])('begins no formula where lines are divided at %j', (separator) => {
    for (const text of MALICIOUS) {
      const line = csvLine(['7', text, 'after']);
      for (const cell of cellsOf(line.slice(0, -2), separator)) {
        expect(cell, JSON.stringify(text)).not.toMatch(/^[\s\p{Cc}"\ufeff]*[=+\-@＝＋－＠]/u);
      }
    }
  });

  it('keeps a record on one line, and its cells apart', () => {
    for (const text of MALICIOUS) {
      const line = csvLine(['7', text, 'after']);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const cells = cellsOf(line.slice(0, -2), ',');
      expect(cells).toHaveLength(3);
      expect(cells[2]).toBe('after');
    }
  });

  it.each([
    ['', ''],
    ['D-2024-1', 'D-2024-1'],
    ['2024-12-01', '2024-12-01'],
    ['Grant - North', '"Grant - North"'],
    ['Kindergeld für Ältere', '"Kindergeld für Ältere"'],
    ['say "no"', '"say ""no"""'],
    ['a,b', '"a,b"'],
    ['-5', `"'-5"`],
  ])('%j is written as %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});
