import * as z from 'zod';
import type { OdooArguments, OdooCallOptions, OdooClient, OdooValue } from './client.ts';
import { OdooError } from './errors.ts';

/** One record as `read` and `search_read` give it. */
export interface OdooRow {
  id: number;
  [field: string]: OdooValue;
}

/** Values of one record for `create` and `write`; `false` empties a field. */
export type OdooValues = Readonly<Record<string, OdooValue>>;

/** A search domain: `['name', '=', 'x']` terms and the operators `'&'`, `'|'`, `'!'` before them. */
export type OdooDomain = readonly unknown[];

export type OdooContext = Readonly<Record<string, OdooValue>>;

/** What every helper takes besides its own arguments. */
export interface OrmOptions extends OdooCallOptions {
  context?: OdooContext;
}

export interface SearchOptions extends OrmOptions {
  limit?: number;
  offset?: number;
  /** Such as `id` or `create_date desc, id`. */
  order?: string;
}

/** What Odoo says about one field. */
export interface FieldInfo {
  /** Such as `char`, `date` or `many2one`. */
  type: string;
  /** The model that a relational field points to. */
  relation?: string;
  /** The values of a Selection field, each with its label. */
  selection?: [value: string, label: string][];
  required: boolean;
  readonly: boolean;
  /** False where the model shows it but does not keep it: computed, or another model's. */
  store?: boolean | undefined;
}

const id = z.int().positive();
const ids = z.array(id);
const rows = z.array(z.looseObject({ id }));
const count = z.int().nonnegative();
const fields = z.record(
  z.string(),
  z.object({
    type: z.string(),
    relation: z.string().optional(),
    // One field with an odd selection must not hide the others.
    selection: z
      .array(z.tuple([z.string(), z.string()]))
      .optional()
      .catch(undefined),
    required: z.boolean().default(false),
    readonly: z.boolean().default(false),
    store: z.boolean().optional(),
  }),
);
/**
 * Calls, and checks the shape of the answer: another shape is not Odoo's, so it rejects with `odoo.unavailable` and
 * the name of the call.
 */
async function checked<T>(
  odoo: OdooClient,
  model: string,
  method: string,
  args: OdooArguments,
  { context, ...options }: OrmOptions,
  shape: z.ZodType<T>,
): Promise<T> {
  const answer = await odoo.call(model, method, context ? { ...args, context } : args, options);
  const result = shape.safeParse(answer);
  if (result.success) return result.data;
  throw new OdooError('odoo.unavailable', { protocol: odoo.protocol, model, method, cause: result.error });
}

function split({ limit, offset, order, ...options }: SearchOptions): [OdooArguments, OrmOptions] {
  return [{ limit, offset, order }, options];
}

/** The matching records with the named fields. Archived records stay out unless `active` is in the domain. */
export async function searchRead(
  odoo: OdooClient,
  model: string,
  domain: OdooDomain,
  fieldNames: readonly string[],
  options: SearchOptions = {},
): Promise<OdooRow[]> {
  const [paging, rest] = split(options);
  const args = { domain, fields: fieldNames, ...paging };
  return (await checked(odoo, model, 'search_read', args, rest, rows)) as OdooRow[];
}

/** The named fields of the records; Odoo leaves out those that no longer exist. */
export async function read(
  odoo: OdooClient,
  model: string,
  recordIds: readonly number[],
  fieldNames: readonly string[],
  options: OrmOptions = {},
): Promise<OdooRow[]> {
  return (await checked(
    odoo,
    model,
    'read',
    { ids: recordIds, fields: fieldNames },
    options,
    rows,
  )) as OdooRow[];
}

/** The ids of the matching records. */
export async function search(
  odoo: OdooClient,
  model: string,
  domain: OdooDomain,
  options: SearchOptions = {},
): Promise<number[]> {
  const [paging, rest] = split(options);
  return checked(odoo, model, 'search', { domain, ...paging }, rest, ids);
}

/** How many records match. */
export async function searchCount(
  odoo: OdooClient,
  model: string,
  domain: OdooDomain,
  options: OrmOptions = {},
): Promise<number> {
  return checked(odoo, model, 'search_count', { domain }, options, count);
}

/** Creates the records in one transaction, one bad one failing them all: their ids in the order of the values. */
export async function create(
  odoo: OdooClient,
  model: string,
  valuesList: readonly OdooValues[],
  options: OrmOptions = {},
): Promise<number[]> {
  const shape = ids.length(valuesList.length);
  return checked(odoo, model, 'create', { vals_list: valuesList }, options, shape);
}

/** Writes the same values to all the records. Odoo skips those that no longer exist and says nothing. */
export async function write(
  odoo: OdooClient,
  model: string,
  recordIds: readonly number[],
  values: OdooValues,
  options: OrmOptions = {},
): Promise<void> {
  await checked(odoo, model, 'write', { ids: recordIds, vals: values }, options, z.literal(true));
}

/** The fields of a model that the user may read, by name. */
export async function fieldsGet(
  odoo: OdooClient,
  model: string,
  options: OrmOptions = {},
): Promise<Map<string, FieldInfo>> {
  const attributes = ['type', 'relation', 'selection', 'required', 'readonly', 'store'];
  const answer = await checked(odoo, model, 'fields_get', { attributes }, options, fields);
  return new Map(Object.entries(answer as Record<string, FieldInfo>));
}
