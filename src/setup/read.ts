import { CHANGE_REQUEST_GROUP, type GroupNeed, SERVICE_USER } from '../doctor/requirements.ts';
import type { OdooClient } from '../odoo/client.ts';
import { fieldsGet, type OdooRow, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import { ID_TYPE_NAMESPACE, MODEL, OTHER_MODEL } from '../openspp/vocabulary.ts';
import { type FoundCompanies, readCompanies } from './read-companies.ts';
import { type Enforced, readEnforced } from './read-enforced.ts';
import type { SetupRequest } from './request.ts';
import { hasSample } from './sample.ts';
import { SetupError } from './setup-error.ts';

/** A group of Odoo's that was found. */
interface FoundGroup extends GroupNeed {
  id: number;
}

/** The bridge's user, where it is there; an archived one counts as there. */
export interface FoundUser {
  id: number;
  active: boolean;
  groupIds: readonly number[];
  companyIds: readonly number[];
  hasKey: boolean;
  /** Whether it logs in with a second factor of its own. */
  hasSecondFactor: boolean;
}

/** A row of OpenSPP's CRVS Sender Registry. */
export interface FoundSender {
  senderId: string;
  active: boolean;
  algorithm: string | null;
  /** PEM; null where none is entered. */
  publicKey: string | null;
  jwksUrl: string | null;
}

/** What an OpenSPP has of that which the bridge needs; read as an administrator. */
export interface Found extends Enforced {
  groups: readonly FoundGroup[];
  /** Whether OpenSPP has change requests. */
  hasChangeRequests: boolean;
  user: FoundUser | null;
  companies: FoundCompanies;
  idTypeVocabulary: number;
  /** Archived ones included. */
  idTypes: readonly { id: number; code: string; active: boolean }[];
  /** Senders of the name that is to be registered, in whatever letter case; archived ones included. */
  senders: readonly FoundSender[];
  /** Whether the registrant for a trial is there, or not asked for. */
  hasSample: boolean;
}

/** The archived, too. */
const ANY = ['active', 'in', [true, false]];

/** @throws {SetupError} where OpenSPP's own modules are not there */
export async function readFound(admin: OdooClient, request: SetupRequest): Promise<Found> {
  const hasChangeRequests = await hasModel(admin, OTHER_MODEL.changeRequest);
  const groups: FoundGroup[] = [];
  for (const need of neededGroups(request, hasChangeRequests)) groups.push(await findGroup(admin, need));
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
    ...(await readEnforced(admin)),
    groups,
    hasChangeRequests,
    user: await findUser(admin, request.login),
    companies: await readCompanies(admin),
    idTypeVocabulary: vocabulary.id,
    idTypes: codes.map((row) => ({ id: row.id, code: text(row.code) ?? '', active: row.active === true })),
    hasSample: !request.sampleRegistrant || (await hasSample(admin)),
    senders: request.sender ? await findSenders(admin, request.sender.senderId) : [],
  };
}

/** Whether the database has a model, whatever the administrator may do there. */
async function hasModel(admin: OdooClient, model: string): Promise<boolean> {
  return (await searchRead(admin, 'ir.model', [['model', '=', model]], ['model'])).length > 0;
}

function neededGroups(
  { officerGroup, withoutChangeRequests }: SetupRequest,
  hasChangeRequests: boolean,
): readonly GroupNeed[] {
  const [module = '', name = ''] = officerGroup?.split('.') ?? [];
  const groups = SERVICE_USER.groups.map((group) =>
    officerGroup !== null && group.module === null ? { ...group, module, name } : group,
  );
  return hasChangeRequests && !withoutChangeRequests ? [...groups, CHANGE_REQUEST_GROUP] : groups;
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
  const other =
    need === CHANGE_REQUEST_GROUP
      ? 'leave it out with --without-change-requests, and add the user to it in Odoo'
      : 'name the group with --officer-group MODULE.NAME';
  if (!row) {
    throw new SetupError(
      `there is no group ${need.module ?? '(any module)'}.${need.name} (${need.label}): install the OpenSPP module that has it, or ${other}`,
    );
  }
  throw new SetupError(
    `several modules have a group ${need.name} for ${need.label} (${rows.map(({ module }) => module).join(', ')}): ${other}`,
  );
}

async function findUser(admin: OdooClient, login: string): Promise<Found['user']> {
  const known = await fieldsGet(admin, OTHER_MODEL.user);
  const optional = ['company_ids', 'totp_enabled'].filter((field) => known.has(field));
  const fields = ['active', 'group_ids', ...optional];
  const [row] = await searchRead(admin, OTHER_MODEL.user, [['login', '=', login], ANY], fields);
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
    companyIds: Array.isArray(row.company_ids) ? (row.company_ids as number[]) : [],
    hasKey: keys.some(isValid),
    hasSecondFactor: row.totp_enabled === true,
  };
}

/** A key for another purpose (a scope) opens nothing here. Odoo's times are UTC without saying so. */
function isValid({ scope, expiration_date: end }: OdooRow): boolean {
  if (scope !== false && scope !== 'rpc') return false;
  return typeof end !== 'string' || Date.parse(`${end.replace(' ', 'T')}Z`) > Date.now();
}

/** Who entered a sender by hand may have written its name in other letters. */
async function findSenders(admin: OdooClient, senderId: string): Promise<FoundSender[]> {
  const known = await fieldsGet(admin, MODEL.sender);
  const fields = ['sender_id', 'active', 'algorithm', 'public_key', 'jwks_url'].filter((name) =>
    known.has(name),
  );
  // An underscore in the name is any character to Odoo: what comes is compared again.
  const rows = await searchRead(admin, MODEL.sender, [['sender_id', 'ilike', senderId], ANY], fields, {
    order: 'id',
  });
  return rows.flatMap((row) => {
    const found = text(row.sender_id) ?? '';
    if (found.toLowerCase() !== senderId.toLowerCase()) return [];
    return [
      {
        senderId: found,
        active: row.active === true,
        algorithm: text(row.algorithm),
        publicKey: text(row.public_key),
        jwksUrl: text(row.jwks_url),
      },
    ];
  });
}
