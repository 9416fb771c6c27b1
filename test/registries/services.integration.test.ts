import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryAnswers } from '../../src/dci/client/answers.ts';
import { opencrvs } from '../../src/dci/client/dialect-opencrvs.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { searchRead } from '../../src/odoo/orm.ts';
import { CrvsService, SubscriptionError } from '../../src/registries/crvs-service.ts';
import { DrService } from '../../src/registries/dr-service.ts';
import { IbrService } from '../../src/registries/ibr-service.ts';
import { DEFAULT_RULES } from '../../src/registries/look-up.ts';
import { registrantIdentifiers } from '../../src/registries/registrant-identifiers.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { REGISTRY_ID, type StandInOptions } from './stand-in.ts';
import { clientOf, FakeTime, listener, OUR_ID, standIn } from './support.ts';

describe('a civil registry', () => {
  const entries = [
    {
      identifiers: { BRN: '2020-12345', UIN: '111', NID: '111' },
      birth: '2020-01-15',
      more: { sex: 'female' },
    },
    { identifiers: { BRN: '1950-1', UIN: '222', NID: '222' }, birth: '1950-03-01', death: '2024-12-01' },
  ];
  const crvs = async (options: StandInOptions = {}) => {
    const registry = await standIn({ entries, ...options });
    const over = options.dialect === 'opencrvs' ? { dialect: opencrvs } : { regType: 'CRVS' };
    return { registry, service: new CrvsService(clientOf(registry, over)) };
  };

  it.each(['spdci', 'opencrvs'] as const)('verifies births and checks deaths (%s)', async (dialect) => {
    const { registry, service } = await crvs({ dialect });
    expect(await service.verifyBirth('BRN', '2020-12345')).toMatchObject({
      kind: 'yes',
      birthDate: '2020-01-15',
      record: { sex: 'female' },
    });
    expect(await service.verifyBirth('BRN', '2020-99999')).toEqual({ kind: 'no' });
    expect(await service.checkDeath('UIN', '222')).toMatchObject({ kind: 'yes', date: '2024-12-01' });
    expect(await service.checkDeath('UIN', '111')).toEqual({ kind: 'no', because: 'nothing_registered' });
    expect(await service.checkDeath('UIN', '999')).toMatchObject({ kind: 'no' });
    expect(registry.problems).toEqual([]);
  });

  it.each([
    ['the living', { death_date: '' }, 'no'],
    ['a null', { deathDate: null }, 'no'],
    ['the dead', { death_date: '2024-12-01' }, 'yes'],
    ['a death without a date', { drn: 'D-1' }, 'yes'],
    ['neither', { name: 'x' }, 'not_known'],
  ])('is not misled by a registry that takes no notice of the event: %s', async (_, record, kind) => {
    const { registry, service } = await crvs();
    const body = {
      message: { search_response: [{ status: 'succ', data: { reg_records: [{ uin: '111', ...record }] } }] },
    };
    registry.faults.push({ status: 200, body });
    expect(await service.checkDeath('UIN', '111')).toMatchObject({ kind });
  });

  it('never says "not deceased" where it cannot know', async () => {
    const { registry, service } = await crvs();
    registry.faults.push({ status: 200, body: { message: {} } }, { status: 400 });
    for (const [reason, code] of [
      ['unreadable', 'registry.answer'],
      ['refused', 'registry.refused'],
    ]) {
      expect(await service.checkDeath('UIN', '111')).toMatchObject({ kind: 'not_known', reason, code });
    }
  });

  it('subscribes to births and deaths where none are named, and ends that by the codes', async () => {
    const { registry, service } = await crvs({ subscribeAtOnce: true });
    expect(await service.subscribeEvents()).toEqual(['SUB-1', 'SUB-2']);
    const events = registry.received.map(
      ({ body }) => JSON.stringify(body).match(/"reg_event_type":"(\w+)"/)?.[1],
    );
    expect(events).toEqual(['BIRTH', 'DEATH']);
    expect(await service.unsubscribeEvents(['SUB-1'])).toMatchObject({ status: 'pdng', codes: [] });
    expect([...registry.codes]).toEqual(['SUB-2']);
    expect(registry.problems).toEqual([]);
  });

  it('waits for the codes at on-subscribe, where somebody listens', async () => {
    const registry = await standIn();
    const { uri, answers } = await listener();
    const parties = { senderId: OUR_ID, senderUri: uri, receiverId: REGISTRY_ID };
    const service = new CrvsService(clientOf(registry, { parties }, { answers, timing: undefined }));
    expect(await service.subscribeEvents(['marriage'])).toEqual(['SUB-1']);
    expect(await service.unsubscribeEvents(['SUB-1'])).toMatchObject({
      status: 'succ',
      codes: [{ code: 'SUB-1', status: 'unsubscribe' }],
    });
    expect(answers.open).toBe(0);
  });

  it('says which subscriptions came about where others did not', async () => {
    const { registry, service } = await crvs({ subscribeAtOnce: true });
    registry.faults.push({ status: 400 });
    const error = await service.subscribeEvents(['BIRTH', 'DEATH']).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SubscriptionError);
    expect((error as SubscriptionError).outcomes).toMatchObject([
      { eventType: 'BIRTH', state: 'failed', codes: [], error: { code: 'registry.refused' } },
      { eventType: 'DEATH', state: 'subscribed', codes: ['SUB-1'] },
    ]);
    const later = await crvs();
    expect(await later.service.requestSubscriptions(['BIRTH'])).toMatchObject([
      { state: 'pending', codes: [], correlationId: expect.any(String) },
    ]);
  });

  it('keeps a name of the registry’s own as it is', async () => {
    const { registry, service } = await crvs({ subscribeAtOnce: true });
    await service.subscribeEvents(['spdci-common:RegistryEventType:LiveBirth']);
    expect(JSON.stringify(registry.received[0]?.body)).toContain(
      '"spdci-common:RegistryEventType:LiveBirth"',
    );
  });

  it('a callback that does not come leaves the subscription pending', async () => {
    const registry = await standIn();
    const timing = new FakeTime();
    const answers = new MemoryAnswers(timing);
    const service = new CrvsService(clientOf(registry, {}, { answers, timing }));
    expect(await service.requestSubscriptions(['BIRTH'])).toMatchObject([{ state: 'pending' }]);
    expect(answers.open).toBe(0);
  });
});

describe('with registrants of OpenSPP', () => {
  let sandbox: Sandbox;
  let odoo: OdooClient;
  /** Ids of `res.partner`: with three IDs (one removed), with none, with one of another type. */
  let people: [number, number, number];

  beforeAll(async () => {
    sandbox = await startSandbox({ disability: true, clock: () => Date.parse('2026-03-01T12:00:00Z') });
    const { url, db, bridge } = sandbox;
    odoo = connectOdoo({ url, db, protocol: 'json2', timeoutMs: 10_000, ...bridge });
    const make = (model: string, rows: object[]) =>
      sandbox.execute('admin', model, 'create', { vals_list: rows }) as number[];
    const codes = await searchRead(
      odoo,
      'spp.vocabulary.code',
      [['namespace_uri', '=', 'urn:openspp:vocab:id-type']],
      ['code'],
    );
    const type = (code: string) => codes.find((row) => row.code === code)?.id;
    people = make('res.partner', [
      { name: 'Ann', is_registrant: true },
      { name: 'Ben', is_registrant: true },
      { name: 'Cy', is_registrant: true },
    ]) as [number, number, number];
    make('spp.registry.id', [
      { partner_id: people[0], id_type_id: type('birth_certificate'), value: 'BC-1', status: 'valid' },
      { partner_id: people[0], id_type_id: type('national_id'), value: 'N-1' },
      { partner_id: people[0], id_type_id: type('passport'), value: 'P-1', status: 'invalid' },
      { partner_id: people[2], id_type_id: type('tax_id'), value: 'T-3', status: 'valid' },
    ]);
  });
  afterAll(() => sandbox.close());

  const names = { National_ID: 'UIN' };
  const identifiersOf = (partner: number) => registrantIdentifiers(odoo, partner, names);

  it('sends their live identifiers in the registry’s words', async () => {
    expect(await identifiersOf(people[0])).toEqual([
      { type: 'BIRTH_CERTIFICATE', value: 'BC-1' },
      { type: 'UIN', value: 'N-1' },
    ]);
    await expect(identifiersOf(people[1])).rejects.toMatchObject({ code: 'registrant.no_identifiers' });
    await expect(identifiersOf(99_999)).rejects.toMatchObject({ code: 'registrant.unknown' });
  });

  describe('a registry of beneficiaries', () => {
    const ibr = async (options: StandInOptions = {}) => {
      const registry = await standIn(options);
      return { registry, service: new IbrService(clientOf(registry), identifiersOf) };
    };
    const known = (more: Record<string, unknown>, identifiers: Record<string, string> = { UIN: 'N-1' }) => ({
      identifiers,
      more,
    });

    it('finds duplicates under any identifier, and names their programs once', async () => {
      const { registry, service } = await ibr({
        entries: [
          known({
            programs: ['Pension', { name: 'Grant' }, { code: 'C-1' }],
            name: { given_name: 'Ann', surname: 'Lee' },
          }),
          known(
            { enrollments: [{ program_name: 'Grant' }, { program_id: 7 }] },
            { BIRTH_CERTIFICATE: 'BC-1' },
          ),
          known({ programme_identifier: { programme: { programme_name: 'School meals' } } }),
        ],
      });
      const result = await service.checkDuplication(people[0]);
      expect(result).toMatchObject({
        kind: 'yes',
        matchedPrograms: ['7', 'C-1', 'Grant', 'Pension', 'School meals'],
        matches: [{}, {}, {}],
      });
      expect(result.checked).toEqual([
        { type: 'BIRTH_CERTIFICATE', found: 1, outcome: 'yes' },
        { type: 'UIN', found: 2, outcome: 'yes' },
      ]);
      expect(registry.problems).toEqual([]);
    });

    it('counts a record that two identifiers lead to once', async () => {
      const { service } = await ibr({ entries: [known({}, { UIN: 'N-1', BIRTH_CERTIFICATE: 'BC-1' })] });
      expect(await service.checkDuplication(people[0])).toMatchObject({ matches: [{}] });
    });

    it('says "no" only where all identifiers could be asked', async () => {
      const { registry, service } = await ibr();
      expect(await service.checkDuplication(people[0])).toMatchObject({
        kind: 'no',
      });
      registry.faults.push({ status: 400 });
      expect(await service.checkDuplication(people[0])).toMatchObject({
        kind: 'not_known',
        code: 'registry.refused',
      });
      const other = await ibr({ entries: [known({}, { UIN: 'N-1', BIRTH_CERTIFICATE: 'BC-1' })] });
      other.registry.faults.push({ status: 400 });
      const result = await other.service.checkDuplication(people[0]);
      expect(result.kind).toBe('yes');
      expect(result.checked.map(({ outcome }) => outcome).toSorted()).toEqual(['refused', 'yes']);
    });

    it('says who is known, and in which programs', async () => {
      const { service } = await ibr({ entries: [known({ programs: ['Grant'], name: 'Ann Lee' })] });
      expect(await service.searchBeneficiary('UIN', 'N-1')).toMatchObject({
        beneficiaries: [
          { name: 'Ann Lee', identifiers: [{ type: 'UIN', value: 'N-1' }], programs: ['Grant'] },
        ],
      });
      expect(await service.getEnrollmentStatus('UIN', 'N-1')).toMatchObject({
        kind: 'yes',
        programs: ['Grant'],
        beneficiary: { name: 'Ann Lee' },
      });
      expect(await service.getEnrollmentStatus('UIN', 'N-9')).toEqual({ kind: 'no' });
    });
  });

  describe('a disability registry', () => {
    const NOW = Date.parse('2026-03-01T12:00:00Z');
    const dr = async (more: Record<string, unknown> | null, client: OdooClient = odoo) => {
      const entries = more
        ? [
            { identifiers: { UIN: 'N-1' }, more },
            { identifiers: { TAX_ID: 'T-3' }, more },
          ]
        : [];
      const registry = await standIn({ entries });
      return {
        registry,
        service: new DrService(clientOf(registry), client, identifiersOf, {
          ...DEFAULT_RULES,
          now: () => NOW,
        }),
      };
    };
    const RECORD = {
      disability_status: 'Approved',
      disability_details: [{ impairment_type: 'Vision', impairment_level: 'Severe' }],
      functional_scores: {
        Vision: 3,
        hearing: '1',
        'self-care': 'A lot of difficulty',
        Height: 2,
        Mobility: 7,
      },
      registration_date: '2023-01-10T00:00:00Z',
      source_registry: 'National DR',
    };

    it('is asked by the best identifier', async () => {
      const { registry, service } = await dr(RECORD);
      expect(await service.getDisabilityStatus(people[0])).toMatchObject({
        kind: 'yes',
        status: {
          hasDisability: true,
          disabilityTypes: ['Vision'],
          functionalScores: { Vision: 3, Hearing: 1, SelfCare: 3 },
          assessmentDate: '2023-01-10',
          sourceRegistry: 'National DR',
        },
      });
      expect(JSON.stringify(registry.received[0]?.body)).toContain('"UIN"');
      expect(await service.getDisabilityStatus(people[2])).toMatchObject({ kind: 'yes' });
      expect(registry.problems).toEqual([]);
      await expect(service.getDisabilityStatus(people[1])).rejects.toMatchObject({
        code: 'registrant.no_identifiers',
      });
      expect(await (await dr(null)).service.getDisabilityStatus(people[0])).toMatchObject({
        kind: 'not_known',
        reason: 'nobody',
      });
    });

    it('gives scores by an identifier', async () => {
      const { service } = await dr({
        functional_assessment: { assessment_date: '2024-11-15', scores: { Cognition: 4 } },
      });
      expect(await service.getFunctionalAssessment('UIN', 'N-1')).toEqual({
        kind: 'yes',
        assessment: { scores: { Cognition: 4 }, assessmentDate: '2024-11-15' },
      });
      expect(await service.getFunctionalAssessment('UIN', 'N-9')).toMatchObject({ reason: 'nobody' });
    });

    it.each([
      [{ disability_status: 'REGISTERED' }, 'yes'],
      [{ disability_status: 'rejected', disability_details: [{ impairment_type: 'Vision' }] }, 'no'],
      [{ disability_status: 'under review', disability_details: [{ impairment_type: 'Vision' }] }, 'pending'],
      [{ disability_status: 'perhaps', disability_details: [{ impairment_type: 'Vision' }] }, 'unreadable'],
      [{ disability_details: [{ impairment_type: 'Vision' }] }, 'yes'],
      [
        { disability_details: [{ impairment_type: 'None' }], disability_types: ['no impairment'] },
        'unreadable',
      ],
      [{ disability_types: ['N/A', 'Hearing'] }, 'yes'],
      [{ disability_details: [] }, 'unreadable'],
      [{ has_disability: true }, 'yes'],
      [{ has_disability: false }, 'no'],
      [{}, 'unreadable'],
    ])('reads %j as %s', async (record, expected) => {
      const { service } = await dr(record);
      const answer = await service.getDisabilityStatus(people[0]);
      expect(answer.kind === 'not_known' ? answer.reason : answer.kind).toBe(expected);
    });

    it('is synchronised into OpenSPP, one row each, and asked no more while that is up to date', async () => {
      const { registry, service } = await dr(RECORD);
      expect(await service.isPwd(people[0])).toMatchObject({ kind: 'yes' });
      const first = await service.syncDisabilityData(people[0]);
      expect(first).toMatchObject({ created: true, answer: { kind: 'yes' } });
      const row = () => searchRead(odoo, 'spp.dci.disability.status', [['id', '=', first.statusId]], []);
      expect(await row()).toMatchObject([
        {
          partner_id: [people[0], 'Ann'],
          has_disability: true,
          disability_types: '["Vision"]',
          functional_scores: '{"Vision":3,"Hearing":1,"SelfCare":3}',
          assessment_date: '2023-01-10',
          source_registry: 'National DR',
          state: 'synced',
          last_sync_date: '2026-03-01 12:00:00',
          synced_by: [5, expect.anything()],
        },
      ]);
      const asked = registry.received.length;
      expect(await service.isPwd(people[0])).toMatchObject({ kind: 'yes' });
      expect(registry.received).toHaveLength(asked);
      const gone = await (await dr(null)).service.syncDisabilityData(people[0]);
      expect(gone).toMatchObject({
        statusId: first.statusId,
        created: false,
        answer: { kind: 'not_known', reason: 'nobody' },
      });
      expect(await row()).toMatchObject([
        {
          has_disability: true,
          disability_types: '["Vision"]',
          state: 'error',
          error_message: 'not known (nobody): the registry knows nobody by that identifier',
        },
      ]);
    });

    it('does not write a date that OpenSPP would refuse', async () => {
      const { service } = await dr({ disability_status: 'Approved', last_updated: '2026-03-02' });
      await service.syncDisabilityData(people[2]);
      const rows = await searchRead(
        odoo,
        'spp.dci.disability.status',
        [['partner_id', '=', people[2]]],
        ['assessment_date'],
      );
      expect(rows).toMatchObject([{ assessment_date: false }]);
    });

    it('can be asked where OpenSPP has no such module, but not synchronised', async () => {
      const plain = await startSandbox();
      try {
        const { url, db, bridge } = plain;
        const other = connectOdoo({ url, db, protocol: 'json2', timeoutMs: 10_000, ...bridge });
        const { service } = await dr(RECORD, other);
        expect(await service.isPwd(people[0])).toMatchObject({ kind: 'yes' });
        await expect(service.syncDisabilityData(people[0])).rejects.toMatchObject({
          code: 'openspp.no_model',
        });
      } finally {
        await plain.close();
      }
    });
  });
});
