import * as z from 'zod';
import { VITAL_EVENT_TYPES, type VitalEventType } from '../../events/vital-event.ts';
import { formProblem } from './forms.ts';
import type { OpencrvsEventSettings } from './routes.ts';

const fields = z.array(z.string().min(1).max(255));
const secret = z.string().min(16, 'must have at least 16 characters').nullable();

/** One person of a form; what is left out is not in it. */
const person = z.strictObject({
  date: fields.min(1),
  name: fields.default([]),
  given_name: fields.default([]),
  family_name: fields.default([]),
  identifiers: z.record(z.string().min(1).max(255), fields).default({}),
});

const form = z.strictObject({
  event: z.enum(VITAL_EVENT_TYPES),
  registration_number: z.string().min(1).max(255),
  persons: z.array(person).min(1).max(10),
});

/** The settings for event documents of OpenCRVS 2.x. */
export const opencrvsEventsSchema = z.strictObject({
  secret,
  token: secret,
  source: z.string().min(1).max(255),
  forms: z.record(z.string().min(1), form.nullable()),
});

type Section = z.output<typeof opencrvsEventsSchema>;

/** The settings in the form that the route asks for. */
export function opencrvsEventSettings({ secret, token, source, forms }: Section): OpencrvsEventSettings {
  return {
    secret,
    token,
    source,
    forms: new Map(Object.entries(forms).flatMap(([name, one]) => (one === null ? [] : [[name, one]]))),
  };
}

/**
 * What is wrong with the forms, by themselves or with the identifier types that are registration numbers.
 *
 * @returns a sentence that names the setting; null where nothing is wrong
 */
export function opencrvsEventProblem(
  { forms }: Section,
  { registrationNumbers }: { registrationNumbers: Readonly<Record<VitalEventType, readonly string[]>> },
): string | null {
  for (const [name, one] of Object.entries(forms)) {
    if (one === null) continue;
    const path = `opencrvs_events.forms.${name}`;
    const problem = formProblem(one);
    if (problem) return `${path}.${problem.place}: ${problem.reason}`;
    const numbers = registrationNumbers[one.event];
    if (!numbers.some((type) => type.toUpperCase() === one.registration_number.toUpperCase())) {
      return `${path}.registration_number: ${one.registration_number} is not among matching.registration_numbers.${one.event}`;
    }
  }
  return null;
}
