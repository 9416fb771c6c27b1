import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { thumbprintOf } from '../../src/dci/keys.ts';
import { Registries } from '../../src/registries/registries.ts';
import type { SourceSettings } from '../../src/registries/source.ts';
import { testSource } from '../../src/registries/test-source.ts';
import { opencrvsServer, type Registered } from './opencrvs-server.ts';

const REGISTERED: Registered[] = [
  { event: 'birth', subject: { nid: '900', number: '2020-5' }, mother: { nid: '800' } },
  { event: 'death', subject: { nid: '700', number: 'D-1' }, informant: { nid: '600' } },
];

/** The bridge's key, published where OpenCRVS looks for it. */
async function ourKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const kid = thumbprintOf(publicKey);
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'EdDSA' }];
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/.well-known/jwks.json' ? 200 : 404;
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, keys, signer: { keyId: kid, algorithm: 'ed25519', privateKey } as const };
}

async function world(over: Partial<SourceSettings> = {}, version: 1 | 2 = 1, hasKey = true) {
  const { url, seen, tokenQueries } = await opencrvsServer(REGISTERED, version);
  const key = await ourKey();
  const source: SourceSettings = {
    baseUrl: url,
    dialect: 'opencrvs',
    authType: 'oauth2',
    clientId: 'openspp',
    clientSecret: 'the-secret',
    credentialLocation: 'query',
    senderId: key.url,
    attempts: 1,
    ...over,
  };
  const ports = hasKey ? { ownSigner: () => key.signer } : {};
  const registries = new Registries(new Map([['crvs_main', source]]), null, ports);
  return { registries, crvs: await registries.crvs(), seen, tokenQueries, key };
}

const said = (answer: { kind: string; reason?: string }) => answer.reason ?? answer.kind;

it.each([1, 2] as const)(
  'an OpenCRVS %s answers as it is asked, and no one is taken for another',
  async (version) => {
    const style = version === 1 ? 'predicate' : 'idtype-value';
    const { crvs } = await world({ queryStyle: style }, version);
    expect(await crvs.verifyBirth('BRN', '2020-5')).toMatchObject({ kind: 'yes', birthDate: '2020-01-06' });
    expect(said(await crvs.verifyBirth('UIN', '900'))).toBe('yes');
    expect(await crvs.checkDeath('UIN', '700')).toMatchObject({ kind: 'yes', date: null, number: 'D-1' });
    expect(said(await crvs.checkDeath('NATIONAL_ID', '900'))).toBe('no');
    // A mother and an informant: in 1.x they find the records of others.
    expect(said(await crvs.verifyBirth('NID', '800'))).toBe(version === 1 ? 'other_person' : 'no');
    expect(said(await crvs.checkDeath('UIN', '600'))).toBe(version === 1 ? 'other_person' : 'no');
    const many = ['700', '900', '600'].map((value) => ({ reference: value, type: 'UIN', value }));
    const answers = await crvs.checkDeaths(many);
    expect(many.map(({ reference }) => said(answers.get(reference) ?? { kind: 'none' }))).toEqual([
      'yes',
      'no',
      version === 1 ? 'other_person' : 'no',
    ]);
  },
);

it('without our key the member signature is absent, and the request is taken', async () => {
  const { crvs, seen } = await world({}, 1, false);
  expect(said(await crvs.checkDeath('UIN', '700'))).toBe('yes');
  expect(seen[0]).not.toHaveProperty('signature');
});

it('a sender_id that is not our address is HTTP 500, which the error explains', async () => {
  const { crvs, registries } = await world({ senderId: 'openspp.example.org' });
  expect(await crvs.checkDeath('UIN', '700')).toMatchObject({
    reason: 'unavailable',
    detail: expect.stringMatching(/HTTP 500; .*signature or key set.*sender_id.*jwks\.json/),
  });
  const tested = await testSource(registries, 'crvs_main');
  expect(tested).toMatchObject({ ok: false, status: 500, problem: expect.stringContaining('key set') });
  expect(tested.warnings.join()).toContain('sources.crvs_main.sender_id is no address');
});

it('sources test finds a wrong secret, a key that is not published, and a key set that nobody serves', async () => {
  const wrong = await world({ clientSecret: 'another' });
  expect(await testSource(wrong.registries, 'crvs_main')).toMatchObject({
    ok: false,
    problem: expect.stringContaining('registry.token'),
  });
  const rotated = await world();
  rotated.key.keys.splice(0);
  const tested = await testSource(rotated.registries, 'crvs_main');
  expect(tested).toMatchObject({ ok: false, status: 500 });
  expect(tested.warnings.join()).toContain('does not publish the key that signs');
  const away = await world({ senderId: 'http://127.0.0.1:1' });
  expect((await testSource(away.registries, 'crvs_main')).warnings.join()).toContain(
    'no key set could be fetched from http://127.0.0.1:1/.well-known/jwks.json',
  );
  const without = await world({}, 1, false);
  expect((await testSource(without.registries, 'crvs_main')).warnings.join()).toContain('has no signing key');
});

it.each<[1 | 2, 'predicate' | 'idtype-value' | 'expression', string]>([
  [1, 'idtype-value', 'predicate'],
  [1, 'expression', 'predicate'],
  [2, 'predicate', 'idtype-value'],
  [2, 'expression', 'idtype-value'],
])(
  'sources test says which query style an OpenCRVS %s takes, set to %s',
  async (version, queryStyle, works) => {
    const { registries } = await world({ queryStyle }, version);
    expect(await testSource(registries, 'crvs_main')).toMatchObject({
      ok: false,
      queryStyle: works,
      problem: expect.stringContaining(`query_style: ${works} works`),
    });
    const right = await world({ queryStyle: works as 'predicate' }, version);
    expect(await testSource(right.registries, 'crvs_main')).toMatchObject({
      ok: true,
      problem: null,
      queryStyle: works,
    });
  },
);

it('the secret is tried in the body, where it is in the query', async () => {
  const { registries, tokenQueries } = await world();
  const tested = await testSource(registries, 'crvs_main');
  // This server takes it from the query alone.
  expect(tokenQueries.map((query) => query.includes('the-secret'))).toEqual([true, false]);
  expect(tested.warnings.join()).toContain('credential_location is query');
  expect(JSON.stringify(tested)).not.toContain('the-secret');
});

it('a registry that takes no notice of the query is found out', async () => {
  const { registries } = await world({ queryStyle: 'nested-expression' }, 2);
  // Its stand-in drops the attributes of an expression, as it does with those that it does not know.
  expect(await testSource(registries, 'crvs_main')).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/takes no notice of the query.*query_style: idtype-value works/),
  });
});
