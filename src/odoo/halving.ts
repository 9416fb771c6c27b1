import { OdooError, type OdooErrorCode } from './errors.ts';

/** What became of the items, each list in the order of the items. */
export interface Tried<Item, Result> {
  done: { item: Item; result: Result }[];
  /** Refused even when tried alone. */
  refused: { item: Item; error: OdooError }[];
}

/** Refusals of the call as such: every item would get the same answer, alone or not. */
const OF_THE_CALL: ReadonlySet<OdooErrorCode> = new Set(['odoo.unknown_model', 'odoo.unknown_method']);

/**
 * Tries all items in one call and, where Odoo refuses them together, in halves, until every refused item is
 * alone. One bad item among n costs about 2·log2(n) calls; where all are good, one call.
 *
 * `attempt` answers with one result for each item, in their order. It must be all or nothing, as a call to Odoo is:
 * one transaction.
 *
 * Rejects at once with what `attempt` rejected with, where that is not an `OdooError` or is a transient one. Halves
 * that were done before it stay done in Odoo, so the caller's next try must recognise them.
 *
 * @example
 * const { done, refused } = await tryTogether(rows, (part) => create(odoo, 'res.partner', part));
 */
export async function tryTogether<Item, Result>(
  items: readonly Item[],
  attempt: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Tried<Item, Result>> {
  if (items.length === 0) return { done: [], refused: [] };
  let results: readonly Result[];
  try {
    results = await attempt(items);
  } catch (error) {
    if (!(error instanceof OdooError) || error.transient) throw error;
    if (items.length === 1 || OF_THE_CALL.has(error.code)) {
      return { done: [], refused: items.map((item) => ({ item, error })) };
    }
    const middle = Math.ceil(items.length / 2);
    const first = await tryTogether(items.slice(0, middle), attempt);
    const second = await tryTogether(items.slice(middle), attempt);
    return { done: [...first.done, ...second.done], refused: [...first.refused, ...second.refused] };
  }
  if (results.length !== items.length) {
    throw new TypeError(`attempt answered ${results.length} results for ${items.length} items`);
  }
  return { done: items.map((item, index) => ({ item, result: results[index] as Result })), refused: [] };
}
