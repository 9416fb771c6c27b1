import type { Row, Value } from '../model/row.ts';

/**
 * A hash index of one field. Most values belong to a single record, so a bucket is the bare id until a second one
 * comes: a Set for each of 200,000 identifiers would cost more than the records.
 */
export class HashIndex {
  readonly #field: string;
  readonly #buckets = new Map<Value, number | Set<number>>();

  constructor(field: string) {
    this.#field = field;
  }

  add(row: Row): void {
    const value = row[this.#field] ?? null;
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) this.#buckets.set(value, row.id);
    else if (typeof bucket === 'number') this.#buckets.set(value, new Set([bucket, row.id]));
    else bucket.add(row.id);
  }

  remove(row: Row): void {
    const value = row[this.#field] ?? null;
    const bucket = this.#buckets.get(value);
    if (typeof bucket === 'number') this.#buckets.delete(value);
    else if (bucket?.delete(row.id) && bucket.size === 0) this.#buckets.delete(value);
  }

  /** Moves a record from its old value's bucket to its new one's. */
  move(before: Row, after: Row): void {
    if ((before[this.#field] ?? null) === (after[this.#field] ?? null)) return;
    this.remove(before);
    this.add(after);
  }

  count(value: Value): number {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) return 0;
    return typeof bucket === 'number' ? 1 : bucket.size;
  }

  ids(value: Value): Iterable<number> {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) return [];
    return typeof bucket === 'number' ? [bucket] : bucket;
  }
}
