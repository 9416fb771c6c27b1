import { createHash } from 'node:crypto';
import { Num, Obj, type Tree } from './tree.ts';

/** Python's `json.dumps(value, sort_keys=True, separators=(",", ":"))`, written apart from the bridge's. */
export function canonical(tree: Tree): string {
  if (tree === null || typeof tree === 'boolean') return String(tree);
  if (typeof tree === 'string') return quoted(tree);
  if (tree instanceof Num) return number(tree.source);
  if (Array.isArray(tree)) return `[${tree.map(canonical).join(',')}]`;
  const sorted = [...tree.members].sort(([a], [b]) => compare(codePoints(a), codePoints(b)));
  return `{${sorted.map(([key, value]) => `${quoted(key)}:${canonical(value)}`).join(',')}}`;
}

/** The text that a signature covers. */
export function canonicalContent(header: Tree, message: Tree): string {
  return canonical(
    new Obj([
      ['header', header],
      ['message', message],
    ]),
  );
}

/** SHA-256, base64. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64');
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((point, i) => point !== b[i]);
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function number(source: string): string {
  if (!/[.eE]/.test(source)) return BigInt(source).toString();
  const value = Number(source);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}Infinity`;
  const [mantissa = '0', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const rest = digits.slice(1);
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${rest && `.${rest}`}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}
