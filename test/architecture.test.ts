import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url);

interface Import {
  from: string;
  to: string;
  /** Whether nothing but types is imported. */
  typesOnly: boolean;
}

/** What a row of the table says: module → whether types only. */
type Allowed = ReadonlyMap<string, boolean>;

const files = readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));
const imports = files.flatMap((file) => importsIn(file, readFileSync(new URL(`src/${file}`, ROOT), 'utf8')));

/** The imports of our own files, re-exports and `import()` included, with paths below `src/`. */
function importsIn(from: string, text: string): Import[] {
  const { module, errors } = parseSync(from, text);
  if (errors.length > 0) throw new Error(`${from}: ${errors[0]?.message}`);
  const found: { path: string; typesOnly: boolean }[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const typesOnly = entries.length > 0 && entries.every(({ isType }) => isType);
    found.push({ path: moduleRequest.value, typesOnly });
  }
  for (const { moduleRequest, isType } of module.staticExports.flatMap(({ entries }) => entries)) {
    if (moduleRequest) found.push({ path: moduleRequest.value, typesOnly: isType });
  }
  for (const { moduleRequest } of module.dynamicImports) {
    found.push({ path: text.slice(moduleRequest.start + 1, moduleRequest.end - 1), typesOnly: false });
  }
  return found
    .filter(({ path }) => path.startsWith('.'))
    .map(({ path, typesOnly }) => ({ from, to: posix.join(dirname(from), path), typesOnly }));
}

/** The folder below `src/` that a file belongs to, or the file itself where it is in none. */
const moduleOf = (file: string) => file.split('/')[0] ?? file;

/** The rows of the table in docs/architecture.md: "`dci`, `events`; types of `delivery`". */
function readTable(): Map<string, Allowed> {
  const text = readFileSync(new URL('docs/architecture.md', ROOT), 'utf8');
  const table = new Map<string, Allowed>();
  for (const [, name = '', cell = ''] of text.matchAll(/^\| `src\/([^`]+?)\/?` +\|.*\| ([^|]+?) +\|$/gm)) {
    const [values = '', types = ''] = cell.split(/(?:^|; )types of /);
    const names = (part: string) => [...part.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one);
    table.set(
      name,
      new Map([
        ...names(values).map((one): [string, boolean] => [one, false]),
        ...names(types).map((one): [string, boolean] => [one, true]),
      ]),
    );
  }
  return table;
}

/** Groups of names that reach each other (Tarjan's strongly connected components of more than one name). */
function cycles(edges: ReadonlyMap<string, Iterable<string>>): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): number => {
    const place = order.size;
    let low = place;
    order.set(name, place);
    open.push(name);
    for (const next of edges.get(name) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? place);
    }
    if (low === place) {
      const group = open.splice(open.indexOf(name));
      if (group.length > 1) found.push(group.sort());
    }
    return low;
  };
  for (const name of edges.keys()) if (!order.has(name)) visit(name);
  return found;
}

function edgesOf(pairs: readonly { from: string; to: string }[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of pairs) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  return edges;
}

describe('imports', () => {
  it('are read in every form', () => {
    const text = `
      import { a, type B } from './value.ts';
      import { type C, type D } from './types.ts';
      import type { E } from '../types.ts';
      import './effect.ts';
      export { f } from './again.ts';
      export type { G } from './again-type.ts';
      export * from './all.ts';
      import fs from 'node:fs';
      const load = () => import('./later.ts');`;
    expect(importsIn('x/y.ts', text)).toEqual([
      { from: 'x/y.ts', to: 'x/value.ts', typesOnly: false },
      { from: 'x/y.ts', to: 'x/types.ts', typesOnly: true },
      { from: 'x/y.ts', to: 'types.ts', typesOnly: true },
      { from: 'x/y.ts', to: 'x/effect.ts', typesOnly: false },
      { from: 'x/y.ts', to: 'x/again.ts', typesOnly: false },
      { from: 'x/y.ts', to: 'x/again-type.ts', typesOnly: true },
      { from: 'x/y.ts', to: 'x/all.ts', typesOnly: false },
      { from: 'x/y.ts', to: 'x/later.ts', typesOnly: false },
    ]);
    const known = new Set(files);
    expect(imports.filter(({ to }) => !known.has(to))).toEqual([]);
  });

  it('of files make no cycle, those of types included', () => {
    expect(cycles(edgesOf(imports))).toEqual([]);
    const sample = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'b' },
      { from: 'c', to: 'd' },
    ];
    expect(cycles(edgesOf(sample))).toEqual([['b', 'c']]);
  });

  it('follow the table in docs/architecture.md, which allows nothing that is not used', () => {
    const table = readTable();
    expect([...table.keys()].sort()).toEqual([...new Set(files.map(moduleOf))].sort());
    const across = imports.filter(({ from, to }) => moduleOf(from) !== moduleOf(to));
    const wrong = across.filter(({ from, to, typesOnly }) => {
      const onlyTypes = table.get(moduleOf(from))?.get(moduleOf(to));
      return onlyTypes === undefined || (onlyTypes && !typesOnly);
    });
    expect(
      wrong.map(({ from, to, typesOnly }) => `${from} imports ${typesOnly ? 'types of ' : ''}${to}`),
      'The table in docs/architecture.md does not allow these imports: move the code, or change the table.',
    ).toEqual([]);
    const unused = [...table].flatMap(([name, allowed]) =>
      [...allowed]
        .filter(
          ([other, typesOnly]) =>
            !across.some(
              ({ from, to, ...one }) =>
                moduleOf(from) === name && moduleOf(to) === other && one.typesOnly === typesOnly,
            ),
        )
        .map(([other, typesOnly]) => `${name}: ${typesOnly ? 'types of ' : ''}${other}`),
    );
    expect(unused, 'The table in docs/architecture.md allows these imports, and nobody makes them.').toEqual(
      [],
    );
  });

  it('of modules make no cycle in the table', () => {
    const edges = new Map([...readTable()].map(([name, allowed]) => [name, allowed.keys()]));
    expect(cycles(edges)).toEqual([]);
  });
});
