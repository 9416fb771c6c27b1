import type { CallRequest, Scenario } from '../request.ts';

const EVENT = 'spp.dci.crvs.event';

const load = (
  name: string,
  model: string,
  fields: string[],
  data: unknown[][],
  context?: object,
): CallRequest => ({
  name,
  model,
  method: 'load',
  args: { fields, data, ...(context !== undefined && { context }) },
});

const person = (name: string, fields: string[], data: unknown[][], context?: object): CallRequest =>
  load(name, 'res.partner', ['.id', ...fields], data, context);

const event = (name: string, fields: string[], data: unknown[][]): CallRequest =>
  load(name, EVENT, ['.id', ...fields], data);

const stored: CallRequest = {
  name: 'stored',
  model: 'res.partner',
  method: 'read',
  args: {
    ids: '$p',
    fields: ['birthdate', 'civil_status_id', 'disabled', 'is_registrant', 'disabled_reason'],
  },
};

const storedEvents: CallRequest = {
  name: 'stored events',
  model: EVENT,
  method: 'read',
  args: {
    ids: '$e',
    fields: ['state', 'person_id', 'error_message', 'processed_date', 'identifier_value', 'event_date'],
  },
};

/** Different values to many records in one call. */
export const LOAD: Scenario = {
  name: 'load',
  requests: [
    {
      name: 'people',
      model: 'res.partner',
      method: 'create',
      args: { vals_list: [0, 1, 2, 3, 4].map((at) => ({ name: `L${at} %TAG%` })) },
      keep: 'p',
    },
    {
      name: 'events',
      model: EVENT,
      method: 'create',
      args: {
        vals_list: [0, 1, 2, 3, 4].map((at) => ({
          event_type: 'birth',
          identifier_type: 't',
          identifier_value: `%TAG%${at}`,
          event_date: `2024-01-0${at + 1}`,
        })),
      },
      keep: 'e',
    },
    person(
      'two rows',
      ['birthdate'],
      [
        ['$p.0', '1980-01-01'],
        ['$p.1', '1981-01-01'],
      ],
    ),
    stored,
    person(
      'one bad row of five',
      ['birthdate'],
      [
        ['$p.0', '1990-01-01'],
        ['$p.1', '1990-01-01'],
        ['$p.2', '2999-01-01'],
        ['$p.3', '1990-01-01'],
        ['$p.4', '1990-01-01'],
      ],
    ),
    stored,
    person(
      'two bad rows of five',
      ['birthdate'],
      [
        ['$p.0', '1990-01-01'],
        ['$p.1', '2998-01-01'],
        ['$p.2', '2999-01-01'],
        ['$p.3', '1990-01-01'],
        ['$p.4', '1990-01-01'],
      ],
    ),
    person(
      'the first row is bad',
      ['birthdate'],
      [
        ['$p.0', '2999-01-01'],
        ['$p.1', '1990-01-01'],
      ],
    ),
    person(
      'not a date',
      ['birthdate'],
      [
        ['$p.0', '1990-01-01'],
        ['$p.1', '01/02/1990'],
        ['$p.2', '1991-01-01'],
      ],
    ),
    person(
      'not a date, and a future one',
      ['birthdate'],
      [
        ['$p.0', '2999-01-01'],
        ['$p.1', '01/02/1990'],
      ],
    ),
    person('a percent sign', ['birthdate'], [['$p.0', '100%']]),
    person(
      'an id that is gone',
      ['birthdate'],
      [
        ['$p.0', '1991-02-01'],
        [99999999, '1990-01-01'],
      ],
    ),
    person('an empty id', ['birthdate'], [['', '1990-01-01']]),
    person(
      'civil status by id',
      ['birthdate', 'civil_status_id/.id'],
      [
        ['$p.0', '1982-01-01', '7'],
        ['$p.1', '1982-01-01', ''],
      ],
    ),
    stored,
    person('civil status that is gone', ['civil_status_id/.id'], [['$p.0', '99999999']]),
    person('civil status that is no id', ['civil_status_id/.id'], [['$p.0', 'abc']]),
    person('civil status by name', ['civil_status_id'], [['$p.0', 'Divorced']]),
    person('civil status by a name that is not there', ['civil_status_id'], [['$p.0', 'Nope']]),
    person('clear', ['birthdate', 'civil_status_id/.id'], [['$p.0', '', false]]),
    stored,
    person('an unknown column', ['nope'], [['$p.0', 'x']]),
    person('an unknown column with a dot', ['no.pe'], [['$p.0', 'x']]),
    person('a short row', ['birthdate', 'disabled_reason'], [['$p.0', '1983-01-01']]),
    person(
      'the same id twice',
      ['birthdate'],
      [
        ['$p.0', '1984-01-01'],
        ['$p.0', '1985-01-01'],
      ],
    ),
    person(
      'booleans, Datetimes, texts',
      ['is_registrant', 'disabled', 'disabled_reason'],
      [
        ['$p.0', '1', '2024-05-01 10:00:00', 'why'],
        ['$p.1', '0', '', ''],
      ],
    ),
    stored,
    person('booleans as JSON', ['is_registrant'], [['$p.1', true]]),
    person('an unknown boolean', ['is_registrant'], [['$p.1', 'maybe']]),
    person('a Datetime in a time zone', ['disabled'], [['$p.0', '2024-05-01 10:00:00']], {
      tz: 'Asia/Manila',
    }),
    person('a Datetime in the winter', ['disabled'], [['$p.1', '2024-01-01 10:00:00']], {
      tz: 'America/New_York',
    }),
    stored,
    person('not a Datetime', ['disabled'], [['$p.0', '2024-05-01T10:00:00']]),
    person('a date with a time', ['birthdate'], [['$p.0', '1986-01-01 10:00:00']]),
    person('nothing', ['birthdate'], []),
    load(
      'new people',
      'res.partner',
      ['name', 'birthdate'],
      [
        ['N0 %TAG%', '1990-01-01'],
        ['', '1990-01-01'],
      ],
    ),
    event(
      'good',
      ['state', 'person_id/.id', 'error_message', 'processed_date'],
      [
        ['$e.0', 'processed', '$p.0', '', '2024-05-01 10:00:00'],
        ['$e.1', 'error', '', 'nobody', '2024-05-01 10:00:00'],
      ],
    ),
    storedEvents,
    event('by label', ['state'], [['$e.2', 'Processed']]),
    event(
      'clear',
      ['state', 'person_id/.id', 'error_message', 'processed_date'],
      [
        ['$e.0', 'received', '', false, ''],
        ['$e.1', 'received', false, '', false],
      ],
    ),
    storedEvents,
    event(
      'a bad state',
      ['state'],
      [
        ['$e.0', 'error'],
        ['$e.1', 'error'],
        ['$e.2', 'done'],
        ['$e.3', 'error'],
      ],
    ),
    event(
      'no state',
      ['state'],
      [
        ['$e.0', 'error'],
        ['$e.1', ''],
      ],
    ),
    event(
      'a duplicate',
      ['identifier_value', 'event_date'],
      [
        ['$e.0', '%TAG%9', '2024-01-01'],
        ['$e.1', '%TAG%1', '2024-01-02'],
        ['$e.2', '%TAG%1', '2024-01-02'],
        ['$e.3', '%TAG%3', '2024-01-04'],
      ],
    ),
    storedEvents,
    event(
      '12 bad rows',
      ['event_date'],
      Array.from({ length: 12 }, (_item, at) => [`$e.${at % 5}`, '2999-01-01']),
    ),
    event(
      'a person who is gone',
      ['person_id/.id'],
      [
        ['$e.0', '99999999'],
        ['$e.1', '$p.0'],
      ],
    ),
    load(
      'new events',
      EVENT,
      ['event_type', 'identifier_type', 'identifier_value', 'event_date', 'raw_data'],
      [
        ['birth', 't', '%TAG%a', '2024-01-09', '{"a":"x,y\\nz"}'],
        ['birth', 't', '%TAG%b', '2024-01-09', ''],
      ],
    ),
    load(
      'new events, one a duplicate',
      EVENT,
      ['event_type', 'identifier_type', 'identifier_value', 'event_date'],
      [
        ['birth', 't', '%TAG%c', '2024-01-09'],
        ['birth', 't', '%TAG%b', '2024-01-09'],
        ['birth', 't', '%TAG%d', '2024-01-09'],
      ],
    ),
    load(
      'new events, one without a type',
      EVENT,
      ['event_type', 'identifier_value'],
      [
        ['birth', '%TAG%e'],
        ['', '%TAG%f'],
      ],
    ),
    {
      name: 'none of those',
      model: EVENT,
      method: 'search_count',
      args: { domain: [['identifier_value', 'in', ['%TAG%c', '%TAG%d', '%TAG%e', '%TAG%f']]] },
    },
    {
      name: 'IDs',
      model: 'spp.registry.id',
      method: 'create',
      args: {
        vals_list: [
          { partner_id: '$p.0', id_type_id: 1, value: '%TAG%1' },
          { partner_id: '$p.0', id_type_id: 1, value: '%TAG%2', status: 'invalid' },
        ],
      },
      keep: 'i',
    },
    load('two live IDs of a type', 'spp.registry.id', ['.id', 'status'], [['$i.1', 'valid']]),
    { name: 'archive', model: 'res.partner', method: 'action_archive', args: { ids: ['$p.4'] } },
    person('an archived one', ['birthdate'], [['$p.4', '1990-01-01']]),
    person('an archived one, asked for', ['birthdate'], [['$p.4', '1990-01-01']], { active_test: false }),
    load('an event of an archived one', EVENT, ['event_type', 'person_id/.id'], [['birth', '$p.4']]),
    {
      name: 'by JSON-RPC',
      model: 'res.partner',
      method: 'load',
      via: 'jsonrpc',
      args: [
        ['.id', 'birthdate'],
        [
          ['$p.0', '1990-01-01'],
          ['$p.2', '2999-01-01'],
        ],
      ],
    },
    {
      name: 'by XML-RPC',
      model: 'res.partner',
      method: 'load',
      via: 'xmlrpc',
      args: [
        ['.id', 'birthdate'],
        [
          ['$p.0', '1990-01-01'],
          ['$p.2', '2999-01-01'],
        ],
      ],
    },
  ],
};
