import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/security.md', ROOT), 'utf8');

/** The promises: each item of a list, and each row of a table that is none of its head. */
function promises(): string[] {
  const items = text.match(/^- .*(?:\n {2}.*)*/gm) ?? [];
  const rows = (text.match(/^\|.*\|$/gm) ?? []).filter(
    (row, at, all) => !/^\|[\s|:-]+$/.test(row) && !/^\|[\s|:-]+$/.test(all[at + 1] ?? ''),
  );
  return [...items, ...rows].map((one) => one.replaceAll(/\s+/g, ' '));
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
});
