import type { Command, Option } from 'commander';
import type { CliCommand } from './cli-command.ts';

/** What can be completed after the words of a command. */
interface Place {
  /** Such as `events list`; empty for the program itself. */
  path: string;
  /** Subcommands, with what they do. */
  commands: { name: string; summary: string }[];
  /** Long options, with what they do. */
  options: { flag: string; summary: string; values: readonly string[]; takesFile: boolean }[];
  /** Whether an argument is a file. */
  takesFile: boolean;
}

const SCRIPTS = { bash, zsh, fish } as const;
const INSTALL = {
  bash: 'crvs-bridge completion bash > ~/.local/share/bash-completion/completions/crvs-bridge',
  zsh: 'crvs-bridge completion zsh > a file _crvs-bridge in a folder of $fpath',
  fish: 'crvs-bridge completion fish > ~/.config/fish/completions/crvs-bridge.fish',
} as const;

/** Prints what completes commands, options and their values, from the commands as they are. */
export function completion(group: CliCommand): void {
  group.description('Prints a script that completes commands, options and their values in your shell.');
  for (const [shell, script] of Object.entries(SCRIPTS)) {
    group
      .command(shell)
      .summary(`for ${shell}: ${INSTALL[shell as keyof typeof INSTALL]}`)
      .runs(async () => {
        process.stdout.write(script(group.parent ? placesOf(group.parent, []) : []));
        return 0;
      });
  }
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help' || path.length === 0);
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return [
    {
      path: path.join(' '),
      commands: commands.map((one) => ({ name: one.name(), summary: plain(one.summary()) })),
      options: options.map(optionOf),
      takesFile: command.registeredArguments.some((one) => one.name() === 'file'),
    },
    ...command.commands.flatMap((one) => placesOf(one, [...path, one.name()])),
  ];
}

function optionOf({ long, short, description, argChoices, flags }: Option) {
  return {
    flag: long ?? short ?? '',
    summary: plain(description),
    values: argChoices ?? [],
    takesFile: flags.includes('<file>'),
  };
}

/** A description as a word of a shell script in single quotes, where a colon ends a name. */
const plain = (text: string): string =>
  text
    .replace(/[\p{Cc}'"\\`$]/gu, ' ')
    .replaceAll(':', ' -')
    .slice(0, 70)
    .trim();

/** The words before the cursor that are commands, as lines of a `case` of bash and zsh. */
const steps = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `      '${path}') at="$at\${at:+ }$word" ;;`)
    .join('\n');

const valued = (places: readonly Place[]) =>
  places.flatMap(({ path, options }) =>
    options.filter(({ values }) => values.length > 0).map((option) => ({ path, ...option })),
  );

const fileOptions = (places: readonly Place[]): string[] => [
  ...new Set(places.flatMap(({ options }) => options.filter((one) => one.takesFile).map(({ flag }) => flag))),
];

function bash(places: readonly Place[]): string {
  const words = ({ commands, options }: Place) =>
    [...commands.map(({ name }) => name), ...options.map(({ flag }) => flag)].join(' ');
  return `# bash completion for crvs-bridge
_crvs_bridge() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" at='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at\${at:+ }$word" in
${steps(places)}
    esac
  done
  case "$at $prev" in
${valued(places)
  .map(
    ({ path, flag, values }) =>
      `    '${path} ${flag}') COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$cur")); return ;;`,
  )
  .join('\n')}
    ${fileOptions(places)
      .map((flag) => `*' ${flag}'`)
      .join(' | ')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case "$at" in
${places
  .map((place) => `    '${place.path}') COMPREPLY=($(compgen -W '${words(place)}' -- "$cur")) ;;`)
  .join('\n')}
  esac
}
complete -o default -F _crvs_bridge crvs-bridge
`;
}

function zsh(places: readonly Place[]): string {
  const described = (items: readonly { name: string; summary: string }[]) =>
    items.map(({ name, summary }) => `'${name}:${summary}'`).join(' ');
  return `#compdef crvs-bridge
_crvs_bridge() {
  local at='' word
  local -a items
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at\${at:+ }$word" in
${steps(places)}
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valued(places)
  .map(({ path, flag, values }) => `    '${path} ${flag}') compadd -- ${values.join(' ')}; return ;;`)
  .join('\n')}
    ${fileOptions(places)
      .map((flag) => `*' ${flag}'`)
      .join(' | ')}) _files; return ;;
  esac
  case "$at" in
${places
  .map(
    ({ path, commands, options, takesFile }) =>
      `    '${path}') items=(${described([
        ...commands,
        ...options.map(({ flag, summary }) => ({ name: flag, summary })),
      ])})${takesFile ? '; _files' : ''} ;;`,
  )
  .join('\n')}
  esac
  _describe -V 'crvs-bridge' items
}
if [ "$funcstack[1]" = _crvs_bridge ]; then _crvs_bridge "$@"; else compdef _crvs_bridge crvs-bridge; fi
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, takesFile }) => {
    const here = `complete -c crvs-bridge -n '__crvs_bridge_at "${path}"'`;
    return [
      `${here} ${takesFile ? '-F' : '-f'}`,
      ...commands.map(({ name, summary }) => `${here} -a ${name} -d '${summary}'`),
      ...options.map(({ flag, summary, values, takesFile: isFile }) => {
        const value = values.length > 0 ? ` -x -a '${values.join(' ')}'` : isFile ? ' -r -F' : '';
        return `${here} -l ${flag.replace(/^--/, '')}${value} -d '${summary}'`;
      }),
    ];
  });
  return `# fish completion for crvs-bridge
function __crvs_bridge_at
    set -l at
    for word in (commandline -opc)[2..]
        switch "$at $word"
            case ${places
              .filter(({ path }) => path !== '')
              .map(({ path }) => `'${path.includes(' ') ? path : ` ${path}`}'`)
              .join(' ')}
                set at (string trim "$at $word")
        end
    end
    test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}
