import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../inbox/support.ts';
import { run } from './run.ts';

interface Vector {
  name: string;
  now: number;
  sender: { sender_id: string };
  body: string;
  expect: 'accept' | 'reject';
  error_code?: string;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/signatures.json', import.meta.url), 'utf8'),
);
const [plain] = vectors;
if (!plain) throw new Error('there are no vectors');
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

/** A file with this text, gone after the test. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const filesOf = (vector: Vector) => ({
  sender: file('sender.json', JSON.stringify(vector.sender)),
  body: file('body.json', vector.body),
});

describe('verify', () => {
  it('knows all the shared vectors', () => {
    expect(vectors).toHaveLength(20);
  });

  it.each(vectors)('$name: $expect', async (vector) => {
    const { sender, body } = filesOf(vector);
    const { code, out, err } = await run(['verify', '--sender', sender, '--at', String(vector.now), body]);
    expect(err).toBe('');
    expect(out).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(out)).toEqual({
      verdict: vector.expect,
      error_code: vector.error_code ?? null,
      reason: expect.stringMatching(/\S/),
    });
    expect(code).toBe(vector.expect === 'accept' ? 0 : 1);
  });

  it('as a program reads standard input, with and without the dash, and exits by the verdict', () => {
    const { sender } = filesOf(plain);
    for (const [body, dash, status] of [
      [plain.body, ['-'], 0],
      [plain.body.replace('DEATH', 'BIRTH'), [], 1],
    ] as const) {
      const args = [MAIN, 'verify', '--sender', sender, '--at', String(plain.now), ...dash];
      const child = spawnSync(process.execPath, args, { input: body, encoding: 'utf8' });
      expect(child.stderr).toBe('');
      expect(child.status).toBe(status);
      expect(JSON.parse(child.stdout).verdict).toBe(status === 0 ? 'accept' : 'reject');
    }
  });

  it('goes by the present where no time is given', async () => {
    const { sender, body } = filesOf(plain);
    const { code, out } = await run(['verify', '--sender', sender, body]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'reject', error_code: 'err.signature.invalid' });
  });

  it('shows all that led to its verdict, with --json', async () => {
    for (const vector of vectors) {
      const { sender, body } = filesOf(vector);
      const at = String(vector.now);
      const { code, out } = await run(['verify', '--json', '--sender', sender, '--at', at, body]);
      expect(code, vector.name).toBe(vector.expect === 'accept' ? 0 : 1);
      const told = JSON.parse(out);
      expect(Object.keys(told)).toEqual([
        'verdict',
        'error_code',
        'reason',
        'reason_code',
        'failed',
        'kid',
        'algorithm',
        'digests',
        'clock_difference_seconds',
        'window_seconds',
        'keys',
        'hints',
      ]);
      const isRefusedSignature = told.error_code === 'err.signature.invalid';
      expect(told.failed !== null, vector.name).toBe(vector.expect === 'reject' && told.reason_code !== null);
      if (isRefusedSignature) expect(told.reason_code).toMatch(/^[a-z]+\.[a-z_]+$/);
      for (const secret of ['123456789', 'D-2024-12345', 'John Doe']) expect(out).not.toContain(secret);
    }
    const changed = { ...plain, body: plain.body.replace('DEATH', 'BIRTH') };
    const { sender, body } = filesOf(changed);
    const { out } = await run(['verify', '--json', '--sender', sender, '--at', String(plain.now), body]);
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'reject',
      reason_code: 'signature.mismatch',
      failed: 'signature',
      digests: [{ form: 'as-sent', digest: expect.stringMatching(/=$/) }],
      clock_difference_seconds: expect.any(Number),
      window_seconds: expect.any(Number),
      keys: [{ kid: null, algorithm: 'ed25519', thumbprint: expect.stringMatching(/^[\w-]{43}$/) }],
      hints: [{ code: 'nothing.found', message: expect.stringContaining('key') }],
    });
  });

  it('says of a body that is no envelope what the bridge would say', async () => {
    const { sender } = filesOf(plain);
    const { code, out } = await run(['verify', '--sender', sender, file('no-envelope', 'hello')]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'reject', error_code: 'err.request.bad' });
  });

  it('never prints what the message says', async () => {
    for (const vector of vectors) {
      const { sender, body } = filesOf(vector);
      const { out } = await run(['verify', '--sender', sender, '--at', String(vector.now), body]);
      for (const secret of ['123456789', 'D-2024-12345', 'John Doe'])
        expect(out, vector.name).not.toContain(secret);
    }
  });

  it.each([
    ['no sender', (body: string) => [body], "required option '--sender <file>' not specified"],
    [
      'a sender file that is not there',
      (body: string) => ['--sender', '/nowhere/s.json', body],
      '--sender: the file',
    ],
    ['a sender file that is no JSON', (body: string) => ['--sender', file('s', 'x'), body], 'not JSON'],
    [
      'a sender without a key',
      (body: string) => ['--sender', file('s', '{"sender_id": "a"}'), body],
      '--sender:',
    ],
    [
      'a message that is not there',
      () => ['--sender', file('s', '{}'), '/nowhere/m.json'],
      'the message: the file',
    ],
    ['two messages', (body: string) => ['--sender', file('s', '{}'), body, body], 'too many arguments'],
    ['a time that is none', (body: string) => ['--sender', file('s', '{}'), '--at', 'now', body], '--at'],
    ['an unknown option', (body: string) => ['--send', 'x', body], '--send'],
  ])('with %s ends with 2 and says why', async (_what, argsOf, why) => {
    const { body } = filesOf(plain);
    const { code, out, err } = await run(['verify', ...argsOf(body)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });
});

describe('a command line', () => {
  it.each([
    [[], 2],
    [['help'], 0],
    [['--help'], 0],
    [['-h'], 0],
  ])('of %j shows the commands', async (args, code) => {
    const ran = await run(args);
    expect(ran.code).toBe(code);
    for (const name of ['serve', 'verify', 'sign', 'events', 'doctor', 'config'])
      expect(code === 0 ? ran.out : ran.err).toContain(name);
  });

  it.each(['verify', 'sign', 'events', 'config'])('%s --help explains it', async (name) => {
    const ran = await run([name, '--help']);
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain(`Usage: crvs-bridge ${name}`);
  });

  it.each(['nothing', 'constructor', '__proto__'])('of the unknown command %s ends with 2', async (name) => {
    const ran = await run([name]);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain('no command');
  });
});
