import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { checkedExtension } from '../../src/extensions/check.ts';
import { loadExtensions } from '../../src/extensions/load.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'extensions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('the configuration', () => {
  it('names modules by their paths from its own folder, or by the names of packages', () => {
    mkdirSync(join(folder, 'conf'), { recursive: true });
    const config = file(
      'conf/bridge.yaml',
      'extensions: [./a.ts, ../b.js, /c/d.ts, "@country/crvs", plain]\n',
    );
    expect(loadSettings({}, config).extensions).toEqual([
      join(folder, 'conf/a.ts'),
      join(folder, 'b.js'),
      '/c/d.ts',
      '@country/crvs',
      'plain',
    ]);
  });

  it('takes them from EXTENSIONS in place of the file’s', () => {
    const config = file('bridge.yaml', 'extensions: [./a.ts]\n');
    expect(loadSettings({ EXTENSIONS: ' ./x.ts, pack ' }, config).extensions).toEqual([
      join(process.cwd(), 'x.ts'),
      'pack',
    ]);
  });

  it.each([
    ['extensions: [a.ts]', 'extensions: a.ts looks like a file; write ./ before it'],
    ['extensions: ./a.ts', 'extensions (EXTENSIONS)'],
    ['extensions: [1]', 'extensions.0 (EXTENSIONS)'],
  ])('refuses %s', (text, sentence) => {
    expect(() => loadSettings({}, file('wrong.yaml', text))).toThrow(sentence);
  });
});

describe('a module', () => {
  it('is loaded as TypeScript and as JavaScript', async () => {
    const ts = file('a.ts', 'const api: number = 1;\nexport default { name: "a", api };\n');
    const js = file('b.mjs', 'export default { name: "b", api: 1, findPerson: () => null };\n');
    const loaded = await loadExtensions([ts, js]);
    expect(loaded.map(({ extension: { name } }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['that is not there', null, 'it cannot be loaded'],
    ['that fails', 'throw new Error("no map of districts");', 'no map of districts'],
    ['without a default export', 'export const a = 1;', 'it has no default export that is an extension'],
  ])('%s stops the start with its name', async (name, text, sentence) => {
    const path = text === null ? join(folder, 'nothing.ts') : file(`${name.replaceAll(' ', '-')}.mjs`, text);
    await expect(loadExtensions([path])).rejects.toThrow(`extension ${path}: `);
    await expect(loadExtensions([path])).rejects.toThrow(sentence);
  });

  it('that is no installed package is named', async () => {
    await expect(loadExtensions(['@country/nothing'])).rejects.toThrow(
      'extension @country/nothing: there is no such package (MODULE_NOT_FOUND)',
    );
  });

  it.each([
    ['one name twice', ['a', 'a'], 'extension a: another extension has the same name'],
    ['two that match', ['a', 'b'], 'extension b: findPerson replaces the matching, and a does so already'],
  ])('is refused beside another: %s', async (_, names, sentence) => {
    const paths = names.map((name, at) =>
      file(`${at}-${name}.mjs`, `export default { name: "${name}", api: 1, findPerson: () => null };`),
    );
    await expect(loadExtensions(paths)).rejects.toThrow(sentence);
  });
});

describe('an extension', () => {
  const good = { name: 'a', api: 1 };
  const f = () => ({});

  it.each([
    [{ ...good }],
    [{ ...good, dialect: { order: 'before', read: f }, rules: { death: f }, findPersons: f }],
    [{ ...good, eventFields: { fields: ['x_a'], values: f }, registrantFields: { fields: ['x_a'] } }],
    [{ ...good, findPerson: undefined }],
  ])('%# is taken', (given) => {
    expect(checkedExtension(given, './a.ts')).toBe(given);
  });

  it.each([
    [null, 'extension ./a.ts: it has no default export'],
    [{ api: 1 }, 'extension ./a.ts: name must be a name'],
    [{ name: 'a b', api: 1 }, 'extension ./a.ts: name must be a name'],
    [{ name: 'a' }, 'extension a (./a.ts): api must be 1'],
    [{ name: 'a', api: 2 }, 'extension a (./a.ts): api must be 1'],
    [
      { ...good, findperson: f },
      'extension a (./a.ts): findperson is not known; expected name, api, dialect',
    ],
    [{ ...good, findPerson: 'x' }, 'extension a (./a.ts): findPerson must be a function'],
    [{ ...good, findPerson: f, findPersons: f }, 'findPersons is there beside findPerson; keep one'],
    [{ ...good, dialect: f }, 'dialect must be an object'],
    [{ ...good, dialect: { order: 'first', read: f } }, "dialect.order must be 'before' or 'after'"],
    [{ ...good, dialect: {} }, 'dialect.read must be a function'],
    [{ ...good, dialect: { read: f, write: f } }, 'dialect.write is not known; expected order, read'],
    [{ ...good, rules: { adoption: f } }, 'rules.adoption is not known; expected birth, death'],
    [{ ...good, rules: { death: {} } }, 'rules.death must be a function'],
    [{ ...good, eventFields: { values: f } }, 'eventFields.fields must be a list of fields'],
    [{ ...good, eventFields: { fields: ['x_a'] } }, 'eventFields.values must be a function'],
    [
      { ...good, eventFields: { fields: ['X a'], values: f } },
      "eventFields.fields must hold names of Odoo's",
    ],
    [
      { ...good, eventFields: { fields: ['state'], values: f } },
      "eventFields.fields may not hold state, which is the bridge's own",
    ],
    [
      { ...good, registrantFields: { fields: ['disabled'] } },
      "registrantFields.fields may not hold disabled, which is the bridge's own",
    ],
    [
      { ...good, registrantFields: { fields: ['x_a'], values: 1 } },
      'registrantFields.values must be a function',
    ],
  ])('%# is refused: %s', (given, sentence) => {
    expect(() => checkedExtension(given, './a.ts')).toThrow(sentence);
  });
});
