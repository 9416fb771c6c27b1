import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../cli/run.ts';

const GUIDE = readFileSync(new URL('../../docs/integrators-guide.md', import.meta.url), 'utf8');
const SECTION = GUIDE.slice(
  GUIDE.indexOf('## Signed requests to copy'),
  GUIDE.indexOf('## Acknowledgements'),
);
const available = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(folder, 'registry-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const sender = {
    sender_id: 'crvs.example',
    algorithm: 'ed25519',
    public_key: publicKey.export({ type: 'spki', format: 'pem' }),
  };
  writeFileSync(join(folder, 'sender.json'), JSON.stringify(sender));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Each with whether this machine has what it needs: the guide says what that is. */
const EXAMPLES = [
  { language: 'ts', file: 'notify.mts', command: process.execPath, here: true },
  {
    language: 'python',
    file: 'notify.py',
    command: 'python3',
    here: available('python3', '-c', 'import cryptography'),
  },
  {
    language: 'bash',
    file: 'notify.sh',
    command: 'bash',
    here:
      available('jq', '--version') &&
      /^OpenSSL 3/.test(spawnSync('openssl', ['version']).stdout?.toString() ?? ''),
  },
];

for (const { language, file, command, here } of EXAMPLES) {
  it.skipIf(!here)(`the guide’s request in ${language} verifies`, async () => {
    const code = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(SECTION)?.[1] ?? '';
    writeFileSync(join(folder, file), code);
    const made = spawnSync(command, [file], { cwd: folder, encoding: 'utf8' });
    expect([made.status, made.stderr]).toEqual([0, '']);
    expect(JSON.parse(made.stdout)).toMatchObject({
      message: { event_type: 'DEATH', event_date: '2024-12-01' },
    });
    const envelope = join(folder, `${language}.json`);
    writeFileSync(envelope, made.stdout);
    const verified = await run(['verify', '--sender', join(folder, 'sender.json'), envelope]);
    expect([verified.code, verified.err]).toEqual([0, '']);
  });
}
