import { describe, expect, it } from 'vitest';
import { read, refusal } from './support.ts';

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
    ['a bad date', told('Birth', [PERSON, { birth_date: 'x' }]), `${DATA}.reg_records[1].birth_date`],
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

  it('says which of several events is at fault', () => {
    const [good] = told('Birth', PERSON).notify_event;
    const [bad] = told('Adoption', PERSON).notify_event;
    expect(refusal({ notify_event: [good, bad] }).field).toBe('message.notify_event[1].data.reg_event_type');
  });
});

describe('which dialect it is', () => {
  it.each([
    ['neither', { person: {} }],
    ['nothing at all', {}],
    ['both', { event_type: 'DEATH', notify_event: [] }],
  ])('is told by the message; one with %s is refused', (_what, message) => {
    expect(refusal(message)).toMatchObject({ code: 'err.request.bad', field: 'message' });
  });
});
