import * as z from 'zod';
import { sourcesSchema } from './source-schema.ts';

const seconds = z
  .number()
  .positive()
  .max(86_400 * 365);
const count = z.int().positive();
const optionalText = z.string().min(1).nullable();
const types = z.array(z.string().min(1));

/** The settings, as `config/default.yaml` explains them one by one. Unknown ones are refused. */
export const settingsSchema = z.strictObject({
  server: z.strictObject({
    host: z.string().min(1),
    port: z.int().min(0).max(65_535),
    max_body_bytes: count,
    request_timeout_seconds: seconds,
    shutdown_seconds: seconds,
    admin_token: z.string().min(32, 'must have at least 32 characters').nullable(),
  }),
  inbox: z.strictObject({
    url: z.string().regex(/^sqlite:./, 'must be sqlite:PATH'),
    retention_days: z.number().positive(),
    queue_limit: count,
  }),
  odoo: z.strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).nullable(),
    db: optionalText,
    login: optionalText,
    api_key: optionalText,
    password: optionalText,
    protocol: z.enum(['auto', 'json2', 'jsonrpc', 'xmlrpc']),
    timeout_seconds: seconds,
  }),
  senders: z.strictObject({
    refresh_seconds: seconds,
    unknown_cooldown_seconds: seconds,
  }),
  signature: z.strictObject({
    clock_skew_seconds: z.number().min(0).max(3600),
    max_window_seconds: seconds,
    allow_unsigned: z.boolean(),
  }),
  receiver_ids: z.array(z.string().min(1)),
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
  }),
  matching: z.strictObject({
    order: types,
    aliases: z.record(z.string().min(1), types),
    registration_numbers: z.strictObject({ birth: types, death: types, marriage: types, divorce: types }),
  }),
  sources: sourcesSchema,
  log: z.strictObject({
    level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  }),
});

export type Settings = z.infer<typeof settingsSchema>;
