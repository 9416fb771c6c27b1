/** A value as it is stored; `null` is SQL's. */
export type Value = string | number | boolean | null | readonly number[];

/** Values as a caller gives them: not checked yet. */
export type Values = Record<string, unknown>;

/** A stored record. Rows are never changed in place: a write puts a new one. */
export interface Row {
  readonly id: number;
  readonly [field: string]: Value;
}
