import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { FaceError } from '../core/errors.ts'
import { checkAccess } from './access-rules.ts'
import type { Config, PartialConfig } from './config.ts'
import {
  type ConfigEntries,
  type ConfigEntry,
  configFileVariable,
  parseEnvironmentEntries,
  parseFileEntries,
  parseObjectEntries,
} from './entries.ts'
import { type ConfigKey, describeAllowed, listConfigKeys } from './keys.ts'
import { databaseOfUrl, describeDatabaseClash } from './mongodb-url.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The file that is read when none is named and it is there. */
export const defaultConfigFile = 'face-watcher.yaml'

export interface LoadConfigOptions {
  /** Path given by `--config`. */
  readonly file?: string | undefined
  /** Default `process.env`. */
  readonly environment?: Environment
  /** Values of flags, strongest of all. */
  readonly flags?: PartialConfig
  /** Names the flag of a key in messages; default `--` and the key. */
  readonly flagName?: (path: string) => string
  /** Default `process.cwd()`. */
  readonly workingDir?: string
}

export interface LoadedConfig {
  readonly config: Config
  /** Where each key's value comes from, by path; `default` when nothing set it. */
  readonly sources: ReadonlyMap<string, string>
  /** Environment variables that Kubernetes set for a Service and nothing was read from. */
  readonly ignored: readonly string[]
}

/**
 * The configuration in force: defaults < YAML file < `FACE_WATCHER_*` environment < flags.
 *
 * @throws {FaceError} `invalidConfig` naming every unknown key and bad value with its source and
 *   what is allowed; secrets are not repeated
 */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  const environment = options.environment ?? process.env
  const workingDir = options.workingDir ?? process.cwd()
  const flagName = options.flagName ?? ((path: string) => `--${path}`)
  return mergeEntries(
    [
      readConfigFile(options.file, environment, workingDir),
      resolveDataDir(parseEnvironmentEntries(environment), workingDir),
      resolveDataDir(parseObjectEntries(options.flags ?? {}, flagName), workingDir),
    ],
    environment,
  )
}

/**
 * The configuration of the library: defaults and what is given, neither file nor environment.
 *
 * @throws {FaceError} `invalidConfig` as {@link loadConfig}
 */
export function toConfig(given: PartialConfig): Config {
  const entries = parseObjectEntries(given, (path) => `option ${path}`)
  return mergeEntries([resolveDataDir(entries, process.cwd())], process.env).config
}

/** Where data is kept when nothing says otherwise: the platform's place for a program's data. */
export function defaultDataDir(
  environment: Environment,
  platform: string = process.platform,
): string {
  const home = homedir()
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'face-watcher')
  }
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'face-watcher')
  const base = environment.XDG_DATA_HOME
  return join(base?.startsWith('/') ? base : join(home, '.local', 'share'), 'face-watcher')
}

function readConfigFile(
  flag: string | undefined,
  environment: Environment,
  workingDir: string,
): ConfigEntries {
  const named = flag ?? (environment[configFileVariable] || undefined)
  const file = resolve(workingDir, named ?? defaultConfigFile)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (named === undefined && code === 'ENOENT') return { entries: [], problems: [] }
    const source = flag === undefined ? (named ? configFileVariable : 'default') : '--config'
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    return { entries: [], problems: [`${source}: ${file}: ${why}.`] }
  }
  return resolveDataDir(parseFileEntries(text, file), dirname(file))
}

/** Makes `dataDir` absolute from where it was written. */
function resolveDataDir(given: ConfigEntries, from: string): ConfigEntries {
  const entries = given.entries.map((entry) => {
    if (entry.path !== 'dataDir' || typeof entry.value !== 'string') return entry
    if (entry.value === '') return entry
    const value = entry.value.replace(/^~(?=$|[\\/])/, () => homedir())
    return { ...entry, value: resolve(from, value) }
  })
  return { ...given, entries }
}

/** Merges the entries of all sources; later sources win key by key. */
function mergeEntries(given: readonly ConfigEntries[], environment: Environment): LoadedConfig {
  const problems = given.flatMap((source) => source.problems)
  const found = new Map<string, ConfigEntry>()
  for (const entry of given.flatMap((source) => source.entries)) found.set(entry.path, entry)

  const config: Record<string, unknown> = {}
  const sources = new Map<string, string>()
  for (const { path, schema, secret } of listConfigKeys()) {
    const standard = path === 'dataDir' ? defaultDataDir(environment) : schema.default
    const entry = found.get(path) ?? { path, value: structuredClone(standard), source: 'default' }
    if (!Value.Check(schema as TSchema, entry.value)) {
      const written = secret ? '' : `, not ${JSON.stringify(entry.value)}`
      problems.push(`${entry.source}: ${path} must be ${describeAllowed(schema)}${written}.`)
    }
    setPath(config, path, entry.value)
    sources.set(path, entry.source)
  }
  adoptDatabaseOfUrl(config as unknown as Config, sources)
  if (problems.length === 0) problems.push(...checkTogether(config as unknown as Config, sources))
  if (problems.length > 0) {
    throw new FaceError('invalidConfig', { detail: problems.join('\n'), info: { problems } })
  }
  const ignored = given.flatMap((source) => source.ignored ?? [])
  return { config: config as unknown as Config, sources, ignored }
}

/** A URL that names a database needs no `store.database`. */
function adoptDatabaseOfUrl(config: Config, sources: Map<string, string>): void {
  const { kind, url } = config.store
  if (kind !== 'mongodb' || sources.get('store.database') !== 'default') return
  const database = typeof url === 'string' ? databaseOfUrl(url) : undefined
  if (database === undefined) return
  setPath(config as unknown as Record<string, unknown>, 'store.database', database)
  sources.set('store.database', sources.get('store.url') as string)
}

/** Rules over more than one key. */
function checkTogether(config: Config, sources: ReadonlyMap<string, string>): readonly string[] {
  const problems: string[] = []
  const { maxFpir, possibleFpir } = config.policy
  if (possibleFpir < maxFpir) {
    problems.push(
      `${sources.get('policy.possibleFpir')}: policy.possibleFpir must be at least policy.maxFpir (${maxFpir}), not ${possibleFpir}.`,
    )
  }
  const named = config.store.kind === 'mongodb' ? databaseOfUrl(config.store.url) : undefined
  if (named !== undefined) {
    const { path, schema } = listConfigKeys().find(
      (key) => key.path === 'store.database',
    ) as ConfigKey
    if (!Value.Check(schema as TSchema, named)) {
      problems.push(
        `${sources.get('store.url')}: store.url names the database ${JSON.stringify(named)}; ${path} must be ${describeAllowed(schema)}.`,
      )
    } else if (named !== config.store.database) {
      const clash = describeDatabaseClash(
        { name: 'store.url', database: named },
        { name: 'store.database', database: config.store.database },
      )
      problems.push(`${sources.get('store.url')}: ${clash}`)
    }
  }
  const { certFile, keyFile } = config.http.tls
  if ((certFile === '') !== (keyFile === '')) {
    const [given, missing] = certFile === '' ? ['keyFile', 'certFile'] : ['certFile', 'keyFile']
    problems.push(
      `${sources.get(`http.tls.${given}`)}: http.tls.${given} needs http.tls.${missing}, too.`,
    )
  }
  // Shorter keys can be guessed over the network.
  if (config.http.apiKey !== '' && config.http.apiKey.length < 20) {
    problems.push(
      `${sources.get('http.apiKey')}: http.apiKey must have at least 20 characters; "face-watcher keys generate" makes one.`,
    )
  }
  problems.push(...checkAccess(config, sources))
  return problems
}

function setPath(target: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() as string
  let section = target
  for (const name of names) {
    section[name] ??= {}
    section = section[name] as Record<string, unknown>
  }
  section[last] = value
}
