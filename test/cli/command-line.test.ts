import { describe, expect, it } from 'vitest';
import { programFor } from '../../src/cli/program.ts';
import { table, widthOf, wrap } from '../../src/cli/wrap.ts';
import { run } from './run.ts';

/** All commands, by their words. */
async function commandLines(): Promise<string[][]> {
  const program = await programFor(['completion'], {});
  const below = (command: typeof program, path: string[]): string[][] => [
    path,
    ...command.commands.flatMap((one) => below(one as typeof program, [...path, one.name()])),
  ];
  return below(program, []).filter((path) => path.at(-1) !== 'version');
}

describe('every command', async () => {
  it.each(await commandLines())('%j %j %j has help, which takes --json', async (...path) => {
    const { code, out, err } = await run([...path, '--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(['Usage: crvs-bridge', ...path].join(' '));
    expect(out).toContain('--json');
    for (const line of out.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });
});

describe('what cannot be understood', () => {
  it.each([
    ['sevre', 'there is no command of that name\n(Did you mean serve?)'],
    ['events lst', '(Did you mean list?)'],
    ['events list --sate waiting', "unknown option '--sate'\n(Did you mean --state?)"],
    ['sign --type adoption', '--type: expected birth, death, marriage, divorce'],
    ['sign --date 8/3/2024', '--date: expected a day as YYYY-MM-DD'],
    ['sign --date 2024-02-30', '--date: expected a day as YYYY-MM-DD'],
    ['sign --jwe-enc A192GCM', '--jwe-enc: expected A256GCM, A128GCM'],
    ['serve --role boss', '--role: expected all, receiver, worker'],
    ['crvs backfill --from 1.2.2024', '--from: expected a day as YYYY-MM-DD'],
    ['keys rotate --bits 1024', '--bits: expected 2048, 3072, 4096'],
  ])('%s', async (line, why) => {
    const { code, out, err } = await run(line.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });

  it.each([
    'crvs 190283746551',
    'crvs check-death UIN 190283746551 190283746551',
    'crvs check-death --vaule=190283746551',
    'crvs check-death UIN --no-wait=190283746551',
    'events show 190283746551x',
    'sign --identifier 190283746551',
  ])('%s is refused without the identifier', async (line) => {
    const { code, out, err } = await run(line.split(' '));
    expect(code).toBe(2);
    expect(out + err).not.toContain('190283746551');
  });

  it('is one object on standard output with --json, wherever that is', async () => {
    for (const line of [
      '--json events list --state x',
      'events --json list --state x',
      'events list --state x --json',
    ]) {
      const { code, out, err } = await run(line.split(' '));
      expect([code, err]).toEqual([2, '']);
      expect(JSON.parse(out)).toEqual({
        error: {
          code: 'usage',
          message: '--state: expected waiting, deferred, delivering, processed, error, dead, settled',
        },
      });
    }
    const { out } = await run(['events', 'list', '--json'], { INBOX_URL: 'sqlite:/nowhere/at/all.db' });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'inbox.unavailable' } });
  });
});

describe('on a narrow terminal', () => {
  const text = '  ✓ Messages of crvs.example can be verified.\nsecond line';
  it('no word is broken', () => {
    expect(wrap(text, 20)).toBe('  ✓ Messages of\n    crvs.example can\n    be verified.\nsecond line');
    expect(wrap(text, 5).split(/\s+/)).toEqual(text.split(/\s+/));
    expect(wrap(text, Number.POSITIVE_INFINITY)).toBe(text);
    expect(wrap('\u001b[32m✓\u001b[39m it is so', 10)).toBe('\u001b[32m✓\u001b[39m it is so');
  });

  it('a row of a table is a paragraph', () => {
    const rows = [
      ['id', 'state', 'sender'],
      ['1', 'waiting', 'crvs.test'],
      ['2', 'settled', 'crvs.other'],
    ];
    expect(table(rows, 26)).toBe('id  state    sender\n1   waiting  crvs.test\n2   settled  crvs.other');
    expect(table(rows, 20)).toBe(
      'id: 1\nstate: waiting\nsender: crvs.test\n\nid: 2\nstate: settled\nsender: crvs.other',
    );
  });

  it.each([30, 50, 200])('help has %i columns at most', async (columns) => {
    const { isTTY, columns: before } = process.stdout;
    Object.assign(process.stdout, { isTTY: true, columns });
    try {
      const { out } = await run(['sign', '--help']);
      const long = out.split('\n').filter((line) => widthOf(line) > Math.min(columns, 100));
      // A word that is longer than the line keeps a line of its own.
      expect(long.filter((line) => line.trim().includes(' '))).toEqual([]);
    } finally {
      Object.assign(process.stdout, { isTTY, columns: before });
    }
  });
});
