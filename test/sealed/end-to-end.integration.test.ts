import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { FlattenedEncrypt, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/dci/json.ts';
import { nodeOf, printEnvelope, signHttpSignature } from '../../src/dci/sign.ts';
import { writeKeyFile } from '../../src/keys/key-files.ts';
import { KEY_KINDS } from '../../src/keys/kinds.ts';
import { newKey, type OwnKey } from '../../src/keys/own-key.ts';
import { create, read } from '../../src/odoo/orm.ts';
import { type TestBridge, testBridge } from '../bridge.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { nationalIdType, OPENSPPS, type Openspp, unique } from './openspp.ts';

const HOUR = 3_600_000;
const ECDH = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];
const CASES = ['A256GCM', 'A128GCM'].flatMap((enc) => [
  { alg: 'RSA-OAEP-256', enc, crv: undefined },
  ...ECDH.flatMap((alg) => ['P-256', 'X25519'].map((crv) => ({ alg, enc, crv }))),
]);

function keyOf(name: string, createdAt = Date.now()): OwnKey {
  const kind = KEY_KINDS.find((one) => one.name === name);
  if (!kind) throw new Error('there is no such kind');
  return newKey(kind, 2048, createdAt);
}

/** A bridge that listens on a real port, with keys in a folder of its own. */
async function bridgeFor(openspp: Openspp, keys: OwnKey[], overlapSeconds = 3600) {
  const directory = temporaryFolder();
  for (const key of keys) await writeKeyFile(directory, key);
  const bridge = await testBridge({
    access: openspp.access,
    env: { KEYS_DIR: directory },
    file: { keys: { overlap_seconds: overlapSeconds, jwks_max_age_seconds: 0, refresh_seconds: 0.05 } },
  });
  return { bridge, directory };
}

async function jwksOf(bridge: TestBridge): Promise<(JWK & { kid: string })[]> {
  const answer = await bridge.send('/.well-known/jwks.json');
  expect(answer.status).toBe(200);
  return answer.json.keys;
}

describe.each(OPENSPPS)('sealed notifications into $name', ({ open }) => {
  let openspp: Openspp;
  let senderId: string;
  let signingKey: KeyObject;
  beforeAll(async () => {
    openspp = await open();
    const pair = generateKeyPairSync('ed25519');
    signingKey = pair.privateKey;
    senderId = unique('sealed');
    await create(openspp.admin, 'spp.dci.crvs.sender', [
      {
        name: 'Sealing Registry',
        sender_id: senderId,
        public_key: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        algorithm: 'ed25519',
      },
    ]);
  });
  afterAll(() => openspp?.close());

  /** Registrants with a national ID each; gives the IDs' values. */
  async function registrants(count: number): Promise<string[]> {
    const { admin } = openspp;
    const nationalId = await nationalIdType(openspp);
    const values = Array.from({ length: count }, () => unique('N'));
    const ids = await create(
      admin,
      'res.partner',
      values.map((value) => ({ name: `Registrant ${value}`, is_registrant: true, is_group: false })),
    );
    await create(
      admin,
      'spp.registry.id',
      values.map((value, n) => ({
        partner_id: ids[n] ?? 0,
        id_type_id: nationalId,
        value,
        status: 'valid',
      })),
    );
    return values;
  }

  const birth = (value: string) => ({
    event_type: 'BIRTH',
    event_date: '2020-02-03',
    identifiers: [{ type: 'UIN', value }],
  });

  /** Posts a message sealed by jose to a published key, as a registry would; waits for its outcome. */
  async function post(bridge: TestBridge, message: object, jwk: JWK, alg: string, enc = 'A256GCM') {
    const jwe = await new FlattenedEncrypt(new TextEncoder().encode(JSON.stringify(message)))
      .setUnprotectedHeader({ alg, enc, kid: jwk.kid ?? '' })
      .encrypt(await importJWK(jwk, alg));
    const header = {
      version: '1.0.0',
      message_id: randomUUID(),
      message_ts: new Date().toISOString(),
      action: 'notify',
      sender_id: senderId,
      receiver_id: 'openspp',
      total_count: 1,
      is_msg_encrypted: true,
    };
    const content = { header: nodeOf(header) as JsonObject, message: nodeOf(jwe) as JsonObject };
    const created = Math.floor(Date.now() / 1000);
    const signing = { senderId, keyId: 'key-1', algorithm: 'ed25519', privateKey: signingKey } as const;
    const signature = await signHttpSignature(content, { ...signing, created, expires: created + 300 });
    const { status, json } = await bridge.send('/registry/notify', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'wait=20' },
      body: printEnvelope(signature, content),
    });
    return { status, header, body: json };
  }

  it('are processed with every algorithm; the event shows the message opened, the log nothing of it', async () => {
    const kinds = ['rsa-oaep-256', 'ecdh-es-p256', 'ecdh-es-x25519'];
    const { bridge } = await bridgeFor(
      openspp,
      kinds.map((kind) => keyOf(kind)),
    );
    const jwks = await jwksOf(bridge);
    const values = await registrants(CASES.length);
    expect(CASES).toHaveLength(18);
    await Promise.all(
      CASES.map(async ({ alg, enc, crv }, n) => {
        const jwk = jwks.find((one) => one.use === 'enc' && one.crv === crv);
        const message = birth(values[n] ?? '');
        const { status, header, body } = await post(bridge, message, jwk as JWK, alg, enc);
        expect({ alg, enc, crv, status, body }).toMatchObject({ status: 200, body: { state: 'processed' } });
        const [row] = await read(
          openspp.admin,
          'spp.dci.crvs.event',
          [body.event_id],
          ['state', 'raw_data', 'identifier_value', 'person_id'],
        );
        expect(row).toMatchObject({ state: 'processed', identifier_value: values[n] });
        expect(row?.person_id).not.toBe(false);
        expect(JSON.parse(String(row?.raw_data))).toEqual({ header, message });
        expect(bridge.logged()).not.toContain(values[n]);
      }),
    );
  });

  it('sealed to the key before are opened within the overlap, while the bridge runs on', async () => {
    const [old, next] = [keyOf('ecdh-es-x25519', Date.now() - HOUR), keyOf('ecdh-es-x25519')];
    const { bridge, directory } = await bridgeFor(openspp, [old]);
    const [before] = await jwksOf(bridge);
    await writeKeyFile(directory, next);
    await vi.waitFor(
      async () => expect((await jwksOf(bridge)).map(({ kid }) => kid)).toEqual([next.kid, old.kid]),
      PATIENCE,
    );
    const [first = '', second = ''] = await registrants(2);
    const [after] = await jwksOf(bridge);
    const toOld = await post(bridge, birth(first), before as JWK, 'ECDH-ES');
    const toNext = await post(bridge, birth(second), after as JWK, 'ECDH-ES');
    expect([toOld.body.state, toNext.body.state]).toEqual(['processed', 'processed']);
  });

  it('sealed to the key before are refused after it', async () => {
    const [old, next] = [
      keyOf('ecdh-es-x25519', Date.now() - 2 * HOUR),
      keyOf('ecdh-es-x25519', Date.now() - HOUR),
    ];
    const { bridge } = await bridgeFor(openspp, [old, next], 1800);
    const jwks = await jwksOf(bridge);
    expect(jwks.map(({ kid }) => kid)).toEqual([next.kid]);
    const jwk = { ...old.privateKey.export({ format: 'jwk' }), kid: old.kid };
    const { d: _, ...publicHalf } = jwk as JWK & { d: string };
    const { status, body } = await post(bridge, birth('N-1'), publicHalf, 'ECDH-ES');
    expect([status, body.message.error.code]).toEqual([400, 'err.encryption.invalid']);
  });
});
