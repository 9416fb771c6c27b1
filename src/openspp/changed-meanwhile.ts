import { isDeepStrictEqual } from 'node:util';
import type { BatchContext, Item } from './batch.ts';
import { estateOf } from './deceased.ts';
import { readMemberships } from './membership.ts';
import { readRegistrants } from './registrant.ts';

/**
 * Marks the events whose registrant somebody changed since it was read, or enrolled since its memberships were: they are
 * looked at anew, so that what a user did stays. Odoo has no write with a condition, so this look comes just before it.
 *
 * @param items events whose registrants are about to be written
 * @throws OdooError
 */
export async function markChangedMeanwhile(items: readonly Item[], context: BatchContext): Promise<void> {
  const { client, openspp, hooks } = context;
  const ids = (some: readonly Item[]) => some.map(({ registrant }) => registrant?.id ?? 0);
  // Nobody sees the memberships of a disabled registrant any more.
  const disabling = openspp.membership ? items.filter(({ change }) => change.patch.disabled) : [];
  const [registrants, memberships] = await Promise.all([
    readRegistrants(client, ids(items), openspp.registrant, hooks?.registrantFields),
    openspp.membership ? readMemberships(client, ids(disabling), openspp.membership) : null,
  ]);
  for (const item of items) {
    const { registrant } = item;
    const known = new Set(estateOf(item).memberships.map(({ id }) => id));
    const enrolled = memberships?.get(registrant?.id ?? 0)?.some(({ id }) => !known.has(id)) ?? false;
    const isSame = isDeepStrictEqual(registrants.get(registrant?.id ?? 0), registrant);
    if (!isSame || (enrolled && disabling.includes(item))) item.changed = true;
  }
}
