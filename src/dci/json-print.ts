import { isJsonArray, type JsonNode, JsonNumber } from './json.ts';

/**
 * Prints a node for people: the keys in the sender's order, numbers as sent, and characters as they are but for those
 * that JSON must escape and lone surrogates, which no UTF-8 can hold.
 *
 * @param indent spaces a level; 0 prints one line without spaces
 */
export function printJson(node: JsonNode, indent = 2): string {
  return indent === 0 ? print(node, '', '', ':') : print(node, ' '.repeat(indent), '\n', ': ');
}

function print(node: JsonNode, step: string, lineBreak: string, colon: string): string {
  if (typeof node === 'string') return quote(node);
  if (node === null || typeof node === 'boolean') return String(node);
  if (node instanceof JsonNumber) return node.text;
  const inner = lineBreak + step;
  let text = '';
  if (isJsonArray(node)) {
    for (const item of node) {
      text += (text === '' ? inner : `,${inner}`) + print(item, step, inner, colon);
    }
    return text === '' ? '[]' : `[${text}${lineBreak}]`;
  }
  for (const [key, value] of node) {
    text += (text === '' ? inner : `,${inner}`) + quote(key) + colon + print(value, step, inner, colon);
  }
  return text === '' ? '{}' : `{${text}${lineBreak}}`;
}

/** All but what JSON must escape (quote, backslash, control characters) and surrogates, of which some may be lone. */
const TO_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

function quote(text: string): string {
  return TO_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}
