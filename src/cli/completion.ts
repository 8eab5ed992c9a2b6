/** `assay completion`: a script for bash, zsh or fish, made from the commands themselves. */
import { Argument, type Command } from 'commander';
import { withExamples, type Context } from './context.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function addCompletion(program: Command, context: Context): void {
  const command = program
    .command('completion')
    .description('Print a completion script for your shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) => context.terminal.out(scriptFor(shell, wordsOf(program))));
  withExamples(command, [
    'assay completion bash >> ~/.bashrc',
    'assay completion zsh > "${fpath[1]}/_assay"',
    'assay completion fish > ~/.config/fish/completions/assay.fish',
  ]);
}

interface CommandWords {
  readonly name: string;
  readonly description: string;
  /** Subcommands, fixed arguments and long options. */
  readonly words: readonly string[];
}

function wordsOf(program: Command): readonly CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    words: [
      ...command.commands.map((inner) => inner.name()),
      ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
      ...[command, ...command.commands].flatMap((one) => one.options.flatMap((option) => option.long ?? [])),
      '--help',
    ].filter((word, index, all) => all.indexOf(word) === index),
  }));
}

function scriptFor(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `#compdef assay\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
  }
}

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, words }) => `    ${name}) words='${words.join(' ')}' ;;`);
  return [
    '_assay() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words',
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    `    *) words='${commands.map(({ name }) => name).join(' ')}' ;;`,
    '  esac',
    `  [ "$COMP_CWORD" -eq 1 ] && words='${commands.map(({ name }) => name).join(' ')} --help --version'`,
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _assay assay',
  ].join('\n');
}

function fish(commands: readonly CommandWords[]): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  return commands
    .flatMap(({ name, description, words }) => [
      `complete -c assay -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...words.map(
        (word) =>
          `complete -c assay -n ${quoted(`__fish_seen_subcommand_from ${name}`)} ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`}`,
      ),
    ])
    .join('\n');
}
