import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { PartialConfig } from './config.ts'
import { type KeySchema, listConfigKeys, listConfigSections, suggestName } from './keys.ts'
import { isServiceLink } from './service-links.ts'

/** A value that a source gives for a key, and where it says so. */
export interface ConfigEntry {
  readonly path: string
  readonly value: unknown
  /** Where the entry comes from, for people: `/etc/face-watcher.yaml:3`, `FACE_WATCHER_HTTP_PORT`, `--port`. */
  readonly source: string
}

/** Entries of one source; problems are sentences. */
export interface ConfigEntries {
  readonly entries: readonly ConfigEntry[]
  readonly problems: readonly string[]
  /** Variables that are not ours, though they look like it. */
  readonly ignored?: readonly string[]
}

/** Variables with the prefix that are not keys of the configuration. */
export const configFileVariable = 'FACE_WATCHER_CONFIG'

/**
 * Entries of a YAML file.
 *
 * @param text  the file's content
 * @param file  how the file is called in messages
 */
export function parseFileEntries(text: string, file: string): ConfigEntries {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const entries: ConfigEntry[] = []
  const problems = document.errors.map(
    (error) => `${file}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`,
  )
  if (problems.length > 0) return { entries, problems }
  const keys = new Set(listConfigKeys().map((key) => key.path))
  const sections = listConfigSections()
  const place = (node: Node | null | undefined) =>
    node?.range ? `${file}:${lines.linePos(node.range[0]).line}` : file

  const visit = (given: unknown, path: string) => {
    const node = isAlias(given) ? given.resolve(document) : given
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return
    if (!isMap(node)) {
      const what = path === '' ? 'the file' : `"${path}"`
      problems.push(`${place(node as Node)}: ${what} must hold keys and values.`)
      return
    }
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
      const childPath = path === '' ? name : `${path}.${name}`
      const source = place(pair.key as Node)
      if (sections.has(childPath)) visit(pair.value, childPath)
      else if (!keys.has(childPath)) problems.push(unknownKey(childPath, source))
      else {
        const value = (pair.value as Node | null)?.toJS(document) ?? null
        entries.push({ path: childPath, value, source })
      }
    }
  }
  visit(document.contents, '')
  return { entries, problems }
}

/**
 * Entries of the environment. An empty variable counts as not set, as Compose files make them. What
 * Kubernetes sets for a Service is ignored; see [Note: Service links] in service-links.ts.
 *
 * @param environment  all variables; only those with the prefix are looked at
 */
export function parseEnvironmentEntries(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigEntries {
  const keys = new Map(listConfigKeys().map((key) => [key.variable, key]))
  const entries: ConfigEntry[] = []
  const problems: string[] = []
  const ignored: string[] = []
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('FACE_WATCHER_') || variable === configFileVariable) continue
    // Settings of the test suite, which runs this program with them around.
    if (variable.startsWith('FACE_WATCHER_TEST_')) continue
    if (isServiceLink(variable, text)) {
      ignored.push(variable)
      continue
    }
    const key = keys.get(variable)
    if (key === undefined) {
      const near = suggestName(variable, [...keys.keys(), configFileVariable])
      problems.push(
        `unknown environment variable ${variable}${near ? `; did you mean ${near}?` : '.'}`,
      )
    } else if (text !== undefined && text !== '') {
      entries.push({ path: key.path, value: parseText(text, key.schema), source: variable })
    }
  }
  return { entries, problems, ignored }
}

/**
 * Entries of an object, for flags and for the library.
 *
 * @param source  names the source of a key, for instance `--port`
 */
export function parseObjectEntries(
  given: PartialConfig,
  source: (path: string) => string,
): ConfigEntries {
  const keys = new Set(listConfigKeys().map((key) => key.path))
  const sections = listConfigSections()
  const entries: ConfigEntry[] = []
  const problems: string[] = []
  const visit = (values: object, path: string) => {
    for (const [name, value] of Object.entries(values)) {
      const childPath = path === '' ? name : `${path}.${name}`
      if (value === undefined) continue
      if (sections.has(childPath) && typeof value === 'object' && value !== null) {
        visit(value, childPath)
      } else if (keys.has(childPath)) {
        entries.push({ path: childPath, value, source: source(childPath) })
      } else if (sections.has(childPath)) {
        problems.push(`${source(childPath)}: "${childPath}" must hold keys and values.`)
      } else problems.push(unknownKey(childPath, source(childPath)))
    }
  }
  visit(given, '')
  return { entries, problems }
}

/** The value of a text from the environment or a flag; text that cannot be read as a value stays text. */
export function parseText(text: string, schema: KeySchema): unknown {
  const options = schema.anyOf ?? [schema]
  if (options.some((option) => option.const === text)) return text
  const trimmed = text.trim()
  for (const option of options) {
    if ((option.type === 'integer' || option.type === 'number') && trimmed !== '') {
      const number = Number(trimmed)
      if (Number.isFinite(number)) return number
    }
    if (option.type === 'boolean' && /^(true|1)$/i.test(trimmed)) return true
    if (option.type === 'boolean' && /^(false|0)$/i.test(trimmed)) return false
    if (option.type === 'array') {
      const { items } = option
      const item = (Array.isArray(items) ? items[0] : items) as KeySchema | undefined
      return trimmed.split(',').map((part) => parseText(part.trim(), item ?? {}))
    }
  }
  return text
}

function unknownKey(path: string, source: string): string {
  const near = suggestName(
    path,
    listConfigKeys().map((key) => key.path),
  )
  return `${source}: unknown key "${path}"${near ? `; did you mean "${near}"?` : '.'}`
}
