import type { Identifier } from '../../events/vital-event.ts';
import type { Inbox } from '../../inbox/inbox.ts';

/** So many events may have a transaction's number before it is taken for something else. */
const MOST = 20;

/**
 * The identifiers of the person that a transaction is about: those of the births in the inbox that have its number as an
 * identifier of their own, such as the tracking id or the registration number that OpenCRVS began the transaction with.
 *
 * @param types identifier types that say who it is
 * @returns none where no birth has it, or births of more than one person have
 */
export async function personOf(
  transactions: readonly string[],
  types: readonly string[],
  inbox: Pick<Inbox, 'find' | 'show'>,
): Promise<Identifier[]> {
  const wanted = new Map(types.map((type) => [type.toUpperCase(), type]));
  const found = new Map<string, Identifier>();
  for (const transaction of transactions) {
    for (const { id, type } of await inbox.find(transaction, MOST)) {
      if (type !== 'birth') continue;
      const identifiers = (await inbox.show(id))?.identifiers ?? [];
      // The inbox finds events by their own numbers too.
      if (!identifiers.some(({ value }) => value === transaction)) continue;
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
