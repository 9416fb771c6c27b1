import { typeError, userError } from '../errors.ts';
import { boolean, char, date, many2one, selection, text } from '../model/field.ts';
import type { Row, Values } from '../model/row.ts';
import type { Environment, FieldDefinition, ModelDefinition } from '../model/types.ts';

const EXIT = 'spp.cr.detail.exit_registrant';
const EDIT = 'spp.cr.detail.edit_individual';
const UPDATE_ID = 'spp.cr.detail.update_id';

/** What each type of change request asks for. */
export const changeRequestDetails: readonly ModelDefinition[] = [
  detail(EXIT, 'CR Detail: Exit Registrant', {
    exit_reason: selection([
      ['deceased', 'Deceased'],
      ['emigrated', 'Emigrated'],
      ['duplicate', 'Duplicate Record'],
      ['ineligible', 'No Longer Eligible'],
      ['voluntary', 'Voluntary Exit'],
      ['fraud', 'Fraudulent Registration'],
      ['other', 'Other'],
    ]),
    exit_date: date({ default: (env: Environment) => env.today() }),
    death_date: date(),
    is_end_active_memberships: boolean({ default: true }),
    remarks: text(),
  }),
  detail(EDIT, 'CR Detail: Edit Individual', {
    given_name: char(),
    family_name: char(),
    birthdate: date(),
  }),
  detail(UPDATE_ID, 'CR Detail: Update ID Document', {
    operation: selection(
      [
        ['add', 'Add New ID'],
        ['update', 'Edit ID'],
        ['remove', 'Remove ID'],
      ],
      { default: 'add' },
    ),
    existing_id_record_id: many2one('spp.registry.id'),
    id_type_id: many2one('spp.vocabulary.code'),
    id_value: char(),
    expiry_date: date(),
    description: text(),
    remarks: text(),
  }),
];

function detail(
  name: string,
  description: string,
  fields: Readonly<Record<string, FieldDefinition>>,
): ModelDefinition {
  const request = many2one('spp.change.request', { required: true, ondelete: 'cascade', indexed: true });
  return {
    name,
    description,
    fields: { change_request_id: request, ...fields },
    access: [{ group: 'requestUser', operations: ['read', 'write', 'create'] }],
  };
}

/** Does to a registrant what a detail asks for; `env` is the superuser's. */
export function applyDetail(env: Environment, model: string, id: number, registrant: number): void {
  const asked = env.row(model, id);
  if (asked === undefined) return;
  if (model === EXIT) exit(env, asked, registrant);
  else if (model === EDIT) edit(env, asked, registrant);
  else updateId(env, asked, registrant);
}

function exit(env: Environment, asked: Row, registrant: number): void {
  if (asked.is_end_active_memberships) endPlaces(env, asked, registrant);
  // Last: record rules hide the memberships of disabled registrants.
  env.write('res.partner', [registrant], { disabled: asked.exit_date ?? false });
}

/** A place in a household never ends before it began. */
function endPlaces(env: Environment, asked: Row, registrant: number): void {
  const end = asked.exit_date === null ? null : `${asked.exit_date} 00:00:00`;
  const open = [
    ['individual', '=', registrant],
    ['status', '=', 'active'],
  ];
  for (const id of env.search('spp.group.membership', open, { order: 'id desc' })) {
    const start = env.row('spp.group.membership', id)?.start_date ?? null;
    if (start !== null && end === null) {
      throw typeError("'>' not supported between instances of 'datetime.datetime' and 'NoneType'");
    }
    const ended = start !== null && end !== null && start > end ? start : end;
    env.write('spp.group.membership', [id], { ended_date: ended ?? false });
  }
}

function edit(env: Environment, asked: Row, registrant: number): void {
  const names = ['given_name', 'family_name', 'birthdate'];
  const given: Values = Object.fromEntries(
    names.filter((name) => asked[name]).map((name) => [name, asked[name]]),
  );
  env.write('res.partner', [registrant], given);
}

function updateId(env: Environment, asked: Row, registrant: number): void {
  const existing = asked.existing_id_record_id === null ? [] : [Number(asked.existing_id_record_id)];
  if (asked.operation === 'remove') env.write('spp.registry.id', existing, { status: 'invalid' });
  else if (asked.operation === 'update') {
    env.write('spp.registry.id', existing, { value: asked.id_value ?? false });
  } else {
    if (!asked.id_type_id || !asked.id_value) throw userError('ID type and value are required.');
    const values = { id_type_id: asked.id_type_id, value: asked.id_value, status: 'valid' };
    env.create('spp.registry.id', [{ partner_id: registrant, ...values }]);
  }
}
