import { describe, expect, it } from 'vitest';
import type { Identifier } from '../../src/events/vital-event.ts';
import { type KnownRows, rowKey } from '../../src/openspp/event-log.ts';
import type { EventRow, LoggedEvent } from '../../src/openspp/event-row.ts';
import { chooseRow } from '../../src/openspp/row-choice.ts';
import { READER } from '../events/support.ts';
import { MATCHING } from './support.ts';

const UIN: Identifier = { type: 'UIN', value: 'N-1' };
const MRN: Identifier = { type: 'MRN', value: 'M-1' };
const DATE = '2024-12-01';

function event(over: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    type: 'death',
    date: DATE,
    identifiers: [UIN],
    reference: 'CRVS-DEATH-1',
    rawData: '{"raw": 1}',
    receivedAt: 0,
    odooEventId: null,
    ...over,
  };
}

let lastId = 0;
function row(over: Partial<EventRow> = {}): EventRow {
  lastId += 1;
  return {
    id: lastId,
    type: 'death',
    identifierType: 'UIN',
    identifierValue: 'N-1',
    date: DATE,
    state: 'received',
    personId: null,
    notes: null,
    rawData: null,
    receivedDate: null,
    ...over,
  };
}

/** What is known of these rows, as `findRows` puts it. */
function known(...rows: EventRow[]): KnownRows {
  const byKey = new Map<string, EventRow[]>();
  const keyless: EventRow[] = [];
  for (const one of rows) {
    const identifier =
      one.identifierType !== null && one.identifierValue !== null
        ? { type: one.identifierType, value: one.identifierValue }
        : undefined;
    const key = rowKey(one.type, one.date, identifier);
    if (key === null) keyless.push(one);
    else byKey.set(key, [...(byKey.get(key) ?? []), one]);
  }
  return { byId: new Map(rows.map((one) => [one.id, one])), byKey, rows, keyless, past: new Map() };
}

const choose = (
  told: LoggedEvent,
  rows: EventRow[],
  personId: number | null = null,
  taken: ReadonlySet<number> = new Set(),
) => chooseRow({ read: READER, event: told, personId, settings: MATCHING }, known(...rows), taken);

describe('an event with a key', () => {
  it('gets a row keyed by its first identifier where there is none', () => {
    const told = event({ identifiers: [UIN, { type: 'DRN', value: 'D' }] });
    expect(choose(told, [])).toEqual({ row: null, identifier: UIN, redundant: [] });
    const others = [row({ date: '2024-12-02' }), row({ type: 'birth' }), row({ identifierValue: 'N-2' })];
    expect(choose(told, others)).toEqual({ row: null, identifier: UIN, redundant: [] });
  });

  it.each(['received', 'processing', 'processed', 'error'] as const)(
    'picks up its row in state %s',
    (state) => {
      const existing = row({ state });
      expect(choose(event(), [existing], 70).row).toBe(existing);
      expect(choose(event(), [existing], null).row).toBe(existing);
    },
  );

  it('picks up the row of the same registrant, or of an event that was not matched', () => {
    const existing = row({ personId: 70 });
    expect(choose(event(), [existing], 70).row).toBe(existing);
    expect(choose(event(), [existing], null).row).toBe(existing);
  });

  it('picks up the row it had, whatever key that has, as long as it came from the same message', () => {
    const own = row({ identifierValue: 'corrected by hand', state: 'error', rawData: '{"raw": 1}' });
    const sameKey = row({ state: 'processed' });
    expect(choose(event({ odooEventId: own.id }), [own, sameKey]).row).toBe(own);
    expect(choose(event({ odooEventId: 999 }), [sameKey]).row, 'a row that is gone').toBe(sameKey);
  });

  it('does not take the row of another event for its own, though it remembers the id', () => {
    // As in another database, or in one that was restored.
    const others = [row({ type: 'birth' }), row({ date: '2001-01-01' }), row({ identifierValue: 'N-2' })];
    for (const other of others) {
      expect(choose(event({ odooEventId: other.id }), [other])).toMatchObject({ row: null, identifier: UIN });
    }
  });

  it('prefers what is finished, then the older, and names the rest', () => {
    const [old, young, done, failed] = [
      row(),
      row({ state: 'processing' }),
      row({ state: 'processed' }),
      row({ state: 'error' }),
    ];
    expect(choose(event(), [old, young, done, failed])).toEqual({
      row: done,
      identifier: UIN,
      // One that ended in an error was seen by people.
      redundant: [young, old],
    });
    expect(choose(event(), [young, old]).row).toBe(young);
    const twins = [row(), row()];
    expect(choose(event(), [...twins].reverse()).row).toBe(twins[0]);
  });
});

describe('spouses, whose messages begin with the same number', () => {
  const marriage = (own: Identifier) => event({ type: 'marriage', identifiers: [MRN, own] });
  const anna = { type: 'UIN', value: 'A-1' };
  const ben = { type: 'UIN', value: 'B-1' };
  const annasRow = (over: Partial<EventRow> = {}) =>
    row({ type: 'marriage', identifierType: 'MRN', identifierValue: 'M-1', ...over });

  it('get a row each: the second by the next identifier', () => {
    const rows = [annasRow({ personId: 70, state: 'processed' })];
    expect(choose(marriage(ben), rows, 71)).toEqual({ row: null, identifier: ben, redundant: [] });
    expect(choose(marriage(anna), rows, 70).row).toBe(rows[0]);
  });

  it('are told apart by the message, before anybody was matched', () => {
    const rows = [annasRow({ rawData: '{"message": {"identifiers": ["M-1", "A-1"]}}' })];
    expect(choose(marriage(ben), rows, 71).identifier).toEqual(ben);
    expect(choose(marriage(anna), rows, 70).row).toBe(rows[0]);
  });

  it('find their second rows again', () => {
    const bens = row({ type: 'marriage', identifierType: 'UIN', identifierValue: 'B-1', personId: 71 });
    const rows = [annasRow({ personId: 70 }), bens];
    expect(choose(marriage(ben), rows, 71).row).toBe(bens);
  });

  it('get a row without a key where every key is the other’s', () => {
    const told = event({ type: 'marriage', identifiers: [MRN] });
    expect(choose(told, [annasRow({ personId: 70 })], 71)).toEqual({
      row: null,
      identifier: null,
      redundant: [],
    });
  });
});

describe('an event without a key', () => {
  const undated = event({ date: null });
  const unnamed = event({ identifiers: [] });
  it.each([
    ['no date', undated, row({ date: null, rawData: undated.rawData }), UIN],
    [
      'no identifiers',
      unnamed,
      row({ identifierType: null, identifierValue: null, rawData: unnamed.rawData }),
      null,
    ],
  ])('with %s is found again by its message', (_what, told, existing, identifier) => {
    expect(choose(told, [])).toEqual({ row: null, identifier, redundant: [] });
    expect(choose(told, [existing]).row).toBe(existing);
    expect(choose(told, [{ ...existing, rawData: '{"raw": 2}' }]).row).toBeNull();
    expect(choose(told, [{ ...existing, type: 'birth' }]).row).toBeNull();
  });

  it('does not take the row that another event of the batch has', () => {
    const [first, second] = [1, 2].map(() => row({ date: null, rawData: undated.rawData }));
    const rows = [first, second].filter((one) => one !== undefined);
    expect(choose(undated, rows, null, new Set([first?.id ?? 0])).row).toBe(second);
    expect(choose(undated, rows, null, new Set(rows.map(({ id }) => id))).row).toBeNull();
  });
});
