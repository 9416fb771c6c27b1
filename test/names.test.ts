import { readdirSync, readFileSync } from 'node:fs';
import { parseSync, Visitor } from 'oxc-parser';
import { expect, it } from 'vitest';

const SOURCES = new URL('../src/', import.meta.url);

/** Words that a newcomer does not know; docs/glossary.md has those that replaced them. */
const GONE = new Set(
  'room desk stray strays chore chores lane lanes deed deeds heard wishes nonsense remembered elses suspect suspects suspected'.split(
    ' ',
  ),
);
/** Names that are wrong as a whole only. */
const GONE_WHOLE = /^(toldBy|told-by|(watched|observed|steady)-?client)$/i;

const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
const isGone = (name: string) => GONE_WHOLE.test(name) || wordsOf(name).some((word) => GONE.has(word));

/** The names that a file declares or uses. */
function namesIn(file: string, text: string): Set<string> {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const names = new Set<string>();
  const add = ({ name }: { name: string }) => void names.add(name);
  new Visitor({ Identifier: add, PrivateIdentifier: add }).visit(program);
  return names;
}

it('identifiers and files have the names of the glossary', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((one) =>
    one.endsWith('.ts'),
  );
  const paths = files.flatMap((file) => file.replace(/\.ts$/, '').split(/[\\/]/));
  expect(paths.filter(isGone)).toEqual([]);
  const found = files.flatMap((file) => {
    const names = [...namesIn(file, readFileSync(new URL(file, SOURCES), 'utf8'))];
    return names.filter(isGone).map((name) => `${file}: ${name}`);
  });
  expect(found, 'Use the words of docs/glossary.md.').toEqual([]);
});

it('old names are recognised in every spelling', () => {
  const old = namesIn(
    'x.ts',
    'class SenderDesk { #room = toldBy(lastLane) } interface Deed { elses: STRAY_ROWS }',
  );
  expect([...old].filter(isGone).sort()).toEqual([
    'Deed',
    'STRAY_ROWS',
    'SenderDesk',
    'elses',
    'lastLane',
    'room',
    'toldBy',
  ]);
  expect(['groom', 'plane', 'isSteady', 'anchored', 'bedroom'].filter(isGone)).toEqual([]);
});
