import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import { EXTENSION_API, type Extension } from './extension.ts';
import { ExtensionLoadError } from './load-error.ts';
import { isPlainObject } from './values.ts';

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const FIELD = /^[a-z_][a-z0-9_]{0,62}$/;

/** The bridge's own fields: what they hold is decided elsewhere, and most of them are the event's key or its state. */
const OWN_FIELDS: Readonly<Record<'eventFields' | 'registrantFields', ReadonlySet<string>>> = {
  eventFields: new Set([
    ...['id', 'name', 'event_type', 'person_id', 'identifier_type', 'identifier_value', 'event_date'],
    ...['raw_data', 'state', 'error_message', 'received_date', 'processed_date', 'processed_by', 'notes'],
    ...['active', 'create_date', 'create_uid', 'write_date', 'write_uid', 'display_name'],
  ]),
  registrantFields: new Set([
    ...['id', 'is_registrant', 'is_group', 'active', 'birthdate', 'death_date', 'disabled'],
    ...['disabled_by', 'disabled_reason', 'civil_status', 'civil_status_id', 'reg_ids'],
    ...['create_date', 'create_uid', 'write_date', 'write_uid', 'display_name'],
  ]),
};

/** What each member must be; throws where it is not. */
type Check = (value: unknown, refuse: (member: string, what: string) => never) => void;

const aFunction =
  (member: string): Check =>
  (value, refuse) => {
    if (typeof value !== 'function') refuse(member, 'must be a function');
  };

const MEMBERS: Readonly<Record<string, Check>> = {
  name: () => {},
  api: () => {},
  dialect: (value, refuse) => {
    const { order, read } = object(value, 'dialect', ['order', 'read'], refuse);
    if (order !== undefined && order !== 'before' && order !== 'after') {
      refuse('dialect.order', "must be 'before' or 'after'");
    }
    if (typeof read !== 'function') refuse('dialect.read', 'must be a function');
  },
  findPerson: aFunction('findPerson'),
  findPersons: aFunction('findPersons'),
  rules: (value, refuse) => {
    for (const [type, rule] of Object.entries(object(value, 'rules', VITAL_EVENT_TYPES, refuse))) {
      if (typeof rule !== 'function') refuse(`rules.${type}`, 'must be a function');
    }
  },
  eventFields: fieldsOf('eventFields', true),
  registrantFields: fieldsOf('registrantFields', false),
};

/** Members that may be there with nothing in them. */
const REQUIRED: ReadonlySet<string> = new Set(['name', 'api']);

function fieldsOf(member: 'eventFields' | 'registrantFields', mustGive: boolean): Check {
  return (value, refuse) => {
    const { fields, values } = object(value, member, ['fields', 'values'], refuse);
    if (!Array.isArray(fields) || fields.length === 0) refuse(`${member}.fields`, 'must be a list of fields');
    for (const field of fields as unknown[]) {
      if (typeof field !== 'string' || !FIELD.test(field)) {
        refuse(`${member}.fields`, "must hold names of Odoo's fields, such as x_cause_of_death");
      }
      if (OWN_FIELDS[member].has(field as string)) {
        refuse(`${member}.fields`, `may not hold ${field}, which is the bridge's own; use a rule`);
      }
    }
    if (typeof values !== 'function' && (mustGive || values !== undefined)) {
      refuse(`${member}.values`, 'must be a function');
    }
  };
}

function object(
  value: unknown,
  member: string,
  known: readonly string[],
  refuse: (member: string, what: string) => never,
): Record<string, unknown> {
  if (!isPlainObject(value)) return refuse(member, 'must be an object');
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`${member}.${unknown}`, `is not known; expected ${known.join(', ')}`);
  return value;
}

/**
 * Checks what a module exports.
 *
 * @param module as the configuration names it
 * @throws {ExtensionLoadError} naming the extension and the member
 */
export function checkedExtension(given: unknown, module: string): Extension {
  if (!isPlainObject(given)) {
    throw new ExtensionLoadError(
      `extension ${module}: it has no default export that is an extension; write export default defineExtension({…})`,
    );
  }
  const { name, api } = given;
  const called = typeof name === 'string' && NAME.test(name) ? `${name} (${module})` : module;
  const refuse = (member: string, what: string): never => {
    throw new ExtensionLoadError(`extension ${called}: ${member} ${what}`);
  };
  if (typeof name !== 'string' || !NAME.test(name)) {
    refuse('name', 'must be a name of letters, digits, ".", "_" and "-"');
  }
  if (api !== EXTENSION_API) {
    refuse('api', `must be ${EXTENSION_API}, the version of the extension interface that this bridge has`);
  }
  for (const [member, value] of Object.entries(given)) {
    const check = Object.hasOwn(MEMBERS, member) ? MEMBERS[member] : undefined;
    if (!check) refuse(member, `is not known; expected ${Object.keys(MEMBERS).join(', ')}`);
    if (value !== undefined || REQUIRED.has(member)) check?.(value, refuse);
  }
  if (given.findPerson !== undefined && given.findPersons !== undefined) {
    refuse('findPersons', 'is there beside findPerson; keep one of them');
  }
  return given as unknown as Extension;
}

/** What extensions must not be together. @throws {ExtensionLoadError} */
export function checkTogether(extensions: readonly Extension[]): void {
  const names = extensions.map(({ name }) => name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined)
    throw new ExtensionLoadError(`extension ${twice}: another extension has the same name`);
  const matchers = extensions.filter((one) => one.findPerson ?? one.findPersons).map(({ name }) => name);
  if (matchers.length > 1) {
    throw new ExtensionLoadError(
      `extension ${matchers[1]}: findPerson replaces the matching, and ${matchers[0]} does so already; keep one of them`,
    );
  }
}
