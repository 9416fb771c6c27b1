import type { Criteria, Dialect } from './dialect.ts';
import { numbered, rangeLine } from './dialect-spdci.ts';
import { type Query, QueryError, type RegistryEvent, type SearchOptions } from './query.ts';

/** It answers so to whatever goes wrong, and this goes wrong most. */
export const OPENCRVS_500 =
  'of an OpenCRVS this is nearly always our signature or key set: it fetches our keys ' +
  'from <sender_id>/.well-known/jwks.json, so sender_id must be the public address of this bridge, which must be reachable ' +
  'from there and publish the key that signs';

/**
 * OpenCRVS's DCI API (opencrvs/dci-crvs-api, `packages/http-api/src/validations.ts`): it knows three kinds of record,
 * five types of identifier and two attributes, and answers 400 to everything else.
 */
export const opencrvs: Dialect = {
  name: 'opencrvs',
  echoesSender: true,
  omitsEmptyAnswers: true,
  unsigned: 'absent',
  hintAt500: OPENCRVS_500,
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
      // Without a name somebody would take the range for that of the event. For marriages it is ignored altogether.
      const isNamed = query.attribute !== undefined || event === 'birth' || event === 'marriage';
      if (attribute !== 'birthdate' || !isNamed) {
        throw new QueryError(
          'OpenCRVS searches by birthdate only, also for deaths: name that attribute, or set query_style to idtype-value for an OpenCRVS 2',
        );
      }
      return { query_type: 'predicate', query: [rangeLine(attribute, query.from, query.to)] };
    }
    case 'expression':
      throw new QueryError(
        'this OpenCRVS takes no expressions: set query_style to idtype-value for an OpenCRVS 2',
      );
  }
}

const sorted = ({ sort }: SearchOptions): Criteria => (sort ? { sort } : {});
