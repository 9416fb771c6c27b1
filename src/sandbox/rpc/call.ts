import type { Accounts } from '../accounts.ts';
import { accessError, httpError, IntegrityError, pythonError, typeError, userError } from '../errors.ts';
import type { ModelMethod } from '../model/model.ts';
import type { Context, Origin } from '../orm/environment.ts';
import { isFalsy, typeName } from '../python.ts';
import type { Database } from '../store/database.ts';
import { COMMON_METHODS, PRIVATE_METHODS } from './methods.ts';
import { type Arguments, bindCall, bindKeywords, toIds } from './signature.ts';

/** Runs public methods of the models, each call a transaction of its own. */
export class Caller {
  /** How often each method was called, by `model.method`. */
  readonly requests: Record<string, number> = {};
  readonly #db: Database;
  readonly #accounts: Accounts;

  constructor(db: Database, accounts: Accounts) {
    this.#db = db;
    this.#accounts = accounts;
  }

  /** A call by keyword arguments, as JSON-2 has it; `ids` and `context` are among them. */
  callByKeywords(
    uid: number,
    model: string,
    name: string,
    keywords: Readonly<Arguments>,
    origin?: Origin,
  ): unknown {
    this.#count(model, name);
    if (!this.#db.has(model)) throw httpError(404, `the model '${model}' does not exist`);
    const method = this.#method(model, name, (sentence) => httpError(404, sentence));
    const { ids, context, ...rest } = keywords;
    if (method.signature.onModel && !isFalsy(ids))
      throw httpError(422, `cannot call ${model}.${name} with ids`);
    const bound = bindKeywords(method.signature, rest);
    return this.#run(uid, toContext(context), origin, method, toIds(ids), bound);
  }

  /** A call by position, as the RPC protocols have it: the ids come first, unless the method takes none. */
  callByPosition(
    uid: number,
    model: string,
    name: string,
    positional: readonly unknown[],
    keywords: Readonly<Arguments>,
    origin?: Origin,
  ): unknown {
    this.#count(model, name);
    if (!this.#db.has(model)) throw userError(`Object ${model} doesn't exist`);
    const method = this.#method(model, name, (sentence) => pythonError('builtins.AttributeError', sentence));
    const { onModel } = method.signature;
    if (!onModel && positional.length === 0) throw noFirstArgument();
    const { context, ...rest } = keywords;
    const ids = onModel ? [] : toIds(positional[0]);
    const bound = bindCall(method.signature, onModel ? positional : positional.slice(1), rest);
    // Odoo looks at the first argument to know what to give back, and finds none.
    if (name === 'create' && positional.length === 0) throw noFirstArgument();
    const result = this.#run(uid, toContext(context), origin, method, ids, bound);
    // One record, not a list of one, for a create that was given values rather than a list of them.
    return name === 'create' && !Array.isArray(positional[0]) ? (result as number[])[0] : result;
  }

  #count(model: string, name: string): void {
    const key = `${model}.${name}`;
    this.requests[key] = (this.requests[key] ?? 0) + 1;
  }

  #method(model: string, name: string, absent: (sentence: string) => Error): ModelMethod {
    if (name.startsWith('_') || PRIVATE_METHODS.has(name)) {
      throw accessError(`Private methods (such as '${model}.${name}') cannot be called remotely.`);
    }
    const built = this.#db.table(model).model;
    const { methods = {} } = built;
    const own = Object.hasOwn(methods, name) ? methods[name] : undefined;
    const common = Object.hasOwn(COMMON_METHODS, name) ? COMMON_METHODS[name] : undefined;
    const method = own ?? common?.(built);
    if (method === undefined) throw absent(`The method '${model}.${name}' does not exist`);
    return method;
  }

  #run(
    uid: number,
    context: Context,
    origin: Origin | undefined,
    method: ModelMethod,
    ids: readonly number[],
    bound: Arguments,
  ): unknown {
    try {
      return this.#db.transaction(() =>
        method.call(this.#accounts.environment(uid, context, origin), ids, bound),
      );
    } catch (error) {
      throw error instanceof IntegrityError ? error.toException() : error;
    }
  }
}

function toContext(value: unknown): Context {
  if (isFalsy(value)) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Context;
  throw typeError(`'${typeName(value)}' object is not a context`);
}

function noFirstArgument(): Error {
  return pythonError('builtins.IndexError', 'list index out of range');
}
