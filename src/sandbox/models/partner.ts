import { validationError } from '../errors.ts';
import { boolean, char, date, datetime, integer, many2one, one2many, text } from '../model/field.ts';
import type { Row, Value } from '../model/row.ts';
import type { Environment, ModelDefinition } from '../model/types.ts';
import { OF_THE_CALLERS_COMPANIES } from './registrant-rules.ts';

/** Contacts, and among them the registrants. */
export function partner(options: { deathDate: boolean }): ModelDefinition {
  return {
    name: 'res.partner',
    description: 'Contact',
    recName: 'complete_name',
    nameSearch: ['complete_name', 'email', 'ref', 'vat', 'company_registry'],
    order: 'complete_name ASC, id DESC',
    fields: {
      name: char({ indexed: true, exportedByDefault: true }),
      complete_name: char({ computed: 'readonly' }),
      parent_id: many2one('res.partner', { string: 'Related Company' }),
      ref: char({ string: 'Reference' }),
      vat: char({ string: 'Tax ID' }),
      company_registry: char({ string: 'Company ID' }),
      email: char(),
      phone: char(),
      street: char(),
      city: char(),
      comment: { type: 'html', string: 'Notes' },
      active: boolean({ default: true }),
      company_id: many2one('res.company', { indexed: true }),
      is_company: boolean({ string: 'Is a Company' }),
      color: integer({ string: 'Color Index' }),
      rtc_session_ids: one2many('discuss.channel.rtc.session', 'partner_id'),
      is_registrant: boolean(),
      is_group: boolean(),
      family_name: char(),
      given_name: char(),
      addl_name: char(),
      birthdate: date(),
      birthdate_not_exact: boolean(),
      birth_place: char(),
      gender_id: many2one('spp.vocabulary.code'),
      civil_status_id: many2one('spp.vocabulary.code', {
        domain: "[('namespace_uri', '=', 'urn:un:unsd:pop-census:marital-status')]",
      }),
      registration_date: date({ default: (env: Environment) => env.contextToday() }),
      disabled: datetime(),
      disabled_reason: text(),
      disabled_by: many2one('res.users'),
      reg_ids: one2many('spp.registry.id', 'partner_id'),
      individual_membership_ids: one2many('spp.group.membership', 'individual'),
      group_membership_ids: one2many('spp.group.membership', 'group'),
      ...(options.deathDate && { death_date: date() }),
    },
    access: [
      { group: 'user', operations: ['read'] },
      { group: 'contactCreation', operations: ['read', 'write', 'create', 'unlink'] },
      { group: 'officer', operations: ['read', 'write', 'create'] },
    ],
    rules: [OF_THE_CALLERS_COMPANIES],
    checks: [{ holds: (row) => row.name !== null, message: 'Contacts require a name' }],
    constraints: [{ fields: ['birthdate'], check: checkBirthdate }],
    compute: fillCompleteName,
    createdBy: 'ResPartner',
    readsOnWrite: () => true,
    afterWrite: checkHouseholds,
  };
}

function checkBirthdate(env: Environment, rows: readonly Row[]): void {
  const today = env.contextToday();
  for (const row of rows) {
    const birthdate = row.birthdate;
    if (typeof birthdate !== 'string' || birthdate <= today) continue;
    const name = env.displayName('res.partner', row.id);
    throw validationError(`Date of birth cannot be in the future: ${name} has ${birthdate}.`);
  }
}

/** OpenSPP looks at the households of every registrant that is written, whatever the write is about. */
function checkHouseholds(env: Environment, rows: readonly Row[]): void {
  for (const { id, is_registrant, is_group } of rows) {
    if (!is_registrant || is_group) continue;
    const places = env.search('spp.group.membership', [['individual', '=', id]]);
    for (const group of new Set(places.map((place) => env.row('spp.group.membership', place)?.group))) {
      const heads = [
        ['group', '=', group],
        ['is_head', '=', true],
      ];
      if (env.search('spp.group.membership', heads).length > 1) {
        throw validationError('Only one Head is allowed per group');
      }
    }
  }
}

function fillCompleteName(env: Environment, row: Row): Record<string, Value> {
  const parent = env.row('res.partner', Number(row.parent_id));
  const prefix = parent === undefined || row.is_company ? '' : `${parent.complete_name}, `;
  return { complete_name: row.name === null ? null : `${prefix}${row.name}` };
}
