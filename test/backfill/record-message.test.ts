import { describe, expect, it } from 'vitest';
import { NotAskedForError, recordMessage, UnreadableRecordError } from '../../src/backfill/record-message.ts';
import type { JsonObject } from '../../src/dci/json.ts';
import { keptContent, rawDataOf } from '../../src/events/raw-data.ts';
import { readerOf } from '../../src/events/read-events.ts';
import { readAgain } from '../../src/events/read-raw-data.ts';
import { READER } from '../events/support.ts';
import { NOW, plan, REGISTRY } from './support.ts';

const DEATHS = { type: 'death', from: '2024-12-01', to: '2024-12-07' } as const;
const DEATH = {
  identifier: [
    { identifier_type: 'UIN', identifier_value: '123456789' },
    { identifier_type: 'DRN', identifier_value: 'D-2024-12345' },
  ],
  name: { surname: 'Lee', given_name: 'Ann' },
  birth_date: '1950-01-01',
  death_date: '2024-12-01T01:00:00+07:00',
};
const made = (record: Record<string, unknown>, now = NOW, source = 'crvs_main', slice = DEATHS) =>
  recordMessage(record, plan({ source }), slice, REGISTRY, now).message;

describe('a record that was found', () => {
  it('is the event of the type that was asked for', () => {
    expect(made(DEATH)).toMatchObject({
      senderId: 'crvs.example.org',
      action: 'on-search',
      kid: null,
      receivedAt: NOW,
      events: [
        {
          type: 'death',
          date: '2024-12-01',
          identifiers: [
            { type: 'UIN', value: '123456789' },
            { type: 'DRN', value: 'D-2024-12345' },
          ],
        },
      ],
    });
  });

  it('is read in the spellings of OpenCRVS, too', () => {
    const identifier = [{ name: 'NID', identifier: '1' }];
    for (const date of [{ deathDate: '2024-12-01' }, { deathdate: '2024-12-01' }]) {
      expect(made({ identifier, birthDate: '1950-01-01', ...date }).events).toEqual([
        { type: 'death', date: '2024-12-01', identifiers: [{ type: 'NID', value: '1' }] },
      ]);
    }
  });

  it('leaves raw data from which the same event is read, and which says where it came from', () => {
    const { body, events } = made(DEATH);
    const raw = rawDataOf(keptContent(body), 0);
    expect(readerOf([])(keptContent(raw).message as JsonObject, new Map()).events).toEqual(events);
    expect(JSON.parse(raw)).toMatchObject({
      header: { action: 'on-search', meta: { backfill: { source: 'crvs_main', from: '2024-12-01' } } },
      message: { notify_event: [{ data: { reg_event_type: 'DEATH', reg_records: [DEATH] } }] },
    });
  });

  it('is the same message whenever it is found, with its identifiers in another order and a name that was corrected', () => {
    const first = made(DEATH);
    const identifier = [...DEATH.identifier].reverse();
    const again = made({ ...DEATH, identifier, name: { surname: 'Leigh' } }, NOW + 1000);
    expect([again.messageId, again.contentDigest]).toEqual([first.messageId, first.contentDigest]);
  });

  it.each([
    ['of another day', { death_date: '2024-12-02' }],
    ['with another number', { identifier: DEATH.identifier[0] }],
  ])('is another message %s', (_, over) => {
    expect(made({ ...DEATH, ...over }).messageId).not.toBe(made(DEATH).messageId);
  });

  it('is another message of another source, and without identifiers by its content', () => {
    expect(made(DEATH, NOW, 'crvs_second').messageId).not.toBe(made(DEATH).messageId);
    const nameless = (surname: string) => made({ death_date: '2024-12-01', name: { surname } }).messageId;
    expect(nameless('Lee')).not.toBe(nameless('Kim'));
    expect(nameless('Lee')).toBe(nameless('Lee'));
  });

  it.each([
    [
      'the living, whom a registry of persons gives',
      { death_date: '', identifier: [DEATH.identifier[0]] },
      /no date of the death/,
    ],
    ['a record that was not asked for', { death_date: '2023-12-01' }, /not in the range/],
    [
      'somebody who lives and has a bad identifier',
      { death_date: null, identifier: [{ identifier_value: '123456789' }] },
      /^record\.identifier\[0\]\.identifier_type/,
    ],
  ])('is no event: %s', (_, over, reason) => {
    expect(() => made({ ...DEATH, ...over })).toThrow(reason);
    expect(() => made({ ...DEATH, ...over })).not.toThrow(/123456789|Lee|2023-12-01|soon/);
  });

  it.each([
    ['a date that is none', { death_date: 'soon' }, /^record\.death_date: expected a date/],
    [
      'an identifier of no type',
      { identifier: [{ identifier_value: '123456789' }] },
      /^record\.identifier\[0\]\.identifier_type/,
    ],
  ])('is an event that says nothing of the person, with %s', (_, over, reason) => {
    const found = recordMessage({ ...DEATH, ...over }, plan(), DEATHS, REGISTRY, NOW);
    expect(found.message.events).toEqual([{ type: 'death', date: null, identifiers: [] }]);
    expect(found.missing).toMatch(reason);
    expect(found.missing).not.toMatch(/123456789|Lee|soon/);
    // The delivery finds the same.
    const read = readAgain(keptContent(found.message.body), READER);
    expect(read.eventAt(0)).toBeNull();
    expect(read.refusedAt(0)?.error.field).toContain('reg_records[0].');
    expect(made({ ...DEATH, ...over }).messageId).toBe(found.message.messageId);
  });

  it.each([
    ['its number', {}],
    ['its place', { identifier: [], death_place: { address: 'x' } }],
  ])('is a death without a date, by %s', (_, over) => {
    const { death_date: _date, ...rest } = { ...DEATH, ...over };
    expect(made(rest).events).toMatchObject([{ type: 'death', date: null }]);
    expect(made({ ...rest, deathDate: null }).events).toMatchObject([{ date: null }]);
  });

  it('is not taken where the date that the range is about lies outside, or the registry takes no notice of it', () => {
    const byBirth = (record: object, registry = REGISTRY) =>
      recordMessage(
        { ...DEATH, ...record },
        plan({ attribute: 'birthdate' }),
        { ...DEATHS, from: '1950-01-01', to: '1959-12-31' },
        registry,
        NOW,
      );
    expect(byBirth({ birth_date: '1950-03-01' }).message.events).toHaveLength(1);
    expect(() => byBirth({ birth_date: '1960-01-01' })).toThrow('its birthdate is not in the range');
    const careless = { ...REGISTRY, ignoresRange: () => true };
    expect(() => byBirth({}, careless)).toThrow(NotAskedForError);
  });

  it('may be of any day where the range is about another date', () => {
    const { message } = recordMessage(
      DEATH,
      plan({ attribute: 'birthdate' }),
      { ...DEATHS, to: '2024-12-01', from: '1950-01-01' },
      REGISTRY,
      NOW,
    );
    expect(message.events[0]?.date).toBe('2024-12-01');
  });
});

describe('a marriage that was found as one spouse', () => {
  const MARRIAGES = { type: 'marriage', from: '2024-06-01', to: '2024-06-30' } as const;
  const nid = (value: string) => ({ name: 'NID', identifier: value });
  const bride = {
    identifier: [nid('bride'), { name: 'MRN', identifier: 'M-1' }],
    marriagedate: '2024-06-02',
  };
  const found = (record: Record<string, unknown>) =>
    recordMessage(record, plan({ source: 'crvs_main' }), MARRIAGES, REGISTRY, NOW);

  it('is an event of each', () => {
    const { message, missing } = found({ ...bride, relations: [{ identifier: [nid('groom')] }] });
    expect(message.events.map(({ identifiers }) => identifiers[0]?.value)).toEqual(['bride', 'groom']);
    expect(missing).toBeNull();
  });

  it('says that one is missing', () => {
    const { message, missing } = found({
      ...bride,
      related_persons: [{ name: 'groom', relation: 'spouse' }],
    });
    expect(message.events).toMatchObject([
      { identifiers: [{ value: 'bride' }, { value: 'M-1' }] },
      { date: null, identifiers: [], position: 1 },
    ]);
    expect(missing).toBe(
      'record.related_persons[0]: the other spouse has no identifier; send one, so that both are known to be married',
    );
  });

  it('is none where it is not in force', () => {
    expect(() => found({ ...bride, status: 'annulled' })).toThrow(UnreadableRecordError);
  });
});
