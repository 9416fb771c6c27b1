import { describe, expect, it } from 'vitest';
import type { EventForm } from '../../../src/connectors/opencrvs-v2/forms.ts';
import { DciError } from '../../../src/dci/errors.ts';
import { printJson } from '../../../src/dci/json-print.ts';
import { readSpdciRecords } from '../../../src/events/spdci-dialect.ts';
import { action, BIRTH, DEATH, eventDocument, FORMS, MARRIAGE, read } from './documents.ts';

const registered = (registrationNumber: unknown = 'B1RTH0000001', over: object = {}) =>
  action('REGISTER', { registrationNumber, ...over });

function refusal(document: object): string {
  try {
    read(document);
  } catch (error) {
    if (error instanceof DciError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('an event document', () => {
  it('of a birth is about the child, and nothing of the parents', () => {
    const found = read(eventDocument('birth', [action('DECLARE', { declaration: BIRTH }), registered()]));
    expect(found?.events).toEqual([
      { type: 'birth', date: '2025-02-20', identifiers: [{ type: 'BRN', value: 'B1RTH0000001' }] },
    ]);
    const kept = printJson(found?.message ?? null, 0);
    expect(kept).toContain('"given_name":"Lina Rose","surname":"Achterberg"');
    for (const other of ['7600000001', 'Johanna', 'mother', 'father']) expect(kept).not.toContain(other);
  });

  it('of a birth has the child’s own number, where it has one', () => {
    const declaration = { ...BIRTH, 'child.nid': '7600000099' };
    const found = read(eventDocument('birth', [action('DECLARE', { declaration }), registered()]));
    expect(found?.events[0]?.identifiers).toEqual([
      { type: 'BRN', value: 'B1RTH0000001' },
      { type: 'NID', value: '7600000099' },
    ]);
  });

  it('of a death is about the deceased, not the informant or the spouse', () => {
    const found = read(
      eventDocument('death', [action('DECLARE', { declaration: DEATH }), registered('D3ATH0000001')]),
    );
    expect(found?.events).toEqual([
      {
        type: 'death',
        date: '2025-02-25',
        identifiers: [
          { type: 'DRN', value: 'D3ATH0000001' },
          { type: 'NID', value: '7600000009' },
        ],
      },
    ]);
  });

  it('of a marriage is an event of each spouse, their own numbers first', () => {
    const found = read(
      eventDocument('marriage', [action('DECLARE', { declaration: MARRIAGE }), registered('M1')]),
    );
    expect(found?.events).toEqual([
      {
        type: 'marriage',
        date: '2025-02-14',
        identifiers: [
          { type: 'NID', value: '7600000021' },
          { type: 'MRN', value: 'M1' },
        ],
      },
      {
        type: 'marriage',
        date: '2025-02-14',
        identifiers: [
          { type: 'NID', value: '7600000022' },
          { type: 'MRN', value: 'M1' },
        ],
      },
    ]);
  });

  it('takes what the registrar changed over what was declared', () => {
    const found = read(
      eventDocument('birth', [
        action('DECLARE', { declaration: BIRTH }),
        action('VALIDATE', { declaration: { 'child.name': { firstname: 'Lena' } } }),
        registered('B1', { declaration: { 'child.dob': '2025-02-21' } }),
      ]),
    );
    expect(found?.events[0]?.date).toBe('2025-02-21');
    expect(printJson(found?.message ?? null, 0)).toContain('"given_name":"Lena Rose","surname":"Achterberg"');
  });

  it('leaves out the number that a correction to another kind of ID has hidden', () => {
    const identifiersAfter = (correction: object) =>
      read(
        eventDocument('death', [
          action('REGISTER', { declaration: DEATH, registrationNumber: 'D' }),
          action('REQUEST_CORRECTION', { id: 'request', declaration: correction }),
          action('APPROVE_CORRECTION', { requestId: 'request' }),
        ]),
      )?.events[0]?.identifiers;
    const own = { type: 'DRN', value: 'D' };
    const nid = { type: 'NID', value: DEATH['deceased.nid'] };
    const passport = { type: 'PASSPORT', value: 'P-1' };
    const [idType, number] = ['deceased.idType', { 'deceased.passport': 'P-1' }];
    expect(identifiersAfter({ [idType]: 'PASSPORT', ...number })).toEqual([own, passport]);
    expect(identifiersAfter({ [idType]: 'NONE' })).toEqual([own]);
    expect(identifiersAfter({ [idType]: 'NATIONAL_ID', ...number })).toEqual([own, nid]);
    expect(identifiersAfter({ [idType]: 'PASSPORT' })).toEqual([own, nid]);
    // A country's own kinds of ID, and forms without that field, hide nothing.
    for (const value of ['REFUGEE_NUMBER', null]) {
      expect(identifiersAfter({ [idType]: value, ...number })).toEqual([own, nid, passport]);
    }
  });

  it('takes in an approved correction, from the request that it approves, and says that it is one', () => {
    const actions = [
      action('DECLARE', { declaration: BIRTH }),
      registered('B1', { id: 'register' }),
      action('REQUEST_CORRECTION', { id: 'first', declaration: { 'child.dob': '2025-02-01' } }),
      action('REJECT_CORRECTION', { requestId: 'first' }),
      action('REQUEST_CORRECTION', { id: 'second', declaration: { 'child.dob': '2025-02-19' } }),
      action('APPROVE_CORRECTION', { id: 'approval', requestId: 'second' }),
    ];
    const found = read(eventDocument('birth', actions));
    expect(found).toMatchObject({
      messageId: 'event-1:approval',
      events: [{ date: '2025-02-19', correction: true, identifiers: [{ type: 'BRN', value: 'B1' }] }],
    });
    const before = read(eventDocument('birth', actions.slice(0, 5)));
    expect(before).toMatchObject({ messageId: 'event-1:register', events: [{ date: '2025-02-20' }] });
    expect(before?.events[0]).not.toHaveProperty('correction');
  });

  it('is the same message whether it is sent when it was asked, when it was confirmed, or when it was printed', () => {
    const declared = action('DECLARE', { declaration: BIRTH });
    const asked = action('REGISTER', {
      id: 'asked',
      status: 'Requested',
      declaration: { 'child.dob': '2025-02-22' },
    });
    const confirmed = registered('B1', { id: 'confirmed', originalActionId: 'asked' });
    const early = read(
      eventDocument('birth', [declared, { ...asked, status: 'Accepted', registrationNumber: 'B1' }]),
    );
    const late = read(
      eventDocument('birth', [
        declared,
        asked,
        confirmed,
        action('PRINT_CERTIFICATE', { declaration: { 'child.dob': '1999-01-01' } }),
      ]),
    );
    expect(late?.messageId).toBe('event-1:asked');
    expect(early?.messageId).toBe(late?.messageId);
    expect(early?.events).toEqual(late?.events);
    expect(late?.events[0]?.date).toBe('2025-02-22');
  });

  it.each([
    ['is declared only', [action('DECLARE', { declaration: BIRTH })]],
    ['waits for its confirmation', [action('REGISTER', { status: 'Requested' })]],
    ['was rejected', [action('REGISTER', { status: 'Rejected' })]],
  ])('that %s says nothing', (_case, actions) => {
    expect(read(eventDocument('birth', actions))).toBeNull();
  });

  it('of an event that no form is for says nothing', () => {
    expect(read(eventDocument('tennis-club-membership', [registered()]))).toBeNull();
  });

  it('of a type as releases before 2.0 name it is read by the same form', () => {
    const document = (type: string) => eventDocument(type, [registered('D', { declaration: DEATH })]);
    expect(read(document('v2.death'))?.events).toEqual(read(document('death'))?.events);
  });

  it.each([
    [
      'no registration number',
      eventDocument('birth', [registered(null, { declaration: BIRTH })]),
      'registrationNumber: missing',
    ],
    [
      'an odd number',
      eventDocument('birth', [registered({}, { declaration: BIRTH })]),
      'registrationNumber: expected a string',
    ],
    [
      'an impossible date',
      eventDocument('birth', [registered('B1', { declaration: { 'child.dob': '2025-02-30' } })]),
      'child.dob: expected a date',
    ],
    [
      'an odd identifier',
      eventDocument('birth', [registered('B1', { declaration: { ...BIRTH, 'child.nid': true } })]),
      'child.nid: expected a string',
    ],
    ['no actions', { id: 'e', type: 'birth' }, 'actions: expected the array'],
    [
      'an action without a status',
      { id: 'e', type: 'birth', actions: [{ id: 'a', type: 'REGISTER' }] },
      'actions[0].status: missing',
    ],
    [
      'a correction of nothing registered',
      eventDocument('birth', [action('APPROVE_CORRECTION', { requestId: 'x' })]),
      'no accepted REGISTER',
    ],
    [
      'a correction of no request',
      eventDocument('birth', [
        registered('B1', { declaration: BIRTH }),
        action('APPROVE_CORRECTION', { requestId: 'x' }),
      ]),
      'requestId: names no requested correction',
    ],
  ])('with %s is refused with the reason', (_case, document, reason) => {
    const message = refusal(document);
    expect(message).toContain(reason);
    expect(message).not.toMatch(/Lina|7600000001|2025-02-30/);
  });

  it('is read by a country’s own fields', () => {
    const form: EventForm = {
      event: 'birth',
      registration_number: 'BIRTH_REG_NO',
      persons: [
        {
          date: ['newborn.born.on'],
          name: [],
          given_name: ['newborn.given'],
          family_name: [],
          identifiers: { UIN: ['newborn.ids.uin', 'newborn.uin'] },
        },
      ],
    };
    const declaration = {
      'newborn.born': { on: '2025-02-20' },
      'newborn.given': 'Lina',
      'newborn.uin': 'U-1',
    };
    const found = read(
      eventDocument('naissance', [registered('N1', { declaration })]),
      new Map([...FORMS, ['naissance', form]]),
    );
    expect(found?.events).toEqual([
      {
        type: 'birth',
        date: '2025-02-20',
        identifiers: [
          { type: 'BIRTH_REG_NO', value: 'N1' },
          { type: 'UIN', value: 'U-1' },
        ],
      },
    ]);
  });

  it.each([
    ['no date', {}, undefined],
    ['a month', { 'child.dob': '2025-02' }, 'date.partial'],
    ['a year', { 'child.dob': '2025' }, 'date.partial'],
    ['the year 1', { 'child.dob': '0001-01-01' }, 'date.implausible'],
  ])('with %s is an event without a day, also when it is read again', (_case, declaration, dateNote) => {
    const found = read(eventDocument('birth', [registered('B1', { declaration })]));
    for (const events of [found?.events, found && readSpdciRecords(found.message).events]) {
      expect(events).toMatchObject([{ type: 'birth', date: null }]);
      expect(events?.[0]?.dateNote).toBe(dateNote);
    }
  });

  it('that is revoked is not in force, until it is reinstated', () => {
    const registration = registered('B1', { id: 'register', declaration: BIRTH });
    const custom = (customActionType: string, id: string, status = 'Accepted') => ({
      ...action('CUSTOM', { id, status }),
      customActionType,
    });
    const revoke = custom('REVOKE_REGISTRATION', 'revoke');
    const reinstate = custom('REINSTATE_REGISTRATION', 'reinstate');
    const states = [
      [[registration], 'register', undefined],
      [[registration, custom('REVOKE_REGISTRATION', 'revoke', 'Requested')], 'register', undefined],
      [[registration, custom('ESCALATE', 'escalate')], 'register', undefined],
      [[registration, revoke], 'revoke', 'revoked'],
      [[registration, revoke, action('PRINT_CERTIFICATE')], 'revoke', 'revoked'],
      [[registration, revoke, reinstate], 'reinstate', undefined],
      [[registration, revoke, reinstate, custom('REVOKE_BIRTH_REGISTRATION', 'again')], 'again', 'revoked'],
    ] as const;
    for (const [actions, id, status] of states) {
      // In the order of their times, as the document is read.
      const at = (one: object, minute: number) => ({
        ...one,
        createdAt: new Date(minute * 60_000).toISOString(),
      });
      const found = read(eventDocument('birth', actions.map(at)));
      expect(found?.messageId).toBe(`event-1:${id}`);
      expect(found?.events).toMatchObject([{ type: 'birth', date: '2025-02-20' }]);
      expect(found?.events[0]?.status).toBe(status);
    }
  });
});
