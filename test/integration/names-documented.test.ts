import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { configFileVariable } from '../../src/config/entries.ts'
import { listConfigKeys, listConfigSections } from '../../src/config/keys.ts'
import { document as openApi } from '../http/client.ts'

// Everything that a document or a message tells a reader to type, set or open has to be there.

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8')
const list = (folder: string): readonly string[] =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .sort()

interface Line {
  readonly place: string
  readonly text: string
}

function linesOf(path: string): readonly Line[] {
  return read(path)
    .split('\n')
    .map((text, index) => ({ text, place: `${path}:${index + 1}` }))
}

// What versions before had, and what was decided then, is told in their words.
const documentPaths = [
  ...readdirSync(root).filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md'),
  ...list('docs').filter((path) => path.endsWith('.md') && !path.includes('/decisions/')),
]
const documents = documentPaths.flatMap(linesOf)
const messages = list('src')
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .flatMap(linesOf)
  .filter(({ text }) => !/^\s*(\/\/|\/?\*)/.test(text))

const output = {
  ...{ print: () => {}, json: () => {}, jsonLine: () => {}, table: () => {}, note: () => {} },
  stderr: process.stderr,
}
const program = createProgram(output)
const commandsOf = (command: Command): readonly Command[] => [
  ...[command],
  ...command.commands.flatMap(commandsOf),
]
const flagsOf = (command: Command): readonly string[] =>
  command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined))
const scripts: Readonly<Record<string, string>> = JSON.parse(read('package.json')).scripts
const allFlags = new Set(commandsOf(program).flatMap(flagsOf))

/** Matches of a pattern with a group, with their place. */
function collect(lines: readonly Line[], pattern: RegExp): readonly Line[] {
  return lines.flatMap(({ text, place }) =>
    [...text.matchAll(pattern)].map((match) => ({ place, text: match[1] ?? match[0] })),
  )
}

/** Texts between backticks, whole or as far as a line goes, and indented or fenced commands. */
function codeOf(lines: readonly Line[]): readonly Line[] {
  let isFenced = false
  return lines.flatMap((line) => {
    if (line.text.startsWith('```')) isFenced = !isFenced
    if (isFenced || line.text.startsWith('    ')) return [line]
    return collect([line], /`([^`]+)`/g)
  })
}
const code = codeOf(documents)

describe('what documents and messages name is there:', () => {
  it('commands with their subcommands, and the flags that follow them', () => {
    const named = [...code, ...messages].flatMap(({ place, text }) =>
      [
        ...text.matchAll(
          /(?:^|[^/\w.@:-]|dist\/cli\/)(?:face-watcher|main\.js)((?: [^\s`'"|;&)]+)+)/g,
        ),
      ].flatMap((match) =>
        checkCall((match[1] ?? '').trim().split(' ')).map((missing) => ({ place, missing })),
      ),
    )
    expect(named).toEqual([])
  })

  it('commands in the tables of docs/reference/cli.md, with their flags', () => {
    const rows = collect(linesOf('docs/reference/cli.md'), /^\| (`.+) \|$/g)
    expect(rows.length).toBeGreaterThan(15) // observed 24
    const missing = rows.flatMap(({ place, text }) => {
      const [head = '', ...rest] = text.replaceAll('\\|', '¦').split('|')
      const calls = [...head.matchAll(/`([a-z-]+)(?: ([a-z¦-]+))?/g)]
      const commands = calls.flatMap(([, name = '', subs = '']) => findCommands(name, subs))
      const known = commands.flatMap((command) => commandsOf(command).flatMap(flagsOf))
      // A row may speak of a flag of another command, by its name.
      const others = collect([{ place, text: rest.join() }], /`([a-z]+ [a-z-]+) --/g)
      const lent = others.flatMap(({ text: other }) => {
        const [name = '', sub = ''] = other.split(' ')
        return findCommands(name, sub).flatMap(flagsOf)
      })
      return [
        ...(commands.length === 0 ? [head] : []),
        ...collect([{ place, text }], flagPattern).flatMap(({ text: flag }) =>
          known.includes(flag) || lent.includes(flag) ? [] : [flag],
        ),
      ].map((what) => ({ place, what }))
    })
    expect(missing).toEqual([])
  })

  it('flags', () => {
    const named = [...collect(code, flagPattern), ...collect(messages, flagPattern)]
    expect(named.length).toBeGreaterThan(150)
    expect(named.filter((line) => !isFlagOf(line))).toEqual([])
  })

  it('environment variables', () => {
    const known = new Set([configFileVariable, ...listConfigKeys().map(({ variable }) => variable)])
    const named = collect([...documents, ...messages], /\bFACE_WATCHER_[A-Z][A-Z_]*[A-Z]\b/g)
    expect(named.length).toBeGreaterThan(40)
    const others = /^FACE_WATCHER_(TEST_.+|SERVICE_HOST|SERVICE_PORT.*|PORT)$/
    expect(named.filter(({ text }) => !known.has(text) && !others.test(text))).toEqual([])
  })

  it('settings', () => {
    const sections = [...listConfigSections()].filter((path) => path !== '')
    const known = new Set([...listConfigKeys().map(({ path }) => path), ...sections])
    // A setting is written alone or with its value; members of the library's objects have calls.
    const pattern = new RegExp(
      String.raw`(?<![\w./-])((?:${sections.join('|')})\.(?!ts\b)[a-z][A-Za-z]*)\b(?![.(/*])`,
      'g',
    )
    const texts = messages.flatMap((line) => collect([line], /['"`]([^'"`]+)['"`]/g))
    const prose = texts.filter(({ text }) => / /.test(text) && !text.includes('${'))
    const named = [...collect(code, pattern), ...collect(prose, pattern)]
    expect(named.length).toBeGreaterThan(60) // observed 92
    expect(named.filter(({ text }) => !known.has(text))).toEqual([])
  })

  it('scripts of npm', () => {
    const named = collect(
      [...documents, ...messages],
      /\bnpm (?:run )?((?:bench|build|test):[\w-]+|(?<=run )[\w:-]+)/g,
    )
    const alone = collect(code, /^((?:bench|build|test):[a-z-]+)/g)
    expect(named.length).toBeGreaterThan(10)
    expect([...named, ...alone].filter(({ text }) => scripts[text] === undefined)).toEqual([])
  })

  it('links and their headings', () => {
    const missing = documentPaths.flatMap((from) =>
      collect(linesOf(from), /\]\(([^)\s]+)\)/g)
        .filter(({ text }) => !/^[a-z]+:/.test(text))
        .filter(({ text }) => {
          const url = new URL(text, `file:///${from}`)
          const path = url.pathname.slice(1)
          const target = decodeURIComponent(path)
          return !existsSync(`${root}${target}`) || !hasHeading(target, url.hash.slice(1))
        }),
    )
    expect(missing).toEqual([])
  })

  it('paths of this repository', () => {
    const pattern =
      /(?<![\w./<@-])((?:docs|src|test|bench|models|native|scripts|deploy|examples|kernels|web)\/[\w./-]*\w)(?![\w./-]*[*{<])/g
    const named = [...collect(code, pattern), ...collect(messages, /\b(docs\/[\w./-]+\.md)/g)]
    expect(named.length).toBeGreaterThan(20)
    // Folders of the data directory and of the build have names that stand here, too.
    expect(
      named.filter(({ text }) => !existsSync(`${root}${text}`) && !madePaths.test(text)),
    ).toEqual([])
  })

  it('addresses of the HTTP API', () => {
    const shapes = Object.keys(openApi.paths).map(
      (path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    )
    const named = collect(code, /(?<![\w.])(\/v1\/[\w/{}:-]*\w\}?)/g)
    expect(named.length).toBeGreaterThan(10)
    const isThere = (path: string) =>
      shapes.some((shape) => shape.test(path)) ||
      Object.keys(openApi.paths).some((known) => known.startsWith(`${path}/`))
    expect(named.filter(({ text }) => !isThere(text))).toEqual([])
  })
})

const flagPattern = /(?<![\w)-])(--[a-z][a-z-]+)(?![\w.-]*\.\w)/g

/** Of npm, pip, docker, curl, MongoDB, Node and the scripts of this repository. */
const foreignFlags = new Set([
  ...['--help', '--ignore-scripts', '--pack-destination', '--repl', '--eval', '--version'],
  ...['--fail-with-body', '--retry', '--oplog'],
  ...['--no-deps', '--only-binary', '--disable-pip-version-check', '--dest', '--expose-gc'],
])

/** What follows the name of the container, and of the program of the first version. */
const otherWords = new Set(['node', 'did', 'kept'])

/** Flags of this repository's scripts, in lines that speak of one. */
const scriptFlags = new Set(
  ['bench', 'scripts']
    .flatMap(list)
    .filter((path) => path.endsWith('.mjs'))
    .flatMap((path) => collect(linesOf(path), flagPattern).map(({ text }) => text)),
)

function isFlagOf({ place, text }: Line): boolean {
  if (allFlags.has(text) || foreignFlags.has(text)) return true
  const [path = '', number] = place.split(':')
  const line = read(path).split('\n')[Number(number) - 1] ?? ''
  if (/\b(docker|npm ls)\b|--wait\b/.test(line)) return true
  return scriptFlags.has(text) && /\bbench:|node scripts\/|npm run/.test(line)
}

const madePaths = /^(models\/manifest\.json|native\/faiss\/build\/.*)$/

function findCommands(name: string, subs: string): readonly Command[] {
  const command = program.commands.find((each) => each.name() === name)
  if (!command) return []
  if (command.commands.length === 0) return [command]
  const found = subs.split('¦').map((sub) => command.commands.find((each) => each.name() === sub))
  return found.every((each) => each !== undefined) ? found : []
}

/** What a written call names that the program does not have. */
function checkCall(words: readonly string[]): readonly string[] {
  const [name = '', sub = ''] = words
  if (!/^[a-z][a-z-]*$/.test(name) || otherWords.has(name)) return []
  const command = program.commands.find((each) => each.name() === name)
  if (!command) return [name]
  const isGroup = command.commands.length > 0
  const named = isGroup ? command.commands.find((each) => each.name() === sub) : command
  if (!named) return [`${name} ${sub}`]
  const known = [...flagsOf(program), ...flagsOf(named), '--help']
  return words
    .map((word) => word.replace(/[=,.].*$/, ''))
    .filter((word) => /^--[a-z]/.test(word) && !known.includes(word))
}

function hasHeading(path: string, anchor: string): boolean {
  if (anchor === '' || !path.endsWith('.md')) return true
  const anchors = read(path)
    .split('\n')
    .flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? [])
    .map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  return anchors.includes(anchor)
}
