import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Ran, run } from '../cli/run.ts';
import { closedUrl } from '../server.ts';
import { MALFORMED, NO_ANSWERS } from './malformed.ts';
import { CLIENT, StandIn } from './stand-in.ts';
import { OUR_ID } from './support.ts';

const ENTRIES = [
  {
    identifiers: { BRN: '2020-12345', UIN: '123456789', NATIONAL_ID: 'N-1' },
    birth: '2020-01-15',
    death: '2024-12-01',
    more: {
      name: { given_name: 'Ann', surname: 'Lee' },
      programs: ['Grant'],
      disability_status: 'approved',
      functional_scores: { Vision: 3 },
    },
  },
];

let registry: StandIn;
let sandbox: Sandbox;
let folder: string;
let env: NodeJS.ProcessEnv;
let person: number;
/** A registrant of whom OpenSPP has no disability status. */
let unsynced: number;

beforeAll(async () => {
  registry = await new StandIn({
    entries: ENTRIES,
    oauth2: { location: 'query' },
    subscribeAtOnce: true,
  }).start();
  sandbox = await startSandbox({ disability: true });
  folder = mkdtempSync(join(tmpdir(), 'registries-'));
  const source = (code: string, registry_type: string) => ({
    name: `The ${code}`,
    code,
    registry_type,
    base_url: registry.url,
    auth_type: 'oauth2',
    oauth2_token_url: `${registry.url}/token`,
    oauth2_client_id: CLIENT.clientId,
    oauth2_client_secret: 'not for the bridge to see',
    oauth2_credential_location: 'query',
    our_sender_id: OUR_ID,
  });
  const make = (model: string, rows: object[]) =>
    sandbox.execute('admin', model, 'create', { vals_list: rows }) as number[];
  make('spp.dci.data.source', [
    source('crvs_main', 'CRVS'),
    source('ibr_main', 'IBR'),
    source('dr_main', 'DR'),
  ]);
  [person = 0, unsynced = 0] = make('res.partner', [
    { name: 'Ann', is_registrant: true },
    { name: 'Ben', is_registrant: true },
  ]);
  const [type] = sandbox.execute('admin', 'spp.vocabulary.code', 'search', {
    domain: [['code', '=', 'national_id']],
  }) as number[];
  make('spp.registry.id', [
    { partner_id: person, id_type_id: type, value: 'N-1', status: 'valid' },
    { partner_id: unsynced, id_type_id: type, value: 'N-2', status: 'valid' },
  ]);
  env = {
    ODOO_URL: sandbox.url,
    ODOO_DB: sandbox.db,
    ODOO_LOGIN: sandbox.bridge.login,
    ODOO_API_KEY: sandbox.bridge.apiKey,
    SOURCE_CRVS_MAIN_CLIENT_SECRET: CLIENT.clientSecret,
    SOURCE_IBR_MAIN_CLIENT_SECRET: CLIENT.clientSecret,
    SOURCE_DR_MAIN_CLIENT_SECRET: CLIENT.clientSecret,
  };
});
afterAll(async () => {
  await registry.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const bridge = (line: string, over: NodeJS.ProcessEnv = {}) => run(line.split(' '), { ...env, ...over });
const json = ({ out }: Ran) => JSON.parse(out);

describe('crvs', () => {
  it('verifies a birth', async () => {
    const found = await bridge('crvs verify-birth BRN 2020-12345');
    expect(found.code).toBe(0);
    expect(found.out).toContain('birth_date: 2020-01-15\n');
    expect(found.out).toContain('name.given_name: Ann\n');
    expect(json(await bridge('crvs verify-birth BRN 2020-12345 --json'))).toMatchObject({
      kind: 'yes',
      birthDate: '2020-01-15',
      record: { birth_date: '2020-01-15' },
    });
    const none = await bridge('crvs verify-birth BRN 2020-9');
    expect([none.code, none.out]).toEqual([1, 'no birth is registered under this identifier\n']);
    expect((await bridge('crvs verify-birth BRN 2020-9 --json')).out).toBe('{"kind":"no"}\n');
  });

  it('checks a death', async () => {
    expect((await bridge('crvs check-death UIN 123456789')).out).toBe(
      'deceased: a death on 2024-12-01 is registered\n',
    );
    expect((await bridge('crvs check-death UIN 1')).out).toBe('not deceased: no death is registered\n');
    expect(json(await bridge('crvs check-death UIN 123456789 --json'))).toMatchObject({
      kind: 'yes',
      date: '2024-12-01',
    });
  });

  it('subscribes and unsubscribes', async () => {
    const subscribed = await bridge('crvs subscribe BIRTH DEATH');
    expect(subscribed.out).toMatch(/^BIRTH: subscribed, code SUB-1\nDEATH: subscribed, code SUB-2\n$/);
    expect(json(await bridge('crvs subscribe MARRIAGE --json'))).toMatchObject([
      { eventType: 'MARRIAGE', state: 'subscribed', codes: ['SUB-3'], error: null },
    ]);
    expect((await bridge('crvs unsubscribe SUB-1')).out).toBe('asked for (pdng): SUB-1\n');
    expect([...registry.codes]).toEqual(['SUB-2', 'SUB-3']);
    registry.faults.push({ status: 400, body: { error: { code: 'err.request.bad', message: 'no' } } });
    const failed = await bridge('crvs subscribe DIVORCE');
    expect(failed.code).toBe(1);
    expect(failed.out).toContain(
      'DIVORCE: registry.refused: subscribe at crvs_main (HTTP 400; err.request.bad)',
    );
  });
});

it('ibr looks for double enrolment', async () => {
  const found = await bridge(`ibr check-duplication ${person}`);
  expect(found.out).toBe(
    'duplicate, programs: Grant\nNATIONAL_ID: 1 found\nin OpenSPP: written to the duplication checks\n',
  );
  const written = () =>
    sandbox.execute('admin', 'spp.dci.duplication.check', 'search_read', {
      domain: [['partner_id', '=', person]],
      fields: ['result', 'state', 'matched_programs', 'identifier_type', 'identifier_value', 'error_message'],
      order: 'id',
    });
  expect(written()).toMatchObject([
    {
      result: 'confirmed_match',
      state: 'completed',
      matched_programs: 'Grant',
      identifier_type: 'NATIONAL_ID',
      error_message: false,
    },
  ]);
  const unwritten = await bridge(`ibr check-duplication ${person} --no-record`);
  expect(unwritten.out).toBe('duplicate, programs: Grant\nNATIONAL_ID: 1 found\n');
  expect(written()).toHaveLength(1);
  registry.faults.push({ status: 400 });
  const failed = await bridge(`ibr check-duplication ${person}`);
  expect(failed.code).toBe(3);
  // Not "no match": nobody has checked.
  expect(written()).toMatchObject([
    {},
    { result: 'possible_match', state: 'failed', error_message: expect.stringContaining('ibr_main') },
  ]);
  expect(json(await bridge(`ibr check-duplication ${person} --json`))).toMatchObject({
    kind: 'yes',
    matchedPrograms: ['Grant'],
    recorded: { state: 'written', id: expect.any(Number) },
  });
  expect((await bridge('ibr search UIN 123456789')).out).toContain('name: Ann Lee\n');
  expect((await bridge('ibr search UIN 5')).out).toBe('no person has this identifier there\n');
  expect((await bridge('ibr enrollment UIN 123456789')).out).toBe('enrolled, programs: Grant\n');
  expect((await bridge('ibr enrollment UIN 5')).out).toBe('not enrolled\n');
});

it('dr reads and synchronises a disability status', async () => {
  expect((await bridge(`dr status ${person}`)).out).toContain(
    'hasDisability: true\nfunctionalScores.Vision: 3\n',
  );
  expect(json(await bridge('dr assessment UIN 123456789 --json'))).toEqual({
    kind: 'yes',
    assessment: { scores: { Vision: 3 }, assessmentDate: null },
  });
  const nobody = await bridge('dr assessment UIN 5');
  expect([nobody.code, nobody.out]).toEqual([
    3,
    'not known (nobody): the registry knows nobody by that identifier\n',
  ]);
  expect((await bridge(`dr is-pwd ${person}`)).out).toBe('a person with disability\n');
  expect((await bridge(`dr sync ${person}`)).out).toMatch(/^created disability status \d+\n$/);
  expect((await bridge(`dr sync ${person}`)).out).toMatch(/^updated disability status \d+\n$/);
});

describe('sources', () => {
  it('lists them, with what is missing', async () => {
    const all = await bridge('sources list');
    expect(all.out).toMatch(
      /^code +type +dialect +auth +from +address\ncrvs_main +CRVS +spdci +oauth2 +both/,
    );
    const without = await bridge('sources list', { SOURCE_DR_MAIN_CLIENT_SECRET: '' });
    expect(without.out).toContain(
      'dr_main: sources.dr_main.client_secret (SOURCE_DR_MAIN_CLIENT_SECRET) is not set',
    );
    expect(`${all.out}${without.out}${(await bridge('sources list --json')).out}`).not.toMatch(
      /secret-of|to see/,
    );
  });

  it('tests them', async () => {
    const tested = await bridge('sources test crvs_main ibr_main');
    expect([tested.code, tested.out.replaceAll(/^ {2}! .*\n/gm, '')]).toEqual([
      0,
      '✓ crvs_main: answers a search\n✓ ibr_main: answers a search\n',
    ]);
    const wrong = await bridge('sources test --json', { SOURCE_DR_MAIN_CLIENT_SECRET: 'wrong' });
    expect(wrong.code).toBe(1);
    expect(json(wrong)).toMatchObject(
      [
        { code: 'crvs_main', ok: true, status: 200, problem: null },
        { code: 'ibr_main', ok: true },
        { code: 'dr_main', ok: false, problem: expect.stringContaining('registry.token') },
      ].toSorted((a, b) => a.code.localeCompare(b.code)),
    );
  });

  it('finds those of the settings without an OpenSPP', async () => {
    const file = join(folder, 'bridge.yaml');
    const one = { base_url: await closedUrl(), auth_type: 'none', sender_id: OUR_ID, attempts: 1 };
    writeFileSync(file, JSON.stringify({ sources: { own: one } }));
    const tested = await run(['sources', 'test', '--config', file]);
    expect(tested.code).toBe(1);
    expect(tested.out).toMatch(/^✗ own: registry.unreachable: search at own \(ECONNREFUSED\)\n/);
    expect(tested.out).toContain('! sources.own.registry_jwks_url is not set');
    const asked = await run(['crvs', 'check-death', 'UIN', '1', '--source', 'own', '--config', file]);
    expect([asked.code, asked.out]).toEqual([
      3,
      'not known (unavailable): registry.unreachable: search at own (ECONNREFUSED)\n',
    ]);
    const needs = await run(['ibr', 'check-duplication', '1', '--source', 'own', '--config', file]);
    expect(needs.err).toContain('this needs OpenSPP');
  });
});

describe('an identifier that is not to show in the list of processes', () => {
  it.each([
    ['crvs verify-birth BRN', '2020-12345', 0, 'birth_date: 2020-01-15'],
    ['crvs check-death UIN', 'N-unknown', 0, 'not deceased'],
    ['ibr search UIN', 'N-unknown', 0, 'no person has this identifier'],
  ])('%s reads it from a file', async (line, value, code, said) => {
    const file = join(folder, 'value');
    writeFileSync(file, `${value}\n`);
    const found = await bridge(`${line} --value-file ${file}`);
    expect([found.code, found.err]).toEqual([code, '']);
    expect(found.out).toContain(said);
  });

  it('says what is wrong with the file', async () => {
    const file = join(folder, 'values');
    writeFileSync(file, 'one\ntwo\n');
    expect(await bridge(`crvs verify-birth BRN --value-file ${file}`)).toMatchObject({
      code: 2,
      err: '--value-file: expected one line with the identifier\n',
    });
    writeFileSync(file, 'one\n');
    for (const line of [`crvs verify-birth BRN 1 --value-file ${file}`, `dr status --value-file ${file}`]) {
      expect((await bridge(line)).code).toBe(2);
    }
    expect((await bridge(`crvs verify-birth BRN --value-file ${file}-gone`)).err).toContain('--value-file');
  });
});

describe('what cannot be done is said in a line', () => {
  it.each([
    ['crvs', /^name one of crvs verify-birth, crvs check-death, .*Usage: /s],
    ['crvs verify-birth BRN', /^give the identifier as an argument or with --value-file/],
    ['crvs verify-birth', /^missing required argument 'type'\nUsage: /],
    ['crvs unsubscribe', /^missing required argument 'code'/],
    ['crvs check-death UIN 1 --no-wait', /^--no-wait goes with --async/],
    ['ibr check-duplication Ann', /expected an id of OpenSPP/],
    ['ibr search UIN 1 --no-record', /--no-record/],
    ['dr status 0', /expected an id of OpenSPP/],
    ['dr status 99999', /OpenSPP has no registrant with id 99999/],
    ['sources drop', /^there is no command of that name\nname one of sources list, sources test\nUsage: /],
    ['crvs check-death UIN 1 --source unheard_of', /there is no source unheard_of/],
    ['crvs check-death UIN 1 --source dr_main', /another kind of registry/],
  ])('%s', async (line, message) => {
    const { code, err } = await bridge(line);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('with the registry’s own words', async () => {
    registry.faults.push({
      status: 400,
      body: { error: { code: 'err.request.bad', message: 'wrong\u001b[2J type' } },
    });
    const { code, out } = await bridge('crvs check-death UIN 1');
    expect([code, out]).toEqual([
      3,
      'not known (refused): registry.refused: search at crvs_main (HTTP 400; err.request.bad)\nthe registry says: wrong [2J type\n',
    ]);
  });

  it.each(['sources', 'crvs', 'ibr', 'dr'])('%s --help', async (name) => {
    const { code, out } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: crvs-bridge /);
  });
});

describe('an answer that is neither a yes nor a no', () => {
  it.each([...MALFORMED, ...NO_ANSWERS])('ends with 3: %s', async (_, body, reason) => {
    const lines = [
      'crvs check-death UIN 1',
      'crvs verify-birth UIN 1',
      'ibr search UIN 1',
      'ibr enrollment UIN 1',
      `ibr check-duplication ${unsynced}`,
      'dr assessment UIN 1',
      `dr status ${unsynced}`,
      `dr is-pwd ${unsynced}`,
      `dr sync ${unsynced}`,
    ];
    for (const line of lines) {
      registry.faults.push({ status: 200, body }, { status: 200, body });
      const shown = await bridge(line);
      expect([line, shown.code, shown.err]).toEqual([line, 3, '']);
      expect(shown.out).toContain(`not known (${reason})`);
      const isOfPayments = line.includes('check-');
      if (!isOfPayments) {
        registry.faults.length = 0;
        continue;
      }
      const printed = await bridge(`${line} --json`);
      expect(printed.code).toBe(3);
      expect(printed.out).toContain(`"kind":"not_known","reason":"${reason}"`);
      expect(printed.out).not.toMatch(/"kind":"(yes|no)"|true,"(deceased|isDuplicate)|"deceased":/);
    }
  });
});
