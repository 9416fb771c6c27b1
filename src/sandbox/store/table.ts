import type { Row, Value } from '../model/row.ts';
import { HashIndex } from './index.ts';
import type { Journal } from './journal.ts';

/** What a table asks of its model. */
export interface TableShape {
  name: string;
  fields: ReadonlyMap<string, { name: string; indexed?: boolean }>;
}

/** The records of one model, with its indexes. Every change goes into the journal, so that it can be undone. */
export class Table<M extends TableShape = TableShape> {
  #model: M;
  readonly #rows = new Map<number, Row>();
  readonly #indexes = new Map<string, HashIndex>();
  readonly #journal: Journal;
  /** As a sequence of PostgreSQL's: numbers of a transaction that failed are not used again. */
  #nextId = 1;
  /** Whether a record was put back after a delete that failed, and so comes after younger ones. */
  #disordered = false;

  constructor(model: M, journal: Journal) {
    this.#model = model;
    this.#journal = journal;
    for (const field of model.fields.values()) {
      if (field.indexed) this.#indexes.set(field.name, new HashIndex(field.name));
    }
  }

  get model(): M {
    return this.#model;
  }

  /** Puts a model with one field more in the place of the table's; the records that there are have it empty. */
  extend(model: M, field: string): void {
    const before = this.#model;
    this.#model = model;
    this.#journal.record(() => {
      this.#model = before;
    });
    for (const row of [...this.#rows.values()]) this.update(row, { [field]: null });
  }

  get(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  has(id: number): boolean {
    return this.#rows.has(id);
  }

  /** All records, by id. */
  rows(): Iterable<Row> {
    if (!this.#disordered) return this.#rows.values();
    return [...this.#rows.values()].sort((left, right) => left.id - right.id);
  }

  index(field: string): HashIndex | undefined {
    return this.#indexes.get(field);
  }

  /** The ids of the records that have a value in a field; a scan where the field is not indexed. */
  idsWith(field: string, value: Value): Iterable<number> {
    const index = this.#indexes.get(field);
    if (index !== undefined) return index.ids(value);
    return [...this.#rows.values()].filter((row) => row[field] === value).map((row) => row.id);
  }

  insert(values: Readonly<Record<string, Value>>): Row {
    const row: Row = { id: this.#nextId++, ...values };
    this.#put(row);
    this.#journal.record(() => this.#drop(row));
    return row;
  }

  update(before: Row, values: Readonly<Record<string, Value>>): Row {
    const after: Row = { ...before, ...values, id: before.id };
    this.#replace(before, after);
    this.#journal.record(() => this.#replace(after, before));
    return after;
  }

  delete(row: Row): void {
    this.#drop(row);
    this.#journal.record(() => {
      this.#put(row);
      this.#disordered = true;
    });
  }

  /** Puts a record under an id of its own, as an installation's data has them. */
  install(row: Row): void {
    this.#put(row);
    this.#nextId = Math.max(this.#nextId, row.id + 1);
  }

  #put(row: Row): void {
    this.#rows.set(row.id, row);
    for (const index of this.#indexes.values()) index.add(row);
  }

  #drop(row: Row): void {
    this.#rows.delete(row.id);
    for (const index of this.#indexes.values()) index.remove(row);
  }

  #replace(before: Row, after: Row): void {
    this.#rows.set(after.id, after);
    for (const index of this.#indexes.values()) index.move(before, after);
  }
}
