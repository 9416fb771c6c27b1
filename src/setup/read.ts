import { type GroupNeed, SERVICE_USER } from '../doctor/requirements.ts';
import type { OdooClient } from '../odoo/client.ts';
import { type OdooRow, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { ID_TYPE_NAMESPACE, MODEL } from '../openspp/vocabulary.ts';
import { SetupError } from './setup-error.ts';
import type { Wishes } from './wishes.ts';

/** A group of Odoo's that was found. */
export interface FoundGroup extends GroupNeed {
  id: number;
}

/** What an OpenSPP has of that which the bridge needs; read as an administrator. */
export interface Found {
  groups: readonly FoundGroup[];
  /** Null where there is none; an archived one counts as there. */
  user: { id: number; active: boolean; groupIds: readonly number[]; hasKey: boolean } | null;
  idTypeVocabulary: number;
  /** Archived ones included. */
  idTypes: readonly { id: number; code: string; active: boolean }[];
  /** The sender that is to be registered, where it is there; archived ones included. */
  sender: { active: boolean } | null;
}

/** The archived, too. */
const ANY = ['active', 'in', [true, false]];

/** @throws {SetupError} where OpenSPP's own modules are not there */
export async function readFound(admin: OdooClient, wishes: Wishes): Promise<Found> {
  const groups: FoundGroup[] = [];
  for (const need of neededGroups(wishes)) groups.push(await findGroup(admin, need));
  const [vocabulary] = await searchRead(
    admin,
    'spp.vocabulary',
    [['namespace_uri', '=', ID_TYPE_NAMESPACE]],
    ['id'],
    { limit: 1 },
  );
  if (!vocabulary) {
    throw new SetupError(
      `there is no vocabulary ${ID_TYPE_NAMESPACE} in this database: install OpenSPP's registry modules, or correct ODOO_DB`,
    );
  }
  const codes = await searchRead(
    admin,
    MODEL.code,
    [['vocabulary_id', '=', vocabulary.id], ANY],
    ['code', 'active'],
  );
  return {
    groups,
    user: await findUser(admin, wishes.login),
    idTypeVocabulary: vocabulary.id,
    idTypes: codes.map((row) => ({ id: row.id, code: text(row.code) ?? '', active: row.active === true })),
    sender: wishes.sender && (await findSender(admin, wishes.sender.senderId)),
  };
}

function neededGroups({ officerGroup }: Wishes): readonly GroupNeed[] {
  if (officerGroup === null) return SERVICE_USER.groups;
  const [module = '', name = ''] = officerGroup.split('.');
  return SERVICE_USER.groups.map((group) => (group.module === null ? { ...group, module, name } : group));
}

async function findGroup(admin: OdooClient, need: GroupNeed): Promise<FoundGroup> {
  const domain = [
    ['model', '=', 'res.groups'],
    ['name', '=', need.name],
    ...(need.module === null ? [] : [['module', '=', need.module]]),
  ];
  const rows = await searchRead(admin, 'ir.model.data', domain, ['module', 'res_id'], { order: 'id' });
  const [row] = rows;
  if (row && rows.length === 1) return { ...need, module: text(row.module), id: Number(row.res_id) };
  if (!row) {
    throw new SetupError(
      `there is no group ${need.module ?? '(any module)'}.${need.name} (${need.label}): install OpenSPP's registry module, or name the group with --officer-group MODULE.NAME`,
    );
  }
  throw new SetupError(
    `several modules have a group ${need.name} (${rows.map(({ module }) => module).join(', ')}): name the one for ${need.label} with --officer-group MODULE.NAME`,
  );
}

async function findUser(admin: OdooClient, login: string): Promise<Found['user']> {
  const [row] = await searchRead(admin, 'res.users', [['login', '=', login], ANY], ['active', 'group_ids']);
  if (!row) return null;
  const keys = await searchRead(
    admin,
    'res.users.apikeys',
    [['user_id', '=', row.id]],
    ['name', 'scope', 'expiration_date'],
  );
  return {
    id: row.id,
    active: row.active === true,
    groupIds: row.group_ids as number[],
    hasKey: keys.some(isValid),
  };
}

/** A key for another purpose (a scope) opens nothing here. Odoo's times are UTC without saying so. */
function isValid({ scope, expiration_date: end }: OdooRow): boolean {
  if (scope !== false && scope !== 'rpc') return false;
  return typeof end !== 'string' || Date.parse(`${end.replace(' ', 'T')}Z`) > Date.now();
}

async function findSender(admin: OdooClient, senderId: string): Promise<Found['sender']> {
  const [row] = await searchRead(admin, MODEL.sender, [['sender_id', '=', senderId], ANY], ['active']);
  return row ? { active: row.active === true } : null;
}
