import { describe, expect, it } from 'vitest';
import { opencrvsWebhook } from '../../../src/connectors/opencrvs-v1/reader.ts';
import type { JsonObject } from '../../../src/dci/json.ts';
import { nodeOf } from '../../../src/dci/sign.ts';
import { readerOf } from '../../../src/events/read-events.ts';
import type { VitalEvent } from '../../../src/events/vital-event.ts';
import { cpuMs } from '../../cpu-time.ts';
import { bundle, MOTHER_ID, payload, RELEASES, type RecordTold } from './bundles.ts';

const BIRTH: RecordTold = { type: 'birth', date: '2020-02-29', number: '2020BABC123', nationalId: null };
const DEATH: RecordTold = {
  type: 'death',
  date: '2024-12-01',
  number: '2024DXYZ789',
  nationalId: '700800900',
};
const WHOLE = RELEASES['1.9'];
const WITHHELD = RELEASES['1.5'];

const readEvents = (message: JsonObject) => readerOf([opencrvsWebhook])(message, new Map());

function read(topic: string, context: object): VitalEvent[] {
  return readEvents(nodeOf(payload(topic, context)) as JsonObject).events;
}
const birth = (context: object) => read('BIRTH_REGISTERED', context);
const death = (context: object) => read('DEATH_REGISTERED', context);

it('a bundle of thousands of resources is read in time that grows with their number', () => {
  const bundleOf = (count: number) => {
    const entry: object[] = [
      { resourceType: 'Task', identifier: [{ system: '/birth-registration-number', value: 'B' }] },
    ];
    for (let at = 0; at < count; at += 1) entry.push({ resourceType: 'Patient', id: `p-${at}` });
    const type = 'BIRTH_REGISTRATION_NUMBER';
    const identifier = Array.from({ length: count }, (_, at) => ({ type: 'X', value: `${at}` }));
    entry.push({ resourceType: 'Patient', id: 'child', identifier: [{ type, value: 'B' }, ...identifier] });
    return nodeOf(payload('BIRTH_REGISTERED', { resourceType: 'Bundle', entry })) as JsonObject;
  };
  const [few, many] = [bundleOf(350), bundleOf(7000)];
  expect(readEvents(many).events[0]?.identifiers).toHaveLength(7001);
  const best = (message: JsonObject) =>
    Math.min(...[0, 1, 2].map(() => cpuMs(() => void readEvents(message))));
  // Twenty times as many, which took four hundred times as long.
  expect(best(many)).toBeLessThan(100 * best(few));
});

describe.each(Object.entries(RELEASES))('a bundle of OpenCRVS %s', (_, shape) => {
  it('is the birth of the child, with the date and the number', () => {
    expect(birth(bundle(BIRTH, shape))).toEqual([
      { type: 'birth', date: '2020-02-29', identifiers: [{ type: 'BRN', value: '2020BABC123' }] },
    ]);
  });

  it('is the death of the deceased, with all identifiers', () => {
    expect(death(bundle(DEATH, shape))).toEqual([
      {
        type: 'death',
        date: '2024-12-01',
        identifiers: [
          { type: 'DRN', value: '2024DXYZ789' },
          { type: 'NATIONAL_ID', value: '700800900' },
        ],
      },
    ]);
  });

  it('without the section of the person is refused, and never takes the mother', () => {
    for (const told of [BIRTH, DEATH]) {
      for (const sections of [['mother-details'], ['mother-details', 'informant-details'], []] as const) {
        const topic = `${told.type.toUpperCase()}_REGISTERED`;
        expect(() => read(topic, bundle(told, shape, sections))).toThrow(/permission/);
      }
    }
  });
});

describe('who is meant', () => {
  it('is whom the composition names, whatever the order', () => {
    const [event] = birth(bundle(BIRTH, WHOLE, ['subject', 'mother-details']));
    expect(JSON.stringify(event)).not.toContain(MOTHER_ID);
    expect(event?.identifiers).toEqual([{ type: 'BRN', value: BIRTH.number }]);
  });

  it('is nobody where the composition names the mother for the child', () => {
    const told = JSON.parse(JSON.stringify(bundle(BIRTH, WHOLE)).replaceAll('p-subject', 'p-mother'));
    expect(() => birth(told)).toThrow(/relative/);
  });

  it('is nobody where two have the number, or the person has another one', () => {
    const shared = JSON.stringify(bundle(BIRTH, WITHHELD)).replaceAll('MOTHERS-OWN-BRN', BIRTH.number);
    expect(() => birth(JSON.parse(shared))).toThrow(/several Patients/);
    const other = JSON.stringify(bundle(DEATH, WHOLE)).replace(DEATH.number, 'ANOTHER');
    expect(() => death(JSON.parse(other))).toThrow(/different registration numbers/);
  });

  it('of a death is known by the date of death, where no number says it', () => {
    const told = bundle(DEATH, WITHHELD);
    const without = JSON.parse(JSON.stringify(told), (key, value) =>
      key === 'identifier' && Array.isArray(value)
        ? value.filter((one) => !JSON.stringify(one).includes(DEATH.number))
        : value,
    );
    expect(death(without)).toMatchObject([{ identifiers: [{ type: 'NATIONAL_ID', value: '700800900' }] }]);
  });
});

describe('a topic', () => {
  it('that certifies says the same event again, and one that corrects corrects it', () => {
    const told = bundle(BIRTH, WHOLE);
    expect(read('BIRTH_CERTIFIED', told)).toEqual(birth(told));
    expect(read('BIRTH_CORRECTED', told)).toMatchObject([{ type: 'birth', correction: true }]);
    expect(read('DEATH_CORRECTED', bundle(DEATH, WHOLE))).toMatchObject([{ correction: true }]);
  });

  it('of another kind has no event', () => {
    for (const topic of ['MARRIAGE_REGISTERED', 'birth_registered', 'TOSTRING']) {
      expect(read(topic, bundle(BIRTH, WHOLE))).toEqual([]);
    }
  });

  it('must fit the Task', () => {
    expect(() => birth(bundle(DEATH, WHOLE))).toThrow(/another kind of event/);
  });
});

describe('a date', () => {
  it('that names no day is none', () => {
    for (const date of ['2020', '2020-05', '', null]) {
      expect(birth(bundle({ ...BIRTH, date }, WHOLE))).toMatchObject([{ date: null }]);
    }
  });

  it('may have a time, which does not matter', () => {
    expect(death(bundle({ ...DEATH, date: '2024-12-01T23:30:00-05:00' }, WHOLE))).toMatchObject([
      { date: '2024-12-01' },
    ]);
  });

  it('that is none is refused', () => {
    for (const date of ['2020-13-01', 'yesterday', '20200229']) {
      expect(() => birth(bundle({ ...BIRTH, date }, WHOLE))).toThrow(/Patient.birthDate/);
    }
  });
});

describe('what is no record', () => {
  it('is refused, with what is expected', () => {
    for (const [context, reason] of [
      [{}, /FHIR Bundle/],
      [{ resourceType: 'Bundle' }, /array "entry"/],
      [{ resourceType: 'Bundle', entry: [] }, /permission/],
    ] as const) {
      expect(() => birth(context)).toThrow(reason);
    }
    expect(() =>
      readEvents(nodeOf({ event: { hub: { topic: 'BIRTH_REGISTERED' }, context: [] } }) as JsonObject),
    ).toThrow(/one FHIR Bundle/);
  });

  it('repeats entries, which are one', () => {
    const told = bundle(BIRTH, WITHHELD);
    expect(birth({ ...told, entry: [...told.entry, ...told.entry] })).toHaveLength(1);
  });
});
