import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { thumbprintOf } from '../../src/dci/keys.ts';
import type { OdooClient } from '../../src/odoo/client.ts';
import { connectOdoo } from '../../src/odoo/connect.ts';
import { OdooError } from '../../src/odoo/errors.ts';
import type { RegistriesError } from '../../src/registries/errors.ts';
import { Registries } from '../../src/registries/registries.ts';
import type { SourceSettings } from '../../src/registries/source.ts';
import { Sources } from '../../src/registries/sources.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { pairOf, pemOf } from '../dci/support.ts';
import { REGISTRY_ID } from './stand-in.ts';
import { FakeTime, OUR_ID, standIn } from './support.ts';

let sandbox: Sandbox;
let asBridge: OdooClient;
let asAdmin: OdooClient;
let folder: string;

const ROWS = [
  {
    name: 'National CRVS',
    code: 'crvs_main',
    registry_type: 'CRVS',
    base_url: 'https://crvs.example.org/api',
    auth_type: 'oauth2',
    oauth2_token_url: 'https://crvs.example.org/token',
    oauth2_client_id: 'openspp',
    oauth2_client_secret: 'secret-in-odoo',
    oauth2_scope: 'search',
    oauth2_credential_location: 'query',
    our_sender_id: OUR_ID,
    our_callback_uri: 'https://openspp.example.org/registry/on-search',
    receiver_id: 'crvs',
    search_endpoint: '/dci/search',
    timeout: 12,
  },
  {
    name: 'Disability',
    code: 'dr_main',
    registry_type: 'DR',
    base_url: 'https://dr.example.org',
    auth_type: 'bearer',
    bearer_token: 'token-in-odoo',
    our_sender_id: OUR_ID,
    verify_ssl: false,
  },
  { name: 'Gone', code: 'gone', base_url: 'https://gone.example.org', auth_type: 'none', active: false },
];

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.execute('admin', 'spp.dci.data.source', 'create', { vals_list: ROWS });
  const place = { url: sandbox.url, db: sandbox.db, protocol: 'json2', timeoutMs: 10_000 } as const;
  asBridge = connectOdoo({ ...place, ...sandbox.bridge });
  asAdmin = connectOdoo({ ...place, ...sandbox.admin });
  folder = mkdtempSync(join(tmpdir(), 'sources-'));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const settings = (sources: Record<string, SourceSettings>) => new Map(Object.entries(sources));
const none = settings({});

async function problemOf(work: Promise<unknown>): Promise<RegistriesError> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: RegistriesError) => error,
  );
}

describe('a source in OpenSPP', () => {
  it('is read by the bridge’s user, with its secret from the configuration', async () => {
    const sources = new Sources(settings({ crvs_main: { clientSecret: 'secret-in-settings' } }), asBridge);
    expect(await sources.get('crvs_main')).toMatchObject({
      code: 'crvs_main',
      name: 'National CRVS',
      baseUrl: 'https://crvs.example.org/api',
      registryType: 'CRVS',
      dialect: 'spdci',
      senderId: OUR_ID,
      callbackUri: 'https://openspp.example.org/registry/on-search',
      receiverId: 'crvs',
      timeoutMs: 12_000,
      endpoints: { search: '/dci/search', subscribe: '/registry/subscribe' },
      origin: 'both',
      auth: {
        type: 'oauth2',
        tokenUrl: 'https://crvs.example.org/token',
        clientId: 'openspp',
        clientSecret: 'secret-in-settings',
        scope: 'search',
        location: 'query',
      },
    });
  });

  it('names the secret that is missing, and the variable that gives it', async () => {
    const error = await problemOf(new Sources(none, asBridge).get('crvs_main'));
    expect(error.code).toBe('source.incomplete');
    expect(error.message).toContain('sources.crvs_main.client_secret (SOURCE_CRVS_MAIN_CLIENT_SECRET)');
    const bearer = await problemOf(new Sources(none, asBridge).get('dr_main'));
    expect(bearer.message).toContain('SOURCE_DR_MAIN_BEARER_TOKEN');
  });

  it('gives its secrets to a user who may read them', async () => {
    const sources = new Sources(none, asAdmin);
    expect((await sources.get('crvs_main')).auth).toMatchObject({ clientSecret: 'secret-in-odoo' });
    expect(await sources.get('dr_main')).toMatchObject({
      auth: { type: 'bearer', token: 'token-in-odoo' },
      receiverId: 'https://dr.example.org',
      verifyTls: false,
      origin: 'openspp',
    });
  });

  it('is listed with what is missing, and without secrets', async () => {
    const own = settings({ extra: { baseUrl: 'https://x.example.org', authType: 'none' } });
    const list = await new Sources(own, asBridge).list();
    expect(list.map(({ code, problem }) => [code, problem === null])).toEqual([
      ['crvs_main', false],
      ['dr_main', false],
      ['extra', false],
    ]);
    const asAdminSees = await new Sources(none, asAdmin).list();
    expect(asAdminSees.map(({ problem }) => problem)).toEqual([null, null]);
    expect(JSON.stringify(asAdminSees)).not.toMatch(/secret-in-odoo|token-in-odoo/);
  });

  it('is read once for many look-ups, and again after a failure', async () => {
    let calls = 0;
    let broken = true;
    const counting: OdooClient = {
      protocol: 'json2',
      uid: () => asAdmin.uid(),
      call: (...args) => {
        calls += 1;
        if (broken) return Promise.reject(new OdooError('odoo.unreachable', { protocol: 'json2' }));
        return asAdmin.call(...args);
      },
    };
    const sources = new Sources(none, counting);
    expect((await problemOf(sources.get('dr_main'))).code).toBe('odoo.unreachable');
    broken = false;
    calls = 0;
    await Promise.all(Array.from({ length: 20 }, () => sources.get('dr_main')));
    await sources.list();
    expect(calls).toBe(2);
  });

  it.each(['gone', 'unheard_of'])('is unknown where it is archived or not there: %s', async (code) => {
    expect((await problemOf(new Sources(none, asBridge).get(code))).code).toBe('source.unknown');
  });
});

describe('a source in the configuration alone', () => {
  const whole: SourceSettings = {
    baseUrl: 'https://own.example.org/',
    authType: 'none',
    senderId: OUR_ID,
  };

  it('wins over OpenSPP’s row of the same code, whole', async () => {
    const source = await new Sources(settings({ crvs_main: whole }), asBridge).get('crvs_main');
    expect(source).toMatchObject({
      baseUrl: 'https://own.example.org',
      auth: { type: 'none' },
      origin: 'configuration',
      name: 'crvs_main',
    });
    expect(source.registryType).toBeUndefined();
  });

  it('does not need OpenSPP to answer', async () => {
    const dead = connectOdoo({
      url: 'http://127.0.0.1:1',
      db: 'x',
      login: 'x',
      apiKey: 'x',
      protocol: 'json2',
      timeoutMs: 1000,
    });
    expect((await new Sources(settings({ crvs_main: whole }), dead).get('crvs_main')).senderId).toBe(OUR_ID);
    expect((await problemOf(new Sources(none, dead).get('crvs_main'))).code).toBe('odoo.unreachable');
    expect((await problemOf(new Sources(none, null).get('crvs_main'))).code).toBe('source.unknown');
  });

  it.each<[string, SourceSettings, RegExp]>([
    ['who we are', { ...whole, senderId: undefined }, /sources\.x\.sender_id is not set/],
    ['how to log in', { ...whole, authType: undefined }, /sources\.x\.auth_type/],
    ['a user name', { ...whole, authType: 'basic', password: 'p' }, /sources\.x\.username/],
    ['a password', { ...whole, authType: 'basic', username: 'u' }, /SOURCE_X_PASSWORD/],
    ['a client id', { ...whole, authType: 'oauth2', clientSecret: 's' }, /sources\.x\.client_id/],
    ['a sound address', { ...whole, baseUrl: 'ftp://x' }, /sources\.x\.base_url is no http/],
    [
      'an address without a password',
      { ...whole, baseUrl: 'https://u:hidden@x' },
      /must not hold a user name/,
    ],
    ['a token that is a header', { ...whole, authType: 'bearer', bearerToken: 'a b' }, /must hold no spaces/],
  ])('names what is missing: %s', async (_, one, message) => {
    const error = await problemOf(new Sources(settings({ x: one }), null).get('x'));
    expect(error.code).toBe('source.incomplete');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hidden');
  });

  it('takes OpenSPP’s path for tokens where none is named', async () => {
    const one: SourceSettings = { ...whole, authType: 'oauth2', clientId: 'c', clientSecret: 's' };
    const { auth } = await new Sources(settings({ x: one }), null).get('x');
    expect(auth).toMatchObject({ tokenUrl: 'https://own.example.org/oauth2/client/token', location: 'body' });
  });
});

describe('the client of a source', () => {
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const privatePem = () => pairOf('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('signs with our key file, and verifies with the registry’s, PEM or JWKS', async () => {
    const { publicKey } = pairOf('rs256');
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: thumbprintOf(publicKey), alg: 'RS256' };
    const keys: SourceSettings[] = [
      { registryKeyFile: file('registry.pem', pemOf(publicKey)), registryKeyAlgorithm: 'rs256' },
      { registryKeyFile: file('jwks.json', JSON.stringify({ keys: [jwk] })) },
    ];
    for (const key of keys) {
      const registry = await standIn({
        verifyWith: { senderId: OUR_ID, keys: [(await ourKey()).key] },
        signer: { form: 'jws', keyId: jwk.kid, algorithm: 'rs256', privateKey: pairOf('rs256').privateKey },
      });
      const registries = new Registries(
        settings({
          x: {
            baseUrl: registry.url,
            authType: 'none',
            senderId: OUR_ID,
            receiverId: REGISTRY_ID,
            signingKeyFile: file('ours.pem', privatePem()),
            ...key,
          },
        }),
        null,
      );
      expect((await (await registries.client('x')).searchById('BRN', '1')).records).toEqual([]);
      expect(registry.problems).toEqual([]);
    }
  });

  it.each<[string, (path: (name: string, content: string) => string) => SourceSettings, RegExp]>([
    [
      'a file that is not there',
      () => ({ signingKeyFile: '/nowhere' }),
      /signing_key_file cannot be read \(ENOENT\)/,
    ],
    [
      'no private key',
      (path) => ({ signingKeyFile: path('a', 'hello') }),
      /signing_key_file holds no private key/,
    ],
    [
      'a key that cannot sign',
      (path) => {
        const { privateKey } = generateKeyPairSync('x25519');
        return { signingKeyFile: path('b', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()) };
      },
      /signing_key_file holds a key of a kind/,
    ],
    [
      'no public key',
      (path) => ({ registryKeyFile: path('c', 'hello'), registryKeyAlgorithm: 'rs256' }),
      /registry_key_file/,
    ],
    ['no algorithm', (path) => ({ registryKeyFile: path('d', 'hello') }), /registry_key_algorithm/],
    ['no keys', (path) => ({ registryKeyFile: path('e', '{"keys": []}') }), /holds no key that can verify/],
    ['no JSON', (path) => ({ registryKeyFile: path('f', '{') }), /neither PEM nor JSON/],
  ])('says what is wrong with a key file: %s', async (_, one, message) => {
    const base = { baseUrl: 'https://x.example.org', authType: 'none', senderId: OUR_ID } as const;
    const registries = new Registries(settings({ x: { ...base, ...one(file) } }), null);
    const error = await problemOf(registries.client('x'));
    expect(error).toMatchObject({ code: 'source.key' });
    expect(error.message).toMatch(message);
  });

  it('that takes any certificate still reads Retry-After', async () => {
    const registry = await standIn();
    registry.faults.push({ status: 429, headers: { 'retry-after': '3600' } });
    const one = { baseUrl: registry.url, authType: 'none', senderId: OUR_ID, verifyTls: false } as const;
    const client = await new Registries(settings({ x: one }), null, { timing: new FakeTime() }).client('x');
    await expect(client.searchById('BRN', '1')).rejects.toMatchObject({ code: 'registry.busy', status: 429 });
    expect((await client.searchById('BRN', '1')).records).toEqual([]);
  });

  it('is kept with its token until the source changes', async () => {
    const timing = new FakeTime();
    const registries = new Registries(none, asAdmin, { timing });
    const first = await registries.client('dr_main');
    timing.ms += 11_000;
    expect(await registries.client('dr_main')).toBe(first);
    sandbox.execute('admin', 'spp.dci.data.source', 'write', { ids: [2], vals: { timeout: 31 } });
    expect(await registries.client('dr_main')).toBe(first);
    timing.ms += 11_000;
    expect(await registries.client('dr_main')).not.toBe(first);
  });

  it('is of the kind that the service is for', async () => {
    const registries = new Registries(none, asAdmin);
    expect((await problemOf(registries.crvs('dr_main'))).code).toBe('source.wrong_type');
    expect((await problemOf(registries.dr('crvs_main'))).code).toBe('source.wrong_type');
    await registries.crvs();
  });
});

async function ourKey() {
  const { keyFromPem } = await import('../../src/dci/keys.ts');
  return { key: keyFromPem(pemOf(pairOf('ed25519').publicKey), 'ed25519') };
}

describe('sources in the settings', () => {
  const path = (yaml: string) => {
    const name = join(folder, 'settings.yaml');
    writeFileSync(name, yaml);
    return name;
  };

  it('come from the file, with secrets from the environment', () => {
    const file = path(`
sources:
  crvs_main:
    dialect: opencrvs
    timeout_seconds: 5
    status_endpoint: /status
    identifier_types: {national_id: UIN}
`);
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'from-a-file\n');
    const env = { SOURCE_CRVS_MAIN_CLIENT_SECRET_FILE: secretFile, SOURCE_IBR_MAIN_BEARER_TOKEN: 'a-token' };
    const { sources } = loadSettings(env, file);
    expect(sources.get('crvs_main')).toMatchObject({
      dialect: 'opencrvs',
      timeoutMs: 5000,
      clientSecret: 'from-a-file',
      endpoints: { status: '/status' },
      identifierTypes: { national_id: 'UIN' },
    });
    expect(sources.get('ibr_main')).toMatchObject({ bearerToken: 'a-token' });
  });

  it.each([
    ['an unknown setting', '{crvs_main: {adress: x}}', /sources\.crvs_main\.adress/],
    ['a code in capitals', '{CRVS: {}}', /sources/],
    ['another dialect', '{crvs_main: {dialect: latin}}', /sources\.crvs_main\.dialect/],
    ['an address that is none', '{crvs_main: {base_url: x}}', /sources\.crvs_main\.base_url/],
  ])('are refused with %s', (_, yaml, message) => {
    expect(() => loadSettings({}, path(`sources: ${yaml}`))).toThrow(message);
  });
});
