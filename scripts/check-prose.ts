/**
 * The linter of prose: `npm run prose`. It reports words that `words.yaml` lists and, in documents, sentences that are
 * too long. Exit 1 where it finds any.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TextlintKernel, type TextlintMessage } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import text from '@textlint/textlint-plugin-text';
import prh from 'textlint-rule-prh';
import { proseOf } from './prose/prose-of.ts';
import { sentences } from './prose/sentences.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const WORDS = join(ROOT, 'scripts/prose/words.yaml');
const FILES = [
  '*.md',
  'docs/**/*.md',
  '{src,test,bench,scripts,simulator}/**/*.{ts,js,css,yaml}',
  'config/*.yaml',
  'ops/**/*.{yaml,yml,json,md}',
  '{Dockerfile,compose.yaml}',
];
/** Names that code must not have are words here. */
const LISTS = ['test/names.test.ts'];
/** The longest sentence of a document, in words. */
const LONGEST_SENTENCE = 35;

const print = (line: string) => process.stdout.write(`${line}\n`);

const kernel = new TextlintKernel();
const plugins = [
  { pluginId: 'markdown', plugin: markdown.default },
  { pluginId: 'text', plugin: text.default },
];
const rules = [{ ruleId: 'prh', rule: prh.default, options: { rulePaths: [WORDS] } }];

/** What the word list says of a text. */
async function words(content: string, ext: '.md' | '.txt'): Promise<TextlintMessage[]> {
  const { messages } = await kernel.lintText(content, { ext, plugins, rules });
  return messages;
}

const only = process.argv.slice(2);
const files = globSync(FILES, { cwd: ROOT, exclude: LISTS })
  .filter((file) => only.length === 0 || only.some((one) => file.startsWith(one)))
  .toSorted();
let found = 0;
let counted = { sentences: 0, words: 0 };
for (const file of files) {
  const content = readFileSync(join(ROOT, file), 'utf8');
  const isDocument = file.endsWith('.md');
  const faults = (
    await words(isDocument ? content : proseOf(file, content), isDocument ? '.md' : '.txt')
  ).map(({ loc, message }) => ({ line: loc.start.line, message }));
  if (isDocument)
    for (const sentence of sentences(content)) {
      counted = { sentences: counted.sentences + 1, words: counted.words + sentence.words };
      if (sentence.words > LONGEST_SENTENCE)
        faults.push({
          line: sentence.line,
          message: `${sentence.words} words in a sentence, ${LONGEST_SENTENCE} at most: split it`,
        });
    }
  for (const { line, message } of faults) print(`${file}:${line}: ${message.replaceAll('\n', ' ')}`);
  found += faults.length;
}
if (counted.sentences > 0)
  print(
    `${counted.sentences} sentences in documents, ${(counted.words / counted.sentences).toFixed(1)} words on average`,
  );
print(`${found} found in ${files.length} files`);
process.exitCode = found === 0 ? 0 : 1;
