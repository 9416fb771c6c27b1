import * as z from 'zod';
import { VITAL_EVENT_TYPES, type VitalEventType } from '../../events/vital-event.ts';
import { formProblem } from './forms.ts';

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
export const opencrvsEventsSchema = z
  .strictObject({
    secret,
    token: secret,
    source: z.string().min(1).max(255),
    forms: z.record(z.string().min(1), form.nullable()),
  })
  .superRefine(({ forms }, context) => {
    for (const [name, one] of Object.entries(forms)) {
      const problem = one && formProblem(one);
      if (!problem) continue;
      const path = ['forms', name, ...problem.place.split('.')];
      context.addIssue({ code: 'custom', path, message: problem.reason });
    }
  })
  .transform(({ forms, ...rest }) => ({
    ...rest,
    dropped: new Set(Object.keys(forms).filter((name) => forms[name] === null)),
    forms: new Map(
      Object.entries(forms).flatMap(([name, one]) => (one === null ? [] : [[name, one] as const])),
    ),
  }));

/** Whether the registration numbers of the forms are known as such; names the first that is not. */
export function registrationNumberProblem(
  { forms }: z.output<typeof opencrvsEventsSchema>,
  numbers: Readonly<Record<VitalEventType, ReadonlySet<string>>>,
): string | null {
  for (const [name, { event, registration_number: type }] of forms) {
    if (numbers[event].has(type.toUpperCase())) continue;
    return `opencrvs_events.forms.${name}.registration_number: ${type} is not among matching.registration_numbers.${event}`;
  }
  return null;
}
