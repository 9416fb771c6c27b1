import { isJsonArray, isJsonObject, type JsonNode, JsonNumber } from './json.ts';

/**
 * Whether two nodes are equal as values: objects whatever the order of their keys, strings code unit by code unit,
 * numbers as exact decimals (`1`, `1.0` and `1e0` are equal; two integers that one double would stand for are not).
 */
export function equalJson(a: JsonNode, b: JsonNode): boolean {
  if (a === b) return true;
  if (a instanceof JsonNumber) return b instanceof JsonNumber && equalNumbers(a.text, b.text);
  if (isJsonArray(a)) {
    return isJsonArray(b) && a.length === b.length && a.every((item, i) => equalJson(item, b[i] as JsonNode));
  }
  if (!isJsonObject(a) || !isJsonObject(b) || a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !equalJson(value, other)) return false;
  }
  return true;
}

function equalNumbers(a: string, b: string): boolean {
  if (a === b) return true;
  const x = decimal(a);
  const y = decimal(b);
  return x.digits === y.digits && x.negative === y.negative && x.exponent === y.exponent;
}

interface Decimal {
  negative: boolean;
  /** Without zeros at either end; empty for zero. */
  digits: string;
  /** The value is `0.digits` times ten to this power; a bigint, for a sender may write any exponent. */
  exponent: bigint;
}

const PARTS = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

function decimal(text: string): Decimal {
  const [, sign, whole = '', fraction = '', power = '0'] = PARTS.exec(text) ?? [];
  const all = whole + fraction;
  // Not by regular expressions: `0+$` is quadratic on long runs of zeros.
  let start = 0;
  while (all[start] === '0') start += 1;
  let end = all.length;
  while (end > start && all[end - 1] === '0') end -= 1;
  if (start === end) return { negative: false, digits: '', exponent: 0n };
  return {
    negative: sign === '-',
    digits: all.slice(start, end),
    exponent: BigInt(power.replace('+', '')) + BigInt(whole.length - start),
  };
}
