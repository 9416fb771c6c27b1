import type { CallRequest, Scenario, User } from '../request.ts';
import { by, look, make } from './by.ts';

const MEMBERSHIP = 'spp.program.membership';
const CYCLE_MEMBERSHIP = 'spp.cycle.membership';
const PLACE = 'spp.group.membership';
const COMPANY = 'res.company';
const HIDDEN: readonly (readonly [model: string, id: string, values: object])[] = [
  [MEMBERSHIP, '$membership', { state: 'exited' }],
  [CYCLE_MEMBERSHIP, '$round', { state: 'exited' }],
  [PLACE, '$place', { ended_date: '2026-01-01 00:00:00' }],
];

const hidden = (as: User): CallRequest[] =>
  HIDDEN.flatMap(([model, id, vals]) => [
    by(as, `search ${model}`, model, 'search', { domain: [['id', '=', id]] }),
    by(as, `count ${model}`, model, 'search_count', { domain: [['id', '=', id]] }),
    look(as, `read ${model}`, model, [id], 'create_date'),
    look(as, `read the id of ${model}`, model, [id], 'id'),
    by(as, `may read ${model}`, model, 'has_access', { ids: [id], operation: 'read' }),
    by(as, `may write ${model}`, model, 'has_access', { ids: [id], operation: 'write' }),
    by(as, `write ${model}`, model, 'write', { ids: [id], vals }),
    by(as, `save ${model}`, model, 'web_save_multi', { ids: [id], vals_list: [vals], specification: {} }),
    by(as, `write ${model}, not tracked`, model, 'write', {
      ids: [id],
      vals,
      context: { tracking_disable: true },
    }),
  ]);

/** Which records are hidden from whom, and what belongs to a registrant besides. */
export const RULES: Scenario = {
  name: 'rules',
  requests: [
    make(
      'bridge',
      'people',
      'res.partner',
      { name: 'Ann %TAG%', is_registrant: true, birthdate: '1990-01-01' },
      {
        name: 'House %TAG%',
        is_registrant: true,
        is_group: true,
      },
      { name: 'Bo %TAG%', is_registrant: true },
    ),
    make('admin', 'program', 'spp.program', { name: 'P %TAG%' }),
    make('bridge', 'membership', MEMBERSHIP, {
      partner_id: '$people.0',
      program_id: '$program',
      state: 'enrolled',
    }),
    look(
      'bridge',
      'the membership',
      MEMBERSHIP,
      ['$membership'],
      'display_name',
      'name',
      'birthdate',
      'is_group',
      'state',
      'program_id',
    ),
    by('bridge', 'by a field of the registrant', MEMBERSHIP, 'search_count', {
      domain: [
        ['name', '=', 'Ann %TAG%'],
        ['birthdate', '!=', false],
      ],
    }),
    by('bridge', 'by the program', MEMBERSHIP, 'search_count', {
      domain: [['program_id.name', '=', 'P %TAG%']],
    }),
    by('bridge', 'the program', 'spp.program', 'search_count', { domain: [] }),
    by('bridge', 'write a field of the registrant', MEMBERSHIP, 'write', {
      ids: ['$membership'],
      vals: { birth_place: 'Here' },
    }),
    look('bridge', 'the registrant', 'res.partner', ['$people.0'], 'birth_place'),
    make('admin', 'cycle', 'spp.cycle', {
      name: 'C %TAG%',
      program_id: '$program',
      start_date: '2026-01-01',
      end_date: '2026-12-31',
    }),
    look(
      'bridge',
      'the cycle',
      'spp.cycle',
      ['$cycle'],
      'name',
      'program_id',
      'sequence',
      'state',
      'start_date',
      'end_date',
      'company_id',
    ),
    by('bridge', 'make a cycle', 'spp.cycle', 'create', { vals_list: [{ name: 'x' }] }),
    make('bridge', 'round', CYCLE_MEMBERSHIP, { partner_id: '$people.0', cycle_id: '$cycle' }),
    look(
      'bridge',
      'the place in the round',
      CYCLE_MEMBERSHIP,
      ['$round'],
      'display_name',
      'cycle_id',
      'enrollment_date',
      'state',
    ),
    make('admin', 'entitlement', 'spp.entitlement', { partner_id: '$people.0', cycle_id: '$cycle' }),
    look(
      'bridge',
      'the entitlement',
      'spp.entitlement',
      ['$entitlement'],
      'display_name',
      'cycle_id',
      'state',
    ),
    by('bridge', 'make an entitlement', 'spp.entitlement', 'create', { vals_list: [{}] }),
    by('bridge', 'a round for what it may not read', CYCLE_MEMBERSHIP, 'create', {
      vals_list: [{ partner_id: '$people.0' }],
    }),
    make('bridge', 'place', PLACE, {
      group: '$people.1',
      individual: '$people.0',
      is_head: true,
      start_date: '2020-01-01 00:00:00',
    }),
    look(
      'bridge',
      'the place',
      PLACE,
      ['$place'],
      'display_name',
      'status',
      'is_ended',
      'start_date',
      'ended_date',
      'is_head',
    ),
    look('bridge', 'the places of the household', 'res.partner', ['$people.0', '$people.1'], 'name'),
    by('bridge', 'end before the start', PLACE, 'write', {
      ids: ['$place'],
      vals: { ended_date: '2019-01-01 00:00:00' },
    }),
    by('bridge', 'end in the future', PLACE, 'write', {
      ids: ['$place'],
      vals: { ended_date: '2999-01-01 00:00:00' },
    }),
    look('bridge', 'not ended yet', PLACE, ['$place'], 'status', 'is_ended', 'ended_date'),
    by('bridge', 'end in the past', PLACE, 'write', {
      ids: ['$place'],
      vals: { ended_date: '2021-01-01 00:00:00' },
    }),
    look('bridge', 'ended', PLACE, ['$place'], 'status', 'is_ended', 'ended_date'),
    by('bridge', 'open again', PLACE, 'write', { ids: ['$place'], vals: { ended_date: false } }),
    look('bridge', 'open', PLACE, ['$place'], 'status', 'is_ended', 'ended_date'),
    by('bridge', 'fields of places', PLACE, 'fields_get'),
    by('bridge', 'fields of rounds', CYCLE_MEMBERSHIP, 'fields_get'),
    by('bridge', 'fields of cycles', 'spp.cycle', 'fields_get'),
    by('bridge', 'fields of entitlements', 'spp.entitlement', 'fields_get'),
    by('bridge', 'fields of checks', 'spp.dci.duplication.check', 'fields_get'),
    by('bridge', 'fields of codes', 'spp.vocabulary.code', 'fields_get', { allfields: ['deprecated'] }),
    by('bridge', 'fields of registrants', 'res.partner', 'fields_get', {
      allfields: ['individual_membership_ids', 'group_membership_ids'],
    }),

    make('bridge', 'second', PLACE, { group: '$people.1', individual: '$people.2', is_head: true }),
    by('bridge', 'write one of two heads', 'res.partner', 'write', {
      ids: ['$people.2'],
      vals: { birth_place: 'x' },
    }),
    by('bridge', 'save one of two heads', 'res.partner', 'web_save_multi', {
      ids: ['$people.2'],
      vals_list: [{ birth_place: 'x' }],
      specification: {},
    }),
    by('bridge', 'load one of two heads', 'res.partner', 'load', {
      fields: ['.id', 'birth_place'],
      data: [['$people.2', 'x']],
    }),
    by('bridge', 'enrol one of two heads', MEMBERSHIP, 'create', {
      vals_list: [{ partner_id: '$people.2', program_id: '$program' }],
    }),
    by('bridge', 'write the household', 'res.partner', 'write', {
      ids: ['$people.1'],
      vals: { birth_place: 'x' },
    }),
    by('bridge', 'no head any more', PLACE, 'write', { ids: ['$second'], vals: { is_head: false } }),
    by('bridge', 'write them again', 'res.partner', 'write', {
      ids: ['$people.2'],
      vals: { birth_place: 'x' },
    }),

    by('bridge', 'disable', 'res.partner', 'write', {
      ids: ['$people.0'],
      vals: { disabled: '2024-12-01 00:00:00' },
    }),
    ...hidden('bridge'),
    ...hidden('admin'),
    by('bridge', 'the entitlement stays', 'spp.entitlement', 'search_count', {
      domain: [['id', '=', '$entitlement']],
    }),
    by('bridge', 'a new round', CYCLE_MEMBERSHIP, 'create', {
      vals_list: [{ partner_id: '$people.0', cycle_id: '$cycle' }],
    }),
    by('bridge', 'a new place', PLACE, 'create', {
      vals_list: [{ group: '$people.1', individual: '$people.0' }],
    }),
    by('bridge', 'no such place', PLACE, 'write', { ids: [99999999], vals: { ended_date: false } }),
    by('bridge', 'no such round', CYCLE_MEMBERSHIP, 'write', { ids: [99999999], vals: { state: 'exited' } }),
    by('bridge', 'no such membership', MEMBERSHIP, 'write', { ids: [99999999], vals: { state: 'exited' } }),
    by('bridge', 'may write no such place', PLACE, 'has_access', { ids: [99999999], operation: 'write' }),
    by('bridge', 'enable', 'res.partner', 'write', { ids: ['$people.0'], vals: { disabled: false } }),
    ...HIDDEN.map(([model, id]) =>
      look('bridge', `what became of ${model}`, model, [id], model === PLACE ? 'ended_date' : 'state'),
    ),
    by('bridge', 'archive', 'res.partner', 'write', { ids: ['$people.0'], vals: { active: false } }),
    by('bridge', 'of the archived', MEMBERSHIP, 'search_count', {
      domain: [['partner_id', '=', '$people.0']],
    }),
    by('bridge', 'of the archived too', MEMBERSHIP, 'search_count', {
      domain: [['partner_id', '=', '$people.0']],
      context: { active_test: false },
    }),
    look('bridge', 'the membership of the archived', MEMBERSHIP, ['$membership'], 'state', 'active'),

    make('admin', 'company', COMPANY, { name: 'Company %TAG%' }),
    by('admin', 'the same company', COMPANY, 'create', { vals_list: [{ name: 'Company %TAG%' }] }),
    look('admin', 'the company', COMPANY, ['$company'], 'name', 'active', 'sequence'),
    look('bridge', 'the company', COMPANY, ['$company'], 'name'),
    by('bridge', 'own company', COMPANY, 'search_read', {
      domain: [['id', 'in', [1, '$company']]],
      fields: ['name'],
    }),
    by('bridge', 'own user', 'res.users', 'search_read', {
      domain: [['login', '=', 'bridge']],
      fields: ['company_id', 'company_ids', 'lang'],
    }),
    make('admin', 'far', 'res.partner', { name: 'Far %TAG%', is_registrant: true, company_id: '$company' }),
    make('admin', 'farid', 'spp.registry.id', { partner_id: '$far', id_type_id: 1, value: 'FAR %TAG%' }),
    by('bridge', 'the far ID', 'spp.registry.id', 'search_read', {
      domain: [['value', '=', 'FAR %TAG%']],
      fields: ['value', 'status'],
    }),
    by('bridge', 'by the far registrant', 'spp.registry.id', 'search_count', {
      domain: [['partner_id.name', '=', 'Far %TAG%']],
    }),
    by('bridge', 'search the far registrant', 'res.partner', 'search_count', {
      domain: [['id', '=', '$far']],
    }),
    look('bridge', 'read the far registrant', 'res.partner', ['$far'], 'name'),
    by('bridge', 'write the far registrant', 'res.partner', 'write', {
      ids: ['$far'],
      vals: { birth_place: 'x' },
    }),
    by('bridge', 'may write the far registrant', 'res.partner', 'has_access', {
      ids: ['$far'],
      operation: 'write',
    }),
    by('bridge', 'make a far registrant', 'res.partner', 'create', {
      vals_list: [{ name: 'x', company_id: '$company' }],
    }),
    make('admin', 'farmember', MEMBERSHIP, { partner_id: '$far', program_id: '$program' }),
    by('bridge', 'search the far membership', MEMBERSHIP, 'search_count', {
      domain: [['id', '=', '$farmember']],
    }),
    by('bridge', 'write the far membership', MEMBERSHIP, 'write', {
      ids: ['$farmember'],
      vals: { state: 'exited' },
    }),
    by('bridge', 'write the far membership, not tracked', MEMBERSHIP, 'write', {
      ids: ['$farmember'],
      vals: { state: 'exited' },
      context: { tracking_disable: true },
    }),
    by('bridge', 'in a company of others', 'res.partner', 'search_count', {
      domain: [],
      context: { allowed_company_ids: ['$company'] },
    }),
    by('admin', 'in one company', 'res.partner', 'search_read', {
      domain: [['name', 'like', '%TAG%']],
      fields: ['name'],
      context: { allowed_company_ids: ['$company'], active_test: false },
    }),

    make('bridge', 'check', 'spp.dci.duplication.check', {
      partner_id: '$people.1',
      identifier_type: 'UIN',
      identifier_value: 'x',
      result: 'no_match',
    }),
    look(
      'bridge',
      'the check',
      'spp.dci.duplication.check',
      ['$check'],
      'display_name',
      'result',
      'state',
      'check_date',
      'matched_programs',
    ),
    by('bridge', 'a check without a result', 'spp.dci.duplication.check', 'create', {
      vals_list: [{ partner_id: '$people.1', identifier_type: 'UIN', identifier_value: 'x' }],
    }),
    by('clerk', 'the checks', 'spp.dci.duplication.check', 'search_count', { domain: [] }),
    by('bridge', 'a model of a module that is not there', 'spp.change.request.type', 'search_read', {
      domain: [],
    }),
    by('bridge', 'a lock that is not there', 'res.partner', 'has_access', {
      ids: [],
      operation: 'write',
      context: { default_is_registrant: true },
    }),
  ],
};
