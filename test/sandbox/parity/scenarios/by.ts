import type { CallRequest, User } from '../request.ts';

/** A call that names itself by who makes it. */
export function by(
  as: User,
  what: string,
  model: string,
  method: string,
  args: object = {},
  keep?: string,
): CallRequest {
  return { name: `${as}: ${what}`, as, model, method, args, ...(keep !== undefined && { keep }) };
}

/** Makes records, and keeps their ids. */
export const make = (as: User, keep: string, model: string, ...values: object[]): CallRequest =>
  by(as, `make ${keep}`, model, 'create', { vals_list: values }, keep);

/** Reads fields of records. */
export const look = (as: User, what: string, model: string, ids: readonly string[], ...fields: string[]) =>
  by(as, what, model, 'read', { ids, fields });
