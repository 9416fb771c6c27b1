import * as z from 'zod';
import type { BackfillStatus } from '../backfill/service.ts';
import type { BackfillState } from '../backfill/state.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as 2024-12-01')
  .meta({ examples: ['2024-12-01'] });
const text = z.string().min(1).max(1000);
const type = z.enum(VITAL_EVENT_TYPES);

/** What `POST /api/crvs/backfill` takes. */
export const backfillBody = z.strictObject({
  from: day,
  to: day.describe('Included.'),
  types: z.array(type).min(1),
  source: text.optional().describe('The code of a source; crvs_main where left out.'),
  attribute: text
    .optional()
    .describe(
      'The registry’s name of the date that the range is about; the date of the event where left out.',
    ),
  pageSize: z.int().min(1).max(1000).optional(),
  sliceDays: z.int().min(1).max(3660).optional(),
  restart: z.boolean().optional().describe('Start again from the first day, instead of continuing.'),
});

const slice = { type, from: z.string(), to: z.string() };
const counts = z.object({ records: z.int(), created: z.int(), known: z.int(), unreadable: z.int() });

export const backfillState = z
  .object({
    plan: z.object({
      source: z.string(),
      types: z.array(type),
      from: z.string(),
      to: z.string(),
      attribute: z.string().nullable(),
    }),
    run: z.string(),
    by: z.enum(['bridge', 'command']),
    pageSize: z.int(),
    sliceDays: z.int(),
    state: z.enum(['running', 'stopped', 'failed', 'done']),
    startedAt: z.int().describe('Milliseconds since the epoch.'),
    updatedAt: z.int(),
    through: z.partialRecord(type, z.string()).describe('By type: the last day of what is done.'),
    counts,
    unreadable: z.array(z.object({ ...slice, page: z.int(), position: z.int(), reason: z.string() })),
    short: z.array(z.object(slice)),
    problem: z.string().nullable(),
    retryAt: z.int().nullable(),
  })
  .meta({ id: 'Backfill' }) satisfies z.ZodType<BackfillState>;

export const backfillStatus = z.object({
  state: backfillState.nullable().describe('Null where there never was one.'),
  progress: z
    .object({
      slice: z.object(slice),
      page: z.int(),
      days: z.object({ done: z.number(), total: z.number() }),
      counts,
    })
    .nullable()
    .describe('Where this bridge is; null where it is not at work.'),
}) satisfies z.ZodType<BackfillStatus>;
