import * as z from 'zod';
import { formProblem } from '../events/opencrvs2-forms.ts';
import { VITAL_EVENT_TYPES } from '../events/vital-event.ts';
import type { OpencrvsEventSettings } from '../http/opencrvs-event-routes.ts';
import { ConfigError } from './config-error.ts';
import type { Settings } from './schema.ts';

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

/** The settings in the form that the route asks for. */
export function opencrvsEventSettings({ opencrvs_events: own, server }: Settings): OpencrvsEventSettings {
  return {
    secret: own.secret,
    token: own.token,
    source: own.source,
    maxBodyBytes: server.max_body_bytes,
    forms: new Map(Object.entries(own.forms).flatMap(([name, one]) => (one === null ? [] : [[name, one]]))),
  };
}

/**
 * What the forms mean, and what the rest of the settings makes of them.
 *
 * @throws {ConfigError} naming the setting
 */
export function checkOpencrvsEvents(settings: Pick<Settings, 'opencrvs_events' | 'matching'>): void {
  for (const [name, one] of Object.entries(settings.opencrvs_events.forms)) {
    if (one === null) continue;
    const path = `opencrvs_events.forms.${name}`;
    const problem = formProblem(one);
    if (problem) throw new ConfigError(`${path}.${problem.place}: ${problem.reason}`);
    const numbers = settings.matching.registration_numbers[one.event];
    if (!numbers.some((type) => type.toUpperCase() === one.registration_number.toUpperCase())) {
      throw new ConfigError(
        `${path}.registration_number: ${one.registration_number} is not among matching.registration_numbers.${one.event}`,
      );
    }
  }
}
