import * as z from 'zod';
import { CONNECTOR_SECTIONS } from '../connectors/index.ts';
import { isTimeZone } from '../events/time-zone.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import { isNetwork } from '../http/client.ts';
import { APPLY_MODES } from '../openspp/apply-mode.ts';
import { SPELLING } from '../openspp/spellings.ts';
import { isHostAndPort } from './host-and-port.ts';
import { sourcesSchema } from './source-schema.ts';

const listenAddress = z
  .string()
  .refine(isHostAndPort, 'must be HOST:PORT, such as 127.0.0.1:9464 or [::]:9464');
const seconds = z
  .number()
  .positive()
  .max(86_400 * 365);
const count = z.int().positive();
const optionalText = z.string().min(1).nullable();
const types = z.array(z.string().min(1));
const zone = z.string().refine(isTimeZone, 'must be a time zone such as Africa/Lagos or UTC');

/** What one sender may and must do; what is left out is as for all. */
const senderRules = z.strictObject({
  aliases: z.array(z.string().min(1).max(255)).optional(),
  event_types: z.array(z.enum(VITAL_EVENT_TYPES)).optional(),
  max_window_seconds: seconds.optional(),
  must_encrypt: z.boolean().optional(),
  rate_per_minute: count.max(1_000_000).optional(),
  jwks_allow_http: z.boolean().optional(),
  jwks_allow_private_addresses: z.boolean().optional(),
  time_zone: zone.optional(),
});

/** The settings, as `config/default.yaml` explains them one by one. Unknown ones are refused. */
/** How values of an identifier type may be written. */
const spellingRule = z
  .strictObject({
    strip: z.boolean().optional(),
    upper: z.boolean().optional(),
    digits: z.boolean().optional(),
    spellings: z
      .array(
        z
          .string()
          .max(100)
          .regex(SPELLING, 'must be # for each character, with dashes or blanks, such as ####-####'),
      )
      .max(10)
      .optional(),
  })
  .refine(({ strip, spellings = [] }) => strip === true || spellings.length === 0, {
    path: ['spellings'],
    message: 'needs strip: true, since dashes and blanks count otherwise',
  });

export const settingsSchema = z.strictObject({
  ...CONNECTOR_SECTIONS,
  server: z.strictObject({
    host: z.string().min(1),
    port: z.int().min(0).max(65_535),
    max_body_bytes: count,
    max_bodies_bytes: count,
    max_waits: count,
    max_header_bytes: count.min(4096).max(1_048_576),
    max_connections: count,
    max_connections_per_address: count,
    handshake_timeout_seconds: seconds,
    request_timeout_seconds: seconds,
    headers_timeout_seconds: seconds,
    keep_alive_seconds: seconds,
    shutdown_seconds: seconds,
    tls_certificate_file: optionalText,
    tls_key_file: optionalText,
    tls_client_ca_file: optionalText,
    tls_client_is_sender: z.boolean(),
    trusted_proxies: z.array(
      z.string().refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8'),
    ),
    health_listen: listenAddress.nullable(),
    admin_token: z.string().min(32, 'must have at least 32 characters').nullable(),
    role: z.enum(['all', 'receiver', 'worker']),
  }),
  inbox: z.strictObject({
    url: z
      .string()
      .regex(
        /^(sqlite:.|postgres(ql)?:\/\/[^/\s]*\/[^/\s?]+)/,
        'must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE',
      ),
    retention_days: z.number().positive(),
    queue_limit: count,
    lease_seconds: z.number().min(5).max(3600),
    pool_size: count.max(100),
    timeout_seconds: z.number().min(1).max(600),
  }),
  odoo: z.strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).nullable(),
    db: optionalText,
    login: optionalText,
    api_key: optionalText,
    api_key_expires: z.iso.date('must be a day such as 2027-02-26').nullable(),
    password: optionalText,
    protocol: z.enum(['auto', 'json2', 'jsonrpc', 'xmlrpc']),
    timeout_seconds: seconds,
    public_url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).nullable(),
  }),
  senders: z.strictObject({
    refresh_seconds: seconds,
    unknown_cooldown_seconds: seconds,
    time_zone: zone.nullable(),
    by_id: z.record(z.string().min(1), senderRules),
  }),
  jwks: z.strictObject({
    allow_http: z.boolean(),
    allow_private_addresses: z.boolean(),
    timeout_seconds: seconds.max(10),
    minimum_seconds: seconds,
    default_seconds: seconds,
    maximum_seconds: seconds,
    cooldown_seconds: seconds,
    grace_seconds: z
      .number()
      .min(0)
      .max(86_400 * 365),
  }),
  keys: z.strictObject({
    directory: optionalText,
    signing_key: optionalText,
    encryption_key: optionalText,
    overlap_seconds: seconds,
    refresh_seconds: seconds,
    jwks_max_age_seconds: z
      .int()
      .min(0)
      .max(86_400 * 365),
  }),
  receiver_ids: z.array(z.string().min(1)),
  extensions: z.array(z.string().min(1)),
  delivery: z.strictObject({
    batch_size_minimum: count.max(5000),
    batch_size_first: count.max(5000),
    batch_size_maximum: count.max(5000),
    target_call_seconds: seconds,
    concurrency: count.max(64),
    backoff_initial_seconds: seconds,
    backoff_maximum_seconds: seconds,
    unanswered_grace_seconds: seconds,
    poll_seconds: seconds,
    attempts: count.max(1000),
    extension_timeout_seconds: seconds.max(600),
  }),
  apply: z.strictObject({
    mode: z.enum(APPLY_MODES),
    by_event_type: z.strictObject(
      Object.fromEntries(VITAL_EVENT_TYPES.map((type) => [type, z.enum(APPLY_MODES).optional()])) as Record<
        (typeof VITAL_EVENT_TYPES)[number],
        z.ZodOptional<z.ZodEnum<{ [Mode in (typeof APPLY_MODES)[number]]: Mode }>>
      >,
    ),
    poll_seconds: seconds.min(1).max(3600),
  }),
  death: z.strictObject({
    end_household_memberships: z.boolean(),
    revocation: z.enum(['flag', 'undo']),
  }),
  late_matches: z.strictObject({
    interval_seconds: seconds,
    maximum_interval_seconds: seconds,
    days: z.number().min(0).max(3650),
  }),
  sweep: z.strictObject({
    enabled: z.boolean(),
    interval_seconds: seconds,
    untouched_seconds: seconds,
  }),
  matching: z.strictObject({
    order: types,
    aliases: z.record(z.string().min(1), types),
    normalise: z.record(z.string().min(1), spellingRule),
    registration_numbers: z.strictObject({ birth: types, death: types, marriage: types, divorce: types }),
  }),
  sources: sourcesSchema,
  metrics: z.strictObject({
    listen: listenAddress.nullable(),
    token: z.string().min(16, 'must have at least 16 characters').nullable(),
  }),
  backfill: z.strictObject({
    page_size: count.max(1000),
    slice_days: count.max(3660),
    backlog_limit: count,
  }),
  screening: z.strictObject({
    batch_size: count.max(1000),
    chunk_size: count.max(5000),
    patience_seconds: seconds,
    keep_days: z.number().positive().max(3650),
  }),
  page: z.strictObject({
    enabled: z.boolean(),
    session_seconds: seconds.min(60),
    time_zone: zone,
    audit_days: z.number().positive().max(36_500),
  }),
  answers: z.strictObject({
    keep_days: z.number().positive().max(3650),
    poll_seconds: seconds,
  }),
  subscriptions: z.strictObject({
    confirmation_seconds: z.number().min(0).max(3600),
    renew_before_seconds: seconds,
    interval_seconds: seconds,
  }),
  log: z.strictObject({
    level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  }),
});

export type Settings = z.infer<typeof settingsSchema>;
