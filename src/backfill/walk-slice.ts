import { hash } from 'node:crypto';
import type { DciClient } from '../dci/client/client.ts';
import type { Plain } from '../dci/client/plain.ts';
import type { BackfillPlan, Slice } from './plan.ts';

/** A record that was not seen before in its slice. */
export interface FoundRecord {
  record: Plain;
  page: number;
  /** On its page, from 1. */
  position: number;
}

export interface WalkDependencies {
  client: Pick<DciClient, 'pages'>;
  /** Takes the new records of a page; the next page is asked for when it resolves. */
  take(found: readonly FoundRecord[], page: { page: number; totalCount: number | null }): Promise<void>;
  signal: AbortSignal;
}

/** Walks over one slice before it is given up as short. */
const MAXIMUM_WALKS = 4;
const MAXIMUM_PAGE_SIZE = 1000;

/**
 * Asks for all pages of a slice. Pages shift while events are registered and cancelled, so the slice is walked again
 * where a walk saw fewer different records than the registry counts, or the count fell meanwhile: what was behind a
 * cancelled record moves up, past the page that is read next. A walk that brings nothing new is enough where the
 * registry gives as many as it counts: some of them are the same then.
 *
 * A first page that is exactly full and said to be all is asked for again in a larger size: there are registries that
 * count only the page (OpenCRVS's DCI API did, in `searchResponseBuilder`).
 *
 * @returns whether all records were seen, as far as the registry's own count shows
 * @throws {DciClientError} or the signal's reason
 */
export async function walkSlice(
  { attribute }: BackfillPlan,
  { type, from, to }: Slice,
  pageSize: number,
  { client, take, signal }: WalkDependencies,
): Promise<boolean> {
  const seen = new Set<string>();
  const query = { kind: 'date-range', from, to, ...(attribute === null ? {} : { attribute }) } as const;
  let size = pageSize;
  for (let walk = 1; walk <= MAXIMUM_WALKS; ) {
    const before = seen.size;
    const walked = new Set<string>();
    let given = 0;
    let pages = 0;
    let total: number | null = null;
    let isSteady = true;
    for await (const found of client.pages(query, { event: type, pageSize: size, signal })) {
      pages += 1;
      given += found.records.length;
      if (total !== null && found.totalCount !== null && found.totalCount < total) isSteady = false;
      total = found.totalCount;
      const fresh = found.records.flatMap((record, at): FoundRecord[] => {
        const digest = digestOf(record);
        walked.add(digest);
        if (seen.has(digest)) return [];
        seen.add(digest);
        return [{ record, page: found.page, position: at + 1 }];
      });
      await take(fresh, { page: found.page, totalCount: total });
    }
    if (pages === 1 && given === size) {
      if (size >= MAXIMUM_PAGE_SIZE) return false;
      size = Math.min(size * 2, MAXIMUM_PAGE_SIZE);
      continue;
    }
    if (total === null) return true;
    if (isSteady && walked.size >= total) return true;
    if (isSteady && walk > 1 && seen.size === before && given >= total) return true;
    walk += 1;
  }
  return false;
}

/** A slice may have many records, and only this much of each is kept. */
function digestOf(record: Plain): string {
  return hash('sha256', JSON.stringify(record), 'base64').slice(0, 22);
}
