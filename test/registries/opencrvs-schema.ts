import * as z from 'zod';

/**
 * What OpenCRVS's DCI API asks of requests, re-stated from `packages/http-api/src/validations.ts` of
 * opencrvs/dci-crvs-api (`maybeEncryptedSyncSearchRequestSchema`, `maybeEncryptedAsyncSearchRequestSchema`).
 */
const dateTime = z.iso.datetime({ offset: true });

const header = z.object({
  version: z.string().optional(),
  message_id: z.string(),
  message_ts: dateTime,
  action: z.literal('search'),
  sender_id: z.string(),
  sender_uri: z.string().optional(),
  receiver_id: z.string().optional(),
  total_count: z.number(),
  is_msg_encrypted: z.boolean().optional(),
});

const common = z.object({
  version: z.string().optional(),
  reg_type: z.enum([
    'ocrvs:registry_type:birth',
    'ocrvs:registry_type:death',
    'ocrvs:registry_type:marriage',
  ]),
  sort: z
    .array(z.object({ attribute_name: z.string().optional(), sort_order: z.enum(['asc', 'desc']) }))
    .optional(),
  pagination: z
    .object({ page_size: z.int().positive(), page_number: z.int().positive().optional() })
    .optional(),
});

const comparison = z.object({
  attribute_name: z.enum(['birthdate', 'birthplace']),
  operator: z.enum(['gt', 'lt', 'eq', 'ge', 'le']),
  attribute_value: z.string(),
});

const criteria = z.union([
  common.extend({
    query_type: z.literal('predicate'),
    query: z.array(
      z.object({
        seq_num: z.number().optional(),
        expression1: comparison,
        condition: z.enum(['and']).optional(),
        expression2: comparison.optional(),
      }),
    ),
  }),
  common.extend({
    query_type: z.literal('idtype-value'),
    query: z.object({
      type: z.enum(['BRN', 'DRN', 'MRN', 'OPENCRVS_RECORD_ID', 'NID']),
      value: z.string(),
    }),
  }),
]);

const message = z.object({
  transaction_id: z.string().max(99),
  search_request: z.array(
    z.object({
      reference_id: z.string(),
      timestamp: dateTime,
      search_criteria: criteria,
      locale: z
        .string()
        .regex(/^[a-z]{3,3}$/)
        .optional(),
    }),
  ),
});

const sync = z.object({ signature: z.string().optional(), header, message });
/** An asynchronous request must say where the answer is to go. */
const async = sync.extend({ header: header.extend({ sender_uri: z.string() }) });

/** What is wrong with a request to a path of OpenCRVS's DCI API. */
export function opencrvsProblems(path: string, body: unknown): string[] {
  const schema = { '/registry/sync/search': sync, '/registry/search': async }[path];
  if (!schema) return [`${path} is no operation`];
  const result = schema.safeParse(body);
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`);
}
