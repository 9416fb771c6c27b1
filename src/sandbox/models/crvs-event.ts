import { pythonError, userError, validationError, valueError } from '../errors.ts';
import { boolean, char, date, datetime, many2one, selection, text } from '../model/field.ts';
import type { Row, Values } from '../model/row.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';
import { requireRows } from '../orm/require-rows.ts';
import { reprTuple, typeName } from '../python.ts';
import { signature } from '../rpc/signature.ts';
import { nextByCode } from './sequence.ts';

const MODEL = 'spp.dci.crvs.event';
const KEY = ['identifier_type', 'identifier_value', 'event_type', 'event_date'] as const;
const NEW = 'New';

/** The vital events that civil registries reported. */
export const crvsEvent: ModelDefinition = {
  name: MODEL,
  description: 'CRVS Event',
  order: 'event_date desc, id desc',
  fields: {
    name: char({ required: true, readonly: true, default: NEW }),
    event_type: selection(
      [
        ['birth', 'Birth'],
        ['death', 'Death'],
        ['marriage', 'Marriage'],
        ['divorce', 'Divorce'],
      ],
      { required: true },
    ),
    person_id: many2one('res.partner', { ondelete: 'restrict', indexed: true }),
    identifier_type: char(),
    identifier_value: char({ indexed: true }),
    event_date: date(),
    raw_data: text(),
    state: selection(
      [
        ['received', 'Received'],
        ['processing', 'Processing'],
        ['processed', 'Processed'],
        ['error', 'Error'],
      ],
      { required: true, default: 'received' },
    ),
    error_message: text(),
    received_date: datetime({ required: true, default: (env: Environment) => env.now() }),
    processed_date: datetime({ readonly: true }),
    processed_by: many2one('res.users', { readonly: true }),
    notes: text(),
    active: boolean({ default: true }),
  },
  access: [
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
    { group: 'user', operations: ['read', 'write', 'create'] },
  ],
  constraints: [
    { fields: ['event_date'], check: checkDate },
    { fields: KEY, check: checkUnique },
  ],
  beforeCreate: nameEvents,
  createdBy: 'CrvsEvent',
  methods: {
    process_event: {
      signature: signature('CrvsEvent.process_event', []),
      call: (env, ids) => processEvent(env, ids),
    },
    action_retry_processing: {
      signature: signature('CrvsEvent.action_retry_processing', []),
      call: (env, ids) => retryProcessing(env, ids),
    },
  },
};

function checkDate(env: Environment, rows: readonly Row[]): void {
  const today = env.today();
  if (rows.some((row) => String(row.event_date ?? '') > today)) {
    throw validationError('Event date cannot be in the future.');
  }
}

/** Archived events do not count, and neither do those that lack a part of the key. */
function checkUnique(env: Environment, rows: readonly Row[]): void {
  const table = env.table(MODEL);
  for (const row of rows) {
    if (KEY.some((field) => !row[field])) continue;
    for (const id of table.idsWith('identifier_value', row.identifier_value ?? null)) {
      const other = table.get(id);
      if (other === undefined || other.id === row.id || other.active !== true) continue;
      if (KEY.every((field) => other[field] === row[field])) {
        throw validationError('An event with this identifier, type, and date already exists.');
      }
    }
  }
}

function nameEvents(env: Environment, valuesList: Values[]): void {
  for (const values of valuesList) {
    if ((values.name ?? NEW) !== NEW || values.name === null) continue;
    const kind = 'event_type' in values ? values.event_type : 'event';
    values.name = nextByCode(env, `${MODEL}.${kind}`) ?? nextByCode(env, MODEL) ?? fallbackName(env, kind);
  }
}

function fallbackName(env: Environment, kind: unknown): string {
  if (typeof kind !== 'string') {
    throw pythonError('builtins.AttributeError', `'${typeName(kind)}' object has no attribute 'upper'`);
  }
  return `CRVS-${kind.toUpperCase()}-${env.now().replaceAll(/\D/g, '')}`;
}

/** OpenSPP's own processing, with its gaps: the first identifier only, by its exact code. */
function processEvent(env: Environment, ids: readonly number[]): boolean {
  const [id] = ids;
  if (id === undefined || ids.length !== 1) {
    throw valueError(`Expected singleton: ${MODEL}${ids.length === 0 ? '()' : reprTuple(ids)}`);
  }
  requireRows(env, env.model(MODEL), ids);
  const event = env.row(MODEL, id) as Row;
  if (event.state === 'processed') throw userError('This event has already been processed.');
  env.write(MODEL, [id], { state: 'processing' });
  const done = { processed_date: env.now(), processed_by: env.uid };
  const person = findPerson(env, event);
  if (person === undefined) {
    env.write(MODEL, [id], {
      ...done,
      state: 'error',
      error_message: 'No matching person found in registry',
    });
    return false;
  }
  env.write(MODEL, [id], { person_id: event.person_id ?? person.id });
  applyToPerson(env, event, person);
  env.write(MODEL, [id], { ...done, state: 'processed', error_message: false });
  return true;
}

function findPerson(env: Environment, event: Row): Row | undefined {
  const domain = [
    ['id_type_id.code', '=', event.identifier_type ?? false],
    ['value', '=', event.identifier_value ?? false],
  ];
  const [found] = env.search('spp.registry.id', domain, { limit: 1, order: 'id desc' });
  if (found === undefined) return undefined;
  return env.row('res.partner', Number(env.row('spp.registry.id', found)?.partner_id));
}

function applyToPerson(env: Environment, event: Row, person: Row): void {
  if (event.event_type === 'birth' && !person.birthdate && event.event_date) {
    env.write('res.partner', [person.id], { birthdate: event.event_date });
  } else if (event.event_type === 'death' && person.is_registrant && !person.disabled) {
    env.write('res.partner', [person.id], {
      disabled: env.now(),
      disabled_by: env.uid,
      disabled_reason: `Deceased - CRVS notification received on ${env.today()}`,
    });
  }
}

function retryProcessing(env: Environment, ids: readonly number[]): boolean {
  requireRows(env, env.model(MODEL), ids);
  const failed = ids.filter((id) => env.row(MODEL, id)?.state === 'error');
  if (failed.length === 0) throw userError('No failed events selected for retry.');
  for (const id of failed) {
    env.write(MODEL, [id], { state: 'received', error_message: false });
    processEvent(env, [id]);
  }
  return true;
}
