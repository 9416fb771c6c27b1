import type { FieldDefinition, Row, Value } from '../model/field.ts';
import { buildField, extendModel, type Model } from '../model/model.ts';
import { HashIndex } from './index.ts';
import type { Journal } from './journal.ts';

/** The records of one model, with its indexes. Every change goes into the journal, so that it can be undone. */
export class Table {
  #model: Model;
  readonly #rows = new Map<number, Row>();
  readonly #indexes = new Map<string, HashIndex>();
  readonly #journal: Journal;
  /** As a sequence of PostgreSQL's: numbers of a transaction that failed are not used again. */
  #nextId = 1;
  /** Whether a record was put back after a delete that failed, and so stands behind younger ones. */
  #disordered = false;

  constructor(model: Model, journal: Journal) {
    this.#model = model;
    this.#journal = journal;
    for (const field of model.fields.values()) {
      if (field.indexed) this.#indexes.set(field.name, new HashIndex(field.name));
    }
  }

  get model(): Model {
    return this.#model;
  }

  /** Gives the model a field that an administrator made by hand; the records that there are have it empty. */
  addField(name: string, definition: FieldDefinition): void {
    const before = this.#model;
    this.#model = extendModel(before, buildField(name, definition));
    this.#journal.record(() => {
      this.#model = before;
    });
    for (const row of [...this.#rows.values()]) this.update(row, { [name]: null });
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
