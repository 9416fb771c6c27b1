import { char, datetime, type FieldDefinition, selection, type Values } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';

const FIELDS: Readonly<Record<string, FieldDefinition>> = {
  source_system: char({ readonly: true }),
  source_reference: char({ readonly: true }),
  collection_method: selection(
    [
      ['manual', 'Manual Entry'],
      ['import', 'Bulk Import'],
      ['api', 'API'],
      ['mobile', 'Mobile App'],
      ['migration', 'Data Migration'],
      ['merge', 'Created from Merge'],
    ],
    { readonly: true },
  ),
  collection_date: datetime({ readonly: true }),
  last_update_system: char({ readonly: true }),
  last_update_reference: char({ readonly: true }),
};

/** What is stored once, as a record is made. */
const FIRST: ReadonlySet<string> = new Set([
  'source_system',
  'source_reference',
  'collection_method',
  'collection_date',
]);

/** Where each record comes from, and who changed it last: OpenSPP's mixin, on a model. */
export function trackSource(definition: ModelDefinition): ModelDefinition {
  return {
    ...definition,
    fields: { ...definition.fields, ...FIELDS },
    stamp: (env, values, isNew) => (isNew ? withSource(env, values) : withLastUpdate(env, values)),
  };
}

function withSource(env: Environment, values: Values): Values {
  const { system, method } = callerOf(env);
  return {
    ...values,
    source_system: values.source_system || system,
    collection_method: values.collection_method || method,
    collection_date: values.collection_date || env.now(),
    source_reference: values.source_reference || env.context.source_reference,
  };
}

function withLastUpdate(env: Environment, values: Values): Values {
  const kept = Object.fromEntries(Object.entries(values).filter(([name]) => !FIRST.has(name)));
  if (env.context.skip_source_tracking) return kept;
  return {
    ...kept,
    last_update_system: callerOf(env).system,
    last_update_reference: env.context.source_reference,
  };
}

/** How the caller names itself. One that does not counts as a person at the web client, except on certain addresses. */
function callerOf({ context, origin }: Environment): { system: unknown; method: unknown } {
  const path = origin?.path ?? '';
  const header = origin?.sourceSystem;
  const isApi = path.startsWith('/api/') || path.startsWith('/xmlrpc/');
  const isClient = path.startsWith('/web') || path.startsWith('/jsonrpc');
  const isExternal = !isClient && (isApi || Boolean(header));
  return {
    system: context.source_system || header || (isExternal ? 'api' : 'odoo-ui'),
    method: context.collection_method || (isExternal ? 'api' : 'manual'),
  };
}
