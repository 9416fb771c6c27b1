import type { Criteria, Dialect } from './dialect.ts';
import { OPENCRVS_500 } from './dialect-opencrvs.ts';
import { EXPRESSION_TYPE, numbered } from './dialect-spdci.ts';
import { type Query, QueryError, type RegistryEvent, type SearchOptions } from './query.ts';

/**
 * The DCI API of OpenCRVS 2 (opencrvs/dci-crvs-api for the events API). It **drops attributes that it does not know**, and
 * gives every registered event for what is left: nothing may be asked that it would not understand.
 */
interface Style {
  name: string;
  /** `by type`: `idtype-value`, as OpenSPP sends it. The others take expressions alone. */
  identifiers: 'by type' | 'by expression';
  /** `nested`: attributes are in `value.expression.query`; `flat`: in `value` itself, as earlier releases had it. */
  nesting: 'flat' | 'nested';
}

/** Today's form: `idtype-value` by UIN, BRN and DRN, and expressions with their nesting. */
export const opencrvs2: Dialect = dialectOf({
  name: 'opencrvs-idtype-value',
  identifiers: 'by type',
  nesting: 'nested',
});

/**
 * Earlier releases, which take nothing but `query_type: "expression"`.
 *
 * @param nesting see {@link Style.nesting}; both are in use
 */
export function opencrvsExpression(nesting: 'flat' | 'nested'): Dialect {
  const name = nesting === 'flat' ? 'opencrvs-expression' : 'opencrvs-nested-expression';
  return dialectOf({ name, identifiers: 'by expression', nesting });
}

function dialectOf(style: Style): Dialect {
  const identifierType =
    style.identifiers === 'by type'
      ? (type: string) => named(type, TYPES, 'UIN (or NID), BRN and DRN')
      : (type: string) => named(type, EXPRESSION_TYPES, 'BRN, DRN, MRN and OPENCRVS_RECORD_ID');
  return {
    name: style.name,
    echoesSender: true,
    omitsEmptyAnswers: true,
    unsigned: 'absent',
    hintAt500: OPENCRVS_500,
    identifierType,
    criteria(query, options, regType) {
      const { event = 'birth', sort } = options;
      return {
        reg_type: options.regType ?? (regType?.startsWith('ns:') ? regType : 'ns:org:RegistryType:Civil'),
        reg_event_type: options.regEventType ?? event,
        ...worded(query, options, style, identifierType),
        // Pages over an order that later records do not change.
        sort: sort ?? [{ attribute_name: 'createdAt', sort_order: 'asc' }],
      };
    },
  };
}

const BRN = ['BRN', 'BIRTH_REG_NO', 'BIRTH_REGISTRATION_NUMBER'];
const DRN = ['DRN', 'DEATH_REG_NO', 'DEATH_REGISTRATION_NUMBER'];
const MRN = ['MRN', 'MARRIAGE_REG_NO', 'MARRIAGE_REGISTRATION_NUMBER'];
/** It looks at the NID of the child or of the deceased, by the event. */
const TYPES = { UIN: ['UIN', 'NID', 'NIN', 'NATIONAL_ID'], BRN, DRN };
const EXPRESSION_TYPES = { BRN, DRN, MRN, OPENCRVS_RECORD_ID: ['OPENCRVS_RECORD_ID'] };

function named(type: string, types: Readonly<Record<string, readonly string[]>>, all: string): string {
  const known = Object.entries(types).find(([, spellings]) => spellings.includes(type.toUpperCase()));
  if (known) return known[0];
  throw new QueryError(
    `this OpenCRVS can be asked by ${all} only; it would drop another type, and answer with everybody's records`,
  );
}

const EVENT_OF: Readonly<Record<string, RegistryEvent>> = { BRN: 'birth', DRN: 'death', MRN: 'marriage' };

function worded(
  query: Query,
  { event = 'birth' }: SearchOptions,
  { identifiers, nesting }: Style,
  identifierType: (type: string) => string,
): Criteria {
  const expression = (attributes: Readonly<Record<string, unknown>>): Criteria => ({
    query_type: 'expression',
    query: {
      type: EXPRESSION_TYPE,
      value: nesting === 'flat' ? attributes : { expression: { query: attributes } },
    },
  });
  switch (query.kind) {
    case 'identifier': {
      const type = identifierType(query.type);
      const own = EVENT_OF[type];
      // It would find nobody, and a death that is not found is taken for a life.
      if (own !== undefined && own !== event) {
        throw new QueryError(`OpenCRVS finds a ${own} by ${type}, and no ${event}`);
      }
      if (identifiers === 'by type' && event !== 'birth' && event !== 'death') {
        throw new QueryError(
          `this OpenCRVS has births and deaths to search in by an identifier, and no ${event}`,
        );
      }
      if (identifiers === 'by type')
        return { query_type: 'idtype-value', query: { type, value: query.value } };
      const attribute = type === 'OPENCRVS_RECORD_ID' ? 'id' : 'legalStatuses.REGISTERED.registrationNumber';
      return expression({ [attribute]: { type: 'exact', term: query.value } });
    }
    case 'date-range':
      return expression({
        [query.attribute ?? 'dateOfEvent']: { type: 'range', gte: query.from, lte: query.to },
      });
    case 'expression':
      return expression(query.value);
    case 'predicate':
      if (identifiers === 'by expression') {
        throw new QueryError('this OpenCRVS takes no predicates: use an expression or a date range');
      }
      return { query_type: 'predicate', query: comparisons(query.lines) };
  }
}

/** It merges all comparisons, and keeps the last one of an attribute. */
function comparisons(lines: Parameters<typeof numbered>[0]) {
  const all = numbered(lines);
  const names = all.flatMap(({ expression1, expression2 }) =>
    [expression1, expression2].flatMap((one) => one?.attribute_name ?? []),
  );
  if (new Set(names).size < names.length) {
    throw new QueryError(
      'this OpenCRVS keeps one comparison of an attribute: use an expression or a date range',
    );
  }
  if (all.some(({ condition }) => condition !== undefined && condition !== 'and')) {
    throw new QueryError('OpenCRVS joins comparisons by "and" only');
  }
  return all;
}
