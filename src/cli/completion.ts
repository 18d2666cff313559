import type { Command, Option } from 'commander'

/** Shells that completion is written for. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The hidden command that a shell calls; `--` and the words of the line follow. */
export const completeCommand = 'complete'

/**
 * What the last word of a line can become, read from the program: subcommands, flags and the values
 * of flags that have a choice. Where it is a file or anybody's text, nothing.
 *
 * @param words  of the line behind the program's name; the last is being typed, and may be empty
 */
export function listCompletions(program: Command, words: readonly string[]): readonly string[] {
  const typed = words.at(-1) ?? ''
  let command = program
  let waiting: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (waiting !== undefined) waiting = undefined
    else if (word.startsWith('-')) waiting = findValueFlag([program, command], word)
    else command = visibleCommands(command).find((each) => each.name() === word) ?? command
  }
  const known =
    waiting !== undefined
      ? (waiting.argChoices ?? [])
      : typed.startsWith('-')
        ? [...new Set([command, program].flatMap(listFlags))]
        : visibleCommands(command).map((each) => each.name())
  return known.filter((each) => each.startsWith(typed))
}

function visibleCommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command)
}

function listFlags(command: Command): readonly string[] {
  const options = command.createHelp().visibleOptions(command)
  return options.flatMap(({ long }) => long ?? [])
}

/** The flag whose value the next word is. */
function findValueFlag(commands: readonly Command[], word: string): Option | undefined {
  return commands
    .flatMap((command) => command.options)
    .find(({ long, short, required }) => required && (long === word || short === word))
}

/**
 * The script that a shell loads. The words of the line reach the program as they are: nothing that is
 * typed is evaluated. Where the program knows nothing, files are completed.
 */
export function toCompletionScript(shell: Shell, name: string): string {
  const call = `${name} ${completeCommand} --`
  const own = `_${name.replaceAll('-', '_')}`
  const scripts: Readonly<Record<Shell, readonly string[]>> = {
    bash: [
      `${own}() {`,
      `  local IFS=$'\\n' typed="\${COMP_WORDS[COMP_CWORD]}"`,
      `  COMPREPLY=($(compgen -W "$(${call} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$typed"))`,
      '}',
      `complete -o default -F ${own} ${name}`,
    ],
    zsh: [
      `${own}() {`,
      '  local -a found',
      `  found=("\${(@f)$(${call} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of zsh
      '  if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi',
      '}',
      `compdef ${own} ${name}`,
    ],
    fish: [
      `function _${own}`,
      `  set -g _${own}_found (${call} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)`,
      `  test (count $_${own}_found) -gt 0`,
      'end',
      `complete -c ${name} -n _${own} -f -a '$_${own}_found'`,
    ],
  }
  return scripts[shell].join('\n')
}
