import { valueError } from '../errors.ts';
import type { Values } from '../model/field.ts';
import type { Model, ModelMethod, Operation } from '../model/model.ts';
import { checkAccess, hasAccess } from '../orm/access.ts';
import { defaultsOf } from '../orm/defaults.ts';
import { describeFields } from '../orm/fields-get.ts';
import { loadRows } from '../orm/load.ts';
import { searchByName } from '../orm/name-search.ts';
import { readRecords } from '../orm/read.ts';
import { unlinkRecords } from '../orm/unlink.ts';
import { webRead } from '../orm/web-read.ts';
import { toCount, toNames, toOrder, toValues, toValuesList } from './inputs.ts';
import { signature } from './signature.ts';

type MethodOf = (model: Model) => ModelMethod;

/** The public methods that every model has. */
export const COMMON_METHODS: Readonly<Record<string, MethodOf>> = {
  search: (model) => ({
    signature: signature('BaseModel.search', ['domain', ['offset', 0], ['limit', null], ['order', null]], {
      onModel: true,
    }),
    call: (env, _ids, { domain, offset, limit, order }) =>
      env.search(model.name, domain, {
        offset: toCount(offset, 'OFFSET') ?? 0,
        limit: toCount(limit, 'LIMIT'),
        order: toOrder(order, model.order),
      }),
  }),
  search_count: (model) => ({
    signature: signature('BaseModel.search_count', ['domain', ['limit', null]], { onModel: true }),
    call: (env, _ids, { domain, limit }) =>
      env.search(model.name, domain, { limit: toCount(limit, 'LIMIT') }).length,
  }),
  search_read: (model) => ({
    signature: signature(
      'BaseModel.search_read',
      [
        ['domain', null],
        ['fields', null],
        ['offset', 0],
        ['limit', null],
        ['order', null],
        ['load', '_classic_read'],
      ],
      { onModel: true, passesOnTo: 'BaseModel._read_format' },
    ),
    call: (env, _ids, { domain, fields, offset, limit, order, load }) => {
      const ids = env.search(model.name, domain ?? [], {
        offset: toCount(offset, 'OFFSET') ?? 0,
        limit: toCount(limit, 'LIMIT'),
        order: toOrder(order, model.order),
      });
      return readRecords(env, model, ids, toNames(fields), load === '_classic_read');
    },
  }),
  read: (model) => ({
    signature: signature('BaseModel.read', [
      ['fields', null],
      ['load', '_classic_read'],
    ]),
    call: (env, ids, { fields, load }) =>
      readRecords(env, model, ids, toNames(fields), load === '_classic_read'),
  }),
  create: (model) => ({
    signature: signature(`${model.createdBy ?? 'BaseModel'}.create`, ['vals_list'], { onModel: true }),
    call: (env, _ids, { vals_list }) => env.create(model.name, toValuesList(vals_list)),
  }),
  write: (model) => ({
    signature: signature('BaseModel.write', ['vals']),
    call: (env, ids, { vals }) => {
      env.write(model.name, ids, toValues(vals));
      return true;
    },
  }),
  unlink: (model) => ({
    signature: signature('BaseModel.unlink', []),
    call: (env, ids) => {
      unlinkRecords(env, model, ids);
      return true;
    },
  }),
  fields_get: (model) => ({
    signature: signature(
      'BaseModel.fields_get',
      [
        ['allfields', null],
        ['attributes', null],
      ],
      { onModel: true },
    ),
    call: (env, _ids, { allfields, attributes }) =>
      describeFields(env, model, toNames(allfields), toNames(attributes)),
  }),
  default_get: (model) => ({
    signature: signature('BaseModel.default_get', ['fields'], { onModel: true }),
    call: (env, _ids, { fields }) => defaultsOf(env, model, toNames(fields) ?? []),
  }),
  load: (model) => ({
    signature: signature('BaseModel.load', ['fields', 'data'], { onModel: true }),
    call: (env, _ids, { fields, data }) => loadRows(env, model, fields as string[], data as unknown[][]),
  }),
  name_search: (model) => ({
    signature: signature(
      'BaseModel.name_search',
      [
        ['name', ''],
        ['domain', null],
        ['operator', 'ilike'],
        ['limit', 100],
      ],
      { onModel: true },
    ),
    call: (env, _ids, { name, domain, operator, limit }) =>
      searchByName(env, model, name, domain, String(operator), toCount(limit, 'LIMIT')),
  }),
  has_access: (model) => ({
    signature: signature('BaseModel.has_access', ['operation']),
    call: (env, ids, { operation }) => hasAccess(env, model, String(operation), ids),
  }),
  check_access_rights: (model) => ({
    signature: signature('BaseModel.check_access_rights', ['operation', ['raise_exception', true]], {
      onModel: true,
    }),
    call: (env, _ids, { operation, raise_exception }) => {
      if (raise_exception === false) return hasAccess(env, model, String(operation));
      checkAccess(env, model, operation as Operation);
      return null;
    },
  }),
  check_access_rule: (model) => ({
    signature: signature('BaseModel.check_access_rule', ['operation']),
    call: (env, ids, { operation }) => {
      checkAccess(env, model, operation as Operation, ids);
      return null;
    },
  }),
  action_archive: (model) => archiving(model, 'action_archive', false),
  action_unarchive: (model) => archiving(model, 'action_unarchive', true),
  web_read: (model) => ({
    signature: signature('Base.web_read', ['specification']),
    call: (env, ids, { specification }) => webRead(env, model, ids, specification as Values),
  }),
  web_save_multi: (model) => ({
    signature: signature('Base.web_save_multi', ['vals_list', 'specification']),
    call: (env, ids, { vals_list, specification }) => {
      const valuesList = toValuesList(vals_list);
      if (ids.length !== valuesList.length)
        throw valueError('Each record must have a corresponding vals entry.');
      ids.forEach((id, at) => {
        env.write(model.name, [id], valuesList[at] ?? {});
      });
      return webRead(env, model, ids, specification as Values);
    },
  }),
};

function archiving(model: Model, method: string, active: boolean): ModelMethod {
  return {
    signature: signature(`BaseModel.${method}`, []),
    call: (env, ids) => {
      const affected = ids.filter((id) => env.row(model.name, id)?.active === !active);
      env.write(model.name, affected, { active });
      return null;
    },
  };
}

/** Methods that exist and are not for callers from outside. */
export const PRIVATE_METHODS: ReadonlySet<string> = new Set([
  'browse',
  'check_access',
  'concat',
  'ensure_one',
  'exists',
  'fetch',
  'filtered',
  'filtered_domain',
  'flush_model',
  'flush_recordset',
  'grouped',
  'init',
  'invalidate_model',
  'invalidate_recordset',
  'lock_for_update',
  'mapped',
  'modified',
  'new',
  'search_fetch',
  'sorted',
  'sudo',
  'try_lock_for_update',
  'union',
  'update',
  'with_company',
  'with_context',
  'with_env',
  'with_prefetch',
  'with_user',
]);
