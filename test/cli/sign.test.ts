import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../inbox/support.ts';
import { run } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const privatePem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicPem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

/** What `verify` says of a message by a sender with this key. */
async function verdictOf(signed: string, algorithm: string, publicKey: string) {
  const sender = file(
    'sender.json',
    JSON.stringify({ sender_id: 'crvs.test', algorithm, public_key: publicKey }),
  );
  return run(['verify', '--sender', sender, file('signed.json', signed)]);
}

const DEATH = [
  '--type',
  'death',
  '--date',
  '2024-12-01',
  '--identifier',
  'UIN=123',
  '--identifier',
  'DRN=D=1',
];

describe('sign', () => {
  it('makes a key and a message that verify takes, and a changed one does not', async () => {
    const key = join(folder, 'key.pem');
    const made = await run(['sign', '--new-key', key]);
    expect(made.code).toBe(0);
    expect(made.out).toContain('BEGIN PUBLIC KEY');
    expect(made.out).not.toContain('PRIVATE');
    expect((statSync(key).mode & 0o777).toString(8)).toBe('600');

    const { code, out } = await run(['sign', '--key', key, '--sender', 'crvs.test', ...DEATH]);
    expect(code).toBe(0);
    expect(out.endsWith('\n') && !out.trimEnd().includes('\n'), 'one line').toBe(true);
    expect(JSON.parse(out)).toMatchObject({
      signature: expect.stringContaining('kidId="crvs.test|key-1|ed25519"'),
      header: {
        version: '1.0.0',
        message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        action: 'notify',
        sender_id: 'crvs.test',
        receiver_id: 'openspp',
        total_count: 1,
        is_msg_encrypted: false,
      },
      message: {
        event_type: 'DEATH',
        event_date: '2024-12-01',
        identifiers: [
          { type: 'UIN', value: '123' },
          { type: 'DRN', value: 'D=1' },
        ],
      },
    });
    expect(await verdictOf(out, 'ed25519', made.out)).toMatchObject({ code: 0 });
    expect(await verdictOf(out.replace('DEATH', 'BIRTH'), 'ed25519', made.out)).toMatchObject({ code: 1 });
  });

  it('never writes over a key', async () => {
    const key = file('key.pem', 'precious');
    const { code, err } = await run(['sign', '--new-key', key]);
    expect(code).toBe(2);
    expect(err).toContain('EEXIST');
    expect(readFileSync(key, 'utf8')).toBe('precious');
  });

  it.each([
    ['ed25519', generateKeyPairSync('ed25519'), []],
    ['rs256', generateKeyPairSync('rsa', { modulusLength: 2048 }), []],
    ['ps256', generateKeyPairSync('rsa', { modulusLength: 2048 }), ['--algorithm', 'ps256']],
    ['es256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), []],
    ['es384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), []],
  ] as const)('signs with %s in both forms', async (algorithm, { privateKey, publicKey }, options) => {
    const key = file('key.pem', privatePem(privateKey));
    for (const form of [[], ['--jws']]) {
      const args = ['sign', '--key', key, '--sender', 'crvs.test', ...options, ...form, ...DEATH];
      const { code, out, err } = await run(args);
      expect([code, err]).toEqual([0, '']);
      expect((JSON.parse(out).signature as string).startsWith('ey')).toBe(form.length > 0);
      const { code: verdict, out: said } = await verdictOf(out, algorithm, publicPem(publicKey));
      expect(verdict, said).toBe(0);
    }
  });

  it('takes a message of any dialect, to the digit', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = file('key.pem', privatePem(privateKey));
    const message = file(
      'message.json',
      '{"notify_event": [], "n": 100.0, "big": 12345678901234567890, "s": "አ"}',
    );
    for (const form of [[], ['--jws']]) {
      const args = ['sign', '--key', key, '--sender', 'crvs.test', '--message', message, ...form];
      const { out } = await run([...args, '--message-id', 'm-7', '--receiver', 'spp', '--key-id', 'k2']);
      expect(out).toContain('"n":100.0,"big":12345678901234567890,"s":"አ"');
      expect(JSON.parse(out).header).toMatchObject({ message_id: 'm-7', receiver_id: 'spp' });
      expect((await verdictOf(out, 'ed25519', publicPem(publicKey))).code).toBe(0);
    }
  });

  it('is valid for as long as --expires-in says', async () => {
    const key = file('key.pem', privatePem(generateKeyPairSync('ed25519').privateKey));
    const { out } = await run(['sign', '--key', key, '--sender', 'crvs.test', '--expires-in', '7', ...DEATH]);
    const [, created, expires] = /created="(\d+)", expires="(\d+)"/.exec(JSON.parse(out).signature) ?? [];
    expect(Number(expires) - Number(created)).toBe(7);
  });

  it.each([
    ['no key', () => ['--sender', 'a', ...DEATH], '--key <file>'],
    ['no sender', (key: string) => ['--key', key, ...DEATH], '--sender <id>'],
    ['no event', (key: string) => ['--key', key, '--sender', 'a'], '--type'],
    ['no identifier', (key: string) => ['--key', key, '--sender', 'a', '--type', 'birth'], '--identifier'],
    [
      'an identifier without a value',
      (key: string) => ['--key', key, '--sender', 'a', '--type', 'birth', '--identifier', 'UIN='],
      'TYPE=VALUE',
    ],
    ['a key that is not there', () => ['--key', '/nowhere/key.pem', '--sender', 'a', ...DEATH], 'ENOENT'],
    [
      'a key that is none',
      () => ['--key', file('k', 'SECRET'), '--sender', 'a', ...DEATH],
      'not a private key',
    ],
    [
      'another key’s algorithm',
      (key: string) => ['--key', key, '--sender', 'a', '--algorithm', 'rs256', ...DEATH],
      'rs256',
    ],
    [
      'an unknown algorithm',
      (key: string) => ['--key', key, '--sender', 'a', '--algorithm', 'hs256', ...DEATH],
      '--algorithm',
    ],
    [
      'a sender that no kid can hold',
      (key: string) => ['--key', key, '--sender', 'a|b', ...DEATH],
      'printable ASCII',
    ],
    [
      'no time at all',
      (key: string) => ['--key', key, '--sender', 'a', '--expires-in', '0', ...DEATH],
      '--expires-in',
    ],
    [
      'a message that is a list',
      (key: string) => ['--key', key, '--sender', 'a', '--message', file('m', '[]')],
      '--message',
    ],
    [
      'a message that is no JSON',
      (key: string) => ['--key', key, '--sender', 'a', '--message', file('m', 'SECRET')],
      '--message',
    ],
  ])('with %s ends with 2 and says why', async (_what, argsOf, why) => {
    const key = file('key.pem', privatePem(generateKeyPairSync('ed25519').privateKey));
    const { code, out, err } = await run(['sign', ...argsOf(key)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
    expect(err).not.toContain('SECRET');
  });
});
