import type { ApplySettings } from '../apply-mode.ts';
import { modeInForce } from '../apply-mode.ts';
import { type BatchContext, fail, type Item } from '../batch.ts';
import { NO_CHANGE } from '../rules/rule.ts';
import { isWaiting, type RequestTexts, requestTextsIn } from '../texts/requests.ts';
import { type ChangeRequest, findRequests, partsOf, type Standing } from './request.ts';
import { nameOf } from './verdict.ts';
import { type Wanted, wishOf } from './wanted.ts';

/** The requests of an event: those that are there, and those that it wants. */
export interface RequestPlan {
  item: Item;
  wanted: Wanted[];
  /** All that were ever filed for its row. */
  found: ChangeRequest[];
  /** Whether somebody had the event tried again after it ended: then a request that was reset to draft is submitted. */
  retried: boolean;
  /** Whether everything was filed before: a request that is not found was deleted, or hidden, by somebody. */
  filed: boolean;
}

/** How an event type is applied where nothing else is set. */
export const APPLY_AUTO: Pick<ApplySettings, 'mode' | 'byEventType'> = { mode: 'auto', byEventType: {} };

/**
 * Which of these events are applied by change requests, and what is to be filed for each: those whose type is applied so
 * now, and those for which requests were filed before. What the rules decided is taken from such an event: nobody else
 * writes it.
 *
 * @param items open ones, decided on, with their rows
 * @throws OdooError
 */
export async function planRequests(items: readonly Item[], context: BatchContext): Promise<RequestPlan[]> {
  const { openspp, client, apply = APPLY_AUTO } = context;
  if (openspp.changeRequests.kind !== 'usable') return [];
  const requested = (item: Item) => modeInForce(apply, openspp, item.event.type).kind === 'change_request';
  const candidates = items.filter(
    (item) =>
      item.registrant !== null &&
      item.row !== null &&
      item.error === null &&
      !item.finished &&
      !item.changed &&
      // A row that was made now has no requests.
      (requested(item) || item.row.state !== 'received'),
  );
  if (candidates.length === 0) return [];
  const persons = candidates.flatMap(({ registrant, row }) => [
    registrant?.id ?? null,
    row?.personId ?? null,
  ]);
  const found = await findRequests(
    client,
    persons.filter((id) => id !== null),
  );
  const texts = requestTextsIn(openspp.language);
  return candidates.flatMap((item) => {
    const own = found.get(item.row?.id ?? 0) ?? [];
    if (own.length === 0 && !requested(item)) return [];
    return [planFor(item, own, texts)];
  });
}

function planFor(item: Item, found: ChangeRequest[], texts: RequestTexts): RequestPlan {
  const retried = item.row?.state !== 'processing';
  // What a correction asks for was not filed with what came before it.
  const filed = !retried && item.corrects === null && isWaiting(item.row?.notes ?? null);
  const { wanted, left, error } = wishOf(item, texts);
  // What the rules say of a registrant as the applied request left it is no news.
  const notes = found.length > 0 && !item.corrects ? left : [...item.notes, ...left];
  const plan: RequestPlan = { item, wanted, found: furthest(found), retried, filed };
  item.change = { ...NO_CHANGE };
  item.number = null;
  if (item.corrects) item.corrects.registryId = null;
  item.notes = notes;
  // They were noted when the requests were filed.
  if (found.length > 0 && !item.corrects) item.facts = [];
  if (error !== null) {
    fail(item, 'openspp.no_request_type', error);
    return { ...plan, wanted: [] };
  }
  const older = olderUndecided(plan);
  if (older.length > 0) {
    item.undecided = true;
    item.notes = [...notes, texts.waits(older.map((one) => nameOf(one, texts)))];
  }
  return plan;
}

/**
 * Requests of the same kind for what the registry said before, on which nobody has decided: what it says now is
 * requested after that.
 */
function olderUndecided({ wanted, found }: RequestPlan): ChangeRequest[] {
  return found.filter(
    ({ reference, standing }) =>
      (standing === 'pending' || standing === 'approved') &&
      !wanted.some((one) => one.reference === reference) &&
      wanted.some(({ kind }) => kind === partsOf(reference)?.kind),
  );
}

const FURTHEST: readonly Standing[] = [
  'applied',
  'approved',
  'failed',
  'pending',
  'rejected',
  'revision',
  'reset',
  'draft',
];

/** Should two of one reference have been made all the same, the one that got furthest counts. */
function furthest(found: readonly ChangeRequest[]): ChangeRequest[] {
  return [...Map.groupBy(found, ({ reference }) => reference).values()].flatMap((same) =>
    [...same]
      .sort((a, b) => FURTHEST.indexOf(a.standing) - FURTHEST.indexOf(b.standing) || a.id - b.id)
      .slice(0, 1),
  );
}
