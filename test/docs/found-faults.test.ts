import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const rows = [...read('docs/security.md').matchAll(/^\| (.+) \| `(test\/\S+\.test\.ts)`: (.+) \|$/gm)];

it('docs/security.md names the test of each fault that was found', () => {
  expect(rows.length).toBeGreaterThan(30);
});

it.each(rows.map(([, fault, file, title]) => [fault, file, title] as const))('%s', (_fault, file, title) => {
  expect(read(file ?? '')).toContain(title);
});
