import type { Account } from './accounts.ts';
import type { Row, Value } from './model/field.ts';
import { ALL_GROUPS, GROUPS, REQUEST_GROUPS } from './model/groups.ts';
import type { ModelOptions } from './models/all.ts';
import { LOCK_PARAMETER } from './models/registry-lock.ts';
import type { Database } from './store/database.ts';
import { formatDatetime } from './time.ts';

const ADMINISTRATOR = 2;

/** Puts the records that a fresh OpenSPP has. */
export function install(db: Database, accounts: readonly Account[], options: ModelOptions): void {
  const now = formatDatetime(db.clock());
  const log = { create_uid: ADMINISTRATOR, create_date: now, write_uid: ADMINISTRATOR, write_date: now };
  const put = (model: string, id: number, values: Readonly<Record<string, Value>>): void => {
    const table = db.table(model);
    const empty = [...table.model.fields.values()].filter((field) => field.stored);
    const row: Row = {
      ...Object.fromEntries(empty.map((field) => [field.name, null])),
      ...log,
      ...values,
      id,
    };
    table.install(row);
  };
  const groups = { ...GROUPS, ...(options.changeRequests && REQUEST_GROUPS) };
  Object.values(groups).forEach(({ id, name, externalId }, at) => {
    put('res.groups', id, { name });
    const [module = '', short = ''] = externalId.split('.');
    put('ir.model.data', at + 1, { module, name: short, model: 'res.groups', res_id: id });
  });
  installUsers(put, accounts, now.slice(0, 10));
  installModules(put, options);
  installVocabularies(put);
  put('ir.config_parameter', 1, { key: 'database.uuid', value: '00000000-0000-4000-8000-000000000000' });
  [...db.tables].forEach(({ model: { name, description } }, at) => {
    put('ir.model', at + 1, { model: name, name: description });
  });
  if (options.extras) installExtras(put);
  if (options.lock) put('ir.config_parameter', 2, { key: LOCK_PARAMETER, value: 'True' });
  if (options.changeRequests) installChangeRequests(put);
}

type Put = (model: string, id: number, values: Readonly<Record<string, Value>>) => void;

function installUsers(put: Put, accounts: readonly Account[], today: string): void {
  const contact = (id: number, name: string): void => {
    put('res.partner', id, { name, complete_name: name, active: true, registration_date: today });
  };
  contact(1, 'My Company');
  put('res.company', 1, { name: 'My Company', active: true, sequence: 10, partner_id: 1 });
  for (const { uid, name, login, groups } of accounts) {
    const partner = uid + 1;
    contact(partner, name);
    put('res.users', uid, {
      name,
      login,
      partner_id: partner,
      active: true,
      lang: 'en_US',
      group_ids: groups.map((group) => ALL_GROUPS[group].id),
      company_id: 1,
      company_ids: [1],
    });
  }
}

function installModules(put: Put, options: ModelOptions): void {
  const names = ['base', 'contacts', 'mail', 'openspp_contract'];
  names.forEach((name, at) => {
    put('ir.module.module', at + 1, { name, state: 'installed', latest_version: '19.0.2.0.0' });
  });
  const others: [name: string, has: boolean | undefined][] = [
    ['change_request', options.changeRequests],
    ['extras', options.extras],
    ['old_ids', options.oldIds],
    ['registry_lock', options.lock],
    ['source_tracking', options.sourceTracking],
  ];
  others.forEach(([name, has], at) => {
    const state = has ? 'installed' : 'uninstalled';
    put('ir.module.module', names.length + at + 1, { name: `openspp_contract_${name}`, state });
  });
}

const ID_TYPES = 'urn:openspp:vocab:id-type';
const MARITAL_STATUS = 'urn:un:unsd:pop-census:marital-status';

function installVocabularies(put: Put): void {
  put('spp.vocabulary', 1, { name: 'ID Type', namespace_uri: ID_TYPES, is_system: true });
  put('spp.vocabulary', 2, { name: 'Marital Status', namespace_uri: MARITAL_STATUS, is_system: true });
  const types: [code: string, display: string, target: string][] = [
    ['national_id', 'National ID', 'both'],
    ['passport', 'Passport', 'individual'],
    ['tax_id', 'Tax ID', 'both'],
    ['birth_certificate', 'Birth Certificate', 'individual'],
  ];
  types.forEach(([code, display, target], at) => {
    putCode(put, at + 1, ID_TYPES, { code, display, target_type: target, sequence: at + 1 });
  });
  const statuses = [
    ['S', 'Never Married'],
    ['M', 'Married'],
    ['W', 'Widowed'],
    ['D', 'Divorced'],
    ['L', 'Separated'],
  ];
  statuses.forEach(([code = '', display = ''], at) => {
    putCode(put, types.length + at + 1, MARITAL_STATUS, { code, display });
  });
}

function putCode(
  put: Put,
  id: number,
  namespace: string,
  values: Record<string, Value> & { code: string },
): void {
  put('spp.vocabulary.code', id, {
    vocabulary_id: namespace === ID_TYPES ? 1 : 2,
    namespace_uri: namespace,
    uri: `${namespace}#${values.code}`,
    sequence: 10,
    active: true,
    target_type: 'both',
    ...values,
  });
}

function installExtras(put: Put): void {
  putCode(put, 10, ID_TYPES, {
    code: 'brn',
    display: 'Birth Registration Number (BRN)',
    target_type: 'individual',
    id_validation: '^[A-Z0-9-]{3,30}$',
  });
  putSequence(put, 1, 'CRVS deaths', 'spp.dci.crvs.event.death', 'DEATH');
}

function putSequence(put: Put, id: number, name: string, code: string, prefix: string): void {
  put('ir.sequence', id, {
    name,
    code,
    implementation: 'standard',
    active: true,
    prefix: `${prefix}/%(year)s/`,
    number_next: 1,
    number_increment: 1,
    padding: 5,
  });
}

function installChangeRequests(put: Put): void {
  putSequence(put, 2, 'Change requests', 'spp.change.request', 'CR');
  put('spp.approval.definition', 1, { name: 'One validator' });
  const types = [
    ['exit_registrant', 'Exit Registrant', 'both'],
    ['edit_individual', 'Edit Individual Information', 'individual'],
    ['update_id', 'Update ID Document', 'both'],
  ] as const;
  types.forEach(([code, name, target], at) => {
    put('spp.change.request.type', at + 1, {
      name,
      code,
      active: true,
      target_type: target,
      detail_model: `spp.cr.detail.${code}`,
      approval_definition_id: 1,
      auto_apply_on_approve: true,
    });
  });
}
