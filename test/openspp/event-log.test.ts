import { describe, expect, it } from 'vitest';
import { mergedNotes, newRowValues, rowKey } from '../../src/openspp/event-log.ts';
import type { LoggedEvent } from '../../src/openspp/event-row.ts';
import { openspp } from './support.ts';

const UIN = { type: 'UIN', value: 'N-1' };

describe('rowKey', () => {
  it('tells apart all that Odoo does, and nothing more', () => {
    const keys = [
      rowKey('birth', '2024-01-01', UIN),
      rowKey('death', '2024-01-01', UIN),
      rowKey('birth', '2024-01-02', UIN),
      rowKey('birth', '2024-01-01', { ...UIN, type: 'uin' }),
      rowKey('birth', '2024-01-01', { ...UIN, value: 'N-2' }),
      rowKey('birth', '2024-01-01', { type: 'UIN","N-1', value: '' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(rowKey('birth', '2024-01-01', { ...UIN })).toBe(keys[0]);
  });

  it('is null where Odoo knows no duplicates', () => {
    expect(rowKey('birth', null, UIN)).toBeNull();
    expect(rowKey('birth', '2024-01-01', undefined)).toBeNull();
  });
});

describe('newRowValues', () => {
  const event: LoggedEvent = {
    type: 'death',
    date: '2024-12-01',
    identifiers: [UIN],
    reference: 'CRVS-DEATH-20241201000000-ABCDEFGH',
    rawData: '{}',
    receivedAt: Date.UTC(2024, 11, 3, 4, 5, 6, 789),
    odooEventId: null,
  };

  it('is a row in state received', () => {
    expect(newRowValues(event, UIN, 70, openspp())).toEqual({
      name: event.reference,
      event_type: 'death',
      person_id: 70,
      identifier_type: 'UIN',
      identifier_value: 'N-1',
      event_date: '2024-12-01',
      raw_data: '{}',
      received_date: '2024-12-03 04:05:06',
      state: 'received',
    });
  });

  it('says false for what there is not, as Odoo does', () => {
    expect(newRowValues({ ...event, date: null }, null, null, openspp())).toMatchObject({
      person_id: false,
      identifier_type: false,
      identifier_value: false,
      event_date: false,
    });
  });

  it('leaves the name to the deployment’s sequence, where the type has one', () => {
    const numbered = openspp({ sequenced: new Set(['death']) });
    expect(newRowValues(event, UIN, 70, numbered)).not.toHaveProperty('name');
    expect(newRowValues({ ...event, type: 'birth' }, UIN, 70, numbered)).toHaveProperty('name');
  });
});

describe('mergedNotes', () => {
  it.each([
    ['nothing and nothing', null, [], null],
    ['nothing and ours', null, ['a', 'b'], 'a\nb'],
    ['a user’s and nothing', 'mine', [], 'mine'],
    ['a user’s and ours', 'mine\n\nmore', ['a'], 'mine\n\nmore\na'],
    ['ours again', 'a', ['a'], 'a'],
    ['ours again, among a user’s', 'mine\na\nmore', ['a', 'b'], 'mine\na\nmore\nb'],
    ['a part of a user’s line', 'about a', ['a'], 'about a\na'],
  ])('%s', (_what, existing, ours, merged) => {
    expect(mergedNotes(existing, ours)).toBe(merged);
  });

  it('ends the same however often it is repeated', () => {
    const once = mergedNotes('mine', ['a', 'b']);
    expect(mergedNotes(once, ['a', 'b'])).toBe(once);
  });
});

it('mergedNotes hides the whole numbers that a bridge of 0.1.0 wrote', () => {
  const old = 'by hand\nRegistry correction: DRN D-2024-00341 became D-2024-00342.';
  expect(mergedNotes(old, ['Marked as deceased.'])).toBe(
    'by hand\nRegistry correction: DRN …0341 became …0342.\nMarked as deceased.',
  );
});
