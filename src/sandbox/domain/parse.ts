import { typeError, valueError } from '../errors.ts';
import { repr, reprTuple } from '../python.ts';

/** A search domain as a tree. */
export type Domain =
  | { kind: 'constant'; value: boolean }
  | { kind: 'and' | 'or'; parts: readonly Domain[] }
  | { kind: 'not'; part: Domain }
  | Condition;

export interface Condition {
  kind: 'condition';
  /** A field, or a path of fields joined by dots. */
  path: string;
  operator: string;
  value: unknown;
}

const ALIASES: Readonly<Record<string, string>> = { '==': '=', '<>': '!=' };

const OPERATORS: ReadonlySet<string> = new Set([
  '=',
  '!=',
  '=?',
  'in',
  'not in',
  '<',
  '>',
  '<=',
  '>=',
  'like',
  'not like',
  'ilike',
  'not ilike',
  '=like',
  'not =like',
  '=ilike',
  'not =ilike',
  'any',
  'not any',
]);

/** Reads a domain in prefix notation; conditions without an operator between them are joined by "and". */
export function parseDomain(domain: unknown): Domain {
  if (domain === true) return { kind: 'constant', value: true };
  if (domain === false) return { kind: 'constant', value: false };
  if (!Array.isArray(domain)) {
    throw typeError(`Domain() invalid argument type for domain: ${repr(domain)}`);
  }
  // Operators come before their operands, so reading from the end finds the operands on the stack.
  const stack: Domain[] = [];
  const pop = (): Domain => {
    const top = stack.pop();
    if (top === undefined) throw valueError(`Domain() malformed domain ${repr(domain)}`);
    return top;
  };
  for (const item of domain.toReversed()) {
    if (Array.isArray(item) && item.length === 3) stack.push(parseCondition(item));
    else if (item === '&') stack.push({ kind: 'and', parts: [pop(), pop()] });
    else if (item === '|') stack.push({ kind: 'or', parts: [pop(), pop()] });
    else if (item === '!') stack.push({ kind: 'not', part: pop() });
    else throw valueError(`Domain() invalid item in domain: ${repr(item)}`);
  }
  const [only] = stack;
  if (only !== undefined && stack.length === 1) return only;
  return { kind: 'and', parts: stack.toReversed() };
}

function parseCondition(item: readonly unknown[]): Domain {
  const [path, operator, value] = item;
  if (typeof path !== 'string') {
    if (operator === '=' && value === 1 && (path === 1 || path === 0)) {
      return { kind: 'constant', value: path === 1 };
    }
    throw typeError(`Domain() invalid arguments: ${reprTuple(item)}`);
  }
  if (path === '') throw typeError(`Empty field name in condition ${reprTuple(item)}`);
  const lower = String(operator).toLowerCase();
  const known = ALIASES[lower] ?? lower;
  if (!OPERATORS.has(known)) throw valueError(`Invalid operator in condition ${reprTuple(item)}`);
  return { kind: 'condition', path, operator: known, value: value ?? false };
}

/** Whether one of the conditions is on the field itself. */
export function mentions(domain: Domain, field: string): boolean {
  switch (domain.kind) {
    case 'constant':
      return false;
    case 'condition':
      return domain.path === field;
    case 'not':
      return mentions(domain.part, field);
    default:
      return domain.parts.some((part) => mentions(part, field));
  }
}
