import { describe, expect, it } from 'vitest';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import type { DeathAnswer } from '../../src/registries/crvs-answers.ts';
import { CrvsService } from '../../src/registries/crvs-service.ts';
import { DrService } from '../../src/registries/dr-service.ts';
import { IbrService } from '../../src/registries/ibr-service.ts';
import { DEFAULT_RULES, type LookUpRules } from '../../src/registries/look-up.ts';
import { MALFORMED, NO_ANSWERS } from './malformed.ts';
import type { StandInOptions } from './stand-in.ts';
import { clientOf, errorOf, standIn } from './support.ts';

const nobody = async () => [];
const reasonOf = (answer: { kind: string; reason?: string }) => answer.reason ?? answer.kind;

async function services(options: StandInOptions = {}, rules: Partial<LookUpRules> = {}) {
  const registry = await standIn(options);
  const client = clientOf(registry, options.dialect === 'opencrvs' ? { dialect: opencrvs } : {});
  const all = { ...DEFAULT_RULES, ...rules };
  return {
    registry,
    crvs: new CrvsService(client, { rules: all }),
    ibr: new IbrService(client, nobody, all),
    dr: new DrService(client, null as never, nobody, all),
  };
}

describe('an answer that is neither a yes nor a no', () => {
  it.each([...MALFORMED, ...NO_ANSWERS])('%s', async (_, body, reason) => {
    const { registry, crvs, ibr, dr } = await services();
    const asked = [
      () => crvs.checkDeath('UIN', '111'),
      () => crvs.verifyBirth('UIN', '111'),
      () => ibr.searchBeneficiary('UIN', '111'),
      () => ibr.getEnrollmentStatus('UIN', '111'),
      () => dr.getFunctionalAssessment('UIN', '111'),
    ];
    for (const ask of asked) {
      registry.faults.push({ status: 200, body });
      expect(await ask()).toMatchObject({ kind: 'not_known', reason, detail: expect.any(String) });
    }
  });
});

const answer = (records: unknown, more: object = {}) => ({
  header: { status: 'succ' },
  message: { search_response: [{ status: 'succ', data: { reg_records: records }, ...more }] },
});
const ANN = { identifier: [{ identifier_type: 'UIN', identifier_value: '111' }] };

describe('a death', () => {
  it.each<[string, unknown, string]>([
    ['deathdate', [{ ...ANN, deathdate: '2024-12-01' }], 'yes'],
    ['deathDate, a date-time', [{ ...ANN, deathDate: '2024-12-01T00:00:00Z' }], 'yes'],
    ['death_date of the person', [{ person: { ...ANN, death_date: '2024-12-01' } }], 'yes'],
    ['its number alone', [{ ...ANN, drn: 'D-1', deathdate: null }], 'yes'],
    ['its place alone', [{ ...ANN, deathPlace: { address: 'x' } }], 'yes'],
    ['an empty place', [{ ...ANN, deathPlace: { address: null }, deathdate: '' }], 'no'],
    ['the living', [{ ...ANN, deathdate: '' }], 'no'],
    ['null', [{ ...ANN, death_date: null }], 'no'],
    [
      'a place of which JSON-LD says the kind alone',
      [{ ...ANN, deathdate: '', deathPlace: { '@type': 'Place' } }],
      'no',
    ],
    ['living, as a flag says too', [{ ...ANN, death_date: '', is_deceased: false, alive: 'Y' }], 'no'],
    [
      'dead, as a flag and a status say too',
      [{ ...ANN, death_date: '2024-12-01', deceased: 1, status: 'Deceased' }],
      'yes',
    ],
    ['no date of one who is deceased', [{ ...ANN, death_date: '', is_deceased: true }], 'unreadable'],
    [
      'no date of one who is not alive',
      [{ ...ANN, person: { death_date: null, alive: 'false' } }],
      'unreadable',
    ],
    [
      'no date of one whose status is deceased',
      [{ ...ANN, deathdate: null, vital_status: 'DECEASED' }],
      'unreadable',
    ],
    ['a date of one who is alive', [{ ...ANN, death_date: '2024-12-01', alive: true }], 'unreadable'],
    ['no date of a widow', [{ ...ANN, death_date: '', marital_status: 'spouse deceased' }], 'no'],
    ['nothing of it', [{ ...ANN, birth_date: '2020-01-15' }], 'unreadable'],
    ['no date', [{ ...ANN, deathdate: 'unknown' }], 'unreadable'],
    ['a number', [{ ...ANN, deathdate: 0 }], 'unreadable'],
    ['no day of the calendar', [{ ...ANN, death_date: '2024-02-31' }], 'unreadable'],
    ['a filler', [{ ...ANN, death_date: '9999-12-31' }], 'unreadable'],
    ['two dates', [{ ...ANN, death_date: '2024-12-01', deathDate: '2023-12-01' }], 'unreadable'],
    [
      'contradiction',
      [
        { ...ANN, death_date: '2024-12-01' },
        { ...ANN, death_date: '' },
      ],
      'unreadable',
    ],
    [
      'several people',
      [
        { ...ANN, birth_date: '2000-01-01', death_date: '2024-12-01' },
        { ...ANN, birth_date: '2001-01-01', death_date: '2024-12-01' },
      ],
      'several',
    ],
    ['a mother’s record', [{ uin: '222', death_date: '2024-12-01', relations: [ANN] }], 'other_person'],
    ['nobody’s record', [{ death_date: '2024-12-01' }], 'unidentified'],
    [
      'the living among others',
      [
        { ...ANN, death_date: '' },
        { uin: '9', death_date: '' },
      ],
      'unreadable',
    ],
    ['an alias', [{ national_id: '111', death_date: '2024-12-01' }], 'yes'],
    [
      'the type itself before an alias',
      [{ uin: '9', national_id: '111', death_date: '2024-12-01' }],
      'other_person',
    ],
    ['an OpenCRVS', [{ identifier: [{ name: 'NID', identifier: '111' }], deathPlace: 'x' }], 'yes'],
  ])('%s', async (_, records, expected) => {
    const { registry, crvs } = await services();
    registry.faults.push({ status: 200, body: answer(records) });
    expect(reasonOf(await crvs.checkDeath('UIN', '111'))).toBe(expected);
  });

  it('is read with its date and number', async () => {
    const { registry, crvs } = await services();
    const record = { ...ANN, drn: 'D-1', deathdate: '2024-12-01' };
    registry.faults.push({ status: 200, body: answer([record]) });
    expect(await crvs.checkDeath('UIN', '111')).toEqual({
      kind: 'yes',
      date: '2024-12-01',
      number: 'D-1',
      record,
    });
  });

  it('names the member that cannot be read, and quotes nothing', async () => {
    const { registry, crvs } = await services();
    registry.faults.push({ status: 200, body: answer([{ ...ANN, deathdate: 'Ann, 1 May' }]) });
    expect(await crvs.checkDeath('UIN', '111')).toMatchObject({
      detail: 'deathdate of the record is no date',
    });
  });

  it('is no "no" while the registry counts more than it gave', async () => {
    const { registry, crvs } = await services();
    const pagination = { page_size: 50, page_number: 1, total_count: 3 };
    const living = answer([{ ...ANN, death_date: '' }], { pagination });
    registry.faults.push({ status: 200, body: living }, { status: 200, body: answer([], { pagination }) });
    for (let times = 0; times < 2; times++) {
      expect(await crvs.checkDeath('UIN', '111')).toMatchObject({ kind: 'not_known', reason: 'unreadable' });
    }
  });

  it('of nobody whom a population register knows is not known', async () => {
    const { crvs } = await services({}, { populationRegister: true });
    expect(await crvs.checkDeath('UIN', '111')).toMatchObject({ kind: 'not_known', reason: 'nobody' });
  });

  it('may be in a record without an identifier where the source says so', async () => {
    const { registry, crvs } = await services({}, { repeatsIdentifiers: false });
    const records = [[{ brn: 'B-1', death_date: '2024-12-01' }], [{ uin: '9', death_date: '2024-12-01' }]];
    for (const one of records) registry.faults.push({ status: 200, body: answer(one) });
    expect(await crvs.checkDeath('UIN', '111')).toMatchObject({ kind: 'yes' });
    expect(await crvs.checkDeath('UIN', '111')).toMatchObject({ reason: 'other_person' });
  });

  it('of somebody else is counted', async () => {
    const counted: string[] = [];
    const { registry, crvs } = await services({}, { strangers: (code) => counted.push(code) });
    registry.faults.push({ status: 200, body: answer([{ uin: '9', death_date: '2024-12-01' }]) });
    await crvs.checkDeath('UIN', '111');
    await crvs.checkDeath('UIN', '111');
    expect(counted).toEqual(['crvs_main']);
  });

  it('is not asked for where the registry cannot be asked so', async () => {
    const { registry, crvs } = await services({ dialect: 'opencrvs' });
    for (const type of ['PASSPORT', 'BRN']) {
      expect((await errorOf(crvs.checkDeath(type, '111'))).code).toBe('request.invalid');
    }
    expect(registry.received).toEqual([]);
  });
});

describe('many in one request', () => {
  const entries = [
    {
      identifiers: { UIN: '1', NID: '1' },
      death: '2024-12-01',
      more: { programs: ['Grant'], disability_status: 'yes' },
    },
    { identifiers: { UIN: '2', NID: '2' }, death: '2024-12-02', more: { disability_status: 'no' } },
  ];
  const asked = ['2', '3', '1'].map((value) => ({ reference: `r${value}`, type: 'UIN', value }));
  const kinds = (all: Map<string, { kind: string; reason?: string }>) =>
    Object.fromEntries([...all].map(([reference, one]) => [reference, reasonOf(one)]));

  it.each(['spdci', 'opencrvs'] as const)('are answered by their references (%s)', async (dialect) => {
    const { registry, crvs } = await services({ dialect, entries });
    const answers = await crvs.checkDeaths(asked);
    expect(kinds(answers)).toEqual({ r1: 'yes', r2: 'yes', r3: 'no' });
    expect(answers.get('r2')).toMatchObject({ date: '2024-12-02' });
    expect(registry.problems).toEqual([]);
    const [{ body } = { body: {} }] = registry.received;
    expect(body).toMatchObject({ header: { total_count: 3 } });
    expect(JSON.stringify(body)).not.toContain('"r2"');
  });

  it('of beneficiaries and persons with disability', async () => {
    const { ibr, dr } = await services({ entries });
    expect(kinds(await dr.getDisabilityStatuses(asked))).toEqual({ r1: 'yes', r2: 'no', r3: 'nobody' });
    const people = [
      {
        reference: 'a',
        identifiers: [
          { type: 'UIN', value: '1' },
          { type: 'BRN', value: '7' },
        ],
      },
      { reference: 'b', identifiers: [{ type: 'UIN', value: '3' }] },
      { reference: 'c', identifiers: [] },
    ];
    expect(kinds(await ibr.checkDuplications(people))).toEqual({ a: 'yes', b: 'no', c: 'not_askable' });
  });

  /** Answers each request in its own way. */
  const answering = async (
    respond: (references: string[]) => unknown[],
    header: object = { status: 'succ' },
  ) => {
    const { registry, crvs } = await services({
      dialect: 'unchecked',
      respond: (envelope) => {
        const requests = (envelope.message as { search_request: { reference_id: string }[] }).search_request;
        return { header, message: { search_response: respond(requests.map((one) => one.reference_id)) } };
      },
    });
    void registry;
    return kinds(await crvs.checkDeaths(asked));
  };
  const item = (reference_id: unknown, more: object = {}) => ({
    reference_id,
    status: 'succ',
    data: { reg_records: [] },
    ...more,
  });

  it('leave out, repeat or refuse one, and the others are answered', async () => {
    expect(await answering(([a]) => [item(a)])).toEqual({ r2: 'no', r3: 'unreadable', r1: 'unreadable' });
    expect(await answering(([a, b, c]) => [item(c), item(b), item(a), item(b)])).toEqual({
      r2: 'no',
      r3: 'unreadable',
      r1: 'no',
    });
    expect(
      await answering(([a, b, c]) => [
        item(a, { status: 'RJCT' }),
        item(b, { status: 'pdng', data: null }),
        item(c, { data: { reg_records: [{ uin: '2', death_date: '2024-12-01' }] } }),
      ]),
    ).toEqual({ r2: 'refused', r3: 'pending', r1: 'other_person' });
  });

  it('are not known where the answer is not finished, or is to others', async () => {
    const unfinished = { r1: 'pending', r2: 'pending', r3: 'pending' };
    expect(await answering((all) => all.map((one) => item(one)), { status: 'pdng' })).toEqual(unfinished);
    const unreadable = { r1: 'unreadable', r2: 'unreadable', r3: 'unreadable' };
    expect(await answering(() => [item('x'), item(null)])).toEqual(unreadable);
    expect(await answering(() => [])).toEqual(unreadable);
  });

  it('fail together where the request does', async () => {
    const { registry, crvs } = await services();
    registry.faults.push({ status: 400 });
    expect((await errorOf(crvs.checkDeaths(asked))).code).toBe('registry.refused');
    registry.faults.push({ status: 200, body: { header: { status: 'rjct' }, message: {} } });
    expect((await errorOf(crvs.checkDeaths(asked))).code).toBe('registry.rejected');
    expect(await crvs.checkDeaths([])).toEqual(new Map());
  });

  it('keep none waiting that cannot be asked', async () => {
    const { registry, crvs } = await services({ dialect: 'opencrvs', entries });
    const answers = await crvs.checkDeaths([...asked, { reference: 'p', type: 'PASSPORT', value: '5' }]);
    expect(kinds(answers)).toMatchObject({ r1: 'yes', p: 'not_askable' });
    expect(registry.problems).toEqual([]);
  });

  it('that an OpenCRVS leaves out found nothing only where its header counts the rest', async () => {
    const header = { status: 'succ', total_count: 4 };
    const { registry, crvs } = await services({ dialect: 'opencrvs' });
    registry.faults.push({ status: 200, body: { header, message: { search_response: [] } } });
    expect(kinds(await crvs.checkDeaths(asked))).toEqual({
      r1: 'unreadable',
      r2: 'unreadable',
      r3: 'unreadable',
    });
  });
});

it('an answer is looked at by its kind: nothing in it is a boolean of a yes or a no', async () => {
  const { registry, crvs } = await services();
  registry.faults.push({ status: 400 });
  const unknown: DeathAnswer = await crvs.checkDeath('UIN', '1');
  expect(Object.keys(unknown).toSorted()).toEqual(['code', 'detail', 'kind', 'reason', 'transient']);
  // @ts-expect-error: what is there only for a yes is not there before `kind` was looked at
  expect(unknown.date).toBeUndefined();
});
