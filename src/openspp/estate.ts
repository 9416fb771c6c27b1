import type { Membership } from './membership.ts';

/** A place in a household that is not ended. */
export interface HouseholdPlace {
  id: number;
  isHead: boolean;
  /** UTC, `YYYY-MM-DD HH:MM:SS`; null where it has none. */
  startDate: string | null;
}

/** What a deceased registrant has in OpenSPP besides the registrant's own record. */
export interface Estate {
  memberships: readonly Membership[];
  places: readonly HouseholdPlace[];
  /** Payment rounds that are not over. */
  rounds: number;
  /** Entitlements that are not paid, cancelled or rejected. */
  entitlements: number;
  /** Models that this user may not read. */
  unreadable: readonly string[];
}
