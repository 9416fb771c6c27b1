/** What an exception is to the three protocols; `python` covers everything that Odoo did not raise on purpose. */
export type ExceptionKind = 'validation' | 'user' | 'access' | 'denied' | 'missing' | 'http' | 'python';

const ODOO: Readonly<Record<Exclude<ExceptionKind, 'http' | 'python'>, { name: string; status: number }>> = {
  validation: { name: 'odoo.exceptions.ValidationError', status: 422 },
  user: { name: 'odoo.exceptions.UserError', status: 422 },
  access: { name: 'odoo.exceptions.AccessError', status: 403 },
  denied: { name: 'odoo.exceptions.AccessDenied', status: 403 },
  missing: { name: 'odoo.exceptions.MissingError', status: 404 },
};

/** An exception as Odoo's clients see it: a dotted class name, a sentence, and what JSON-2 answers as status. */
export class OdooException extends Error {
  override readonly name = 'OdooException';
  readonly kind: ExceptionKind;
  readonly odooName: string;
  readonly status: number;
  readonly arguments: readonly unknown[];

  constructor(
    kind: ExceptionKind,
    odooName: string,
    status: number,
    message: string,
    args: readonly unknown[] = [message],
  ) {
    super(message);
    this.kind = kind;
    this.odooName = odooName;
    this.status = status;
    this.arguments = args;
  }
}

function raised(kind: Exclude<ExceptionKind, 'http' | 'python'>, message: string): OdooException {
  return new OdooException(kind, ODOO[kind].name, ODOO[kind].status, message);
}

export const validationError = (message: string): OdooException => raised('validation', message);
export const userError = (message: string): OdooException => raised('user', message);
export const accessError = (message: string): OdooException => raised('access', message);
export const accessDenied = (): OdooException => raised('denied', 'Access Denied');

/** The record is gone, or never was. */
export function missingError(model: string, id: number, uid: number): OdooException {
  return raised(
    'missing',
    `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: ${uid})`,
  );
}

/** Any other Python exception: `ValueError`, `TypeError`, `psycopg2.…`; JSON-2 says 500. */
export function pythonError(odooName: string, message: string): OdooException {
  return new OdooException('python', odooName, 500, message);
}

export const valueError = (message: string): OdooException => pythonError('builtins.ValueError', message);
export const typeError = (message: string): OdooException => pythonError('builtins.TypeError', message);

const HTTP_NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  404: 'NotFound',
  422: 'UnprocessableEntity',
};

/** An error of the HTTP layer, which only JSON-2 shows as JSON. */
export function httpError(status: 400 | 401 | 404 | 422, message: string): OdooException {
  return new OdooException('http', `werkzeug.exceptions.${HTTP_NAMES[status]}`, status, message, [
    message,
    status,
  ]);
}

/** A constraint of the database was violated. The end of a call turns it into a ValidationError. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
  /** The one column at fault, where there is one and it is of the same model. */
  readonly column: string | undefined;

  constructor(sentence: string, column?: string) {
    super(sentence);
    this.column = column;
  }

  /** What a call that ends with this violation raises. */
  toException(): OdooException {
    return validationError(`The operation cannot be completed: ${this.message}`);
  }
}
