import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configurationReference } from '../../src/config/reference.ts';
import { run } from '../cli/run.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FILES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const withoutCode = (text: string) =>
  text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** The anchors that a Markdown file has, as GitHub makes them of its headings. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of textOf(file)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let name = anchor;
    for (let at = 1; anchors.has(name); at += 1) name = `${anchor}-${at}`;
    anchors.add(name);
  }
  return anchors;
}

describe('the documents', () => {
  it('have links that lead somewhere, and anchors that are there', () => {
    const dead: string[] = [];
    for (const file of FILES) {
      for (const [, link = ''] of withoutCode(textOf(file)).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)) {
        if (/^[a-z]+:/.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
        if (!existsSync(join(ROOT, target))) dead.push(`${file}: ${link}`);
        else if (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor))
          dead.push(`${file}: ${link} (no such heading)`);
      }
    }
    expect(dead).toEqual([]);
    expect(FILES.length).toBeGreaterThan(7);
  });

  it('name commands that there are', async () => {
    const { out } = await run(['--help']);
    const known = new Set([...out.matchAll(/^ {2}(\w+)(?: \[command\])? {2,}/gm)].map(([, name]) => name));
    const unknown = FILES.flatMap((file) =>
      [
        ...textOf(file).matchAll(
          /(?:npm run -s bridge -- |npx crvs-bridge |node src\/main\.ts )([a-z][a-z-]*)/g,
        ),
      ]
        .map(([, name = '']) => name)
        .filter((name) => !known.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(known.size).toBeGreaterThan(10);
  });

  it('name scripts of package.json that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = FILES.flatMap((file) =>
      [...textOf(file).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(
        ([, name = '']) => `${file}: ${name}`,
      ),
    );
    // `bench:...` stands for all of them.
    const missing = named.filter(
      (one) => !one.endsWith(':') && !Object.hasOwn(scripts, one.split(': ')[1] ?? ''),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  it('is what the schema and the defaults say', () => {
    expect(textOf('docs/configuration.md'), 'run `npm run docs:config`').toBe(configurationReference());
  });
});
