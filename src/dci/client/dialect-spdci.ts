import type { Dialect } from './dialect.ts';
import { type PredicateLine, type Query, QueryError, type RegistryEvent } from './query.ts';

const EVENT_DATE = 'dateOfEvent';
export const EXPRESSION_TYPE = 'ns:org:QueryType:expression';

/** `reg_event_type` of a search, as OpenSPP sends it. */
const EVENT_TYPE: Record<RegistryEvent, string> = {
  birth: 'BIRTH',
  death: 'DEATH',
  marriage: 'MARRIAGE',
  divorce: 'DIVORCE',
};

/** SPDCI CRVS API v1.0.0 (and its siblings for the other registries). */
export const spdci: Dialect = {
  name: 'spdci',
  echoesSender: false,
  omitsEmptyAnswers: false,
  unsigned: 'empty',
  identifierType: (type) => type,
  criteria(query, options, regType) {
    const type = options.regType ?? regType;
    const event = options.regEventType ?? (options.event && EVENT_TYPE[options.event]);
    return {
      ...(type ? { reg_type: type } : {}),
      ...(event ? { reg_event_type: event } : {}),
      ...(options.regRecordType ? { reg_record_type: options.regRecordType } : {}),
      ...worded(query),
      ...(options.sort ? { sort: options.sort } : {}),
    };
  },
};

function worded(query: Query): { query_type: string; query: unknown } {
  switch (query.kind) {
    case 'identifier':
      return { query_type: 'idtype-value', query: { type: query.type, value: query.value } };
    case 'predicate':
      return { query_type: 'predicate', query: numbered(query.lines) };
    case 'expression':
      return { query_type: 'expression', query: { type: EXPRESSION_TYPE, value: query.value } };
    case 'date-range':
      return {
        query_type: 'predicate',
        query: [rangeLine(query.attribute ?? EVENT_DATE, query.from, query.to)],
      };
  }
}

/** `from` ≤ attribute ≤ `to`. */
export function rangeLine(attribute: string, from: string, to: string): PredicateLine {
  return {
    seq_num: 1,
    expression1: { attribute_name: attribute, operator: 'ge', attribute_value: from },
    condition: 'and',
    expression2: { attribute_name: attribute, operator: 'le', attribute_value: to },
  };
}

/** Each line with its number, from 1. @throws {QueryError} for no lines, or half of a condition */
export function numbered(lines: readonly PredicateLine[]): PredicateLine[] {
  if (lines.length === 0) throw new QueryError('a predicate must have at least one line');
  return lines.map((line, at) => {
    if ((line.condition === undefined) !== (line.expression2 === undefined)) {
      throw new QueryError('a line of a predicate has condition and expression2, or neither');
    }
    return { seq_num: at + 1, ...line };
  });
}
