import { Journal } from './journal.ts';
import { Table, type TableShape } from './table.ts';

/** Every table of one sandbox, the clock, and the transaction around each call. */
export class Database<M extends TableShape> {
  readonly name: string;
  readonly clock: () => number;
  readonly journal = new Journal();
  readonly #tables: ReadonlyMap<string, Table<M>>;
  readonly #counters = new Map<number, number>();

  constructor(name: string, models: readonly M[], clock: () => number) {
    this.name = name;
    this.clock = clock;
    this.#tables = new Map(models.map((model) => [model.name, new Table(model, this.journal)]));
  }

  /** The models, in the order in which they were declared. */
  get tables(): Iterable<Table<M>> {
    return this.#tables.values();
  }

  has(model: string): boolean {
    return this.#tables.has(model);
  }

  table(model: string): Table<M> {
    const table = this.#tables.get(model);
    if (table === undefined) throw new Error(`The sandbox has no model ${model}`);
    return table;
  }

  /**
   * Runs one call: all of its changes stay, or none. Calls are synchronous, so there is never a second transaction
   * under way and no conflict to resolve.
   */
  transaction<T>(call: () => T): T {
    try {
      const result = call();
      this.journal.commit();
      return result;
    } catch (error) {
      this.journal.rollback();
      throw error;
    }
  }

  /** The next number of an ir.sequence. As in Odoo, a number that a failed call took is gone. */
  nextNumber(sequenceId: number, first: number, step: number): number {
    const number = this.#counters.get(sequenceId) ?? first;
    this.#counters.set(sequenceId, number + step);
    return number;
  }
}
