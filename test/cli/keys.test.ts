import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../inbox/support.ts';
import { run } from './run.ts';

let directory: string;
beforeEach(() => {
  directory = join(temporaryFolder(), 'keys');
});
const keys = (...args: string[]) => run(['keys', ...args], { KEYS_DIR: directory });

interface Row {
  kid: string;
  use: string;
  algorithm: string;
  state: string;
  file: string | null;
  public_jwk: Record<string, unknown>;
}
async function rows(...args: string[]): Promise<Row[]> {
  const { code, out, err } = await keys(...args, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
}
const shown = (all: Row[]) => all.map(({ use, algorithm, state }) => `${use} ${algorithm} ${state}`).sort();

describe('keys', () => {
  it('generate makes one to sign and one to seal to, and only what is missing', async () => {
    expect((await keys('list')).out).toContain('keys generate');
    const made = await rows('generate', '--use', 'sig');
    expect(shown(made)).toEqual(['sig ed25519 active']);
    const all = await rows('generate', '--bits', '2048');
    expect(shown(all)).toEqual(['enc rsa-oaep-256 active', 'sig ed25519 active']);
    expect(all.find(({ use }) => use === 'sig')?.kid).toBe(made[0]?.kid);
    for (const name of readdirSync(directory))
      expect((statSync(join(directory, name)).mode & 0o777).toString(8)).toBe('600');
    const again = await keys('generate');
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('keys rotate');
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('an RSA key has 3072 bits where left out', async () => {
    const [row] = await rows('generate', '--use', 'enc');
    expect(Buffer.from(String(row?.public_jwk.n), 'base64url')).toHaveLength(384);
  });

  it('rotate makes the next one of each, at once active, and keeps the one before', async () => {
    await rows('generate', '--use', 'enc', '--algorithm', 'ecdh-es-x25519');
    const before = await rows('generate', '--use', 'sig');
    const after = await rows('rotate');
    expect(shown(after)).toEqual([
      'enc ecdh-es-x25519 active',
      'enc ecdh-es-x25519 previous',
      'sig ed25519 active',
      'sig ed25519 previous',
    ]);
    const previous = after.filter(({ state }) => state === 'previous').map(({ kid }) => kid);
    expect(previous.sort()).toEqual(before.map(({ kid }) => kid).sort());
    expect((await keys('list')).out).toMatch(/previous, until \d{4}-/);
  });

  it('rotate retires at once where there is no overlap, and the file stays', async () => {
    await rows('generate', '--use', 'sig');
    const config = join(temporaryFolder(), 'config.yaml');
    writeFileSync(config, 'keys: {overlap_seconds: 0.001, jwks_max_age_seconds: 0}\n');
    await rows('rotate', '--use', 'sig', '--algorithm', 'es256');
    // The next look is a command later, longer than the overlap.
    const all = await rows('list', '--config', config);
    expect(shown(all)).toEqual(['sig ed25519 retired', 'sig es256 active']);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('rotate of one kind leaves the others', async () => {
    for (const kind of ['ecdh-es-p256', 'ecdh-es-x25519']) await rows('generate', '--algorithm', kind);
    expect(shown(await rows('rotate', '--algorithm', 'ecdh-es-p256'))).toEqual([
      'enc ecdh-es-p256 active',
      'enc ecdh-es-p256 previous',
      'enc ecdh-es-x25519 active',
    ]);
  });

  it('never prints what is private', async () => {
    await rows('generate', '--bits', '2048');
    const printed = [
      await keys('list'),
      await keys('list', '--json'),
      await keys('rotate', '--bits', '2048'),
    ];
    const said = printed.map(({ out, err }) => out + err).join('');
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    expect(files).toHaveLength(4);
    for (const file of files) {
      const jwk = JSON.parse(file);
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
        if (jwk[member]) expect(said).not.toContain(jwk[member]);
    }
  });

  it('lists those of the environment as well', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const SIGNING_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { out } = await run(['keys', 'list'], { KEYS_DIR: directory, SIGNING_KEY });
    expect(out).toMatch(/^sig {2}ed25519 .*active {2}\(environment\)\n$/);
  });

  it.each([
    [[], 'Usage'],
    [['list', 'more'], 'Usage'],
    [['destroy'], 'Usage'],
    [['rotate'], 'keys generate'],
    [['generate', '--use', 'both'], '--use'],
    [['generate', '--algorithm', 'RSA1_5'], '--algorithm'],
    [['generate', '--use', 'sig', '--algorithm', 'rsa-oaep-256'], '--use enc'],
    [['generate', '--bits', '1024'], '--bits'],
  ])('%j is refused with the fix', async (args, part) => {
    const { code, err } = await keys(...args);
    expect(code).toBe(2);
    expect(err).toContain(part);
  });

  it('and serve refuse a file that others can read', async () => {
    await rows('generate', '--use', 'sig');
    const [name = ''] = readdirSync(directory);
    chmodSync(join(directory, name), 0o644);
    for (const args of [['keys', 'list'], ['serve']]) {
      const env = {
        KEYS_DIR: directory,
        ODOO_URL: 'http://127.0.0.1:1',
        ODOO_DB: 'x',
        ODOO_LOGIN: 'x',
        ODOO_API_KEY: 'x',
      };
      const inbox = { INBOX_URL: `sqlite:${join(temporaryFolder(), 'inbox.db')}`, PORT: '0' };
      const { code, err } = await run(args, { ...env, ...inbox });
      expect(code).toBe(2);
      expect(err).toContain(`file ${name}`);
      expect(err).toContain('chmod 600');
    }
  });
});

describe('sign --encrypt-to and verify --open', () => {
  const EVENT = [
    '--sender',
    'crvs.test',
    '--type',
    'death',
    '--date',
    '2024-12-01',
    '--identifier',
    'UIN=190283746551',
  ];

  /** Files of a registry: its key, and how it is registered. */
  async function registry() {
    const folder = temporaryFolder();
    const key = join(folder, 'key.pem');
    const { out } = await run(['sign', '--new-key', key]);
    const sender = join(folder, 'sender.json');
    writeFileSync(sender, JSON.stringify({ sender_id: 'crvs.test', algorithm: 'ed25519', public_key: out }));
    const jwks = join(folder, 'jwks.json');
    const published = (await rows('list')).map(({ public_jwk }) => public_jwk);
    writeFileSync(jwks, JSON.stringify({ keys: published }));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    return { key, sender, jwks, file };
  }

  it.each([
    ['rsa-oaep-256', []],
    ['ecdh-es-p256', ['--jwe-alg', 'ECDH-ES', '--jwe-enc', 'A128GCM']],
    ['ecdh-es-x25519', ['--jwe-alg', 'ECDH-ES+A128KW']],
  ])('work together with a key of kind %s', async (kind, args) => {
    await rows('generate', '--use', 'sig');
    await rows('generate', '--use', 'enc', '--algorithm', kind, '--bits', '2048');
    const { key, sender, jwks, file } = await registry();
    const signed = await run(['sign', '--key', key, ...EVENT, '--encrypt-to', jwks, ...args]);
    expect(signed).toMatchObject({ code: 0, err: '' });
    expect(signed.out).not.toContain('190283746551');
    expect(JSON.parse(signed.out)).toMatchObject({
      header: { is_msg_encrypted: true },
      message: { protected: expect.any(String), ciphertext: expect.any(String), tag: expect.any(String) },
    });
    const body = file('body.json', signed.out);
    const shut = await run(['verify', '--sender', sender, body], { KEYS_DIR: directory });
    expect(shut.code).toBe(0);
    expect(shut.out).not.toContain('190283746551');
    const open = await run(['verify', '--sender', sender, '--open', body], { KEYS_DIR: directory });
    expect(open.code).toBe(0);
    const [verdict = '', message = ''] = open.out.split('\n');
    expect(JSON.parse(verdict)).toMatchObject({ verdict: 'accept', error_code: null });
    expect(JSON.parse(message)).toMatchObject({
      event_type: 'DEATH',
      identifiers: [{ value: '190283746551' }],
    });

    const elsewhere = await run(['verify', '--sender', sender, '--open', body], {
      KEYS_DIR: temporaryFolder(),
    });
    expect(elsewhere.code).toBe(1);
    expect(JSON.parse(elsewhere.out)).toMatchObject({
      verdict: 'reject',
      error_code: 'err.encryption.invalid',
    });
  });

  it('say what is wrong with the file or the options', async () => {
    await rows('generate', '--use', 'sig');
    const { key, jwks, file } = await registry();
    const told = async (...args: string[]) => {
      const { code, out, err } = await run(['sign', '--key', key, ...EVENT, ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      return err;
    };
    expect(await told('--encrypt-to', jwks)).toContain('--encrypt-to: no key of the set');
    expect(await told('--encrypt-to', file('text', 'no json'))).toContain('not JSON');
    expect(await told('--jwe-enc', 'A128GCM')).toContain('--encrypt-to FILE');
    await rows('generate', '--use', 'enc', '--algorithm', 'ecdh-es-p256');
    const after = await registry();
    expect(await told('--encrypt-to', after.jwks, '--jwe-alg', 'RSA-OAEP-256')).toContain('--encrypt-to');
    expect(await told('--encrypt-to', after.jwks, '--jwe-enc', 'A256CBC-HS512')).toContain('--jwe-enc');
  });
});
