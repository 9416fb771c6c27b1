import { readOwnKeyEnds } from '../../odoo/api-key-end.ts';
import type { OdooClient } from '../../odoo/client.ts';
import { fieldsGet, type OdooDomain, type OdooRow, read, searchCount, searchRead } from '../../odoo/orm.ts';
import { many2oneId, text } from '../../odoo/values.ts';
import { type Access, readAccess } from '../../openspp/access.ts';
import { MODEL, OTHER_MODEL } from '../../openspp/vocabulary.ts';
import { type Answer, answerOf } from './answer.ts';

/** What else a deployment has that decides what the bridge can do; all of it read as the bridge's user. */
export interface DeploymentReading {
  access: Answer<Access>;
  /** Live API keys of the user: when each ends. */
  keyEnds: Answer<readonly (number | null)[]>;
  seen: Answer<SeenReading>;
  removedIds: Answer<RemovedIds>;
  /** Null where the programs module is not installed. */
  memberships: Answer<HiddenMemberships> | null;
}

/** What the user sees of the registrants. */
export interface SeenReading {
  /** The names of the user's companies; null where Odoo does not show them. */
  companies: readonly string[] | null;
  /** Areas that the user's local roles are for; null where OpenSPP has no areas, 0 where nothing narrows. */
  areas: number | null;
  /** Registry IDs, and those of them whose registrant the user cannot read: of another company, or another area. */
  ids: number;
  idsOfHidden: number;
  /** Registry IDs of archived registrants. */
  idsOfArchived: number;
}

/**
 * What shows whether a removed (`invalid`) registry ID blocks its type: the constraint itself is for administrators
 * to read.
 */
export interface RemovedIds {
  /** How many there are, as far as was looked. */
  count: number;
  /** Whether a registrant has a removed and a live ID of one type, which the old constraint does not allow. */
  hasTwin: boolean;
  /** The version of OpenSPP's registry module; null where that is not known. */
  registryVersion: string | null;
}

/** Memberships of disabled registrants, as far as they can be counted. */
export interface HiddenMemberships {
  disabledRegistrants: number;
  /** Of disabled registrants, in any state and those that are `enrolled` or `paused`. OpenSPP mostly hides all. */
  seen: number;
  open: number;
  /** Entitlements of disabled registrants that were not cancelled or rejected; null where that is not known. */
  entitlements: number | null;
}

/** Reads it all, one thing after the other: an Odoo has few workers. */
export async function readDeployment(client: OdooClient, now: number): Promise<DeploymentReading> {
  const access = await answerOf(readAccess(client));
  const keyEnds = await answerOf(readOwnKeyEnds(client, now));
  const seen = await answerOf(readSeen(client));
  const removedIds = await answerOf(readRemovedIds(client));
  const memberships = await answerOf(readMemberships(client));
  const without = !memberships.ok && memberships.error.code === 'odoo.unknown_model';
  return { access, keyEnds, seen, removedIds, memberships: without ? null : memberships };
}

async function readSeen(client: OdooClient): Promise<SeenReading> {
  const count = (domain: OdooDomain) => searchCount(client, MODEL.registryId, domain);
  const ids = await count([]);
  const idsOfHidden = await count([['partner_id', 'not any', [['id', '>', 0]]]]);
  const idsOfArchived = await count([['partner_id.active', '=', false]]);
  const companies = await answerOf(searchRead(client, OTHER_MODEL.company, [], ['name']));
  return {
    companies: companies.ok ? companies.value.map(({ name }) => text(name) ?? '') : null,
    areas: await readAreas(client),
    ids,
    idsOfHidden,
    idsOfArchived,
  };
}

/** OpenSPP's areas module keeps in `center_area_ids` what the user's local roles are for. */
async function readAreas(client: OdooClient): Promise<number | null> {
  if (!(await fieldsGet(client, OTHER_MODEL.user)).has('center_area_ids')) return null;
  const [user] = await read(client, OTHER_MODEL.user, [await client.uid()], ['center_area_ids']);
  return Array.isArray(user?.center_area_ids) ? user.center_area_ids.length : 0;
}

/** Removed IDs that are looked at: one twin among them is proof enough. */
const LOOKED_AT = 500;

async function readRemovedIds(client: OdooClient): Promise<RemovedIds> {
  const fields = ['partner_id', 'id_type_id'];
  const removed = await searchRead(client, MODEL.registryId, [['status', '=', 'invalid']], fields, {
    limit: LOOKED_AT,
    order: 'id desc',
  });
  const key = (row: OdooRow) => `${many2oneId(row.partner_id)} ${many2oneId(row.id_type_id)}`;
  const keys = new Set(removed.map(key));
  const live =
    removed.length === 0
      ? []
      : await searchRead(
          client,
          MODEL.registryId,
          [
            ['partner_id', 'in', [...new Set(removed.map((row) => many2oneId(row.partner_id)))]],
            ['status', '!=', 'invalid'],
          ],
          fields,
        );
  return {
    count: removed.length,
    hasTwin: keys.size < removed.length || live.some((row) => keys.has(key(row))),
    registryVersion: await readRegistryVersion(client),
  };
}

/** Where Odoo lets internal users read the modules (it does with Discuss). */
async function readRegistryVersion(client: OdooClient): Promise<string | null> {
  const domain = [
    ['name', '=', 'spp_registry'],
    ['state', '=', 'installed'],
  ];
  const rows = await answerOf(searchRead(client, 'ir.module.module', domain, ['latest_version']));
  return rows.ok ? text(rows.value[0]?.latest_version) : null;
}

async function readMemberships(client: OdooClient): Promise<HiddenMemberships> {
  const ofDisabled = ['partner_id.disabled', '!=', false];
  const seen = await searchCount(client, MODEL.membership, [ofDisabled]);
  const open =
    seen === 0
      ? 0
      : await searchCount(client, MODEL.membership, [ofDisabled, ['state', 'in', ['enrolled', 'paused']]]);
  const entitlements = await answerOf(
    searchCount(client, OTHER_MODEL.entitlement, [
      ofDisabled,
      ['state', 'not in', ['cancelled', 'rejected']],
    ]),
  );
  const disabledRegistrants = await searchCount(client, MODEL.registrant, [
    ['is_registrant', '=', true],
    ['disabled', '!=', false],
  ]);
  return { disabledRegistrants, seen, open, entitlements: entitlements.ok ? entitlements.value : null };
}
