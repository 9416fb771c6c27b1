import { pythonError } from '../errors.ts';

/** Compiles an SQL LIKE pattern: `%` any run, `_` any one character, a backslash takes the next one as it is. */
export function compileLike(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  let source = '';
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '%') source += '.*';
    else if (character === '_') source += '.';
    else if (character === '\\') {
      at += 1;
      const next = characters[at];
      if (next === undefined) {
        throw pythonError(
          'psycopg2.errors.InvalidEscapeSequence',
          'LIKE pattern must not end with escape character\n',
        );
      }
      source += literal(next);
    } else source += literal(character);
  }
  const expression = new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su');
  return (text) => expression.test(text);
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
