import * as z from 'zod';
import type { Estimate } from '../screening/dry-run.ts';
import type { Screening } from '../screening/job.ts';
import { SCREENING_KINDS } from '../screening/plan.ts';
import type { ReportEntry } from '../screening/report.ts';
import type { ScreeningProgress } from '../screening/run-screening.ts';

const kind = z.enum(SCREENING_KINDS);
const id = z.int().min(1).max(2_147_483_647);
const population = z.union([
  z.strictObject({ of: z.enum(['program', 'cycle']), id: id.describe('`spp.program` or `spp.cycle`.') }),
  z.strictObject({ of: z.literal('all') }),
]);

/** What `POST /api/screenings` takes. */
export const screeningBody = z.strictObject({
  kind,
  population: population.describe('Everybody enrolled in a program or a payment round, or all registrants.'),
  source: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The code of a source; the service’s own where left out.'),
  fileEvents: z
    .boolean()
    .default(false)
    .describe('For deaths: put those that are found into the inbox, to be applied like notifications.'),
  maxAgeSeconds: z
    .int()
    .min(1)
    .max(3650 * 86_400)
    .nullable()
    .default(null)
    .describe('Take over plain answers of earlier screenings that are not older.'),
});

export const screeningParams = z.object({ id: z.string().regex(/^[0-9a-f]{1,32}$/, 'expected an id') });

const counts = z.object({
  outcomes: z.record(z.string(), z.int()).describe('How many registrants have which answer.'),
  effects: z.record(z.string(), z.int()).describe('What became of the answers: filed, recorded, ….'),
  kept: z.int().describe('Answers that were taken over from earlier screenings.'),
});

export const screening = z
  .object({
    id: z.string(),
    plan: z.object({
      kind,
      source: z.string(),
      population: z.union([
        z.object({ of: z.enum(['program', 'cycle']), id: z.int() }),
        z.object({ of: z.literal('all') }),
      ]),
      fileEvents: z.boolean(),
      maxAgeSeconds: z.int().nullable(),
    }),
    by: z.enum(['bridge', 'command']),
    run: z.string(),
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    cancel: z.boolean().describe('Somebody asked it to stop.'),
    createdAt: z.int().describe('Milliseconds since the epoch.'),
    updatedAt: z.int(),
    finishedAt: z.int().nullable(),
    people: z.int().nullable().describe('Registrants; null until they are counted.'),
    chunks: z.int().nullable(),
    chunkSize: z.int(),
    next: z.int().describe('The first chunk that is not finished.'),
    counts,
    requests: z.int(),
    problem: z.string().nullable().describe('Why it failed, or waits to try again.'),
    retryAt: z.int().nullable(),
  })
  .meta({ id: 'Screening' }) satisfies z.ZodType<Screening>;

export const screeningStatus = z.object({
  screening,
  progress: z
    .object({
      phase: z.enum(['counting', 'asking']),
      done: z.int(),
      total: z.int().nullable(),
      counts,
      requests: z.int(),
    })
    .nullable()
    .describe(
      'Where this bridge is with it; null where it is not at work on it.',
    ) satisfies z.ZodType<ScreeningProgress | null>,
});

export const screeningEstimate = z.object({
  people: z.int(),
  noIdentifier: z.int(),
  kept: z.int(),
  questions: z.int(),
  requests: z.int(),
  seconds: z.int().describe('At the pace of the source, with a second for each answer.'),
}) satisfies z.ZodType<Estimate>;

export const reportEntry = z
  .object({
    registrantId: z.int().describe('`res.partner`.'),
    outcome: z.enum([
      'alive',
      'deceased',
      'no_duplicate',
      'duplicate',
      'no_disability',
      'disability',
      'not_known',
      'no_identifier',
    ]),
    reason: z.string().optional(),
    detail: z.string().optional(),
    date: z.string().optional().describe('Of the death; left out where the registry gives none.'),
    number: z.string().optional().describe('Of the death’s registration.'),
    programs: z.array(z.string()).optional(),
    effect: z.enum(['filed', 'known', 'recorded', 'refused', 'absent', 'forbidden']).optional(),
    askedAt: z.string().nullable(),
    takenOver: z.boolean(),
  })
  .meta({ id: 'ScreenedRegistrant' }) satisfies z.ZodType<{
  [Name in keyof ReportEntry]: ReportEntry[Name] | undefined;
}>;
