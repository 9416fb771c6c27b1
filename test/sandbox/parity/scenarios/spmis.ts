import type { CallRequest, Scenario, User } from '../request.ts';
import { by, look, make } from './by.ts';

const PARTNER = 'res.partner';
const ID = 'spp.registry.id';
const REQUEST = 'spp.change.request';
const EXIT = 'spp.cr.detail.exit_registrant';
const EDIT = 'spp.cr.detail.edit_individual';
const UPDATE_ID = 'spp.cr.detail.update_id';
const OPERATIONS = ['read', 'write', 'create', 'unlink'];

const may = (as: User, context: object): CallRequest[] =>
  OPERATIONS.map((operation) =>
    by(as, `${operation} ${Object.keys(context)}`, PARTNER, 'has_access', { ids: [], operation, context }),
  );

/** The registry lock. */
export const LOCK: Scenario = {
  name: 'registry lock',
  requests: [
    ...(['bridge', 'admin', 'clerk', 'approver'] as const).flatMap((as) => [
      ...may(as, {}),
      ...may(as, { default_is_registrant: true }),
    ]),
    by('bridge', 'make a registrant', PARTNER, 'create', { vals_list: [{ name: 'x', is_registrant: true }] }),
    by('bridge', 'make one by the context', PARTNER, 'create', {
      vals_list: [{ name: 'x' }],
      context: { default_is_registrant: true },
    }),
    make('bridge', 'contact', PARTNER, { name: 'Con %TAG%' }),
    by('bridge', 'write a contact', PARTNER, 'write', { ids: ['$contact'], vals: { birth_place: 'x' } }),
    by('bridge', 'make a registrant of a contact', PARTNER, 'write', {
      ids: ['$contact'],
      vals: { is_registrant: true },
    }),
    make('admin', 'ann', PARTNER, { name: 'Ann %TAG%', is_registrant: true }),
    by('bridge', 'may write a registrant', PARTNER, 'has_access', { ids: ['$ann'], operation: 'write' }),
    by('bridge', 'may read a registrant', PARTNER, 'has_access', { ids: ['$ann'], operation: 'read' }),
    by('bridge', 'may write a contact', PARTNER, 'has_access', { ids: ['$contact'], operation: 'write' }),
    by('bridge', 'write a registrant', PARTNER, 'write', { ids: ['$ann'], vals: { birth_place: 'x' } }),
    by('bridge', 'save a registrant', PARTNER, 'web_save_multi', {
      ids: ['$ann'],
      vals_list: [{ birth_place: 'x' }],
      specification: {},
    }),
    by('bridge', 'load a registrant', PARTNER, 'load', {
      fields: ['.id', 'birth_place'],
      data: [['$ann', 'x']],
    }),
    make('admin', 'program', 'spp.program', { name: 'P %TAG%' }),
    by('bridge', 'enrol a registrant', 'spp.program.membership', 'create', {
      vals_list: [{ partner_id: '$ann', program_id: '$program' }],
    }),
    make('admin', 'membership', 'spp.program.membership', { partner_id: '$ann', program_id: '$program' }),
    by('bridge', 'write a membership', 'spp.program.membership', 'write', {
      ids: ['$membership'],
      vals: { state: 'exited' },
    }),
    by('bridge', 'write a registrant by a membership', 'spp.program.membership', 'write', {
      ids: ['$membership'],
      vals: { birth_place: 'x' },
    }),
    make('bridge', 'id', ID, { partner_id: '$ann', id_type_id: 1, value: 'A %TAG%' }),
    make('bridge', 'event', 'spp.dci.crvs.event', { event_type: 'birth', person_id: '$ann' }),
    by('bridge', 'the parameter', 'ir.config_parameter', 'get_param', {
      key: 'spp_starter.registry_admin_only_crud',
    }),
    by('admin', 'the parameter', 'ir.config_parameter', 'get_param', {
      key: 'spp_starter.registry_admin_only_crud',
    }),
    by('admin', 'lift the lock', 'ir.config_parameter', 'set_param', {
      key: 'spp_starter.registry_admin_only_crud',
      value: 'False',
    }),
    ...may('bridge', { default_is_registrant: true }),
    by('bridge', 'write a registrant now', PARTNER, 'write', { ids: ['$ann'], vals: { birth_place: 'x' } }),
    by('admin', 'lock again', 'ir.config_parameter', 'set_param', {
      key: 'spp_starter.registry_admin_only_crud',
      value: 'True',
    }),
    ...may('bridge', { default_is_registrant: true }),
  ],
};

const REQUEST_FIELDS = [
  'name',
  'display_name',
  'request_type_id',
  'request_type_code',
  'registrant_id',
  'detail_res_model',
  'detail_res_id',
  'source_type',
  'source_reference',
  'description',
  'notes',
  'approval_state',
  'display_state',
  'submitted_date',
  'rejection_reason',
  'revision_notes',
  'is_applied',
  'applied_date',
  'apply_error',
];

const submit = (as: User, what: string, id: string) =>
  by(as, what, REQUEST, 'action_submit_for_approval', { ids: [id] });
const approve = (as: User, what: string, id: string) =>
  by(as, what, REQUEST, 'action_approve', { ids: [id] });
const state = (as: User, what: string, id: string) =>
  look(as, what, REQUEST, [id], 'name', 'approval_state', 'display_state', 'is_applied', 'apply_error');

/** Change requests, from the filer to who decides. */
export const CHANGE_REQUESTS: Scenario = {
  name: 'change requests',
  requests: [
    ...(['bridge', 'admin', 'clerk', 'approver'] as const).flatMap((as) => [
      by(as, 'may file', REQUEST, 'has_access', { ids: [], operation: 'create' }),
      by(as, 'types', 'spp.change.request.type', 'search_read', {
        domain: [],
        fields: ['name', 'code', 'target_type', 'detail_model', 'auto_apply_on_approve', 'active'],
      }),
    ]),
    ...[REQUEST, 'spp.change.request.type', EXIT, EDIT, UPDATE_ID].map((model) =>
      by('bridge', `fields of ${model}`, model, 'fields_get', {
        allfields: model === REQUEST ? REQUEST_FIELDS : [],
      }),
    ),
    make(
      'admin',
      'people',
      PARTNER,
      { name: 'Ann %TAG%', is_registrant: true },
      { name: 'H %TAG%', is_registrant: true, is_group: true },
    ),
    make('admin', 'places', 'spp.group.membership', {
      group: '$people.1',
      individual: '$people.0',
      start_date: '2025-01-01 00:00:00',
    }),
    make('bridge', 'exit', REQUEST, {
      request_type_id: 1,
      registrant_id: '$people.0',
      source_type: 'api',
      source_reference: 'm',
      description: 'd',
      notes: 'n',
    }),
    look(
      'bridge',
      'the request',
      REQUEST,
      ['$exit'],
      ...REQUEST_FIELDS.filter((name) => name !== 'detail_res_id'),
    ),
    by(
      'bridge',
      'its detail',
      EXIT,
      'search_read',
      {
        domain: [['change_request_id', '=', '$exit']],
        fields: ['exit_reason', 'exit_date', 'death_date', 'is_end_active_memberships', 'remarks'],
      },
      'detail',
    ),
    by('bridge', 'write the detail', EXIT, 'write', {
      ids: ['$detail'],
      vals: { exit_reason: 'deceased', exit_date: '2024-12-01', death_date: '2024-12-01' },
    }),
    by('bridge', 'a reason that is none', EXIT, 'write', { ids: ['$detail'], vals: { exit_reason: 'x' } }),
    approve('approver', 'approve a draft', '$exit'),
    submit('bridge', 'submit', '$exit'),
    state('bridge', 'pending', '$exit'),
    submit('bridge', 'submit again', '$exit'),
    approve('bridge', 'approve one’s own', '$exit'),
    make('bridge', 'exit2', REQUEST, { request_type_id: 1, registrant_id: '$people.0' }),
    submit('bridge', 'a conflict', '$exit2'),
    approve('approver', 'approve', '$exit'),
    state('bridge', 'applied', '$exit'),
    look(
      'bridge',
      'the registrant',
      PARTNER,
      ['$people.0'],
      'disabled',
      'disabled_reason',
      'last_update_system',
    ),
    approve('approver', 'approve again', '$exit'),
    by('bridge', 'apply', REQUEST, 'action_apply', { ids: ['$exit'] }),
    by('approver', 'apply again', REQUEST, 'action_apply', { ids: ['$exit'] }),
    by('admin', 'enable', PARTNER, 'write', { ids: ['$people.0'], vals: { disabled: false } }),
    look(
      'bridge',
      'the place ends not before it began',
      'spp.group.membership',
      ['$places'],
      'ended_date',
      'status',
    ),

    make('bridge', 'edit', REQUEST, { request_type_id: 2, registrant_id: '$people.0' }),
    by(
      'bridge',
      'the edit',
      EDIT,
      'search_read',
      {
        domain: [['change_request_id', '=', '$edit']],
        fields: ['given_name', 'family_name', 'birthdate'],
      },
      'editdetail',
    ),
    by('bridge', 'write the edit', EDIT, 'write', {
      ids: ['$editdetail'],
      vals: { birthdate: '1990-01-02' },
    }),
    submit('bridge', 'submit the edit', '$edit'),
    approve('approver', 'approve the edit', '$edit'),
    look('bridge', 'the edited', PARTNER, ['$people.0'], 'birthdate'),

    make('bridge', 'update', REQUEST, { request_type_id: 3, registrant_id: '$people.0' }),
    submit('bridge', 'submit an empty one', '$update'),
    approve('approver', 'approve an empty one', '$update'),
    state('bridge', 'still pending', '$update'),
    by('approver', 'send back', REQUEST, 'write', {
      ids: ['$update'],
      vals: { approval_state: 'revision', revision_notes: 'Which?' },
    }),
    look('bridge', 'sent back', REQUEST, ['$update'], 'display_state', 'revision_notes'),
    by(
      'bridge',
      'the update',
      UPDATE_ID,
      'search_read',
      {
        domain: [['change_request_id', '=', '$update']],
        fields: ['operation', 'id_value', 'existing_id_record_id'],
      },
      'updatedetail',
    ),
    by('bridge', 'write the update', UPDATE_ID, 'write', {
      ids: ['$updatedetail'],
      vals: { id_type_id: 1, id_value: 'N %TAG%' },
    }),
    submit('bridge', 'submit it again', '$update'),
    approve('approver', 'approve it', '$update'),
    by('bridge', 'the new ID', ID, 'search_read', {
      domain: [['partner_id', '=', '$people.0']],
      fields: ['value', 'status', 'source_system', 'collection_method'],
    }),
    make('bridge', 'rejected', REQUEST, { request_type_id: 2, registrant_id: '$people.0' }),
    submit('bridge', 'submit what is rejected', '$rejected'),
    by('approver', 'reject', REQUEST, 'write', {
      ids: ['$rejected'],
      vals: { approval_state: 'rejected', rejection_reason: 'No' },
    }),
    look('bridge', 'rejected', REQUEST, ['$rejected'], 'display_state', 'rejection_reason'),
    submit('bridge', 'submit the rejected', '$rejected'),

    make('approver', 'others', REQUEST, { request_type_id: 2, registrant_id: '$people.0' }),
    by('bridge', 'own requests', REQUEST, 'search_count', { domain: [['registrant_id', '=', '$people.0']] }),
    by('approver', 'all requests', REQUEST, 'search_count', {
      domain: [['registrant_id', '=', '$people.0']],
    }),
    look('bridge', 'another’s', REQUEST, ['$others'], 'name'),
    by('bridge', 'write another’s', REQUEST, 'write', { ids: ['$others'], vals: { notes: 'x' } }),
    submit('bridge', 'submit another’s', '$others'),
    by('bridge', 'delete', REQUEST, 'unlink', { ids: ['$update'] }),
    by('clerk', 'see', REQUEST, 'search_count', { domain: [] }),
    by('clerk', 'file', REQUEST, 'create', { vals_list: [{ request_type_id: 1 }] }),
    by('bridge', 'without a type', REQUEST, 'create', { vals_list: [{ registrant_id: '$people.0' }] }),
    by('admin', 'no workflow', 'spp.change.request.type', 'write', {
      ids: [2],
      vals: { approval_definition_id: false },
    }),
    make('bridge', 'stuck', REQUEST, { request_type_id: 2, registrant_id: '$people.0' }),
    submit('bridge', 'submit without a workflow', '$stuck'),
    by('admin', 'a workflow again', 'spp.change.request.type', 'write', {
      ids: [2],
      vals: { approval_definition_id: 1 },
    }),
  ],
};

const FIRST = ['source_system', 'source_reference', 'collection_method', 'collection_date'];
const LAST = ['last_update_system', 'last_update_reference'];
const sources = (what: string, id: string) => look('bridge', what, ID, [id], 'value', ...FIRST, ...LAST);

/** Where values come from. */
export const SOURCES: Scenario = {
  name: 'source tracking',
  requests: [
    ...[ID, PARTNER, 'spp.program.membership'].map((model) =>
      by('bridge', `fields of ${model}`, model, 'fields_get', { allfields: [...FIRST, ...LAST] }),
    ),
    make('admin', 'ann', PARTNER, { name: 'Ann %TAG%', is_registrant: true }),
    make('bridge', 'unnamed', ID, { partner_id: '$ann', id_type_id: 1, value: 'A' }),
    sources('a caller without a name', '$unnamed'),
    by(
      'bridge',
      'make a named one',
      ID,
      'create',
      {
        vals_list: [{ partner_id: '$ann', id_type_id: 2, value: 'B' }],
        context: { source_system: 'crvs', source_reference: 'm1', collection_method: 'api' },
      },
      'named',
    ),
    sources('a caller with a name', '$named'),
    make('bridge', 'given', ID, {
      partner_id: '$ann',
      id_type_id: 3,
      value: 'C',
      source_system: 'own',
      source_reference: 'r',
      collection_method: 'import',
      collection_date: '2020-01-01 00:00:00',
    }),
    sources('values of the row', '$given'),
    by('bridge', 'a method that is none', ID, 'create', {
      vals_list: [{ partner_id: '$ann', id_type_id: 4, value: 'D' }],
      context: { collection_method: 'x' },
    }),
    by('bridge', 'write with a name', ID, 'write', {
      ids: ['$unnamed'],
      vals: { value: 'A2', source_system: 'never', collection_method: 'x' },
      context: { source_system: 'crvs', source_reference: 'm2' },
    }),
    sources('written with a name', '$unnamed'),
    by('bridge', 'write without a name', ID, 'write', { ids: ['$unnamed'], vals: { value: 'A3' } }),
    sources('written without a name', '$unnamed'),
    by('bridge', 'write values of the row', ID, 'write', {
      ids: ['$unnamed'],
      vals: { value: 'A4', last_update_system: 's', last_update_reference: 'r' },
      context: { skip_source_tracking: true },
    }),
    sources('values of the row, tracking skipped', '$unnamed'),
    by('bridge', 'write values that do not count', ID, 'write', {
      ids: ['$unnamed'],
      vals: { value: 'A5', last_update_system: 's', last_update_reference: 'r' },
    }),
    sources('values that do not count', '$unnamed'),
    by('bridge', 'load with a name', ID, 'load', {
      fields: ['.id', 'value'],
      data: [['$unnamed', 'A6']],
      context: { source_system: 'loader' },
    }),
    sources('loaded with a name', '$unnamed'),
    by('bridge', 'save with values', ID, 'web_save_multi', {
      ids: ['$unnamed'],
      vals_list: [{ value: 'A7', last_update_system: 'saver', last_update_reference: 'm7' }],
      specification: {},
      context: { skip_source_tracking: true },
    }),
    sources('saved with values', '$unnamed'),
    {
      name: 'make one with a header',
      verb: 'POST',
      path: `/json/2/${ID}/create`,
      headers: {
        authorization: 'Bearer %KEY%',
        'x-odoo-database': '%DB%',
        'content-type': 'application/json',
        'x-source-system': 'header',
      },
      body: '{"vals_list": [{"partner_id": $ann, "id_type_id": 4, "value": "H %TAG%"}]}',
    },
    by('bridge', 'made with a header', ID, 'search_read', {
      domain: [['value', '=', 'H %TAG%']],
      fields: [...FIRST, ...LAST],
    }),
  ],
};
