import { APPLY_AUTO, modeInForce } from '../apply-mode.ts';
import type { BatchContext } from '../batch.ts';
import { NO_CHANGE } from '../rules/rule.ts';
import { failed, type InRow, noted } from '../stages.ts';
import { type RequestTexts, textsIn } from '../texts/index.ts';
import { isWaiting } from '../texts/requests.ts';
import { type ChangeRequest, findRequests, partsOf, type Standing } from './request.ts';
import { nameOf } from './verdict.ts';
import { type Wanted, wantedChanges } from './wanted.ts';

/** The requests of an event: those that are there, and those that it wants. */
export interface RequestPlan {
  /** Without what the rules decided: nobody but OpenSPP writes it. */
  readonly item: InRow;
  readonly wanted: readonly Wanted[];
  /** All that were ever filed for its row. */
  readonly found: readonly ChangeRequest[];
  /** Whether somebody had the event tried again after it ended: then a request that was reset to draft is submitted. */
  readonly retried: boolean;
  /** Whether everything was filed before: a request that is not found was deleted, or hidden, by somebody. */
  readonly filed: boolean;
  /** Whether it waits for a decision on what was requested before: nothing more is filed until then. */
  readonly waits: boolean;
}

/**
 * Which of these events are applied by change requests, and what is to be filed for each: those whose type is applied so
 * now, and those for which requests were filed before.
 *
 * @throws OdooError
 */
export async function planRequests(
  items: readonly InRow[],
  { openspp, client, apply = APPLY_AUTO }: BatchContext,
): Promise<RequestPlan[]> {
  if (openspp.changeRequests.kind !== 'usable') return [];
  const requested = (item: InRow) => modeInForce(apply, openspp, item.event.type).kind === 'change_request';
  const candidates = items.filter(
    (item) =>
      item.registrant !== null &&
      item.problem === null &&
      // A row that was made now has no requests.
      (requested(item) || item.row.state !== 'received'),
  );
  if (candidates.length === 0) return [];
  const persons = candidates.flatMap(({ registrant, row }) =>
    [registrant?.id ?? [], row.personId ?? []].flat(),
  );
  const found = await findRequests(client, persons);
  const texts = textsIn(openspp.language).requests;
  return candidates.flatMap((item) => {
    const own = found.get(item.row.id) ?? [];
    if (own.length === 0 && !requested(item)) return [];
    return [planFor(item, own, texts)];
  });
}

function planFor(item: InRow, all: readonly ChangeRequest[], texts: RequestTexts): RequestPlan {
  const { row, corrects } = item;
  const retried = row.state !== 'processing';
  // What a correction asks for was not filed with what came before it.
  const filed = !retried && corrects === null && isWaiting(row.notes);
  const { wanted, left, error } = wantedChanges(item, texts);
  // What the rules say of a registrant as the applied request left it is no news; facts were noted at the filing.
  const isNews = all.length === 0 || corrects !== null;
  const stripped: InRow = {
    ...item,
    change: NO_CHANGE,
    number: null,
    replaces: null,
    notes: isNews ? [...item.notes, ...left] : left,
    facts: isNews ? item.facts : [],
  };
  const found = furthest(all);
  const plan: RequestPlan = { item: stripped, wanted, found, retried, filed, waits: false };
  if (error !== null) {
    return { ...plan, item: failed(stripped, { reason: 'openspp.no_request_type', error }), wanted: [] };
  }
  const older = olderUndecided(plan);
  if (older.length === 0) return plan;
  const waiting = texts.waits(older.map((one) => nameOf(one, texts)));
  return { ...plan, item: noted(stripped, waiting), waits: true };
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

/** Where two were made with one reference, the one that got furthest counts. */
function furthest(found: readonly ChangeRequest[]): ChangeRequest[] {
  return [...Map.groupBy(found, ({ reference }) => reference).values()].flatMap((same) =>
    [...same]
      .sort((a, b) => FURTHEST.indexOf(a.standing) - FURTHEST.indexOf(b.standing) || a.id - b.id)
      .slice(0, 1),
  );
}
