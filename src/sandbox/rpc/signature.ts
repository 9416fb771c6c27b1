import { httpError, typeError } from '../errors.ts';
import { typeName } from '../python.ts';

/** The parameters of a Python method, for the errors that a wrong call gets. */
export interface Signature {
  /** The name that Python's errors give the method, such as `BaseModel.search`. */
  qualifiedName: string;
  parameters: readonly Parameter[];
  /** Whether the method belongs to the model, not to records: it takes no ids. */
  onModel: boolean;
  /** Where keyword arguments that are not among the parameters go: the method that refuses them. */
  passesOnTo?: string;
}

export interface Parameter {
  name: string;
  /** Left out of a call: this; required where undefined. */
  default?: unknown;
}

export type Arguments = Record<string, unknown>;

/** Declares a method's parameters: a bare name is required, a pair has a default. */
export function signature(
  qualifiedName: string,
  parameters: readonly (string | readonly [name: string, value: unknown])[],
  options: { onModel?: boolean; passesOnTo?: string } = {},
): Signature {
  return {
    qualifiedName,
    parameters: parameters.map((parameter) =>
      typeof parameter === 'string' ? { name: parameter } : { name: parameter[0], default: parameter[1] },
    ),
    onModel: options.onModel ?? false,
    ...(options.passesOnTo !== undefined && { passesOnTo: options.passesOnTo }),
  };
}

/** Binds the keyword arguments of a JSON-2 call; a mismatch is an HTTP 422. */
export function bindKeywords(method: Signature, keywords: Readonly<Arguments>): Arguments {
  const bound = defaults(method);
  for (const { name, default: fallback } of method.parameters) {
    if (name in keywords) bound[name] = keywords[name];
    else if (fallback === undefined) throw httpError(422, `missing a required argument: '${name}'`);
  }
  const unknown = Object.keys(keywords).find((name) => !(name in bound));
  if (unknown !== undefined) {
    if (method.passesOnTo === undefined)
      throw httpError(422, `got an unexpected keyword argument '${unknown}'`);
    throw unexpectedKeyword(method.passesOnTo, unknown);
  }
  return bound;
}

/** Binds the positional and keyword arguments of an RPC call, the record itself left out; Python's TypeErrors. */
export function bindCall(
  method: Signature,
  positional: readonly unknown[],
  keywords: Readonly<Arguments>,
): Arguments {
  const { parameters, qualifiedName } = method;
  const bound: Arguments = {};
  for (const [name, value] of Object.entries(keywords)) {
    if (!parameters.some((parameter) => parameter.name === name)) {
      throw unexpectedKeyword(method.passesOnTo ?? qualifiedName, name);
    }
    bound[name] = value;
  }
  if (positional.length > parameters.length) throw tooMany(method, positional.length);
  positional.forEach((value, at) => {
    const name = parameters[at]?.name ?? '';
    if (name in bound) throw typeError(`${qualifiedName}() got multiple values for argument '${name}'`);
    bound[name] = value;
  });
  const missing = parameters.filter(({ name, default: value }) => value === undefined && !(name in bound));
  if (missing.length > 0) throw missingArguments(qualifiedName, missing);
  return { ...defaults(method), ...bound };
}

function defaults(method: Signature): Arguments {
  return Object.fromEntries(
    method.parameters
      .filter(({ default: value }) => value !== undefined)
      .map(({ name, default: value }) => [name, value]),
  );
}

function unexpectedKeyword(qualifiedName: string, name: string): Error {
  return typeError(`${qualifiedName}() got an unexpected keyword argument '${name}'`);
}

/** The sentence of Python for arguments that are not there. */
export function missingArguments(qualifiedName: string, missing: readonly Parameter[]): Error {
  const names = missing.map(({ name }) => `'${name}'`);
  const listed =
    names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
  const plural = names.length === 1 ? '' : 's';
  return typeError(
    `${qualifiedName}() missing ${names.length} required positional argument${plural}: ${listed}`,
  );
}

function tooMany(method: Signature, given: number): Error {
  const most = method.parameters.length + 1;
  const required = 1 + method.parameters.filter(({ default: value }) => value === undefined).length;
  const takes =
    required === most
      ? `${most} positional argument${most === 1 ? '' : 's'}`
      : `from ${required} to ${most} positional arguments`;
  return typeError(`${method.qualifiedName}() takes ${takes} but ${given + 1} were given`);
}

/** The ids that a call is made on: a number, a list of numbers, or nothing. */
export function toIds(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value === null || value === undefined || value === false) return [];
  if (!Array.isArray(value)) throw typeError(`'${typeName(value)}' object is not a list of ids`);
  return value.map(Number);
}
