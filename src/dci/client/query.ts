/** The vital events that a registry can be asked for. */
export type RegistryEvent = 'birth' | 'death' | 'marriage' | 'divorce';

/** `idtype-value`: one identifier. */
interface IdentifierQuery {
  kind: 'identifier';
  type: string;
  value: string;
}

export type PredicateOperator = 'gt' | 'lt' | 'eq' | 'ge' | 'le' | 'in';

/** One comparison of a predicate. Values are text: the specification's schema refuses whole numbers. */
export interface Comparison {
  attribute_name: string;
  operator: PredicateOperator;
  attribute_value: string;
}

/** One line of a predicate (SPDCI `ExpPredicateWithCondition`). */
export interface PredicateLine {
  seq_num?: number;
  expression1: Comparison;
  condition?: 'and' | 'or' | 'not';
  expression2?: Comparison;
}

/** `predicate`: comparisons over attributes. */
interface PredicateQuery {
  kind: 'predicate';
  lines: readonly PredicateLine[];
}

/** `expression`: whatever expression language the registry has, passed on as it is. */
interface ExpressionQuery {
  kind: 'expression';
  value: Readonly<Record<string, unknown>>;
}

/** Events or births whose date lies in a range, both ends included. */
interface DateRangeQuery {
  kind: 'date-range';
  /** The registry's name of the date; the dialect's own where left out. */
  attribute?: string | undefined;
  /** `YYYY-MM-DD`, or a date-time with a zone. */
  from: string;
  to: string;
}

export type Query = IdentifierQuery | PredicateQuery | ExpressionQuery | DateRangeQuery;

/** What narrows a search down besides its query. */
export interface SearchOptions {
  /** The kind of record that is asked for; some dialects need to know. */
  event?: RegistryEvent | undefined;
  /** `reg_type`; the registry's own where left out. */
  regType?: string | undefined;
  /** `reg_event_type`; made from `event` where left out. */
  regEventType?: string | undefined;
  /** `reg_record_type`, such as `spdci-extensions-dci:Person`. */
  regRecordType?: string | undefined;
  sort?: readonly { attribute_name: string; sort_order: 'asc' | 'desc' }[] | undefined;
  /** Records a page, 1 to 1000; 10 where left out. */
  pageSize?: number | undefined;
  /** From 1. */
  page?: number | undefined;
}

/** An argument that no request can be made of; the client makes a `request.invalid` of it. Holds no value. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}
