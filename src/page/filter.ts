import * as z from 'zod';
import { INBOX_EVENT_TYPES } from '../events/identity-event.ts';
import { EVENT_STATES, type EventFilter } from '../inbox/inbox.ts';

const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine((text) => !Number.isNaN(Date.parse(text)));

/** What the list of events is asked for, as its form sends it: empty fields mean nothing. */
const schema = z.object({
  state: optional(z.enum(EVENT_STATES)),
  outcome: optional(z.enum(['processed', 'error'])),
  type: optional(z.enum(INBOX_EVENT_TYPES)),
  sender: optional(z.string().max(300)),
  reason: optional(z.string().max(100)),
  /** Days of the calendar, UTC. */
  from: optional(day),
  to: optional(day),
  before: optional(z.coerce.number().int().positive()),
});

export type Asked = z.infer<typeof schema>;

const DAY_MS = 86_400_000;

/** @returns null where it cannot be understood */
export function askedOf(fields: Readonly<Record<string, string>>): Asked | null {
  return schema.safeParse(fields).data ?? null;
}

export function filterOf({ state, outcome, type, sender, reason, from, to, before }: Asked): EventFilter {
  return {
    state,
    outcome,
    type,
    senderId: sender,
    reason,
    receivedFrom: from === undefined ? undefined : Date.parse(from),
    receivedBefore: to === undefined ? undefined : Date.parse(to) + DAY_MS,
    before,
  };
}

/** Whether it asks for less than everything. */
export function isNarrow({ before: _before, ...rest }: Asked): boolean {
  return Object.values(rest).some((value) => value !== undefined);
}

/** As an address's query, with its question mark where there is one. */
export function queryOf(asked: Asked): string {
  const entries = Object.entries(asked).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`;
}
