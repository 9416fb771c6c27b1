import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/security.md', ROOT), 'utf8');

/** The promises: each paragraph, each item of a list, and each row of a table that is none of its head. */
function promises(): string[] {
  const items = text.match(/^- .*(?:\n {2}.*)*/gm) ?? [];
  const blocks = text.split(/\n{2,}/);
  // What leads to a list or a table promises nothing itself.
  const paragraphs = blocks.filter(
    (one, at) => !/^(?:#|\||- )/.test(one) && !/^(?:\||- )/.test(blocks[at + 1] ?? ''),
  );
  const rows = (text.match(/^\|.*\|$/gm) ?? []).filter(
    (row, at, all) => !/^\|[\s|:-]+$/.test(row) && !/^\|[\s|:-]+$/.test(all[at + 1] ?? ''),
  );
  return [...paragraphs, ...items, ...rows].map((one) => one.replaceAll(/\s+/g, ' '));
}

const NAMED = /`(test(?:\/[\w.-]+)+)`/g;

describe('docs/security.md', () => {
  it('names a test for every promise, or says why none can hold it', () => {
    const all = promises();
    expect(all.length).toBeGreaterThan(70);
    const bare = all.filter((one) => !one.match(NAMED) && !/no test: \w/.test(one));
    expect(bare).toEqual([]);
  });

  it('names tests that are there, by their whole paths', () => {
    const named = [...text.matchAll(NAMED)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(70);
    const gone = named.filter((path) => !existsSync(fileURLToPath(new URL(path, ROOT))));
    expect(gone).toEqual([]);
    expect(text.match(/`[\w-]+\.test\.ts`/g)).toBeNull();
  });

  it('names the very test of each fault that was found, by its title', () => {
    const rows = [...text.matchAll(/\| `(test\/[\w./-]+)`: ([^|]+) \|$/gm)];
    expect(rows.length).toBeGreaterThan(25);
    const gone = rows.filter(([, path = '', title = '']) => {
      const source = readFileSync(new URL(path, ROOT), 'utf8').replaceAll("\\'", "'");
      return !source.includes(title);
    });
    expect(gone.map(([row]) => row)).toEqual([]);
  });
});
