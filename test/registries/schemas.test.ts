import { describe, expect, it } from 'vitest';
import { opencrvsProblems } from './opencrvs-schema.ts';
import { spdciProblems } from './spdci-schema.ts';

const envelope = (header: object = {}, criteria: object = {}) => ({
  signature: '',
  header: {
    message_id: 'm',
    message_ts: '2026-03-01T12:00:00Z',
    action: 'search',
    sender_id: 'us',
    total_count: 1,
    ...header,
  },
  message: {
    transaction_id: 't',
    search_request: [
      {
        reference_id: 'r',
        timestamp: '2026-03-01T12:00:00Z',
        search_criteria: {
          reg_type: 'ocrvs:registry_type:birth',
          query_type: 'idtype-value',
          query: { type: 'BRN', value: '1' },
          ...criteria,
        },
      },
    ],
  },
});

// The tests of the client rest on these: they must refuse something.
describe.each([
  ['SPDCI', spdciProblems],
  ['OpenCRVS', opencrvsProblems],
])('the schemas of %s', (_, problems) => {
  const check = (body: object) => problems('/registry/sync/search', body);

  it('take a right request', () => {
    expect(check(envelope())).toEqual([]);
  });

  it.each([
    ['a count that is text', envelope({ total_count: '1' })],
    ['no count', envelope({ total_count: undefined })],
    ['a time without a zone', envelope({ message_ts: '2026-03-01T12:00:00' })],
    ['another action', envelope({ action: 'notify' })],
    ['an unknown kind of query', envelope({}, { query_type: 'by-name' })],
    ['no query', envelope({}, { query: undefined })],
    ['a page size that is text', envelope({}, { pagination: { page_size: '10' } })],
    [
      'an unknown operator',
      envelope(
        {},
        {
          query_type: 'predicate',
          query: [{ expression1: { attribute_name: 'birthdate', operator: 'like', attribute_value: '1' } }],
        },
      ),
    ],
    ['no message', { header: envelope().header }],
  ])('refuse %s', (_name, body) => {
    expect(check(JSON.parse(JSON.stringify(body)))).not.toEqual([]);
  });
});
