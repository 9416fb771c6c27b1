import { describe, expect, it } from 'vitest';
import type { VitalEventType } from '../../src/events/vital-event.ts';
import { RULES } from '../../src/openspp/rules/index.ts';
import { refuseImplausible } from '../../src/openspp/rules/plausible.ts';
import { type Change, type PastEvent, RuleError, type RuleInput } from '../../src/openspp/rules/rule.ts';
import { DIVORCED, fields, MARRIED, openspp, registrant } from './support.ts';

const RECEIVED_ON = '2024-12-03';
const NOW = '2024-12-04 05:06:07';

function apply(type: VitalEventType, date: string | null, over: Partial<RuleInput> = {}): Change {
  return RULES[type]({
    event: { type, date, identifiers: [] },
    registrant: registrant(),
    openspp: openspp(),
    past: [],
    receivedOn: RECEIVED_ON,
    now: NOW,
    ...over,
  });
}

describe('a birth', () => {
  it('fills an empty birth date', () => {
    expect(apply('birth', '2020-02-29')).toEqual({
      patch: { birthdate: '2020-02-29' },
      exit: null,
      notes: [],
      done: ['Birth date: 2020-02-29.'],
    });
  });

  it('writes nothing where the birth date is the same, and says which it is', () => {
    const change = apply('birth', '2020-02-29', { registrant: registrant({ birthdate: '2020-02-29' }) });
    expect(change).toEqual({ patch: {}, exit: null, notes: ['Birth date: 2020-02-29.'] });
  });

  it('leaves another birth date, and notes both', () => {
    const change = apply('birth', '2020-02-29', { registrant: registrant({ birthdate: '2019-01-01' }) });
    expect(change).toEqual({
      patch: {},
      exit: null,
      notes: [
        'Birth date not changed: OpenSPP has 2019-01-01, the registry says 2020-02-29. Check the certificate, and correct the registrant by hand if needed.',
      ],
    });
  });

  it('without a date changes nothing, and says so', () => {
    for (const birthdate of [null, '2019-01-01']) {
      const change = apply('birth', null, { registrant: registrant({ birthdate }) });
      expect(change.patch).toEqual({});
      expect(change.notes).toEqual([expect.stringContaining('no date')]);
    }
  });
});

describe('a death', () => {
  const REASON = `Deceased - CRVS notification received on ${RECEIVED_ON}`;
  const DISABLED = { disabled: NOW, disabled_by: 5, disabled_reason: REASON };

  it('disables the registrant, in OpenSPP’s words, and ends the memberships', () => {
    expect(apply('death', '2024-12-01')).toEqual({
      patch: DISABLED,
      exit: { date: '2024-12-01', reason: REASON },
      notes: [],
      done: ['Marked as deceased.'],
    });
  });

  describe('where OpenSPP has programmes', () => {
    const programmes = openspp({ membership: fields(['state', 'exit_date', 'exit_reason']) });
    const FIRST = `${REASON} (program memberships ended first)`;
    const told = (over: Parameters<typeof registrant>[0]) =>
      apply('death', '2024-12-01', { openspp: programmes, registrant: registrant(over) });

    it('says in the registrant’s reason that the memberships were ended before', () => {
      expect(told({}).patch).toEqual({ ...DISABLED, disabled_reason: FIRST });
    });

    it.each([
      ['by somebody else', 'moved away', true],
      ['by OpenSPP’s own processing, which ends none', REASON, true],
      ['by the bridge', FIRST, false],
      ['by the bridge for an earlier notification', FIRST.replace(RECEIVED_ON, '2023-01-01'), false],
    ])(
      'of a registrant who was disabled %s, warns of hidden memberships: %#',
      (_who, disabledReason, warns) => {
        const { notes } = told({ disabled: '2023-05-06 01:02:03', disabledReason });
        expect(notes.some((note) => note.includes('OpenSPP hides the programme memberships'))).toBe(warns);
      },
    );
  });

  it.each([
    ['is no field', undefined, {}, 0],
    ['is empty', null, { death_date: '2024-12-01' }, 0],
    ['is the same', '2024-12-01', {}, 0],
    ['is another', '2024-11-30', {}, 1],
  ])('where death_date %s', (_what, deathDate, patch, notes) => {
    const change = apply('death', '2024-12-01', { registrant: registrant({ deathDate }) });
    expect(change.patch).toEqual({ ...DISABLED, ...patch });
    expect(change.notes).toHaveLength(notes);
    if (notes > 0) {
      expect(change.notes[0]).toContain('2024-11-30');
      expect(change.notes[0]).toContain('2024-12-01');
    }
  });

  it('leaves a registrant who was disabled before, notes it, and still ends the memberships', () => {
    const change = apply('death', '2024-12-01', {
      registrant: registrant({
        disabled: '2023-05-06 01:02:03',
        disabledReason: 'moved away',
        deathDate: null,
      }),
    });
    expect(change).toEqual({
      patch: { death_date: '2024-12-01' },
      exit: { date: '2024-12-01', reason: REASON },
      notes: ['The registrant was disabled already, on 2023-05-06; that was left as it is.'],
      done: ['Date of death: 2024-12-01.'],
    });
  });

  it('says what it did itself in a try that was cut off', () => {
    const change = apply('death', '2024-12-01', {
      registrant: registrant({ disabled: '2024-12-04 05:00:00', disabledReason: REASON }),
    });
    expect(change).toMatchObject({ patch: {}, notes: ['Marked as deceased.'] });
  });

  it('without a date counts from the day of receipt, and dates no death', () => {
    const change = apply('death', null, { registrant: registrant({ deathDate: null }) });
    expect(change).toEqual({
      patch: DISABLED,
      exit: { date: RECEIVED_ON, reason: REASON },
      notes: ['The registry sent no date of death.'],
      done: ['Marked as deceased.'],
    });
  });
});

describe('refuseImplausible', () => {
  const check =
    (type: VitalEventType, date: string | null, over: Partial<RuleInput> = {}) =>
    () =>
      refuseImplausible({
        event: { type, date, identifiers: [] },
        registrant: registrant({ birthdate: '2000-02-29' }),
        openspp: openspp(),
        past: [],
        receivedOn: RECEIVED_ON,
        now: NOW,
        ...over,
      });

  it.each([
    ['death', '2000-02-28'],
    ['marriage', '2010-02-28'],
    ['divorce', '2009-12-31'],
  ] as const)('refuses a %s on %s of somebody born on 2000-02-29', (type, date) => {
    expect(check(type, date)).toThrow(expect.objectContaining({ reason: 'event.implausible' }));
  });

  it.each([
    ['death', '2000-02-29'],
    ['death', null],
    ['marriage', '2010-03-01'],
    ['birth', '1990-01-01'],
  ] as const)('takes a %s on %s', (type, date) => {
    expect(check(type, date)).not.toThrow();
  });

  it('refuses a birth after the death that OpenSPP keeps, or has processed', () => {
    const kept = registrant({ birthdate: null, deathDate: '2020-01-01' });
    expect(check('birth', '2020-01-02', { registrant: kept })).toThrow('is after the registrant');
    expect(check('birth', '2020-01-01', { registrant: kept })).not.toThrow();
    const past = [{ type: 'death' as const, date: '2020-01-01' }];
    expect(check('birth', '2020-01-02', { past })).toThrow('is after the registrant');
  });
});

const CIVIL = [
  { type: 'marriage', id: MARRIED, code: 'M', word: 'married' },
  { type: 'divorce', id: DIVORCED, code: 'D', word: 'divorced' },
] as const;

describe.each(CIVIL)('a $type', ({ type, id, code, word }) => {
  it('sets the civil status', () => {
    expect(apply(type, '2020-05-05')).toEqual({
      patch: { civil_status_id: id },
      exit: null,
      notes: [],
      done: [`Civil status: ${word}.`],
    });
    expect(apply(type, null).patch).toEqual({ civil_status_id: id });
  });

  it('writes nothing where it is set already', () => {
    const change = apply(type, '2020-05-05', { registrant: registrant({ civilStatusId: id }) });
    expect(change).toEqual({ patch: {}, exit: null, notes: [`Civil status: ${word}.`] });
  });

  it('changes another one', () => {
    const change = apply(type, '2020-05-05', { registrant: registrant({ civilStatusId: 21 }) });
    expect(change.patch).toEqual({ civil_status_id: id });
  });

  const MARRIAGE: PastEvent = { type: 'marriage', date: '2021-01-01' };
  const DIVORCE: PastEvent = { type: 'divorce', date: '2022-02-02' };
  it.each([
    ['a later marriage', '2020-12-31', [MARRIAGE], 'a later marriage, of 2021-01-01,'],
    ['a later divorce', '2022-02-01', [MARRIAGE, DIVORCE], 'a later divorce, of 2022-02-02,'],
    ['the latest of several', '2000-01-01', [DIVORCE, MARRIAGE], 'a later divorce, of 2022-02-02,'],
  ] as const)('gives way to %s', (_what, date, past, note) => {
    const change = apply(type, date, { past });
    expect(change.patch).toEqual({});
    expect(change.notes).toEqual([expect.stringContaining(note)]);
  });

  it.each([
    ['earlier ones', '2023-01-01', [MARRIAGE, DIVORCE]],
    ['one of the same day', '2021-01-01', [MARRIAGE]],
    ['any, where it has no date', null, [MARRIAGE, DIVORCE]],
  ] as const)('does not give way to %s', (_what, date, past) => {
    expect(apply(type, date, { past })).toMatchObject({ patch: { civil_status_id: id }, notes: [] });
  });

  it.each([
    ['the day before', '2023-01-01', true],
    ['the same day', '2023-01-02', true],
    ['the day after', '2023-01-03', false],
    ['no day', null, true],
  ])('dated %s of a death (%s) is applied: %s', (_what, date, applied) => {
    const DEATH: PastEvent = { type: 'death', date: '2023-01-02' };
    for (const known of [
      { past: [DEATH] },
      { registrant: registrant({ deathDate: '2023-01-02' }) },
      { past: [{ ...DEATH, date: '2024-01-01' }], registrant: registrant({ deathDate: '2023-01-02' }) },
    ]) {
      const change = apply(type, date, known);
      expect(change.patch).toEqual(applied ? { civil_status_id: id } : {});
      expect(change.notes).toEqual(applied ? [] : [expect.stringContaining('death on 2023-01-02')]);
    }
  });

  it('does not give way to one that was dated after the death, and so not applied', () => {
    const past: PastEvent[] = [
      { type: 'divorce', date: '2024-01-01' },
      { type: 'death', date: '2023-01-01' },
    ];
    expect(apply(type, '2022-01-01', { past })).toMatchObject({ patch: { civil_status_id: id }, notes: [] });
  });

  it('where OpenSPP has no such code is an error that names it', () => {
    const bare = openspp({ civilStatus: new Map([['S', 21]]) });
    expect(() => apply(type, '2020-05-05', { openspp: bare })).toThrow(RuleError);
    expect(() => apply(type, '2020-05-05', { openspp: bare })).toThrow(`code ${code};`);
  });

  describe('in an older OpenSPP with civil_status', () => {
    const older = (selection?: [string, string][]) =>
      openspp({ registrant: fields(['civil_status'], selection ? { type: 'selection', selection } : {}) });
    const single = registrant({ civilStatusId: undefined, civilStatus: 'single' });

    it.each([
      [
        'its word',
        [
          ['single', 'Single'],
          [word, 'x'],
        ],
        word,
      ],
      [
        'its word in capitals',
        [
          ['Single', 'Single'],
          [word.toUpperCase(), 'x'],
        ],
        word.toUpperCase(),
      ],
      [
        'its code',
        [
          ['S', 'Single'],
          [code, 'x'],
        ],
        code,
      ],
    ] as const)('writes %s', (_what, selection, value) => {
      const change = apply(type, '2020-05-05', {
        registrant: single,
        openspp: older(selection.map(([one, label]) => [one, label])),
      });
      expect(change).toEqual({
        patch: { civil_status: value },
        exit: null,
        notes: [],
        done: [`Civil status: ${word}.`],
      });
    });

    it('writes its word where the field is no selection', () => {
      expect(apply(type, null, { registrant: single, openspp: older() }).patch).toEqual({
        civil_status: word,
      });
    });

    it('writes nothing where it is set already', () => {
      const change = apply(type, '2020-05-05', {
        registrant: registrant({ civilStatusId: undefined, civilStatus: word }),
        openspp: older([[word, 'x']]),
      });
      expect(change.patch).toEqual({});
    });

    it('is an error where the selection has no such value', () => {
      const other = older([['single', 'Single']]);
      const attempt = () => apply(type, null, { registrant: single, openspp: other });
      expect(attempt).toThrow(RuleError);
      expect(attempt).toThrow(`"${word}"`);
    });

    it('prefers civil_status_id where both are there', () => {
      const both = registrant({ civilStatusId: null, civilStatus: 'single' });
      expect(apply(type, null, { registrant: both, openspp: older([[word, 'x']]) }).patch).toEqual({
        civil_status_id: id,
      });
    });
  });

  it('is an error where OpenSPP keeps no civil status', () => {
    const without = registrant({ civilStatusId: undefined, civilStatus: undefined });
    expect(() => apply(type, null, { registrant: without })).toThrow(RuleError);
    expect(() => apply(type, null, { registrant: without })).toThrow('civil_status');
  });
});

it('no rule changes what it is given', () => {
  const past: readonly PastEvent[] = Object.freeze([
    Object.freeze({ type: 'death', date: '2024-01-01' } as const),
    Object.freeze({ type: 'marriage', date: '2020-01-01' } as const),
  ]);
  for (const type of ['birth', 'death', 'marriage', 'divorce'] as const) {
    const change = () => apply(type, '2021-01-01', { past, registrant: Object.freeze(registrant()) });
    expect(change()).toEqual(change());
  }
});
