import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { OdooErrorCode } from '../../src/odoo/errors.ts';
import { faultError, faultOfXmlRpc } from '../../src/odoo/faults.ts';
import { traceback } from './fake-server.ts';

const CALL = { protocol: 'json2', model: 'res.partner', method: 'write' } as const;
const error = (name: string, message = 'Because.') => faultError({ name, message, traceback: '' }, CALL);

const BY_NAME: Record<OdooErrorCode, string[]> = {
  'odoo.refused': [
    'odoo.exceptions.ValidationError',
    'odoo.exceptions.UserError',
    'odoo.exceptions.RedirectWarning',
    'builtins.ValueError',
    'builtins.TypeError',
    'builtins.KeyError',
    'builtins.AttributeError',
    'builtins.AssertionError',
    'psycopg2.errors.UniqueViolation',
    'psycopg2.errors.NotNullViolation',
    'psycopg2.errors.ForeignKeyViolation',
    'psycopg2.errors.InvalidTextRepresentation',
    'psycopg2.errors.StringDataRightTruncation',
    'psycopg2.errors.NumericValueOutOfRange',
    'psycopg2.IntegrityError',
    'psycopg2.DataError',
    'werkzeug.exceptions.UnprocessableEntity',
    'werkzeug.exceptions.BadRequest',
    'odoo.addons.some_module.models.thing.OwnError',
  ],
  'odoo.access': ['odoo.exceptions.AccessError', 'werkzeug.exceptions.Forbidden'],
  'openspp.other': [],
  'odoo.missing': ['odoo.exceptions.MissingError'],
  'odoo.authentication': [
    'odoo.exceptions.AccessDenied',
    'werkzeug.exceptions.Unauthorized',
    'odoo.http.SessionExpiredException',
  ],
  'odoo.conflict': [
    'psycopg2.errors.SerializationFailure',
    'psycopg2.errors.DeadlockDetected',
    'psycopg2.errors.LockNotAvailable',
    'psycopg2.extensions.TransactionRollbackError',
    'odoo.exceptions.ConcurrencyError',
    'odoo.exceptions.LockError',
  ],
  'odoo.unavailable': [
    'psycopg2.OperationalError',
    'psycopg2.InterfaceError',
    'psycopg2.pool.PoolError',
    'psycopg2.errors.QueryCanceled',
    'psycopg2.errors.AdminShutdown',
    'psycopg2.errors.CannotConnectNow',
    'psycopg2.errors.ReadOnlySqlTransaction',
    'psycopg2.errors.ConnectionFailure',
    'psycopg2.errors.UndefinedColumn',
    'builtins.MemoryError',
    'builtins.ConnectionResetError',
    'werkzeug.exceptions.ServiceUnavailable',
  ],
  'odoo.unknown_model': [],
  'odoo.unknown_method': [],
  'odoo.unreachable': [],
  'odoo.request_cut': [],
  'odoo.timeout': [],
};

describe.each(Object.entries(BY_NAME).filter(([, names]) => names.length > 0))('%s', (code, names) => {
  test.each(names)('%s', (name) => {
    expect(error(name)).toMatchObject({ code, odooName: name });
  });
});

test.each<[string, string, OdooErrorCode, string]>([
  [
    'werkzeug.exceptions.NotFound',
    "the model 'x.y' does not exist",
    'odoo.unknown_model',
    "The model 'res.partner' does not exist",
  ],
  [
    'odoo.exceptions.UserError',
    "Object x.y doesn't exist",
    'odoo.unknown_model',
    "The model 'res.partner' does not exist",
  ],
  [
    'werkzeug.exceptions.NotFound',
    "The method 'x.y.z' does not exist",
    'odoo.unknown_method',
    "The method 'res.partner.write' does not exist",
  ],
  [
    'builtins.AttributeError',
    "The method 'x.y.z' does not exist\n",
    'odoo.unknown_method',
    "The method 'res.partner.write' does not exist",
  ],
  [
    'psycopg2.OperationalError',
    'connection to server at "10.0.0.1", port 5432 failed: FATAL:  database "x" does not exist\n',
    'odoo.authentication',
    'Odoo has no database of this name.',
  ],
  [
    'odoo.exceptions.MissingError',
    'Record does not exist or has been deleted.\n(Record: res.users(99,), User: 99)',
    'odoo.authentication',
    'Odoo does not accept this login with this API key or password.',
  ],
  [
    'odoo.exceptions.MissingError',
    'Record does not exist or has been deleted.\n(Record: res.users(99,), User: 5)',
    'odoo.missing',
    'Record does not exist or has been deleted.\n(Record: res.users(99,), User: 5)',
  ],
  [
    'odoo.exceptions.UserError',
    'Cannot grab a lock on records',
    'odoo.conflict',
    'Cannot grab a lock on records',
  ],
  ['builtins.Exception', 'CPU time limit exceeded.', 'odoo.unavailable', 'CPU time limit exceeded.'],
  ['builtins.Exception', 'Something else', 'odoo.refused', 'Something else'],
])('%s saying "%s" is %s', (name, message, code, sentence) => {
  expect(error(name, message)).toMatchObject({ code, sentence });
});

test('message and JSON of an error hold no word of what Odoo said', () => {
  const secret = error('odoo.exceptions.ValidationError', 'Ana Maria is wrong');
  expect(secret.sentence).toBe('Ana Maria is wrong');
  expect(secret.message).toBe('odoo.refused: res.partner.write over json2 (odoo.exceptions.ValidationError)');
  expect(JSON.stringify(secret)).not.toContain('Ana');
  expect(inspect(secret, { depth: 9 })).not.toContain('Ana');
  expect(error('a name with Ana in it').message).toBe('odoo.refused: res.partner.write over json2');
});

describe('XML-RPC faults', () => {
  test.each<[number, string, string, string]>([
    [4, 'You are not allowed.', 'odoo.exceptions.AccessError', 'You are not allowed.'],
    [3, 'Access Denied', 'odoo.exceptions.AccessDenied', 'Access Denied'],
    [
      2,
      'Event date cannot be in the future.',
      'odoo.exceptions.UserError',
      'Event date cannot be in the future.',
    ],
    [
      2,
      'Gone.\n(Record: res.partner(9,), User: 5)',
      'odoo.exceptions.MissingError',
      'Gone.\n(Record: res.partner(9,), User: 5)',
    ],
    [
      1,
      traceback('builtins.ValueError', "Wrong value for x.y: 'z'"),
      'builtins.ValueError',
      "Wrong value for x.y: 'z'",
    ],
    [
      1,
      traceback('psycopg2.errors.SerializationFailure', 'could not serialize access\n'),
      'psycopg2.errors.SerializationFailure',
      'could not serialize access',
    ],
    [
      1,
      traceback('psycopg2.OperationalError', 'Connection refused\n\tIs the server running?\n'),
      'psycopg2.OperationalError',
      'Connection refused\n\tIs the server running?',
    ],
    [1, traceback('builtins.AssertionError', ''), 'builtins.AssertionError', ''],
    [1, traceback('builtins.KeyError', "'no.pe'"), 'builtins.KeyError', 'no.pe'],
    [1, 'no traceback at all', 'builtins.Exception', ''],
  ])('code %i is read as the exception that it stands for', (code, text, name, message) => {
    const fault = faultOfXmlRpc(code, text);
    expect(fault?.name).toBe(name);
    expect(fault?.message.trim()).toBe(message);
  });

  test('another code is not Odoo’s', () => {
    expect(faultOfXmlRpc(-32601, 'server error. requested method not found')).toBeUndefined();
  });

  test('a sentence is never a traceback', () => {
    const fault = faultOfXmlRpc(1, 'Traceback (most recent call last):\n  File "x.py", line 1, in y\n');
    expect(fault && faultError(fault, CALL).sentence).toBeUndefined();
  });
});
