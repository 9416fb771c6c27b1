import type { Found } from '../openspp/hooks.ts';
import type { Extension, ExtensionEvent, FoundPerson } from './extension.ts';
import { InvalidResult } from './failure.ts';
import { type Calls, invoke } from './invoke.ts';

/**
 * Asks an extension whom the events are about. One that takes all of them at once and fails is asked in halves, until
 * the event that is to blame is alone.
 *
 * @throws where Odoo cannot be asked, or the batch is to be left as it is
 */
export async function findAll(
  extension: Extension,
  events: readonly ExtensionEvent[],
  calls: Calls,
): Promise<Found[]> {
  if (events.length === 0) return [];
  if (!extension.findPersons) {
    return Promise.all(events.map((event) => findOne(extension, event, calls)));
  }
  const outcome = await invoke(
    { extension: extension.name, member: 'findPersons' },
    async (tools) => checkedList(await extension.findPersons?.(events, tools), events.length, extension.name),
    calls,
    events.length,
  );
  if (outcome.ok) return outcome.value;
  if (events.length === 1) return [{ kind: 'failed', error: outcome.sentence }];
  const middle = Math.ceil(events.length / 2);
  // Both at once: where it hangs, the waits do not add up.
  const halves = await Promise.all(
    [events.slice(0, middle), events.slice(middle)].map((some) => findAll(extension, some, calls)),
  );
  return halves.flat();
}

async function findOne(extension: Extension, event: ExtensionEvent, calls: Calls): Promise<Found> {
  const outcome = await invoke(
    { extension: extension.name, member: 'findPerson' },
    async (tools) => foundOf(await extension.findPerson?.(event, tools), extension.name),
    calls,
  );
  return outcome.ok ? outcome.value : { kind: 'failed', error: outcome.sentence };
}

function checkedList(given: unknown, length: number, extension: string): Found[] {
  if (!Array.isArray(given) || given.length !== length) {
    throw new InvalidResult('it did not give one answer for each event');
  }
  return given.map((one) => foundOf(one, extension));
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function foundOf(given: unknown, extension: string): Found {
  const person = given as FoundPerson | undefined;
  if (person === 'bridge') return { kind: 'bridge' };
  if (person === null) return { kind: 'none' };
  if (isId(person)) return { kind: 'one', registrantId: person };
  if (!Array.isArray(person) || !person.every(isId)) {
    throw new InvalidResult("it gave neither a registrant's id, nor a list of them, nor null, nor 'bridge'");
  }
  const ids = [...new Set(person)];
  const [first] = ids;
  if (first === undefined) return { kind: 'none' };
  if (ids.length === 1) return { kind: 'one', registrantId: first };
  return {
    kind: 'several',
    leads: ids.map((registrantId) => ({ type: `extension ${extension}`, registrantId })),
  };
}
