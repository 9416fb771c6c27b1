import type { IdentityChange, Transaction } from '../events/identity-event.ts';
import type { Identifier } from '../events/vital-event.ts';
import type { Inbox } from '../inbox/inbox.ts';

/** The inbox, as far as births are looked for in it. */
export type Births = Pick<Inbox, 'find' | 'show'>;

/** An identity event with the identifiers of the person whom its transaction leads to, where it names nobody itself. */
export async function withPerson<T extends { identifiers: readonly Identifier[] }>(
  event: T,
  { transaction }: IdentityChange,
  births: Births | undefined,
): Promise<T & { identifiers: Identifier[]; isUnknown: boolean }> {
  const person = transaction && births ? await personOf(transaction, births) : [];
  return {
    ...event,
    identifiers: [...person, ...event.identifiers],
    isUnknown: transaction !== undefined && person.length === 0,
  };
}

/** So many events may have a transaction's number before it is taken for something else. */
const MOST = 20;

/**
 * The identifiers of the person that a transaction is about: those of the births in the inbox that have its number as an
 * identifier of their own, such as the tracking id or the registration number that OpenCRVS began the transaction with.
 *
 * @returns none where no birth has it, or births of more than one person have
 */
async function personOf({ numbers, personTypes }: Transaction, births: Births): Promise<Identifier[]> {
  const wanted = new Map(personTypes.map((type) => [type.toUpperCase(), type]));
  const found = new Map<string, Identifier>();
  for (const number of numbers) {
    for (const { id, type } of await births.find(number, MOST)) {
      if (type !== 'birth') continue;
      const identifiers = (await births.show(id))?.identifiers ?? [];
      // The inbox finds events by their own numbers too.
      if (!identifiers.some(({ value }) => value === number)) continue;
      for (const identifier of identifiers) {
        const name = wanted.get(identifier.type.toUpperCase());
        if (name === undefined) continue;
        const known = found.get(name);
        if (known && known.value !== identifier.value) return [];
        found.set(name, { type: name, value: identifier.value });
      }
    }
  }
  return [...found.values()];
}
