import { validationError } from '../errors.ts';
import { boolean, char, datetime, integer, type Row, selection, text } from '../model/field.ts';
import type { ModelDefinition } from '../model/model.ts';
import type { Environment } from '../orm/environment.ts';

const MODEL = 'spp.dci.data.source';

/** The external registries that can be asked; their secrets are for administrators. */
export const dataSource: ModelDefinition = {
  name: MODEL,
  description: 'DCI Data Source',
  order: 'name',
  fields: {
    name: char({ required: true }),
    code: char({ required: true, indexed: true }),
    registry_type: selection([
      ['ns:org:RegistryType:Social', 'Social Registry'],
      ['ns:org:RegistryType:IBR', 'Integrated Beneficiary Registry (IBR)'],
      ['ns:org:RegistryType:Civil', 'Civil Registration and Vital Statistics (CRVS)'],
      ['ns:org:RegistryType:DR', 'Disability Registry (DR)'],
      ['ns:org:RegistryType:FR', 'Functional Registry (FR)'],
      ['SOCIAL_REGISTRY', 'Social Registry (old)'],
      ['IBR', 'IBR (old)'],
      ['CRVS', 'CRVS (old)'],
      ['DR', 'DR (old)'],
      ['FR', 'FR (old)'],
    ]),
    base_url: char({ required: true }),
    auth_type: selection(
      [
        ['none', 'None'],
        ['bearer', 'Bearer Token'],
        ['basic', 'Basic Authentication'],
        ['oauth2', 'OAuth2'],
      ],
      { required: true, default: 'oauth2' },
    ),
    bearer_token: char({ groups: 'base.group_system' }),
    oauth2_token_url: char(),
    oauth2_client_id: char(),
    oauth2_client_secret: char({ groups: 'base.group_system' }),
    oauth2_scope: char(),
    oauth2_credential_location: selection(
      [
        ['body', 'Request Body (RFC 6749 Standard)'],
        ['query', 'Query Parameters (OpenCRVS Workaround)'],
      ],
      { default: 'body' },
    ),
    verify_ssl: boolean({ default: true }),
    timeout: integer({ default: 30 }),
    active: boolean({ default: true }),
    our_sender_id: char(),
    our_callback_uri: char(),
    receiver_id: char(),
    search_endpoint: char({ default: '/registry/sync/search' }),
    subscribe_endpoint: char({ default: '/registry/subscribe' }),
    auth_endpoint: char({ default: '/oauth2/client/token' }),
    state: selection(
      [
        ['draft', 'Not Configured'],
        ['testing', 'Testing'],
        ['active', 'Active'],
        ['error', 'Connection Error'],
      ],
      { default: 'draft' },
    ),
    last_test_date: datetime({ readonly: true }),
    last_error: text({ readonly: true }),
  },
  access: [
    { group: 'administrator', operations: ['read', 'write', 'create', 'unlink'] },
    { group: 'user', operations: ['read'] },
  ],
  constraints: [{ fields: ['code'], check: checkCode }],
};

function checkCode(env: Environment, rows: readonly Row[]): void {
  for (const row of rows) {
    const code = String(row.code ?? '');
    // Lower case needs at least one letter that has a case.
    const isLower = code === code.toLowerCase() && code !== code.toUpperCase();
    if (!isLower || !/^[\p{L}\p{N}_]+$/u.test(code)) {
      throw validationError('Code must contain only lowercase alphanumeric characters and underscores.');
    }
    const others = [
      ['code', '=', code],
      ['id', '!=', row.id],
    ];
    if (env.search(MODEL, others, { limit: 1 }).length > 0) {
      throw validationError('Data source code must be unique. Please choose a different code.');
    }
  }
}
