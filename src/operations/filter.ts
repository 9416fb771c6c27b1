import * as z from 'zod';
import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import type { EventFilter } from '../inbox/inbox.ts';
import type { RefusalFilter } from '../inbox/refusals.ts';

/** What a filter may ask of an event's state: a state of the inbox, or what became of a settled event. */
export const STATES = ['waiting', 'deferred', 'delivering', 'processed', 'error', 'dead', 'settled'] as const;

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as 2024-12-01')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'there is no such day');

/** What events are chosen by, the same for page, API and commands. */
export const filterFields = {
  state: z.enum(STATES).optional().describe('`settled` means `processed` or `error`; `dead` is set aside.'),
  outcome: z.enum(['processed', 'error']).optional().describe('The older way to ask for these two states.'),
  type: z.enum(INBOX_EVENT_TYPES).optional(),
  sender: z.string().min(1).max(300).optional().describe('The sender_id.'),
  reason: z.string().min(1).max(100).optional().describe('Why it is not processed, as a code.'),
  from: day.optional().describe('Received on that day or later, UTC.'),
  to: day.optional().describe('Received on that day or before, UTC.'),
  audit: z.coerce.number().int().positive().optional().describe('Changed by that entry of the audit log.'),
};

const fieldsSchema = z.object(filterFields);

/** A filter as it was read; `outcome` has become a `state`. */
export type EventQuery = Omit<z.output<typeof fieldsSchema>, 'outcome'>;

/** A filter that is refused; the message names the field and what it takes, and quotes nothing. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
  }
}

/**
 * Reads a filter from texts; empty ones and other names mean nothing.
 *
 * @throws {FilterError}
 */
export function parseFilter(texts: Readonly<Record<string, unknown>>): EventQuery {
  return queryOf(parseWith(fieldsSchema, texts));
}

/** What refusals are chosen by. */
export const refusalFields = {
  connector: z.string().min(1).max(300).optional(),
  sender: z.string().min(1).max(300).optional(),
  code: z.string().min(1).max(300).optional(),
  reason: z.string().min(1).max(300).optional(),
  before: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe('Only refusals with a lower id: the next page.'),
};

const refusalSchema = z.object(refusalFields);
export type RefusalQuery = z.output<typeof refusalSchema>;

/** Reads a filter of refusals from texts, in the same way. @throws {FilterError} */
export function parseRefusalFilter(texts: Readonly<Record<string, unknown>>): RefusalQuery {
  return parseWith(refusalSchema, texts);
}

/** The filter of refusals as the inbox takes it. */
export function inboxRefusalFilter({ sender, ...rest }: RefusalQuery): RefusalFilter {
  return { ...rest, senderId: sender };
}

function parseWith<T>(schema: z.ZodType<T>, texts: Readonly<Record<string, unknown>>): T {
  const given = Object.entries(texts).filter(([, value]) => value !== '' && value !== undefined);
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const known = issue?.code === 'invalid_value' ? `expected ${issue.values.join(', ')}` : issue?.message;
  throw new FilterError(String(issue?.path[0]), known ?? 'cannot be read');
}

/** @throws {FilterError} where `state` and `outcome` contradict each other */
export function queryOf({ outcome, ...rest }: z.output<typeof fieldsSchema>): EventQuery {
  if (outcome === undefined) return rest;
  if (rest.state !== undefined && rest.state !== 'settled' && rest.state !== outcome)
    throw new FilterError('outcome', 'leave it out where state is given');
  return { ...rest, state: outcome };
}

/** Whether it asks for less than everything. */
export function isNarrow(query: EventQuery): boolean {
  return Object.values(query).some((value) => value !== undefined);
}

/** As the query of an address, without a question mark; also how the audit log keeps it. */
export function queryText(query: Readonly<Record<string, string | number | undefined>>): string {
  const entries = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return new URLSearchParams(entries).toString();
}

const DAY_MS = 86_400_000;

/** The filter as the inbox takes it. */
export function inboxFilter({ state, type, sender, reason, from, to, audit }: EventQuery): EventFilter {
  const isOutcome = state === 'processed' || state === 'error';
  return {
    ...(isOutcome ? { outcome: state } : { state }),
    type,
    senderId: sender,
    reason,
    receivedFrom: from === undefined ? undefined : Date.parse(from),
    receivedBefore: to === undefined ? undefined : Date.parse(to) + DAY_MS,
    audit,
  };
}
