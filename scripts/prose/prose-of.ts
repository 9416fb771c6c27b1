import { parseSync, Visitor } from 'oxc-parser';

const blank = (text: string) => text.replaceAll(/[^\n]/g, ' ');

/**
 * The comments, strings and templates of a TypeScript file at the places where they are, and blanks for the code
 * around them; any other file as it is. Names of imported files are code.
 */
export function proseOf(file: string, content: string): string {
  if (!file.endsWith('.ts')) return content;
  const spans: [number, number][] = [];
  const { program, comments } = parseSync(file, content);
  const imported = new Set<number>();
  const names = (node: { source?: { start: number } | null }) => {
    if (node.source) imported.add(node.source.start);
  };
  new Visitor({
    ImportDeclaration: names,
    ExportNamedDeclaration: names,
    ExportAllDeclaration: names,
    ImportExpression: names,
  }).visit(program);
  new Visitor({
    Literal: (node) => {
      if (typeof node.value === 'string' && !imported.has(node.start)) spans.push([node.start, node.end]);
    },
    TemplateElement: (node) => {
      spans.push([node.start, node.end]);
    },
  }).visit(program);
  for (const { start, end } of comments) spans.push([start, end]);
  spans.sort(([a], [b]) => a - b);
  let prose = '';
  for (const [start, end] of spans) {
    if (start < prose.length) continue;
    prose += blank(content.slice(prose.length, start)) + content.slice(start, end);
  }
  return prose + blank(content.slice(prose.length));
}
