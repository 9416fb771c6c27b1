import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readKeyFiles, writeKeyFile } from '../../src/keys/key-files.ts';
import { KEY_KINDS } from '../../src/keys/kinds.ts';
import { newKey, OwnKeyError, type PublicJwk } from '../../src/keys/own-key.ts';
import { OwnKeys, type OwnKeysSettings } from '../../src/keys/own-keys.ts';
import { temporaryFolder } from '../inbox/support.ts';
import { PATIENCE } from '../patience.ts';
import { keptLog } from '../senders/support.ts';

const HOUR = 3_600_000;
let directory: string;
beforeEach(() => {
  directory = join(temporaryFolder(), 'keys');
});

const make = (name: string, createdAt = 0) => {
  const kind = KEY_KINDS.find((one) => one.name === name);
  if (!kind) throw new Error(`there is no kind ${name}`);
  return newKey(kind, 2048, createdAt);
};
const put = (name: string, createdAt = 0) => writeKeyFile(directory, make(name, createdAt));

let now = 0;
async function opened(over: Partial<OwnKeysSettings> = {}): Promise<OwnKeys> {
  const keys = new OwnKeys(
    { directory, signingKey: null, encryptionKey: null, overlapMs: HOUR, refreshMs: 1, ...over },
    () => now,
  );
  await keys.read();
  return keys;
}
const published = (keys: OwnKeys): PublicJwk[] => JSON.parse(keys.publishedKeys()).keys;

async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(OwnKeyError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

/** All that makes a JWK private (RFC 7518, RFC 8037). */
const SECRET = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

describe('a key file', () => {
  it.each(KEY_KINDS.map(({ name }) => name))(
    '%s is private, for its owner alone, and read as it was written',
    async (name) => {
      const key = make(name, 1_764_000_000_123);
      const path = await writeKeyFile(directory, key);
      expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
      expect((statSync(directory).mode & 0o777).toString(8)).toBe('700');
      expect(readdirSync(directory)).toEqual([`${key.kind.use}-${key.kid}.json`]);
      const jwk = JSON.parse(readFileSync(path, 'utf8'));
      expect(jwk).toMatchObject({
        kid: key.kid,
        use: key.kind.use,
        alg: key.kind.alg,
        iat: 1_764_000_000.123,
      });
      expect(jwk.d).toMatch(/\S/);
      expect(await calculateJwkThumbprint(jwk)).toBe(key.kid);
      const [read] = (await opened()).placed();
      expect(read?.key).toMatchObject({ kid: key.kid, kind: key.kind, createdAt: 1_764_000_000_123 });
    },
  );

  it.each([0o640, 0o604, 0o644, 0o660])('with mode %o stops the start, by its name', async (mode) => {
    const path = await put('ed25519');
    chmodSync(path, mode);
    const text = await refusal(() => opened());
    expect(text).toContain('KEYS_DIR');
    expect(text).toContain(path.split('/').at(-1));
    expect(text).toContain('chmod 600');
  });

  it('in a folder that others may write stops the start', async () => {
    await put('ed25519');
    chmodSync(directory, 0o777);
    expect(await refusal(() => opened())).toContain('chmod 700');
  });

  it.each([
    ['no JSON', '{"d": "SECRET"'],
    ['no object', '["SECRET"]'],
    ['no use', '{"kty": "OKP", "d": "SECRET"}'],
    ['no key', '{"use": "sig", "kty": "OKP", "crv": "Ed25519", "d": "SECRET"}'],
    [
      'another kind of key',
      JSON.stringify({ use: 'enc', ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) }),
    ],
    [
      'a small RSA key',
      JSON.stringify({
        use: 'enc',
        ...generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' }),
      }),
    ],
    [
      'a public key',
      JSON.stringify({ use: 'sig', ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) }),
    ],
  ])('with %s stops the start, and is not quoted', async (_what, text) => {
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'mine.json'), text, { mode: 0o600 });
    const told = await refusal(() => opened());
    expect(told).toContain('mine.json');
    expect(told).not.toContain('SECRET');
    const { d = 'SECRET' } = text.endsWith('}') ? JSON.parse(text) : {};
    expect(told).not.toContain(d);
  });

  it('may be missing, and so may the folder', async () => {
    expect(published(await opened())).toEqual([]);
    expect(published(await opened({ directory: null }))).toEqual([]);
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'notes.txt'), 'not a key', { mode: 0o644 });
    expect(published(await opened())).toEqual([]);
  });

  it('is not written over', async () => {
    writeFileSync(directory, 'a file');
    expect(await refusal(() => put('ed25519'))).toContain('cannot be written');
  });
});

describe('what is published', () => {
  it('has use, alg and kid, and never a private member', async () => {
    for (const { name } of KEY_KINDS) await put(name);
    const keys = published(await opened());
    expect(keys.map(({ use, alg }) => `${use} ${alg}`).sort()).toEqual([
      'enc ECDH-ES+A256KW',
      'enc ECDH-ES+A256KW',
      'enc RSA-OAEP-256',
      expect.stringMatching(/^sig /),
      expect.stringMatching(/^sig /),
      expect.stringMatching(/^sig /),
    ]);
    for (const key of keys) {
      expect(Object.keys(key).filter((member) => SECRET.includes(member))).toEqual([]);
      expect(await calculateJwkThumbprint(key as unknown as JWK)).toBe(key.kid);
    }
    for (const file of readdirSync(directory)) {
      const { d } = JSON.parse(readFileSync(join(directory, file), 'utf8'));
      expect(JSON.stringify(keys)).not.toContain(d);
    }
  });

  it('has the active key first, the previous one within the overlap, and no retired one', async () => {
    const [first, second] = [make('ecdh-es-p256', 0), make('ecdh-es-p256', HOUR)];
    for (const key of [first, second]) await writeKeyFile(directory, key);
    now = 2 * HOUR - 1;
    const keys = await opened();
    expect(published(keys).map(({ kid }) => kid)).toEqual([second.kid, first.kid]);
    expect(keys.decryptionKeys().map(({ kid }) => kid)).toEqual([second.kid, first.kid]);
    now = 2 * HOUR;
    expect(published(keys).map(({ kid }) => kid)).toEqual([second.kid]);
    expect(keys.decryptionKeys().map(({ kid }) => kid)).toEqual([second.kid]);
    expect(keys.placed().map(({ state }) => state)).toEqual(['active', 'retired']);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('signing keys are no keys to open with', async () => {
    const key = make('ed25519');
    await writeKeyFile(directory, key);
    const keys = await opened();
    expect(keys.decryptionKeys()).toEqual([]);
    expect(keys.signingKey()?.kid).toBe(key.kid);
  });
});

describe('a key from the settings', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const pem = (key: typeof rsa) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('may be PEM or JWK, and goes before those of the folder', async () => {
    const filed = make('rsa-oaep-256');
    await writeKeyFile(directory, filed);
    const keys = await opened({
      encryptionKey: pem(rsa),
      signingKey: JSON.stringify(ed.export({ format: 'jwk' })),
    });
    expect(published(keys).map(({ alg, kty }) => `${kty} ${alg}`)).toEqual([
      'OKP EdDSA',
      'RSA RSA-OAEP-256',
      'RSA RSA-OAEP-256',
    ]);
    expect(keys.decryptionKeys()[1]?.kid).toBe(filed.kid);
    const onOneLine = await opened({ directory: null, encryptionKey: pem(rsa).replaceAll('\n', '\\n') });
    expect(onOneLine.decryptionKeys()[0]?.kid).toBe(keys.decryptionKeys()[0]?.kid);
    expect(keys.signingKey()?.kind.name).toBe('ed25519');
  });

  it.each([
    ['SIGNING_KEY', { signingKey: 'SECRET' }],
    ['SIGNING_KEY', { signingKey: '{"d": "SECRET"}' }],
    ['ENCRYPTION_KEY', { encryptionKey: '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----' }],
    ['ENCRYPTION_KEY', { encryptionKey: pem(ed) }],
    [
      'ENCRYPTION_KEY',
      { encryptionKey: pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) },
    ],
  ])('that cannot be used is refused by the name %s, and not quoted', async (name, over) => {
    const told = await refusal(() => opened(over));
    expect(told).toContain(name);
    expect(told).not.toContain('SECRET');
    expect(told).not.toContain('PRIVATE');
  });

  it('is refused for both uses at once', async () => {
    expect(await refusal(() => opened({ signingKey: pem(rsa), encryptionKey: pem(rsa) }))).toContain(
      'one key',
    );
  });
});

describe('while the bridge runs, the folder is read again', () => {
  it('takes a file that is removed meanwhile for one that was not there', async () => {
    const paths = await Promise.all(Array.from({ length: 40 }, (_, n) => put('ed25519', n)));
    const last = paths.sort().at(-1) ?? '';
    const reading = readKeyFiles(directory);
    // Listed after two steps, read one file after the other: the last is removed in between.
    await stat(last);
    await stat(last);
    for (let n = 0; n < 20; n += 1) await stat(last);
    rmSync(last);
    expect((await reading).size).toBe(39);
  });

  it('complains of a link that leads nowhere', async () => {
    await put('ed25519');
    symlinkSync(join(directory, 'nothing'), join(directory, 'link.json'));
    expect(await refusal(() => readKeyFiles(directory))).toContain('link.json');
  });

  it('takes up a new key, keeps what it has where one is unusable, says so once, and recovers', async () => {
    now = 0;
    const { log, entries } = keptLog();
    await put('ecdh-es-x25519', 0);
    const keys = await opened();
    await keys.start(log);
    onTestFinished(() => keys.stop());
    const [before] = keys.decryptionKeys();

    const next = make('ecdh-es-x25519', 1);
    await writeKeyFile(directory, next);
    await vi.waitFor(() => expect(keys.decryptionKeys()[0]?.kid).toBe(next.kid), PATIENCE);
    // The same object: what was derived from it is not derived again.
    expect(keys.decryptionKeys()[1]?.privateKey).toBe(before?.privateKey);

    const broken = join(directory, 'broken.json');
    // In one step: the folder is read all the time, and a file half written is another complaint.
    writeFileSync(`${broken}.draft`, '{}', { mode: 0o600 });
    renameSync(`${broken}.draft`, broken);
    const errors = () => entries().filter(({ level }) => level === 'error');
    await vi.waitFor(() => expect(errors()).toHaveLength(1), PATIENCE);
    expect(keys.decryptionKeys()).toHaveLength(2);
    rmSync(broken);
    await writeKeyFile(directory, make('ecdh-es-p256', 2));
    await vi.waitFor(() => expect(keys.decryptionKeys()).toHaveLength(3), PATIENCE);
    expect(errors()).toHaveLength(1);
  });
});
