import { describe, expect, it } from 'vitest';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import { opencrvs2, opencrvsExpression } from '../../src/dci/client/dialect-opencrvs2.ts';
import type { Query, SearchOptions } from '../../src/dci/client/query.ts';
import { clientOf, collected, errorOf, OUR_ID, standIn } from './support.ts';

const ENTRIES = [
  { identifiers: { BRN: '2020-12345', UIN: '111', NID: '111' }, birth: '2020-01-15' },
  { identifiers: { BRN: '2020-00002', UIN: '222', NID: '222' }, birth: '2020-03-01', death: '2024-12-01' },
  { identifiers: { BRN: '1990-00003', UIN: '333', NID: '333' }, birth: '1990-07-07', death: '2025-06-30' },
];

const criteriaOf = (body: unknown) =>
  (body as { message: { search_request: { search_criteria: Record<string, unknown> }[] } }).message
    .search_request[0]?.search_criteria;

describe('SPDCI: requests that the specification takes', () => {
  const RANGE: Query = { kind: 'date-range', from: '2020-01-01', to: '2020-12-31' };
  const CASES: [string, Query, SearchOptions, number][] = [
    ['an identifier', { kind: 'identifier', type: 'BRN', value: '2020-12345' }, { event: 'birth' }, 1],
    ['a death', { kind: 'identifier', type: 'UIN', value: '222' }, { event: 'death' }, 1],
    ['a death that is none', { kind: 'identifier', type: 'UIN', value: '111' }, { event: 'death' }, 0],
    ['dates of birth', { ...RANGE, attribute: 'birth_date' }, {}, 2],
    ['dates of death', { ...RANGE, from: '2024-01-01', to: '2024-12-31' }, { event: 'death' }, 1],
    [
      'a predicate',
      {
        kind: 'predicate',
        lines: [
          { expression1: { attribute_name: 'birthdate', operator: 'eq', attribute_value: '1990-07-07' } },
        ],
      },
      { regRecordType: 'Person', sort: [{ attribute_name: 'birthdate', sort_order: 'asc' }] },
      1,
    ],
    ['an expression', { kind: 'expression', value: { expression: { query: { age: { $lt: 5 } } } } }, {}, 3],
  ];

  it.each(CASES)('searches by %s', async (_, query, options, count) => {
    const registry = await standIn({ entries: ENTRIES });
    const { records } = await clientOf(registry, { regType: 'ns:org:RegistryType:Civil' }).search(
      query,
      options,
    );
    expect(records).toHaveLength(count);
    expect(registry.problems).toEqual([]);
  });

  it('fills in the header and the criteria', async () => {
    const registry = await standIn({ entries: ENTRIES });
    const client = clientOf(registry, { regType: 'CRVS' });
    await client.searchById('BRN', '2020-12345', { event: 'birth', page: 2, pageSize: 7 });
    const [{ body, headers } = { body: {} as Record<string, unknown>, headers: {} }] = registry.received;
    expect(headers['content-type']).toBe('application/json');
    expect(body.header).toMatchObject({
      version: '1.0.0',
      message_ts: '2026-03-01T12:00:00.000Z',
      action: 'search',
      sender_id: OUR_ID,
      receiver_id: 'crvs.example.org',
      total_count: 1,
      is_msg_encrypted: false,
    });
    expect(criteriaOf(body)).toEqual({
      version: '1.0.0',
      reg_type: 'CRVS',
      reg_event_type: 'BIRTH',
      query_type: 'idtype-value',
      query: { type: 'BRN', value: '2020-12345' },
      pagination: { page_size: 7, page_number: 2 },
    });
  });

  it('has a shorthand for each kind of query', async () => {
    const registry = await standIn({ entries: ENTRIES });
    const client = clientOf(registry);
    const line = {
      expression1: { attribute_name: 'birthdate', operator: 'ge', attribute_value: '2000-01-01' },
    } as const;
    expect((await client.searchByPredicate([line])).records).toHaveLength(2);
    expect((await client.searchByExpression({ query: {} })).records).toHaveLength(3);
    const range = await client.searchByDateRange('1990-01-01', '1990-12-31', { attribute: 'birthdate' });
    expect(range.records[0]).toMatchObject({ birth_date: '1990-07-07' });
    expect(registry.problems).toEqual([]);
  });
});

describe('OpenCRVS: requests that its schemas take', () => {
  it.each<[string, Query, SearchOptions, number]>([
    [
      'a birth by its number',
      { kind: 'identifier', type: 'BRN', value: '2020-12345' },
      { event: 'birth' },
      1,
    ],
    ['a death by UIN, its NID', { kind: 'identifier', type: 'UIN', value: '222' }, { event: 'death' }, 1],
    ['nobody', { kind: 'identifier', type: 'NID', value: '999' }, { event: 'marriage' }, 0],
    ['births of a year', { kind: 'date-range', from: '2020-01-01', to: '2020-12-31' }, { event: 'birth' }, 2],
    [
      'the dead who were born in a year',
      { kind: 'date-range', attribute: 'birthdate', from: '1990-01-01', to: '1990-12-31' },
      { event: 'death' },
      1,
    ],
  ])('searches for %s', async (_, query, options, count) => {
    const registry = await standIn({ dialect: 'opencrvs', entries: ENTRIES });
    const { records } = await clientOf(registry, { dialect: opencrvs }).search(query, options);
    expect(registry.problems).toEqual([]);
    expect(records).toHaveLength(count);
  });

  it.each<[string, Query, SearchOptions]>([
    [
      'a death by the number of a birth, which would find nobody',
      { kind: 'identifier', type: 'BRN', value: '1' },
      { event: 'death' },
    ],
    ['another identifier', { kind: 'identifier', type: 'PASSPORT', value: 'P1' }, {}],
    ['a divorce', { kind: 'identifier', type: 'MRN', value: '1' }, { event: 'divorce' }],
    [
      'deaths by an unnamed date',
      { kind: 'date-range', from: '2020-01-01', to: '2020-12-31' },
      { event: 'death' },
    ],
    ['an expression', { kind: 'expression', value: { a: 1 } }, {}],
    [
      'another attribute',
      {
        kind: 'predicate',
        lines: [{ expression1: { attribute_name: 'age', operator: 'lt', attribute_value: '5' } }],
      },
      {},
    ],
  ])('does not ask what it would refuse: %s', async (_, query, options) => {
    const registry = await standIn({ dialect: 'opencrvs' });
    const error = await errorOf(clientOf(registry, { dialect: opencrvs }).search(query, options));
    expect(error.code).toBe('request.invalid');
    expect(error.message).not.toContain('P1');
    expect(registry.received).toEqual([]);
  });

  it('words expressions for a newer one', async () => {
    const registry = await standIn({ dialect: 'unchecked', entries: ENTRIES });
    const client = clientOf(registry, { dialect: opencrvsExpression('flat') });
    await client.searchByDateRange('2024-01-01', '2024-12-31', { event: 'death' });
    await client.searchById('BRN', '2020-12345');
    for (const type of ['UIN', 'NID', 'PASSPORT', 'nid']) {
      expect((await errorOf(client.searchById(type, '1'))).code).toBe('request.invalid');
    }
    const nested = clientOf(registry, { dialect: opencrvsExpression('nested') });
    await nested.searchByExpression({ dateOfEvent: { type: 'exact', term: '2024-01-01' } });
    expect(registry.received.map(({ body }) => criteriaOf(body))).toMatchObject([
      {
        reg_type: 'ns:org:RegistryType:Civil',
        reg_event_type: 'death',
        query_type: 'expression',
        query: {
          type: 'ns:org:QueryType:expression',
          value: { dateOfEvent: { type: 'range', gte: '2024-01-01', lte: '2024-12-31' } },
        },
      },
      {
        reg_event_type: 'birth',
        query: {
          value: { 'legalStatuses.REGISTERED.registrationNumber': { type: 'exact', term: '2020-12345' } },
        },
      },
      { query: { value: { expression: { query: { dateOfEvent: { type: 'exact', term: '2024-01-01' } } } } } },
    ]);
  });
});

describe('an OpenCRVS 2', () => {
  const asking = async () => {
    const registry = await standIn({ dialect: 'opencrvs2', entries: ENTRIES });
    return { registry, client: clientOf(registry, { dialect: opencrvs2 }) };
  };

  it('is asked by UIN, BRN and DRN, with the event in lower case', async () => {
    const { registry, client } = await asking();
    await client.searchById('NID', '1', { event: 'death' });
    await client.searchById('national_id', '1', { event: 'birth' });
    await client.searchById('BRN', '2', { event: 'birth' });
    await client.searchById('DEATH_REG_NO', '3', { event: 'death' });
    await client.searchByDateRange('2024-01-01', '2024-12-31', { event: 'death' });
    const line = { attribute_name: 'child.dob', operator: 'ge', attribute_value: '2020-01-01' } as const;
    await client.searchByPredicate([{ expression1: line }]);
    expect(registry.problems).toEqual([]);
    expect(registry.received.map(({ body }) => criteriaOf(body))).toMatchObject([
      { reg_event_type: 'death', query_type: 'idtype-value', query: { type: 'UIN', value: '1' } },
      { reg_event_type: 'birth', query: { type: 'UIN', value: '1' } },
      { reg_type: 'ns:org:RegistryType:Civil', query: { type: 'BRN', value: '2' } },
      { query: { type: 'DRN', value: '3' } },
      {
        query_type: 'expression',
        query: {
          value: { expression: { query: { dateOfEvent: { gte: '2024-01-01', lte: '2024-12-31' } } } },
        },
      },
      { query_type: 'predicate', query: [{ seq_num: 1, expression1: line }] },
    ]);
  });

  it.each<[string, Query, SearchOptions]>([
    ['another identifier', { kind: 'identifier', type: 'PASSPORT', value: 'P1' }, {}],
    ['a marriage by its number', { kind: 'identifier', type: 'MRN', value: '1' }, { event: 'marriage' }],
    ['a marriage by a UIN', { kind: 'identifier', type: 'UIN', value: '1' }, { event: 'marriage' }],
    ['a death by a BRN', { kind: 'identifier', type: 'BRN', value: '1' }, { event: 'death' }],
    [
      'two comparisons of one attribute',
      { kind: 'date-range', attribute: 'x', from: '2020-01-01', to: '2020-12-31' },
      {},
    ],
  ])('is not asked what it would drop: %s', async (name, query, options) => {
    const { registry, client } = await asking();
    const asked: Query =
      name === 'two comparisons of one attribute'
        ? {
            kind: 'predicate',
            lines: ['ge', 'le'].map((operator) => ({
              expression1: { attribute_name: 'x', operator: operator as 'ge', attribute_value: '1' },
            })),
          }
        : query;
    expect((await errorOf(client.search(asked, options))).code).toBe('request.invalid');
    expect(registry.received).toEqual([]);
  });
});

describe('arguments that no request can be made of', () => {
  it.each<[string, Query, SearchOptions]>([
    ['no identifier', { kind: 'identifier', type: 'BRN', value: ' ' }, {}],
    ['a control character', { kind: 'identifier', type: 'BRN', value: 'secret\n1' }, {}],
    ['no date', { kind: 'date-range', from: 'secret', to: '2020-01-01' }, {}],
    ['a day that there is not', { kind: 'date-range', from: '2020-13-01', to: '2020-01-01' }, {}],
    ['an end before the beginning', { kind: 'date-range', from: '2020-01-02', to: '2020-01-01' }, {}],
    ['no lines', { kind: 'predicate', lines: [] }, {}],
    ['an empty expression', { kind: 'expression', value: {} }, {}],
    ['a page of none', { kind: 'identifier', type: 'BRN', value: '1' }, { pageSize: 0 }],
    ['a page too large', { kind: 'identifier', type: 'BRN', value: '1' }, { pageSize: 1001 }],
    ['page zero', { kind: 'identifier', type: 'BRN', value: '1' }, { page: 0 }],
  ])('%s', async (_, query, options) => {
    const registry = await standIn();
    const error = await errorOf(clientOf(registry).search(query, options));
    expect(error).toMatchObject({ code: 'request.invalid', action: 'search', transient: false });
    expect(error.message).not.toContain('secret');
    expect(registry.received).toEqual([]);
  });
});

describe('pages', () => {
  const many = Array.from({ length: 25 }, (_, at) => ({
    identifiers: { UIN: String(at) },
    birth: `2020-01-${String(at + 1).padStart(2, '0')}`,
  }));
  const ALL: Query = { kind: 'date-range', attribute: 'birthdate', from: '2020-01-01', to: '2020-12-31' };

  it('come one after the other, each when it is wanted', async () => {
    const registry = await standIn({ entries: many });
    const pages = clientOf(registry).pages(ALL, { pageSize: 10 });
    const first = await pages.next();
    expect(first.value).toMatchObject({ page: 1, totalCount: 25 });
    expect(registry.received).toHaveLength(1);
    const rest = await collected(pages);
    expect(rest.map(({ page, records }) => [page, records.length])).toEqual([
      [2, 10],
      [3, 5],
    ]);
    expect(registry.received).toHaveLength(3);
    expect(registry.problems).toEqual([]);
  });

  it('go on from a page, and give records one by one', async () => {
    const registry = await standIn({ entries: many });
    const records = await collected(clientOf(registry).records(ALL, { pageSize: 10, page: 3 }));
    expect(records.map((record) => record.birth_date)).toEqual(many.slice(20).map(({ birth }) => birth));
  });

  it('end with the first that is not full where the registry does not count', async () => {
    const registry = await standIn();
    for (const size of [2, 1]) {
      const records = Array.from({ length: size }, (_, at) => ({ name: `${size} ${at}` }));
      registry.faults.push({
        status: 200,
        body: { message: { search_response: [{ status: 'succ', data: { reg_records: records } }] } },
      });
    }
    const pages = await collected(clientOf(registry).pages(ALL, { pageSize: 2 }));
    expect(pages.map(({ records }) => records.length)).toEqual([2, 1]);
    expect(pages[0]?.totalCount).toBeNull();
  });

  it('stop with an error where the registry gives the same one for ever', async () => {
    const registry = await standIn();
    const page = {
      status: 200,
      body: { message: { search_response: [{ status: 'succ', data: { reg_records: [{ a: 1 }] } }] } },
    };
    registry.faults.push(page, page, page);
    const error = await errorOf(collected(clientOf(registry).pages(ALL, { pageSize: 1 })));
    expect(error.code).toBe('registry.answer');
    expect(registry.faults).toHaveLength(1);
  });

  it('end where nothing is found', async () => {
    const registry = await standIn();
    expect(await collected(clientOf(registry).pages(ALL))).toEqual([]);
  });
});

describe('answers as registries write them', () => {
  const answer = async (message: unknown, header: unknown = {}) => {
    const registry = await standIn();
    registry.faults.push({ status: 200, body: { header, message } });
    return clientOf(registry).searchById('BRN', '2020-12345');
  };
  const item = (data: unknown) => ({ search_response: [{ status: 'succ', data }] });

  it.each<[string, unknown, unknown[]]>([
    ['a list', item({ reg_records: [{ a: 1 }] }), [{ a: 1 }]],
    ['one object', item({ reg_records: { a: 1 } }), [{ a: 1 }]],
    ['an empty list', item({ reg_records: [] }), []],
    ['the list as data', item([{ a: 1 }]), [{ a: 1 }]],
    ['records', item({ records: [{ a: 1 }] }), [{ a: 1 }]],
    ['reg_record, beside a null', item({ reg_record: { a: 1 }, reg_records: null }), [{ a: 1 }]],
    ['a status in upper case', { search_response: [{ status: 'SUCC', data: [] }] }, []],
    ['a status as a word', { search_response: [{ status: 'Success', data: { records: [] } }] }, []],
  ])('%s', async (_, message, records) => {
    expect((await answer(message)).records).toEqual(records);
  });

  it('keeps the digits of numbers that JavaScript cannot hold', async () => {
    const registry = await standIn();
    registry.faults.push({
      status: 200,
      body: '{"message": {"search_response": [{"status": "succ", "data": {"reg_records": [{"uin": 12345678901234567890}]}}]}}',
    });
    expect((await clientOf(registry).searchById('UIN', '1')).records).toEqual([
      { uin: '12345678901234567890' },
    ]);
  });

  it.each<[string, unknown]>([
    ['no list of responses', { transaction_id: 'x' }],
    ['a null', { search_response: null }],
    ['records that are none', item({ reg_records: 'none' })],
    ['an empty object', item({ reg_records: {} })],
    ['a record of nulls', item({ reg_records: [{ a: null }] })],
    ['no data', { search_response: [{ status: 'succ' }] }],
    ['data that is null', item(null)],
    ['records of another name', item({ persons: [] })],
    ['no response', { search_response: [] }],
    ['no status', { search_response: [{ data: { reg_records: [] } }] }],
    ['an unknown status', { search_response: [{ status: 'maybe', data: { reg_records: [] } }] }],
    ['the answer to something else', { ...item({ reg_records: [] }), transaction_id: 'another' }],
  ])('is not mistaken for nothing found: %s', async (_, message) => {
    expect((await errorOf(answer(message))).code).toBe('registry.answer');
  });

  it('is not mistaken for nothing found: an answer that is still to come', async () => {
    expect((await errorOf(answer({ search_response: [{ status: 'pdng' }] }))).code).toBe('registry.pending');
    expect((await errorOf(answer({ ack_status: 'ACK', correlation_id: 'c' }))).code).toBe('registry.pending');
  });

  it.each<[string, unknown, unknown]>([
    [
      'an item',
      {
        search_response: [
          { status: 'rjct', status_reason_code: 'rjct.filter.invalid', status_reason_message: 'Ann' },
        ],
      },
      {},
    ],
    [
      'the header',
      {},
      { status: 'rjct', status_reason_code: 'rjct.filter.invalid', status_reason_message: 'Ann' },
    ],
  ])('knows a rejection by %s', async (_, message, header) => {
    const error = await errorOf(answer(message, header));
    expect(error).toMatchObject({ code: 'registry.rejected', registryCode: 'rjct.filter.invalid' });
    expect(error.registryMessage).toBe('Ann');
    expect(error.message).not.toContain('Ann');
    expect(JSON.stringify(error)).not.toContain('Ann');
  });
});
