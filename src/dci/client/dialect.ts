import type { Query, SearchOptions } from './query.ts';

/** What a dialect makes of a query: the members of `search_criteria` but for `version` and `pagination`. */
export type Criteria = Record<string, unknown>;

/** What differs between the systems that speak DCI: only how a search is worded, and whom an answer names. */
export interface Dialect {
  name: string;
  /**
   * Words a search.
   *
   * @param regType the registry's `reg_type`, from its settings
   * @throws {QueryError} where this dialect cannot ask that
   */
  criteria(query: Query, options: SearchOptions, regType: string | undefined): Criteria;
  /**
   * The registry's own name of an identifier type, as its records have it.
   *
   * @throws {QueryError} where this dialect cannot ask by it
   */
  identifierType(type: string): string;
  /** Whether an answer leaves out the requests that found nothing (`AnswerForm.omitsEmpty`). */
  omitsEmptyAnswers: boolean;
  /** What an unsigned request has for `signature`: `""`, as the specification asks for the member, or none. */
  unsigned: 'empty' | 'absent';
  /** What an HTTP 500 mostly means, and how to put it right; where that can be said. */
  hintAt500?: string | undefined;
  /** Whether answers carry our own `sender_id` back instead of the registry's. */
  echoesSender: boolean;
}
