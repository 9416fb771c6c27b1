import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../inbox/support.ts';
import { run } from './run.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const scripts = new Map<string, string>();
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

beforeAll(async () => {
  for (const shell of SHELLS) {
    const { code, out } = await run(['completion', shell]);
    expect(code).toBe(0);
    scripts.set(shell, out);
  }
});

function shellSays(shell: string, args: readonly string[], more = ''): string {
  const file = join(temporaryFolder(), 'script');
  writeFileSync(file, `${scripts.get(shell)}\n${more}`);
  const { status, stdout, stderr } = spawnSync(shell, [...args, file], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

it.each([
  [['ev'], 'events'],
  [['events', ''], 'list show retry set-aside --help --json'],
  [['events', 'list', '--json', '--type', 'ma'], 'marriage'],
  [['sign', '--type', 'd'], 'death divorce'],
  [['keys', 'generate', '--us'], '--use'],
  [['completion', ''], 'bash zsh fish --help --json'],
])('bash completes %j', (words, wanted) => {
  const line = ['crvs-bridge', ...words].map((word) => `'${word}'`).join(' ');
  const more = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _crvs_bridge; echo "\${COMPREPLY[*]}"`;
  expect(shellSays('bash', [], more)).toBe(`${wanted}\n`);
});

it.skipIf(!has('fish'))('fish completes commands and values', () => {
  const more = 'complete -C "crvs-bridge ev"; complete -C "crvs-bridge sign --type de"';
  expect(shellSays('fish', ['--no-config'], more)).toMatch(/^events\t.*\ndeath\t/);
});

it.skipIf(!has('zsh'))('zsh reads its script', () => {
  expect(shellSays('zsh', ['-n'])).toBe('');
});

it('every shell has every command', async () => {
  for (const shell of SHELLS) {
    for (const name of ['serve', 'set-aside', 'verify-birth', 'fetch-keys']) {
      expect(scripts.get(shell), shell).toContain(name);
    }
  }
});
