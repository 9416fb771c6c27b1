import { readFileSync } from 'node:fs';

/**
 * The flags that `npm start` gives Node, so that what is measured runs as what is deployed: V8's own bounds of its heap
 * decide how much memory a backlog takes.
 */
export function serviceFlags(): string[] {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: Readonly<Record<string, string>> };
  const words = scripts.start?.split(/\s+/) ?? [];
  const program = words.findIndex((word) => word.endsWith('main.ts'));
  return words.slice(0, Math.max(0, program)).filter((word) => word.startsWith('--'));
}
