import { describe, expect, it } from 'vitest';
import type { CallbackAnswer } from '../../src/dci/client/answers.ts';
import { gatherSearch, lastOf } from '../../src/dci/client/gather.ts';
import { readUnsubscribed } from '../../src/dci/client/subscription-answer.ts';

const callback = (header: object, message: object = {}): CallbackAnswer => ({
  action: 'on-search',
  transactionId: 't',
  correlationId: null,
  header: header as CallbackAnswer['header'],
  message: message as CallbackAnswer['message'],
});
const found = (id: number | null, header: object = {}, pagination?: object) =>
  callback(
    { status: 'succ', ...header },
    { search_response: [{ status: 'succ', data: { reg_records: id === null ? [] : [{ id }] }, pagination }] },
  );
const idsOf = (answers: CallbackAnswer[]) => gatherSearch(answers)?.records.map(({ id }) => id) ?? null;

describe('the callbacks to one search', () => {
  it('are one, mostly, whatever it counts', () => {
    expect(idsOf([])).toBeNull();
    expect(idsOf([found(1)])).toEqual([1]);
    expect(idsOf([found(null)])).toEqual([]);
    expect(idsOf([found(1, { total_count: 9, completed_count: 0 })])).toEqual([1]);
    expect(idsOf([found(1, { total_count: '1', completed_count: '1' })])).toEqual([1]);
  });

  it('may begin with reports of progress', () => {
    const progress = [
      callback({ status: 'rcvd' }),
      callback({ status: 'pdng' }, { search_response: [{ status: 'pdng' }] }),
    ];
    expect(idsOf(progress)).toBeNull();
    expect(idsOf([...progress, found(1)])).toEqual([1]);
  });

  it('may be parts, which count their own or all so far, and a part may come again', () => {
    const part = (id: number, completed_count: number) => found(id, { total_count: 3, completed_count });
    expect(idsOf([part(1, 1), part(2, 1)])).toBeNull();
    expect(idsOf([part(1, 1), part(2, 1), part(2, 1), part(3, 1)])).toEqual([1, 2, 3]);
    expect(idsOf([part(1, 1), part(2, 2)])).toBeNull();
    expect(idsOf([part(1, 1), part(2, 2), part(3, 3)])).toEqual([1, 2, 3]);
    expect(idsOf([found(1, { status: 'pdng' }), found(2)])).toEqual([1, 2]);
    const pages = { total_count: 2 };
    expect(idsOf([found(1, { status: 'pdng' }, pages), found(2, { status: 'pdng' }, pages)])).toEqual([1, 2]);
  });

  it('may be a refusal, or no answer at all', () => {
    expect(() => idsOf([callback({ status: 'pdng' }), callback({ status: 'rjct' })])).toThrow('rejected');
    expect(() => idsOf([callback({ status: 'succ' })])).toThrow('no list message.search_response');
  });
});

it('of other questions the first counts that is more than a report of progress', () => {
  const read = lastOf(readUnsubscribed);
  expect(read([callback({ status: 'pdng' })])).toBeNull();
  expect(read([callback({ status: 'pdng' }), callback({}, { status: 'succ' })])?.status).toBe('succ');
  const openspp = callback({ status: 'succ' }, { unsubscribe_response: [{ status: 'succ' }] });
  expect(read([openspp])?.status).toBe('succ');
});
