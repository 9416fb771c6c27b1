import type { Criteria, Dialect } from './dialect.ts';
import { EXPRESSION_TYPE, numbered, rangeLine } from './dialect-spdci.ts';
import { type Query, QueryError, type RegistryEvent, type SearchOptions } from './query.ts';

/**
 * OpenCRVS's DCI API (opencrvs/dci-crvs-api, `packages/http-api/src/validations.ts`): it knows three kinds of record,
 * five types of identifier and two attributes, and answers 400 to everything else.
 */
export const opencrvs: Dialect = {
  name: 'opencrvs',
  echoesSender: true,
  omitsEmptyAnswers: true,
  identifierType,
  criteria(query, options) {
    return { reg_type: registryType(options), ...worded(query, options), ...sorted(options) };
  },
};

const REGISTRY_TYPE: Partial<Record<RegistryEvent, string>> = {
  birth: 'ocrvs:registry_type:birth',
  death: 'ocrvs:registry_type:death',
  marriage: 'ocrvs:registry_type:marriage',
};

function registryType({ event = 'birth', regType }: SearchOptions): string {
  const type = regType ?? REGISTRY_TYPE[event];
  if (type === undefined) throw new QueryError('OpenCRVS has births, deaths and marriages to search in');
  return type;
}

const IDENTIFIER_TYPES: Readonly<Record<string, string>> = {
  BRN: 'BRN',
  BIRTH_REG_NO: 'BRN',
  BIRTH_REGISTRATION_NUMBER: 'BRN',
  DRN: 'DRN',
  DEATH_REG_NO: 'DRN',
  DEATH_REGISTRATION_NUMBER: 'DRN',
  MRN: 'MRN',
  MARRIAGE_REG_NO: 'MRN',
  MARRIAGE_REGISTRATION_NUMBER: 'MRN',
  NID: 'NID',
  NIN: 'NID',
  UIN: 'NID',
  NATIONAL_ID: 'NID',
  OPENCRVS_RECORD_ID: 'OPENCRVS_RECORD_ID',
};

/** OpenCRVS's name of an identifier type; a national number goes by many names, by one there. */
function identifierType(type: string): string {
  const known = Object.hasOwn(IDENTIFIER_TYPES, type.toUpperCase()) && IDENTIFIER_TYPES[type.toUpperCase()];
  if (known) return known;
  throw new QueryError('OpenCRVS can be asked by BRN, DRN, MRN, NID (or UIN) and OPENCRVS_RECORD_ID only');
}

/** OpenCRVS compares these three with the number of the event that is searched for, whichever of them is named. */
const NUMBER_OF: Readonly<Record<string, RegistryEvent>> = { BRN: 'birth', DRN: 'death', MRN: 'marriage' };

function searchableType(sent: string, event: RegistryEvent = 'birth'): string {
  const type = identifierType(sent);
  const own = NUMBER_OF[type];
  // It would find nobody, and a death that is not found is taken for a life.
  if (own !== undefined && own !== event) {
    throw new QueryError(`OpenCRVS finds a ${own} by ${type}, and no ${event}: use NID (or UIN)`);
  }
  return type;
}

const ATTRIBUTES = ['birthdate', 'birthplace'];
const OPERATORS = ['gt', 'lt', 'eq', 'ge', 'le'];

function worded(query: Query, { event }: SearchOptions): Criteria {
  switch (query.kind) {
    case 'identifier':
      return {
        query_type: 'idtype-value',
        query: { type: searchableType(query.type, event), value: query.value },
      };
    case 'predicate': {
      const lines = numbered(query.lines);
      for (const { expression1, expression2, condition } of lines) {
        for (const one of [expression1, ...(expression2 ? [expression2] : [])]) {
          if (!ATTRIBUTES.includes(one.attribute_name) || !OPERATORS.includes(one.operator)) {
            throw new QueryError('OpenCRVS compares birthdate and birthplace only, by gt, lt, eq, ge and le');
          }
        }
        if (condition !== undefined && condition !== 'and')
          throw new QueryError('OpenCRVS joins comparisons by "and" only');
      }
      return { query_type: 'predicate', query: lines };
    }
    case 'date-range': {
      const attribute = query.attribute ?? 'birthdate';
      // Without a name somebody would take the range for that of the event.
      if (attribute !== 'birthdate' || (query.attribute === undefined && event !== 'birth')) {
        throw new QueryError(
          'OpenCRVS searches by birthdate only, also for deaths: name that attribute, or set query_style to expression',
        );
      }
      return { query_type: 'predicate', query: [rangeLine(attribute, query.from, query.to)] };
    }
    case 'expression':
      throw new QueryError(
        'this OpenCRVS takes no expressions: set query_style to expression for a newer one',
      );
  }
}

const sorted = ({ sort }: SearchOptions): Criteria => (sort ? { sort } : {});

/** Where a newer OpenCRVS keeps an identifier; other types are asked by their own name. */
const IDENTIFIER_ATTRIBUTES: Readonly<Record<string, string>> = {
  BRN: 'legalStatuses.REGISTERED.registrationNumber',
  DRN: 'legalStatuses.REGISTERED.registrationNumber',
  MRN: 'legalStatuses.REGISTERED.registrationNumber',
  OPENCRVS_RECORD_ID: 'id',
};

/**
 * A newer OpenCRVS, which takes nothing but `query_type: "expression"`.
 *
 * @param nesting `flat`: the attributes stand in `value` itself; `nested`: in `value.expression.query`, as SPDCI's own
 *   examples have it. Both are in use.
 */
export function opencrvsExpression(nesting: 'flat' | 'nested'): Dialect {
  return {
    name: nesting === 'flat' ? 'opencrvs-expression' : 'opencrvs-nested-expression',
    echoesSender: true,
    omitsEmptyAnswers: true,
    identifierType,
    criteria(query, options, regType) {
      const attributes = attributesOf(query);
      const { event = 'birth', sort = [{ attribute_name: 'createdAt', sort_order: 'asc' }] } = options;
      return {
        reg_type: options.regType ?? (regType?.startsWith('ns:') ? regType : 'ns:org:RegistryType:Civil'),
        reg_event_type: options.regEventType ?? event,
        query_type: 'expression',
        query: {
          type: EXPRESSION_TYPE,
          value: nesting === 'flat' ? attributes : { expression: { query: attributes } },
        },
        // Pages over an order that later records do not change.
        sort,
      };
    },
  };
}

function attributesOf(query: Query): Readonly<Record<string, unknown>> {
  switch (query.kind) {
    case 'identifier': {
      const type = query.type.toUpperCase();
      const alias = Object.hasOwn(IDENTIFIER_TYPES, type) ? (IDENTIFIER_TYPES[type] ?? type) : type;
      const attribute = IDENTIFIER_ATTRIBUTES[alias] ?? query.type;
      return { [attribute]: { type: 'exact', term: query.value } };
    }
    case 'date-range':
      return { [query.attribute ?? 'dateOfEvent']: { type: 'range', gte: query.from, lte: query.to } };
    case 'expression':
      return query.value;
    case 'predicate':
      throw new QueryError('this OpenCRVS takes no predicates: use an expression or a date range');
  }
}
