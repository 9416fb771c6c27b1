import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { programFor } from '../../src/cli/program.ts';
import { blocks, spans, textOf } from './documents.ts';

let program: Command;
beforeAll(async () => {
  // It loads every group.
  program = await programFor(['completion'], {});
});

const CALL =
  /(?:npm run -s bridge --|npx crvs-bridge|node src\/main\.ts|^crvs-bridge|\$ crvs-bridge|docker exec \S+ crvs-bridge) +([^\n]*)/gm;

/** The words of a command line, up to what the shell does with its output. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.replaceAll(/\\\n\s*/g, ' ').split(/ +#| [|>&;]|\$\(|[)]$| (?:in|with) /);
  return command.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
}

/** What is wrong with a command line; null for nothing. */
function problemOf(words: readonly string[]): string | null {
  let command = program;
  let takesArguments = false;
  for (const word of words) {
    if (word.startsWith('-')) {
      const flag = word.split('=')[0] ?? '';
      if (flag === '-' || flag === '--' || ['-h', '--help', '-v', '--version'].includes(flag)) continue;
      const help = command.createHelp();
      const known = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
      if (!known.some(({ long, short }) => long === flag || short === flag)) {
        return `${pathOf(command)} has no option ${flag}`;
      }
      takesArguments = true;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    if (next && !takesArguments) command = next;
    else if (command.commands.length > 0 && command.registeredArguments.length === 0 && !takesArguments) {
      return `${pathOf(command)} has no command ${word}`;
    } else takesArguments = true;
  }
  return null;
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '';

describe('the commands in the documents', () => {
  it('are there, with their options', () => {
    const called = blocks().flatMap(({ file, code }) =>
      [...code.replaceAll(/\\\n\s*/g, ' ').matchAll(CALL)].map(([, line = '']) => ({ file, line })),
    );
    const named = spans().flatMap(({ file, code }) =>
      [...code.matchAll(CALL)].map(([, line = '']) => ({ file, line })),
    );
    // Such as `events list --outcome error`: the name of a group, and more.
    const groups = new Set(program.commands.map((one) => one.name()));
    const short = spans()
      // A line of the log begins with "events that".
      .filter(({ code }) => /^[a-z]+ (?!that )[a-z-]/.test(code) && groups.has(code.split(' ')[0] ?? ''))
      .map(({ file, code }) => ({ file, line: code }));
    expect(called.length).toBeGreaterThan(30);
    expect(short.length).toBeGreaterThan(30);
    const wrong = [...called, ...named, ...short].flatMap(({ file, line }) => {
      if (/^(?:<?command>?|COMMAND)/.test(line)) return [];
      const problem = problemOf(wordsOf(line));
      return problem === null ? [] : [`${file}: ${line}: ${problem}`];
    });
    expect(wrong).toEqual([]);
    expect(problemOf(['events', 'lst'])).toBe('events has no command lst');
    expect(problemOf(['events', 'list', '--outcom', 'error'])).toBe('events list has no option --outcom');
  });

  it('of package.json are there', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...blocks(), ...spans()].flatMap(({ file, code }) =>
      [...code.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = '']) => ({ file, name })),
    );
    // `bench:...` stands for all of them.
    const missing = named.filter(({ name }) => !name.endsWith(':') && !Object.hasOwn(scripts, name));
    expect(missing).toEqual([]);
    expect(named.length).toBeGreaterThan(30);
  });
});
