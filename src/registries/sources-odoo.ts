import type { OdooClient } from '../odoo/client.ts';
import { OdooError } from '../odoo/errors.ts';
import { fieldsGet, type OdooRow, searchRead } from '../odoo/orm.ts';
import { text } from '../odoo/values.ts';
import type { SourceSettings } from './source.ts';

const MODEL = 'spp.dci.data.source';
const FIELDS = [
  'code',
  'name',
  'registry_type',
  'base_url',
  'auth_type',
  'oauth2_token_url',
  'oauth2_client_id',
  'oauth2_scope',
  'oauth2_credential_location',
  'our_sender_id',
  'our_callback_uri',
  'receiver_id',
  'search_endpoint',
  'subscribe_endpoint',
  'auth_endpoint',
  'verify_ssl',
  'timeout',
];
/** For system administrators only: to all others Odoo does not even name them, and asking is an access error. */
const SECRETS = ['bearer_token', 'oauth2_client_secret'];

/**
 * The active rows of OpenSPP's DCI data sources, by code, with the secrets only where this user may read them. None
 * where OpenSPP has no DCI client.
 *
 * @throws OdooError
 */
export async function readDataSources(client: OdooClient): Promise<Map<string, SourceSettings>> {
  let fields: string[];
  try {
    const known = await fieldsGet(client, MODEL);
    fields = [...FIELDS, ...SECRETS].filter((name) => known.has(name));
  } catch (error) {
    if (error instanceof OdooError && error.code === 'odoo.unknown_model') return new Map();
    throw error;
  }
  const rows = await searchRead(client, MODEL, [['active', '=', true]], fields);
  return new Map(rows.flatMap((row) => entry(row)));
}

function entry(row: OdooRow): [string, SourceSettings][] {
  const code = text(row.code);
  if (code === null) return [];
  const optional = (field: string) => text(row[field]) ?? undefined;
  const baseUrl = optional('base_url');
  const authEndpoint = optional('auth_endpoint');
  return [
    [
      code,
      {
        name: optional('name'),
        registryType: optional('registry_type'),
        baseUrl,
        authType: authTypeOf(row.auth_type),
        tokenUrl: optional('oauth2_token_url') ?? (baseUrl && authEndpoint && joined(baseUrl, authEndpoint)),
        clientId: optional('oauth2_client_id'),
        clientSecret: optional('oauth2_client_secret'),
        scope: optional('oauth2_scope'),
        credentialLocation: row.oauth2_credential_location === 'query' ? 'query' : 'body',
        bearerToken: optional('bearer_token'),
        senderId: optional('our_sender_id'),
        callbackUri: optional('our_callback_uri'),
        receiverId: optional('receiver_id'),
        endpoints: { search: optional('search_endpoint'), subscribe: optional('subscribe_endpoint') },
        verifyTls: typeof row.verify_ssl === 'boolean' ? row.verify_ssl : undefined,
        timeoutMs: typeof row.timeout === 'number' && row.timeout > 0 ? row.timeout * 1000 : undefined,
      },
    ],
  ];
}

function authTypeOf(value: unknown): SourceSettings['authType'] {
  return value === 'none' || value === 'bearer' || value === 'basic' || value === 'oauth2'
    ? value
    : undefined;
}

const joined = (base: string, path: string) => base.replace(/\/+$/, '') + path;
