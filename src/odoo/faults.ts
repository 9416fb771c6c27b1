import { OdooError, type OdooErrorCode } from './errors.ts';
import type { CallName } from './transport.ts';

/** An exception of Odoo's, however a protocol carried it here. */
export interface OdooFault {
  /** The exception's class with its module, such as `odoo.exceptions.ValidationError` or `builtins.ValueError`. */
  name: string;
  message: string;
  /** Python's traceback, where the protocol gives it: never for a person's eyes. */
  traceback: string;
}

/** Apart from the errors themselves, since loggers print whatever hangs on an error. */
const faults = new WeakMap<OdooError, OdooFault>();

interface Rule {
  /** Exception classes; a trailing `*` stands for any ending. */
  names: readonly string[];
  /** What the message must look like for the rule to apply. */
  says?: RegExp;
  code: OdooErrorCode;
  /** Said in place of Odoo's message, where each protocol has its own wording or it speaks of the server's insides. */
  sentence?: string;
}

const NO_DATABASE = 'Odoo has no database of this name.';
const NO_LOGIN = 'Odoo does not accept this login with this API key or password.';

/**
 * What Odoo's exceptions mean to a caller; the first rule that fits holds. Odoo's own classes are in its
 * `odoo/exceptions.py`; psycopg2 names its classes after PostgreSQL's conditions; werkzeug's come from JSON-2 alone.
 */
const RULES: readonly Rule[] = [
  // JSON-2 says the first, JSON-RPC and XML-RPC the second.
  {
    names: ['werkzeug.exceptions.NotFound'],
    says: /^the model '.*' does not exist$/,
    code: 'odoo.unknown_model',
  },
  { names: ['odoo.exceptions.UserError'], says: /^Object \S+ doesn't exist$/, code: 'odoo.unknown_model' },
  {
    names: ['werkzeug.exceptions.NotFound', 'builtins.AttributeError'],
    says: /^The method '.*' does not exist$/,
    code: 'odoo.unknown_method',
  },

  // The caller's own user is gone: the record that is missing is the user who asks.
  {
    names: ['odoo.exceptions.MissingError'],
    says: /\(Record: res\.users\((\d+),\), User: \1\)/,
    code: 'odoo.authentication',
    sentence: NO_LOGIN,
  },
  { names: ['odoo.exceptions.MissingError'], code: 'odoo.missing' },

  {
    names: [
      'odoo.exceptions.AccessDenied',
      'odoo.http.SessionExpiredException',
      'werkzeug.exceptions.Unauthorized',
    ],
    code: 'odoo.authentication',
    sentence: NO_LOGIN,
  },
  { names: ['odoo.exceptions.AccessError', 'werkzeug.exceptions.Forbidden'], code: 'odoo.access' },

  // Odoo retries these itself a few times before it gives up.
  {
    names: [
      'psycopg2.errors.SerializationFailure',
      'psycopg2.errors.DeadlockDetected',
      'psycopg2.errors.LockNotAvailable',
      'psycopg2.extensions.TransactionRollbackError',
      'odoo.exceptions.ConcurrencyError',
      'odoo.exceptions.LockError',
    ],
    code: 'odoo.conflict',
  },
  // What LockError says, for XML-RPC, where all kinds of UserError look the same.
  { names: ['odoo.exceptions.UserError'], says: /^Cannot grab a lock on records$/, code: 'odoo.conflict' },

  {
    names: ['psycopg2.OperationalError'],
    says: /FATAL:\s+database ".*" does not exist/,
    code: 'odoo.authentication',
    sentence: NO_DATABASE,
  },
  {
    names: [
      'psycopg2.OperationalError',
      'psycopg2.InterfaceError',
      'psycopg2.pool.PoolError',
      'psycopg2.extensions.QueryCanceledError',
      'psycopg2.errors.QueryCanceled',
      'psycopg2.errors.AdminShutdown',
      'psycopg2.errors.CrashShutdown',
      'psycopg2.errors.CannotConnectNow',
      'psycopg2.errors.ReadOnlySqlTransaction',
      'psycopg2.errors.Connection*',
      'psycopg2.errors.IdleInTransactionSessionTimeout',
      'psycopg2.errors.TooManyConnections',
      'psycopg2.errors.DiskFull',
      'psycopg2.errors.OutOfMemory',
      // The code is ahead of the database: a module is being upgraded.
      'psycopg2.errors.UndefinedColumn',
      'psycopg2.errors.UndefinedTable',
      'builtins.MemoryError',
      'builtins.TimeoutError',
      'builtins.OSError',
      'builtins.BrokenPipeError',
      'builtins.Connection*',
      'werkzeug.exceptions.BadGateway',
      'werkzeug.exceptions.ClientDisconnected',
      'werkzeug.exceptions.GatewayTimeout',
      'werkzeug.exceptions.InternalServerError',
      'werkzeug.exceptions.RequestTimeout',
      'werkzeug.exceptions.ServiceUnavailable',
      'werkzeug.exceptions.TooManyRequests',
    ],
    code: 'odoo.unavailable',
  },
  { names: ['builtins.Exception'], says: /^CPU time limit exceeded/, code: 'odoo.unavailable' },
];

const fits = (rule: Rule, fault: OdooFault) =>
  rule.names.some((name) =>
    name.endsWith('*') ? fault.name.startsWith(name.slice(0, -1)) : fault.name === name,
  ) &&
  (rule.says?.test(fault.message.trim()) ?? true);

/**
 * The error for an exception of Odoo's. Classes that no rule names are `odoo.refused`: ValidationError, UserError,
 * ValueError, TypeError, KeyError, a database constraint or data error, or a module's own: Odoo would answer the same
 * again.
 */
export function faultError(fault: OdooFault, call: CallName): OdooError {
  const rule = RULES.find((candidate) => fits(candidate, fault));
  const code = rule?.code ?? 'odoo.refused';
  const error = new OdooError(code, {
    ...call,
    // The name goes into the message, so nothing but a name may pass.
    ...(/^[\w.]{1,100}$/.test(fault.name) ? { odooName: fault.name } : {}),
    sentence: sentenceOf(code, call) ?? rule?.sentence ?? (fault.message.trim() || undefined),
  });
  faults.set(error, fault);
  return error;
}

/** The exception that an error was made from; undefined where Odoo raised none. */
export function faultOf(error: unknown): OdooFault | undefined {
  return error instanceof OdooError ? faults.get(error) : undefined;
}

function sentenceOf(code: OdooErrorCode, { model, method }: CallName): string | undefined {
  if (code === 'odoo.unknown_model') return `The model '${model}' does not exist`;
  if (code === 'odoo.unknown_method') return `The method '${model}.${method}' does not exist`;
  return undefined;
}

/** The error where no database of the connection's name can be reached, though Odoo and PostgreSQL both answer. */
export function noDatabaseError(call: CallName): OdooError {
  return new OdooError('odoo.authentication', { ...call, sentence: NO_DATABASE });
}

/** The error for a login that Odoo answered with `false`. */
export function noLoginError(call: CallName): OdooError {
  return new OdooError('odoo.authentication', { ...call, sentence: NO_LOGIN });
}

/** What MissingError says of a record that was deleted. */
const RECORD_MISSING = /\(Record: .*, User: \d+\)\s*$/;

/**
 * The exception behind an XML-RPC fault. Odoo's codes: 4 AccessError, 3 AccessDenied, 2 any other UserError, of which
 * MissingError shows by its sentence (the others, ValidationError among them, come out as their base class), 1
 * anything else, as a traceback. No other code is Odoo's.
 */
export function faultOfXmlRpc(code: number, text: string): OdooFault | undefined {
  switch (code) {
    case 4:
      return { name: 'odoo.exceptions.AccessError', message: text, traceback: '' };
    case 3:
      return { name: 'odoo.exceptions.AccessDenied', message: text, traceback: '' };
    case 2: {
      const name = RECORD_MISSING.test(text) ? 'odoo.exceptions.MissingError' : 'odoo.exceptions.UserError';
      return { name, message: text, traceback: '' };
    }
    case 1:
      return faultOfTraceback(text);
    default:
      return undefined;
  }
}

const TRACEBACK = 'Traceback (most recent call last):\n';

/**
 * Reads the exception off Python's traceback: after the last block of indented frames comes `module.Class: message`,
 * whose message may go on over many lines. Python leaves out the module of its own classes.
 */
function faultOfTraceback(traceback: string): OdooFault {
  const block = traceback.slice(traceback.lastIndexOf(TRACEBACK) + TRACEBACK.length);
  const found = traceback.includes(TRACEBACK) && /^([\w.<>]+)(?:: ([\s\S]*))?$/m.exec(block);
  if (!found) return { name: 'builtins.Exception', message: '', traceback };
  const [, name = '', message = ''] = found;
  return {
    name: name.includes('.') ? name : `builtins.${name}`,
    message: name === 'KeyError' ? unquoted(message.trim()) : message,
    traceback,
  };
}

/** A KeyError prints its key as Python source would; the JSON protocols give the key itself. */
function unquoted(text: string): string {
  return /^'[^'\\]*'$|^"[^"\\]*"$/.test(text) ? text.slice(1, -1) : text;
}
