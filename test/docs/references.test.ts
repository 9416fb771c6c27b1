import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FILES, ROOT, spans, textOf } from './documents.ts';

const KEPT = FILES.filter((file) => file !== 'CHANGELOG.md');
const named = spans().filter(({ file }) => KEPT.includes(file));

/** The texts of the files in a folder, but for these tests. */
const textsIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (one) => one.isFile() && !one.parentPath.endsWith('test/docs') && !/\.(?:png|ndjson)$/.test(one.name),
    )
    .map((one) => readFileSync(join(one.parentPath, one.name), 'utf8'));

/** Those that a document names and nobody has. */
const missing = (pattern: RegExp, isThere: (name: string) => boolean) => {
  const found = named.flatMap(({ file, code }) =>
    [...code.matchAll(pattern)].map(([name]) => ({ file, name })),
  );
  expect(found.length).toBeGreaterThan(10);
  return [...new Set(found.filter(({ name }) => !isThere(name)).map(({ file, name }) => `${file}: ${name}`))];
};

describe('what the documents name is there:', () => {
  it('files and folders', () => {
    const roots = ['src', 'test', 'docs', 'config', 'ops', 'bench', 'examples', 'scripts', 'simulator'];
    const pattern = new RegExp(`(?<![\\w./-])(?:${roots.join('|')})/[\\w./*{},-]*`, 'g');
    const ignored = textOf('.gitignore').split('\n');
    const isThere = (name: string) =>
      name.includes('*') || name.includes('{')
        ? globSync(name.replace(/\/$/, ''), { cwd: ROOT }).length > 0
        : existsSync(join(ROOT, name.replace(/[.,]$/, ''))) || ignored.includes(name);
    expect(missing(pattern, isThere)).toEqual([]);
  });

  it('settings, and codes of the same form', () => {
    const sources = textsIn('src').join('\n');
    const defaults = parse(textOf('config/default.yaml')) as Record<string, unknown>;
    const sections = Object.keys(defaults).filter((name) => typeof defaults[name] === 'object');
    const pattern = new RegExp(`^(?:${sections.join('|')})\\.[a-z_]+(?:\\.[\\w*]+)*(?=$|[ :=])`, 'g');
    const isThere = (name: string) => {
      const [section = '', key = ''] = name.split('.');
      // The settings of a source are by its code. Codes and members of answers have the same form.
      if (section === 'sources' || /^(?:ts|db|yaml)$/.test(key)) return true;
      const isMember = new RegExp(`\\b${key}: `).test(sources);
      return Object.hasOwn(defaults[section] as object, key) || sources.includes(`'${name}'`) || isMember;
    };
    expect(missing(pattern, isThere)).toEqual([]);
  });

  it('variables of the environment', () => {
    const code = [
      ...['compose.yaml', 'Dockerfile', 'package.json'].map(textOf),
      ...['src', 'test', 'config', 'ops', 'bench', 'scripts', '.ci'].flatMap(textsIn),
    ].join('\n');
    const isThere = (name: string) =>
      code.includes(name) || code.includes(name.replace(/_FILE$/, '')) || /^(?:SOURCE|OTEL)_/.test(name);
    expect(missing(/(?<![\w.:/-])[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+(?![\w-])/g, isThere)).toEqual([]);
  });
});
