import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/dci/json.ts';
import { nodeOf } from '../../src/dci/sign.ts';
import { rawDataOf } from '../../src/events/raw-data.ts';
import { readRawData } from '../../src/events/read-raw-data.ts';
import { READER, read, refusal } from './support.ts';

const UIN = { identifier_type: 'UIN', identifier_value: '123456789' };
const PERSON = { identifier: [UIN], name: { surname: 'Doe', given_name: 'Jane' } };

/** A message of one notify_event. */
function told(reg_event_type: unknown, reg_records: unknown, more: object = {}) {
  return {
    transaction_id: 't-1',
    notify_event: [
      {
        reference_id: 'r-1',
        timestamp: '2024-12-02T08:00:00Z',
        data: { version: '1.0.0', reg_type: 'x', reg_event_type, reg_record_type: 'Person', reg_records },
        locale: 'eng',
        ...more,
      },
    ],
  };
}
const LIVE_BIRTH = 'spdci-common:RegistryEventType:LiveBirth';
const DATA = 'message.notify_event[0].data';

describe('SPDCI’s dialect', () => {
  it('reads a record that is an object, as specified', () => {
    expect(read(told(LIVE_BIRTH, { ...PERSON, birth_date: '2024-12-01' }))).toEqual({
      dialect: 'spdci',
      events: [{ type: 'birth', date: '2024-12-01', identifiers: [{ type: 'UIN', value: '123456789' }] }],
    });
  });

  it('reads many records, as in practice: each an event of its own', () => {
    const { events } = read(
      told('Death', [
        { ...PERSON, death_date: '2024-12-01' },
        { identifier: { identifier_type: 'DRN', identifier_value: 'D-2' }, death_date: '2024-12-02' },
      ]),
    );
    expect(events).toEqual([
      { type: 'death', date: '2024-12-01', identifiers: [{ type: 'UIN', value: '123456789' }] },
      { type: 'death', date: '2024-12-02', identifiers: [{ type: 'DRN', value: 'D-2' }] },
    ]);
  });

  it('reads several notify_events, each of its own type', () => {
    const [birth] = told('Birth', { ...PERSON, birth_date: '2001-01-01' }).notify_event;
    const [divorce] = told('x#Divorce', [{ ...PERSON, divorce_date: '2020-01-01' }]).notify_event;
    const { events } = read({ transaction_id: 't', notify_event: [birth, divorce] });
    expect(events.map(({ type, date }) => [type, date])).toEqual([
      ['birth', '2001-01-01'],
      ['divorce', '2020-01-01'],
    ]);
  });

  it('reads one notify_event without an array', () => {
    const [only] = told('Birth', { ...PERSON, birth_date: '2001-01-01' }).notify_event;
    expect(read({ notify_event: only }).events).toHaveLength(1);
  });

  it.each([
    ['Birth', 'birth_date', 'birth'],
    ['Birth', 'birthDate', 'birth'],
    ['Death', 'death_date', 'death'],
    ['Death', 'deathDate', 'death'],
    ['Marriage', 'marriage_date', 'marriage'],
    ['Marriage', 'marriagedate', 'marriage'],
    ['Marriage', 'marriageDate', 'marriage'],
    ['Divorce', 'divorce_date', 'divorce'],
  ])('dates a %s by %s', (reg_event_type, name, type) => {
    for (const text of ['2020-05-06', '2020-05-06T23:00:00+02:00']) {
      expect(read(told(reg_event_type, { ...PERSON, [name]: text })).events).toMatchObject([
        { type, date: '2020-05-06' },
      ]);
    }
  });

  it('dates an event by its own date alone', () => {
    const dates = {
      birth_date: '1950-01-01',
      death_date: '2024-01-01',
      marriage_date: '1970-01-01',
      divorce_date: '1980-01-01',
    };
    const dateOf = (type: string) => read(told(type, { ...PERSON, ...dates })).events[0]?.date;
    expect(['Birth', 'Death', 'Marriage', 'Divorce'].map(dateOf)).toEqual([
      '1950-01-01',
      '2024-01-01',
      '1970-01-01',
      '1980-01-01',
    ]);
    expect(read(told('Death', { ...PERSON, birth_date: '1950-01-01' })).events[0]?.date).toBeNull();
  });

  it.each([[undefined], [null], ['']])('reads a date of %j as none', (birth_date) => {
    expect(read(told('Birth', { ...PERSON, birth_date })).events[0]?.date).toBeNull();
  });

  it('takes OpenCRVS’s spelling where the specified one is empty', () => {
    const record = { ...PERSON, birth_date: '', birthDate: '2020-01-01' };
    expect(read(told('Birth', record)).events[0]?.date).toBe('2020-01-01');
  });

  it.each([
    ['one object', UIN, [{ type: 'UIN', value: '123456789' }]],
    ['an array', [UIN], [{ type: 'UIN', value: '123456789' }]],
    ['OpenCRVS’s spelling', [{ name: 'BRN', identifier: 'B-1' }], [{ type: 'BRN', value: 'B-1' }]],
    ['OpenCRVS’s, one object', { name: 'BRN', identifier: 'B-1' }, [{ type: 'BRN', value: 'B-1' }]],
    [
      'both spellings',
      [UIN, { name: 'DRN', identifier: 'D-1' }],
      [
        { type: 'UIN', value: '123456789' },
        { type: 'DRN', value: 'D-1' },
      ],
    ],
    ['a number', [{ identifier_type: 'UIN', identifier_value: 42 }], [{ type: 'UIN', value: '42' }]],
    ['none', undefined, []],
    ['an empty array', [], []],
    ['an empty object', {}, []],
    [
      'a blank one among others',
      [{ identifier_type: 'NID', identifier_value: '' }, UIN],
      [{ type: 'UIN', value: '123456789' }],
    ],
  ])('reads identifier: %s', (_what, identifier, expected) => {
    const record = { name: { given_name: 'Jane' }, identifier };
    expect(read(told('Birth', record)).events[0]?.identifiers).toEqual(expected);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['empty text', ''],
    ['an empty array', []],
    ['an empty object', {}],
    ['an array of empty objects', [{}, {}]],
  ])('has nothing to do where reg_records is %s, whatever the type', (_what, records) => {
    for (const type of [LIVE_BIRTH, undefined, null, '', 'Adoption', 7]) {
      expect(read(told(type, records))).toEqual({ dialect: 'spdci', events: [] });
    }
  });

  it('has nothing to do where there is no notify_event', () => {
    expect(read({ transaction_id: 't', notify_event: [] })).toEqual({ dialect: 'spdci', events: [] });
  });

  it.each([
    ['no type', told(undefined, PERSON), `${DATA}.reg_event_type`],
    ['a type null', told(null, PERSON), `${DATA}.reg_event_type`],
    ['an empty type', told('', [PERSON]), `${DATA}.reg_event_type`],
    ['a type that is no string', told(7, PERSON), `${DATA}.reg_event_type`],
    ['an adoption', told('spdci-common:RegistryEventType:Adoption', PERSON), `${DATA}.reg_event_type`],
    ['a foetal death', told('spdci-common:RegistryEventType:FoetalDeath', PERSON), `${DATA}.reg_event_type`],
    ['a record that is text', told('Birth', ['x']), `${DATA}.reg_records[0]`],
    ['records that are text', told('Birth', 'x'), `${DATA}.reg_records`],
    ['a bad date', told('Birth', [{ birth_date: 'x' }, 'x']), `${DATA}.reg_records[0].birth_date`],
    ['a bad OpenCRVS date', told('Death', { deathDate: '31.12.2024' }), `${DATA}.reg_records.deathDate`],
    ['identifiers as text', told('Birth', { identifier: 'x' }), `${DATA}.reg_records.identifier`],
    [
      'an identifier without a type',
      told('Birth', { identifier: [{ identifier_value: '1' }] }),
      `${DATA}.reg_records.identifier[0].identifier_type`,
    ],
    [
      'a value with a control character',
      told('Birth', [{ identifier: [UIN, { name: 'BRN', identifier: 'B\u0007' }] }]),
      `${DATA}.reg_records[0].identifier[1].identifier`,
    ],
    ['no data', { notify_event: [{ reference_id: 'r' }] }, DATA],
    ['data that is text', { notify_event: [{ data: 'x' }] }, DATA],
    ['an event that is text', { notify_event: ['x'] }, DATA],
    ['notify_event that is text', { notify_event: 'x' }, 'message.notify_event'],
    ['notify_event that is null', { notify_event: null }, 'message.notify_event'],
  ])('refuses %s and names the field', (_what, message, field) => {
    const error = refusal(message);
    expect(error).toMatchObject({ code: 'err.request.bad', field });
    expect(error.message).toContain(field);
  });

  it('keeps the good events and records, and says which are at fault', () => {
    const [good] = told('Birth', PERSON).notify_event;
    const [bad] = told('Adoption', PERSON).notify_event;
    const deaths = [PERSON, { death_date: 'x' }, { ...PERSON, death_date: '2024-12-01' }];
    const [mixed] = told('Death', deaths).notify_event;
    const { events, refused } = read({ notify_event: [bad, good, {}, mixed] });
    expect(events.map(({ type, date, position }) => [type, date, position])).toEqual([
      ['birth', null, 1],
      ['death', null, 2],
      ['death', '2024-12-01', 4],
    ]);
    expect(refused?.map(({ position, error }) => [position, error.field])).toEqual([
      [null, 'message.notify_event[2].data'],
      [0, 'message.notify_event[0].data.reg_event_type'],
      [3, 'message.notify_event[3].data.reg_records[1].death_date'],
    ]);
  });

  it('takes a record that is not in force for one that was taken back', () => {
    for (const over of [
      { status: 'cancelled' },
      { registration_status: 'Revoked' },
      { status: 'entered in error' },
      { record_status: 'ENTERED-IN-ERROR' },
    ]) {
      expect(read(told('Death', { ...PERSON, ...over })).events).toMatchObject([{ status: 'revoked' }]);
    }
    // Of the person, or not for us to know.
    for (const over of [
      { status: 'registered' },
      { status: 'inactive' },
      { status: 'deceased' },
      { status: 1 },
    ]) {
      expect(read(told('Death', { ...PERSON, ...over })).events[0]?.status).toBeUndefined();
    }
  });
});

describe('which dialect it is', () => {
  it.each([
    ['neither', { person: {} }],
    ['nothing at all', {}],
    ['both', { event_type: 'DEATH', notify_event: [] }],
  ])('is decided by the message; one with %s is refused', (_what, message) => {
    expect(refusal(message)).toMatchObject({ code: 'err.request.bad', field: 'message' });
  });
});

describe('a marriage that comes as one spouse', () => {
  const MRN = { identifier_type: 'MRN', identifier_value: 'M-1' };
  const bride = {
    identifier: [MRN, { identifier_type: 'NID', identifier_value: 'bride' }],
    marriage_date: '2024-06-01',
  };
  const groom = {
    identifier: [{ identifier_type: 'NID', identifier_value: 'groom' }],
    name: { surname: 'G' },
  };

  it.each([
    ['named as the spouse', { related_persons: [{ ...groom, relationship_type: 'SPOUSE' }] }],
    ['among others', { related_persons: [{ role: 'WITNESS' }, { ...groom, role: 'groom' }] }],
    ['the only one, as OpenCRVS sends it', { relations: [groom] }],
    ['one object', { related_person: { relationship: 'husband', person: groom } }],
    [
      'as the Java classes of the specification write it',
      {
        relatedPerson: [
          { relationship: 'GROOM', identifiers: [{ identifierType: 'NID', identifierValue: 'groom' }] },
        ],
      },
    ],
  ])('is an event for each, where the other is %s', (_what, related) => {
    expect(read(told('Marriage', [{ ...bride, ...related }])).events).toEqual([
      {
        type: 'marriage',
        date: '2024-06-01',
        identifiers: [
          { type: 'MRN', value: 'M-1' },
          { type: 'NID', value: 'bride' },
        ],
      },
      {
        type: 'marriage',
        date: '2024-06-01',
        identifiers: [
          { type: 'NID', value: 'groom' },
          { type: 'MRN', value: 'M-1' },
        ],
      },
    ]);
  });

  it('is one event for each where both have a record', () => {
    const other = { ...groom, marriage_date: '2024-06-01', relations: [{ identifier: bride.identifier }] };
    expect(read(told('Marriage', [{ ...bride, relations: [groom] }, other])).events).toHaveLength(2);
  });

  it.each([
    ['has no identifier', { relations: [{ name: { surname: 'G' } }] }],
    ['may be any of several', { relations: [groom, { identifier: [UIN] }] }],
    ['has one that cannot be read', { relations: [{ identifier: [{ identifier_value: 'x' }] }] }],
  ])('is reported as incomplete where the other %s', (_what, related) => {
    const { events, refused } = read(told('Marriage', [{ ...bride, ...related }]));
    expect(events).toHaveLength(1);
    expect(refused?.[0]?.error.field).toContain('reg_records[0].relations[0]');
  });

  it('shows one person in the raw data of their event', () => {
    const message = nodeOf(told('Marriage', [{ ...bride, relations: [groom] }])) as JsonObject;
    const [own, other] = [0, 1].map((position) => rawDataOf({ header: null, message }, position));
    expect(own).toContain('bride');
    expect(own).not.toContain('groom');
    expect(other).toContain('groom');
    expect(other).not.toContain('bride');
    for (const [position, raw] of [own, other].entries()) {
      const [event] = readRawData(raw ?? '', READER) ?? [];
      expect(event?.identifiers).toContainEqual({ type: 'NID', value: position === 0 ? 'bride' : 'groom' });
      expect(event?.date).toBe('2024-06-01');
    }
  });

  it.each([
    ['status', { status: 'cancelled' }, {}],
    ['reg_status', { reg_status: 'cancelled' }, {}],
    ['eventStatus', { eventStatus: { code: 'revoked' } }, {}],
    ['registration.status', { registration: { status: 'void' } }, {}],
    ['status, beside one of the other person', { status: 'cancelled' }, { status: 'alive' }],
  ])('is in force for neither where its %s says so', (_what, said, ofGroom) => {
    const record = { ...bride, ...said, relations: [{ ...groom, ...ofGroom }] };
    const message = nodeOf(told('Marriage', [record])) as JsonObject;
    const events = [0, 1].map((position) => {
      return readRawData(rawDataOf({ header: null, message }, position), READER)?.[0];
    });
    expect(events).toMatchObject([{ status: 'revoked' }, { status: 'revoked' }]);
  });

  it('of another type names only the person', () => {
    expect(read(told('Birth', [{ ...PERSON, relations: [groom] }])).events).toHaveLength(1);
  });
});
