import * as z from 'zod';
import { QUERY_STYLES, type SourceSettings } from '../registries/source.ts';
import { named } from './section.ts';
import { zone } from './values.ts';

const text = z.string().min(1);
const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const path = z.string().startsWith('/', 'must begin with /');

/** One registry that can be asked; what is left out is taken from OpenSPP's data source of the same code. */
const source = z
  .strictObject({
    name: text,
    registry_type: text,
    base_url: address,
    dialect: z.enum(['spdci', 'opencrvs']),
    query_style: z.enum(QUERY_STYLES),
    reg_type: text,
    sender_id: text,
    callback_uri: address,
    receiver_id: text,
    auth_type: z.enum(['none', 'bearer', 'basic', 'oauth2']),
    token_url: address,
    client_id: text,
    client_secret: text,
    scope: text,
    credential_location: z.enum(['body', 'query']),
    bearer_token: text,
    username: text,
    password: text,
    search_endpoint: path,
    async_search_endpoint: path,
    subscribe_endpoint: path,
    unsubscribe_endpoint: path,
    status_endpoint: path,
    sync_status_endpoint: path,
    older_unsubscribe: z.boolean(),
    verify_tls: z.boolean(),
    timeout_seconds: z.number().positive().max(3600),
    answer_timeout_seconds: z.number().positive().max(86_400),
    concurrency: z.int().min(1).max(256),
    requests_per_second: z.number().positive().max(10_000),
    batch_size: z.int().min(1).max(1000),
    attempts: z.int().min(1).max(10),
    signing_key_file: text,
    signing_key_id: text,
    signature_form: z.enum(['http', 'jws']),
    sign_requests: z.boolean(),
    registry_key_file: text,
    registry_jwks_url: address,
    verify_answers: z.boolean(),
    registry_sender_id: text,
    registry_key_algorithm: z.enum(['ed25519', 'rs256', 'ps256', 'es256', 'es384']),
    repeats_identifiers: z.boolean(),
    population_register: z.boolean(),
    time_zone: zone,
    identifier_types: z.record(text, text),
  })
  .partial()
  .transform(
    (raw): SourceSettings => ({
      ...named(raw),
      endpoints: {
        search: raw.search_endpoint,
        asyncSearch: raw.async_search_endpoint,
        subscribe: raw.subscribe_endpoint,
        unsubscribe: raw.unsubscribe_endpoint,
        status: raw.status_endpoint,
        syncStatus: raw.sync_status_endpoint,
      },
    }),
  );

/** By the code of the data source. */
export const sourcesSchema = z
  .record(z.string().regex(/^[a-z0-9_]+$/, 'must be a code: lower-case letters, digits and _'), source)
  .transform((sources): ReadonlyMap<string, SourceSettings> => new Map(Object.entries(sources)));
