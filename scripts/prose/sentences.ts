import { parse } from '@textlint/markdown-to-ast';
import { split } from 'sentence-splitter';

/** A sentence of a document: the line where its paragraph starts (from 1), and its number of words. */
export type Sentence = Readonly<{ line: number; words: number }>;

type Node = Readonly<{
  type: string;
  value?: string;
  children?: readonly Node[];
  loc: { start: { line: number } };
}>;

/** The text of a paragraph. Code counts as one word, whatever is in it. */
function textOf(node: Node): string {
  if (node.type === 'Code') return 'code';
  if (node.type === 'Break') return ' ';
  return node.children === undefined ? (node.value ?? '') : node.children.map(textOf).join('');
}

/** The sentences of a Markdown document, without headings, code blocks and cells of tables without a full stop. */
export function sentences(document: string): Sentence[] {
  const found: Sentence[] = [];
  const visit = (node: Node): void => {
    if (node.type === 'Paragraph' || node.type === 'TableCell') {
      for (const part of split(textOf(node).replaceAll(/\s+/g, ' '))) {
        if (part.type !== 'Sentence') continue;
        const words = part.raw.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
        if (words > 0) found.push({ line: node.loc.start.line, words });
      }
      return;
    }
    node.children?.forEach(visit);
  };
  visit(parse(document) as Node);
  return found;
}
