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

/** What an OpenCRVS 2 asks: the same repository, for the events API. */
const common2 = z.object({
  version: z.literal('1.0.0').optional(),
  reg_type: z.string().optional(),
  reg_event_type: z.enum(['birth', 'death']),
  sort: z.array(z.object({ attribute_name: z.string(), sort_order: z.enum(['asc', 'desc']) })).optional(),
  pagination: z.object({ page_size: z.int().positive(), page_number: z.int().positive() }).optional(),
});
const comparison2 = z.object({
  attribute_name: z.string(),
  operator: z.enum(['gt', 'lt', 'eq', 'ge', 'le', 'in']),
  attribute_value: z.string(),
});
const criteria2 = z.union([
  common2.extend({
    query_type: z.literal('expression'),
    query: z.object({
      type: z.literal('ns:org:QueryType:expression'),
      value: z.object({ expression: z.object({ query: z.record(z.string(), z.unknown()) }) }),
    }),
  }),
  common2.extend({
    query_type: z.literal('idtype-value'),
    query: z.object({ type: z.enum(['UIN', 'BRN', 'DRN']), value: z.string() }),
  }),
  common2.extend({
    query_type: z.literal('predicate'),
    query: z.array(
      z.object({
        seq_num: z.number().optional(),
        expression1: comparison2,
        condition: z.enum(['and']).optional(),
        expression2: comparison2.optional(),
      }),
    ),
  }),
]);

const messageOf = (search_criteria: z.ZodType) =>
  z.object({
    transaction_id: z.string().max(99),
    search_request: z.array(
      z.object({
        reference_id: z.string(),
        timestamp: dateTime,
        search_criteria,
        locale: z
          .string()
          .regex(/^[a-z]{3,3}$/)
          .optional(),
      }),
    ),
  });

const operations = (search_criteria: z.ZodType): Record<string, z.ZodType> => {
  const sync = z.object({ signature: z.string().optional(), header, message: messageOf(search_criteria) });
  return {
    '/registry/sync/search': sync,
    // An asynchronous request must say where the answer is to go.
    '/registry/search': sync.extend({ header: header.extend({ sender_uri: z.string() }) }),
  };
};
const FIRST = operations(criteria);
const SECOND = operations(criteria2);

/** What is wrong with a request to a path of OpenCRVS's DCI API. */
export const opencrvsProblems = (path: string, body: unknown) => problems(FIRST, path, body);

/** What is wrong with one to a path of OpenCRVS 2's. */
export const opencrvs2Problems = (path: string, body: unknown) => problems(SECOND, path, body);

function problems(all: Record<string, z.ZodType>, path: string, body: unknown): string[] {
  const schema = all[path];
  if (!schema) return [`${path} is no operation`];
  const result = schema.safeParse(body);
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`);
}
