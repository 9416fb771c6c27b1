import type { OdooValues } from '../odoo/orm.ts';
import type { Fields } from '../openspp/capabilities.ts';
import type { Added, BatchHooks, HookContext } from '../openspp/hooks.ts';
import type { Registrant } from '../openspp/registrant.ts';
import { SharedReads } from './ask-odoo.ts';
import { eventView } from './event-view.ts';
import type { Extension, ExtensionEvent, FieldValues, HookTools } from './extension.ts';
import { type Caller, type Calls, invoke } from './invoke.ts';
import { findAll } from './match.ts';
import { sortedValues } from './values.ts';

/** Where these extensions come into the delivery; null where none of them does. */
export function hooksOf(extensions: readonly Extension[], caller: Caller): BatchHooks | null {
  const matcher = extensions.find((one) => one.findPerson ?? one.findPersons);
  const rows = extensions.filter((one) => one.eventFields);
  const registrants = extensions.filter((one) => one.registrantFields);
  const writers = registrants.filter((one) => one.registrantFields?.values);
  if (!matcher && rows.length === 0 && registrants.length === 0) return null;
  const callsOf = (context: HookContext): Calls => ({
    reads: new SharedReads(context.client),
    context,
    caller,
  });
  return {
    eventFields: unique(rows.flatMap(({ eventFields }) => eventFields?.fields ?? [])),
    registrantFields: unique(registrants.flatMap(({ registrantFields }) => registrantFields?.fields ?? [])),
    findPersons: matcher
      ? (events, context) => findAll(matcher, events.map(eventView), callsOf(context))
      : null,
    addToRows:
      rows.length === 0
        ? null
        : (events, context) => {
            const calls = callsOf(context);
            const one = (view: ExtensionEvent) =>
              added(rows, ROW, calls, ({ eventFields }, tools) => eventFields?.values(view, tools));
            return Promise.all(events.map((event) => one(eventView(event))));
          },
    addToRegistrants:
      writers.length === 0
        ? null
        : (pairs, context) => {
            const calls = callsOf(context);
            const one = (view: ExtensionEvent, person: Registrant) =>
              added(writers, REGISTRANT, calls, ({ registrantFields }, tools) =>
                registrantFields?.values?.(view, person, tools),
              );
            return Promise.all(
              pairs.map(({ event, registrant }) => one(eventView(event), Object.freeze({ ...registrant }))),
            );
          },
  };
}

/** Which record gets values, and how caseworkers call it. */
interface Place {
  member: 'eventFields' | 'registrantFields';
  called: string;
  fieldsOf(context: HookContext): Fields;
}

const ROW: Place = {
  member: 'eventFields',
  called: 'CRVS events',
  fieldsOf: ({ openspp }) => openspp.event,
};
const REGISTRANT: Place = {
  member: 'registrantFields',
  called: 'registrants',
  fieldsOf: ({ openspp }) => openspp.registrant,
};

type ValuesOf = (extension: Extension, tools: HookTools) => FieldValues | Promise<FieldValues> | undefined;

/** What all these extensions add to one record; the first failure stands for the event. */
async function added(
  extensions: readonly Extension[],
  place: Place,
  calls: Calls,
  valuesOf: ValuesOf,
): Promise<Added> {
  const { member, called } = place;
  let values: OdooValues = {};
  const said: string[] = [];
  const notes: string[] = [];
  let error: string | null = null;
  for (const extension of extensions) {
    const { name } = extension;
    const declared = extension[member]?.fields ?? [];
    const fields = place.fieldsOf(calls.context);
    const outcome = await invoke(
      { extension: name, member: `${member}.values` },
      async (tools) => sortedValues((await valuesOf(extension, tools)) ?? {}, declared, fields),
      calls,
    );
    if (!outcome.ok) {
      error ??= outcome.sentence;
      continue;
    }
    values = { ...values, ...outcome.value.values };
    const given = Object.keys(outcome.value.values);
    if (given.length > 0) said.push(`${given.join(', ')} of the extension "${name}"`);
    for (const field of outcome.value.absent) {
      notes.push(`The extension "${name}" has a ${field}, but this OpenSPP has no such field on ${called}.`);
    }
  }
  return { values, said: said.join(' and '), notes, error };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
