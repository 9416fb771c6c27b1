import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationReference } from '../../src/config/reference.ts';
import { FILES, ROOT, textOf, withoutBlocks, withoutCode } from './documents.ts';

/** The anchors that a Markdown file has, as GitHub makes them of its headings. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(textOf(file)).matchAll(/^#{1,6} (.+)$/gm)) {
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
});

describe('docs/configuration.md', () => {
  it('is what the schema and the defaults say', () => {
    expect(textOf('docs/configuration.md'), 'run `npm run docs:config`').toBe(configurationReference());
  });
});
