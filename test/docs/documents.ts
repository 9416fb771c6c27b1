import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Every document, by its path from the root. */
export const FILES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples', 'ops'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

export const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

export interface Block {
  file: string;
  language: string;
  code: string;
}

const FENCE = /^( *)(```|~~~)(\w*)[^\n]*\n([\s\S]*?)^ *\2 *$/gm;

export const withoutBlocks = (text: string) => text.replaceAll(FENCE, '');
export const withoutCode = (text: string) => withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '');

/** The blocks of code of all documents. */
export function blocks(language?: string): Block[] {
  return FILES.flatMap((file) =>
    [...textOf(file).matchAll(FENCE)].map(([, indent = '', , name = '', code = '']) => ({
      file,
      language: name,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    })),
  ).filter((one) => language === undefined || one.language === language);
}

/** What is in backticks, in running text. */
export function spans(): { file: string; code: string }[] {
  return FILES.flatMap((file) =>
    [...withoutBlocks(textOf(file)).matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({
      file,
      code: code.replaceAll(/\s+/g, ' '),
    })),
  );
}
