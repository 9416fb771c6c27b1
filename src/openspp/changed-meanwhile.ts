import { isDeepStrictEqual } from 'node:util';
import type { BatchContext } from './batch.ts';
import { readMemberships } from './membership.ts';
import { type Registrant, readRegistrants } from './registrant.ts';
import type { Decided } from './stages.ts';

/**
 * The events whose registrant somebody changed since it was read, or enrolled since its memberships were. They are looked
 * at again, so that what a user did stays. Odoo has no write with a condition, so this look comes just before the write.
 *
 * @param items events whose registrants are about to be written
 * @returns the ids of the events
 * @throws OdooError
 */
export async function changedMeanwhile(
  items: readonly (Pick<Decided, 'event' | 'change'> & { registrant: Registrant })[],
  { client, openspp, hooks }: BatchContext,
): Promise<ReadonlySet<number>> {
  const idsOf = (some: typeof items) => some.map(({ registrant }) => registrant.id);
  // Nobody sees the memberships of a disabled registrant any more. Those that were there are ended by now.
  const disabling = items.filter(({ change }) => change.patch.disabled && change.exit !== null);
  const [registrants, memberships] = await Promise.all([
    readRegistrants(client, idsOf(items), openspp.registrant, hooks?.registrantFields),
    openspp.membership ? readMemberships(client, idsOf(disabling), openspp.membership) : null,
  ]);
  const changed = items.filter((item) => {
    const { registrant } = item;
    const enrolled =
      disabling.includes(item) && memberships?.get(registrant.id)?.some(({ running }) => running);
    return enrolled || !isDeepStrictEqual(registrants.get(registrant.id), registrant);
  });
  return new Set(changed.map(({ event }) => event.id));
}
