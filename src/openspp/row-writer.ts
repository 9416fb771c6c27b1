import type { OdooClient } from '../odoo/client.ts';
import type { OdooError } from '../odoo/errors.ts';
import { tryTogether } from '../odoo/halving.ts';
import { create, type OdooContext, type OdooValues, write } from '../odoo/orm.ts';
import { MODEL } from './vocabulary.ts';

/** What one record is to get. */
export interface RowWrite {
  id: number;
  values: OdooValues;
}

/** An item that Odoo refused, and its answer. */
export interface Refused<T> {
  item: T;
  error: OdooError;
}

/** What was learned of an Odoo by writing to it. */
export interface WriterKnowledge {
  /** Whether it has `web_save_multi` (19 has): different values to many records in one transaction. */
  savesMulti: boolean;
}

/** Distinct values in a write from which one call with each row's own values costs less than a call for each. */
const DISTINCT_WORTH_ONE_CALL = 3;

/**
 * Writes and creates many rows in few calls. Where Odoo refuses them together, they are tried in halves until every
 * bad one is alone; its neighbours pass.
 */
export class RowWriter {
  readonly #client: OdooClient;
  readonly #known: WriterKnowledge;

  /** @param known what other writers to the same Odoo have learned; shared with them */
  constructor(client: OdooClient, known: WriterKnowledge = { savesMulti: true }) {
    this.#client = client;
    this.#known = known;
  }

  /** Creates a row for each item. @throws OdooError where no item can be the reason (see `#together`) */
  create<T>(model: string, items: readonly T[], valuesOf: (item: T) => OdooValues) {
    return this.#together(model, 'create', items, (some) => create(this.#client, model, some.map(valuesOf)));
  }

  /**
   * Writes to a row for each item: one call for all that get the same values, or one for all where values differ much.
   *
   * @throws OdooError where no item can be the reason (see `#together`)
   */
  async write<T>(
    model: string,
    items: readonly T[],
    writeOf: (item: T) => RowWrite,
    context: OdooContext = {},
  ): Promise<Refused<T>[]> {
    const rows = items.map((item) => ({ item, ...writeOf(item) }));
    const groups = Map.groupBy(rows, ({ values }) => JSON.stringify(values));
    if (groups.size >= DISTINCT_WORTH_ONE_CALL && this.#known.savesMulti) {
      const refused = await this.#writeDifferent(model, rows, context);
      if (refused) return refused;
    }
    const refused: Refused<T>[] = [];
    for (const members of groups.values()) refused.push(...(await this.#writeSame(model, members, context)));
    return refused;
  }

  async #writeSame<T>(
    model: string,
    rows: readonly ({ item: T } & RowWrite)[],
    context: OdooContext,
  ): Promise<Refused<T>[]> {
    const { refused } = await this.#together(model, 'write', rows, async (some) => {
      const ids = some.map(({ id }) => id);
      await write(this.#client, model, ids, some[0]?.values ?? {}, { context });
      return some;
    });
    return refused.map(({ item, error }) => ({ item: item.item, error }));
  }

  /** Each row its own values, in one call; null where this Odoo has no such method. */
  async #writeDifferent<T>(
    model: string,
    rows: readonly ({ item: T } & RowWrite)[],
    context: OdooContext,
  ): Promise<Refused<T>[] | null> {
    const { refused } = await tryTogether(rows, async (some) => {
      await this.#client.call(model, 'web_save_multi', {
        ids: some.map(({ id }) => id),
        vals_list: some.map(({ values }) => values),
        // Nothing is to be read back but the ids.
        specification: {},
        context,
      });
      return some;
    });
    const error = refused[0]?.error;
    if (error?.code === 'odoo.unknown_method') {
      this.#known.savesMulti = false;
      return null;
    }
    await this.#blameOrThrow(model, 'write', refused, rows.length);
    return refused.map(({ item, error: reason }) => ({ item: item.item, error: reason }));
  }

  async #together<T, R>(
    model: string,
    operation: 'create' | 'write',
    items: readonly T[],
    attempt: (some: readonly T[]) => Promise<readonly R[]>,
  ) {
    const outcome = await tryTogether(items, attempt);
    await this.#blameOrThrow(model, operation, outcome.refused, items.length);
    return outcome;
  }

  /**
   * Where the model is not there, or the user has no right to it at all, that is no fault of the items: the caller
   * has to wait until an operator has corrected it. A right that was taken away while the items were tried in halves (a
   * registry lock that is switched on) lets some of them through. A right that is missing for a single record is the
   * item's own.
   */
  async #blameOrThrow(
    model: string,
    operation: string,
    refused: readonly { error: OdooError }[],
    tried: number,
  ): Promise<void> {
    const [first] = refused;
    if (!first) return;
    const { code } = first.error;
    if (refused.length === tried && (code === 'odoo.unknown_model' || code === 'odoo.unknown_method'))
      throw first.error;
    const denied = refused.find(({ error }) => error.code === 'odoo.access');
    if (!denied) return;
    // The registry lock judges records, or where there are none the context.
    const context = model === MODEL.registrant ? { context: { default_is_registrant: true } } : {};
    if (!(await this.#client.call(model, 'has_access', { ids: [], operation, ...context })))
      throw denied.error;
  }
}
