import * as z from 'zod';
import { CONNECTOR_SECTIONS } from '../connectors/index.ts';
import { isNetwork } from '../http/client.ts';
import { applySchema, deathSchema, deliverySchema, lateMatchesSchema } from './delivery.ts';
import { matchingSchema } from './matching.ts';
import { section } from './section.ts';
import { echoAliases, sendersSchema } from './senders.ts';
import { sourcesSchema } from './sources.ts';
import { count, httpAddress, optionalText, seconds, token, zone } from './values.ts';

const fromZero = z
  .number()
  .min(0)
  .max(86_400 * 365);
const days = z.number().positive().max(3650);

/** `HOST:PORT`, an IPv6 address in brackets. */
const hostAndPort = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue({ code: 'custom', message: 'must be HOST:PORT, such as 127.0.0.1:9464 or [::]:9464' });
  return z.NEVER;
});

const server = section(
  {
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
    health_listen: hostAndPort.nullable(),
    admin_token: token(32),
    role: z.enum(['all', 'receiver', 'worker']),
  },
  [
    (own) => (own.tls_certificate_file === null) === (own.tls_key_file === null),
    'tls_key_file',
    'set both server.tls_certificate_file and server.tls_key_file, or neither',
  ],
  [
    (own) => own.tls_client_ca_file === null || own.tls_certificate_file !== null,
    'tls_client_ca_file',
    'needs server.tls_certificate_file and server.tls_key_file',
  ],
  [
    (own) => !own.tls_client_is_sender || own.tls_client_ca_file !== null,
    'tls_client_is_sender',
    'needs server.tls_client_ca_file',
  ],
  [
    (own) => own.max_bodies_bytes >= own.max_body_bytes,
    'max_bodies_bytes',
    'is less than server.max_body_bytes: a message of that size would never be accepted',
  ],
).transform(({ tlsCertificateFile: certificateFile, tlsKeyFile: keyFile, tlsClientCaFile, ...own }) => ({
  ...own,
  tls:
    certificateFile === null || keyFile === null
      ? null
      : { certificateFile, keyFile, clientCaFile: tlsClientCaFile },
}));

const inbox = section({
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
});

const odoo = section({
  url: httpAddress.nullable(),
  db: optionalText,
  login: optionalText,
  api_key: optionalText,
  // The start of that day, in milliseconds since the epoch.
  api_key_expires: z.iso.date('must be a day such as 2027-02-26').transform(Date.parse).nullable(),
  password: optionalText,
  protocol: z.enum(['auto', 'json2', 'jsonrpc', 'xmlrpc']),
  timeout_seconds: seconds,
  public_url: httpAddress.nullable(),
});

const jwks = section(
  {
    allow_http: z.boolean(),
    allow_private_addresses: z.boolean(),
    timeout_seconds: seconds.max(10),
    minimum_seconds: seconds,
    default_seconds: seconds,
    maximum_seconds: seconds,
    cooldown_seconds: seconds,
    grace_seconds: fromZero,
  },
  [(own) => own.minimum_seconds <= own.maximum_seconds, 'minimum_seconds', 'is above jwks.maximum_seconds'],
);

const keys = section(
  {
    directory: optionalText,
    signing_key: optionalText,
    encryption_key: optionalText,
    overlap_seconds: seconds,
    refresh_seconds: seconds,
    jwks_max_age_seconds: z
      .int()
      .min(0)
      .max(86_400 * 365),
  },
  [
    (own) => own.overlap_seconds >= own.jwks_max_age_seconds,
    'overlap_seconds',
    'is below keys.jwks_max_age_seconds: a sender could seal to a key that is retired',
  ],
);

// A day of the calendar: not a duration.
const backfill = z
  .strictObject({ page_size: count.max(1000), slice_days: count.max(3660), backlog_limit: count })
  .transform((own) => ({
    pageSize: own.page_size,
    sliceDays: own.slice_days,
    backlogLimit: own.backlog_limit,
  }));

/** The sections of the settings, as `config/default.yaml` explains them one by one. Unknown ones are refused. */
const sections = z.strictObject({
  ...CONNECTOR_SECTIONS,
  server,
  inbox,
  odoo,
  senders: sendersSchema,
  jwks,
  keys,
  receiver_ids: z.array(z.string().min(1)),
  extensions: z.array(z.string().min(1)),
  delivery: deliverySchema,
  apply: applySchema,
  death: deathSchema,
  late_matches: lateMatchesSchema,
  sweep: section({ enabled: z.boolean(), interval_seconds: seconds, untouched_seconds: seconds }),
  matching: matchingSchema,
  sources: sourcesSchema,
  metrics: section({ listen: hostAndPort.nullable(), token: token(16) }),
  backfill,
  screening: section({
    batch_size: count.max(1000),
    chunk_size: count.max(5000),
    patience_seconds: seconds,
    keep_days: days,
  }),
  page: section({
    enabled: z.boolean(),
    session_seconds: seconds.min(60),
    time_zone: zone,
    audit_days: z.number().positive().max(36_500),
  }),
  answers: section({ keep_days: days, poll_seconds: seconds }),
  subscriptions: section({
    confirmation_seconds: z.number().min(0).max(3600),
    renew_before_seconds: seconds,
    interval_seconds: seconds,
  }),
  log: section({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']) }),
});

/** The settings, in the types that the modules use: each section with what it takes from others. */
export const settingsSchema = sections.transform(
  ({ receiver_ids: receiverIds, late_matches: lateMatches, ...own }) => ({
    ...own,
    lateMatches,
    /** What connectors share. */
    receiving: {
      maxBodyBytes: own.server.maxBodyBytes,
      clientIsSender: own.server.tlsClientIsSender,
      memorySeconds: own.inbox.retentionMs / 1000,
      receiverIds,
    },
    senders: { ...own.senders, aliases: new Map([...echoAliases(own.sources), ...own.senders.aliases]) },
    delivery: {
      ...own.delivery,
      matchAgainAfterMs: lateMatches.forMs > 0 ? lateMatches.intervalMs : null,
    },
    backfill: { ...own.backfill, queueLimit: own.inbox.queueLimit },
    // What a screening files waits behind the same limits as what a catch-up finds.
    screening: {
      ...own.screening,
      backlogLimit: own.backfill.backlogLimit,
      queueLimit: own.inbox.queueLimit,
      order: own.matching.order,
    },
  }),
);

export type Settings = z.output<typeof settingsSchema>;
