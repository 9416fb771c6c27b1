import * as z from 'zod';
import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import { SKIP_REASONS } from '../inbox/event-actions.ts';
import { EVENT_STATES, type EventDetails, type EventSummary, type InboxCounts } from '../inbox/inbox.ts';
import { TRUST_METHODS, type Trust } from '../inbox/trust.ts';
import { filterFields } from '../operations/filter.ts';

/** What the operator's routes take and answer. Times are milliseconds since the epoch. */
export const listQuery = z.object({
  ...filterFields,
  order: z
    .enum(['newest', 'oldest'])
    .optional()
    .describe('By when they were received; newest where left out.'),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  before: z.coerce.number().int().positive().optional().describe('Only events with an id below this one.'),
  after: z.coerce.number().int().positive().optional().describe('Only events with an id above this one.'),
});

/** A filter names what it wants: an empty one would mean everything there ever was. */
export const selectionBody = z.union([
  z.strictObject({ ids: z.array(z.int().positive()).min(1).max(1000) }),
  z.strictObject({
    filter: z
      .strictObject(filterFields)
      .refine(
        (filter) => Object.keys(filter).length > 0,
        `name at least one of ${Object.keys(filterFields).join(', ')}`,
      )
      .meta({ minProperties: 1 }),
  }),
]);

const skipped = z
  .partialRecord(z.enum(SKIP_REASONS), z.int())
  .describe('How many were left as they are, by the reason.');
const auditId = z.int().nullable().describe('The entry of the audit log; null where nothing was changed.');
const changedIds = z.array(z.int()).describe('The first thousand ids.');

export const retryResult = z.object({
  retried: changedIds,
  retried_count: z.int(),
  skipped,
  audit_id: auditId,
});
export const setAsideResult = z.object({
  set_aside: changedIds,
  set_aside_count: z.int(),
  skipped,
  audit_id: auditId,
});

/** The route takes digits alone; an id that is no whole number of JavaScript's is nobody's, and not a mistake. */
export const eventParams = z.object({ id: z.coerce.number().meta({ type: 'integer', minimum: 1 }) });

const time = z.int().describe('Milliseconds since the epoch.');
const whenOrNull = time.nullable();

const summary = {
  id: z.int(),
  state: z.enum(EVENT_STATES),
  outcome: z.enum(['processed', 'error']).nullable(),
  odooEventId: z.int().nullable().describe('The id of its row in OpenSPP, once it is known.'),
  type: z.enum(INBOX_EVENT_TYPES),
  date: z.string().nullable().describe('YYYY-MM-DD.'),
  senderId: z.string(),
  correlationId: z.string(),
  receivedAt: time,
  settledAt: whenOrNull,
  dueAt: whenOrNull,
  attempts: z.int(),
  reason: z.string().nullable().describe('Why it is not processed, as a code, where that is known.'),
};

export const eventSummary = z.object(summary).meta({
  id: 'EventSummary',
  description: 'A line of a list: no personal data.',
}) satisfies z.ZodType<EventSummary>;

export const eventDetails = z
  .object({
    ...summary,
    identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
    reference: z.string(),
    messageId: z.string(),
    action: z.string(),
    dialect: z.string().nullable(),
    kid: z
      .string()
      .nullable()
      .describe(
        'Of the key that its signature verified with, or the method of a shared secret; see `trust`.',
      ),
    trust: z
      .object({ method: z.enum(TRUST_METHODS), keyId: z.string().nullable() })
      .describe('How the message was trusted, and the kid of the key where it was by a signature.'),
    body: z.string().describe('The message, as received.'),
    position: z.int().describe('Of the event in its message, from 0.'),
    errorMessage: z.string().nullable(),
    notes: z.string().nullable(),
    history: z.array(
      z.object({
        startedAt: time,
        endedAt: whenOrNull,
        outcome: z.string().nullable(),
        calls: z
          .array(z.object({ model: z.string(), method: z.string(), outcome: z.string(), ms: z.number() }))
          .describe('Of Odoo, for the whole batch that the event was in.'),
      }),
    ),
  })
  .meta({
    id: 'EventDetails',
    description: 'One event whole, with personal data.',
  }) satisfies z.ZodType<EventDetails & { trust: Trust }>;

export const inboxCounts = z
  .object({
    waiting: z.int(),
    deferred: z.int(),
    delivering: z.int(),
    processed: z.int(),
    error: z.int(),
    dead: z.int(),
    unmatched: z.int().describe('Of those in error: how many will be matched again by themselves.'),
    byReason: z
      .array(z.object({ reason: z.string(), count: z.int() }))
      .describe('Of the events that are not processed: how many have which reason, most first.'),
    oldestUnsettledAt: whenOrNull.describe(
      'When the oldest event was received that waits for the bridge: not settled, not dead, and waiting neither for people nor for its own date. Milliseconds since the epoch, or null.',
    ),
    unindexed: z
      .int()
      .describe('Events that a search does not find yet. They are delivered and counted anyway.'),
    oldestUnindexedAt: whenOrNull.describe('Where it is above a minute ago, indexing fails.'),
  })
  .meta({ id: 'InboxCounts' }) satisfies z.ZodType<InboxCounts>;
