import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listDisplayedKeys } from '../../src/config/display.ts'
import { listConfigKeys } from '../../src/config/keys.ts'
import { defaultDataDir, loadConfig, toConfig } from '../../src/config/load.ts'
import { isFaceError } from '../../src/core/errors.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'face-watcher-config-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(text: string, name = 'face-watcher.yaml'): string {
  const file = join(dir, name)
  writeFileSync(file, text)
  return file
}

/** The message of the `invalidConfig` error that loading throws. */
function problemOf(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    if (isFaceError(error, 'invalidConfig')) return error.message
    throw error
  }
  throw new Error('no error was thrown')
}

describe('sources', () => {
  it('has a complete default for every key', () => {
    const { config, sources } = loadConfig({ environment: {}, workingDir: dir })
    expect(config.http.port).toBe(8000)
    expect(config.http.host).toBe('127.0.0.1')
    expect(config.models.embedder).toBe('mobilefacenet')
    expect([...sources.keys()]).toEqual(listConfigKeys().map((key) => key.path))
    expect(new Set(sources.values())).toEqual(new Set(['default']))
  })

  it('lets the file override defaults and names file and line', () => {
    const file = write('# mine\nhttp:\n  port: 9001\n')
    const { config, sources } = loadConfig({ environment: {}, workingDir: dir })
    expect(config.http.port).toBe(9001)
    expect(sources.get('http.port')).toBe(`${file}:3`)
    expect(config.http.host).toBe('127.0.0.1')
  })

  it('lets the environment override the file', () => {
    write('http: {port: 9001, maxImages: 7}\n')
    const environment = { FACE_WATCHER_HTTP_PORT: '9002' }
    const { config, sources } = loadConfig({ environment, workingDir: dir })
    expect(config.http.port).toBe(9002)
    expect(config.http.maxImages).toBe(7)
    expect(sources.get('http.port')).toBe('FACE_WATCHER_HTTP_PORT')
  })

  it('lets flags override everything', () => {
    write('http: {port: 9001}\n')
    const { config, sources } = loadConfig({
      environment: { FACE_WATCHER_HTTP_PORT: '9002' },
      flags: { http: { port: 9003 } },
      flagName: () => '--port',
      workingDir: dir,
    })
    expect(config.http.port).toBe(9003)
    expect(sources.get('http.port')).toBe('--port')
  })

  it('reads the file that --config names before the one that FACE_WATCHER_CONFIG names', () => {
    write('http: {port: 1}\n', 'a.yaml')
    write('http: {port: 2}\n', 'b.yaml')
    const environment = { FACE_WATCHER_CONFIG: join(dir, 'b.yaml') }
    expect(loadConfig({ environment, workingDir: dir }).config.http.port).toBe(2)
    expect(loadConfig({ file: 'a.yaml', environment, workingDir: dir }).config.http.port).toBe(1)
  })

  it('reads lists, booleans, unions and tuples from the environment', () => {
    const hash = `sha256:${'a'.repeat(64)}`
    const { config } = loadConfig({
      environment: {
        FACE_WATCHER_HTTP_API_KEYS: `${hash}, ${hash}`,
        FACE_WATCHER_HTTP_INSECURE: 'true',
        FACE_WATCHER_ANALYZER_WORKERS: '2',
        FACE_WATCHER_QUALITY_MIN_SHARPNESS: 'off',
        FACE_WATCHER_DETECTOR_THRESHOLDS: '0.5,0.6,0.7',
        FACE_WATCHER_HTTP_TRUST_PROXY: '10.0.0.1,10.0.0.2',
        FACE_WATCHER_HTTP_PORT: '',
      },
      workingDir: dir,
    })
    expect(config.http.apiKeys).toEqual([hash, hash])
    expect(config.http.insecure).toBe(true)
    expect(config.http.trustProxy).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(config.analyzer.workers).toBe(2)
    expect(config.quality.minSharpness).toBe('off')
    expect(config.detector.thresholds).toEqual([0.5, 0.6, 0.7])
    expect(config.http.port).toBe(8000)
  })

  it('takes a relative dataDir from the file it stands in, and ~ as the home', () => {
    mkdirSync(join(dir, 'etc'))
    write('dataDir: ../data\n', 'etc/c.yaml')
    const environment = {}
    const options = { environment, workingDir: dir }
    expect(loadConfig({ ...options, file: 'etc/c.yaml' }).config.dataDir).toBe(join(dir, 'data'))
    expect(loadConfig({ ...options, flags: { dataDir: 'here' } }).config.dataDir).toBe(
      join(dir, 'here'),
    )
    expect(loadConfig({ ...options, flags: { dataDir: '~/faces' } }).config.dataDir).toBe(
      join(homedir(), 'faces'),
    )
  })

  it('takes the database that a URL of MongoDB names', () => {
    const store = { kind: 'mongodb', url: 'mongodb://db1/faces' } as const
    const { config, sources } = loadConfig({ environment: {}, workingDir: dir, flags: { store } })
    expect(config.store.database).toBe('faces')
    expect(sources.get('store.database')).toBe('--store.url')
    expect(toConfig({ store }).store.database).toBe('faces')
    const url = 'mongodb://ann:secret@db1/admin'
    expect(toConfig({ store: { ...store, url } }).store.database).toBe('face_watcher')
    expect(toConfig({ store: { ...store, url, database: 'x' } }).store.database).toBe('x')
  })

  it('ignores what Kubernetes sets for a Service, and says which variables', () => {
    const environment = {
      FACE_WATCHER_SERVICE_HOST: '10.96.3.7',
      FACE_WATCHER_SERVICE_PORT_HTTP: '8080',
      FACE_WATCHER_PORT: 'tcp://10.96.3.7:8080',
      FACE_WATCHER_PORT_8080_TCP_ADDR: '10.96.3.7',
      // Of a Service named face-watcher-http; the name is that of a key.
      FACE_WATCHER_HTTP_PORT: 'tcp://10.96.3.8:80',
    }
    const { config, ignored } = loadConfig({ environment, workingDir: dir })
    expect(config.http.port).toBe(8000)
    expect(ignored).toEqual(Object.keys(environment))
  })

  it("keeps data in the platform's place by default", () => {
    expect(defaultDataDir({ XDG_DATA_HOME: '/x' }, 'linux')).toBe('/x/face-watcher')
    expect(defaultDataDir({}, 'linux')).toBe(join(homedir(), '.local/share/face-watcher'))
    expect(defaultDataDir({}, 'darwin')).toContain('Application Support')
  })
})

describe('errors', () => {
  const load = (environment: Record<string, string>) => () =>
    loadConfig({ environment, workingDir: dir })

  it('names an unknown key of the file with its line and the likely key', () => {
    const file = write('http:\n  host: localhost\n  prot: 1\n')
    expect(problemOf(load({}))).toContain(
      `${file}:3: unknown key "http.prot"; did you mean "http.port"?`,
    )
  })

  it('names an unknown variable', () => {
    expect(problemOf(load({ FACE_WATCHER_PORT: '8080' }))).toContain('FACE_WATCHER_PORT')
    expect(problemOf(load({ FACE_WATCHER_HTTP_PROT: '1' }))).toContain(
      'unknown environment variable FACE_WATCHER_HTTP_PROT; did you mean FACE_WATCHER_HTTP_PORT?',
    )
  })

  it('names a bad value of the file with its source and what is allowed', () => {
    const file = write('http:\n  port: 70000\n')
    expect(problemOf(load({}))).toContain(
      `${file}:2: http.port must be an integer from 0 to 65535, not 70000.`,
    )
  })

  it('names a bad value of the environment', () => {
    expect(problemOf(load({ FACE_WATCHER_LOG_LEVEL: 'loud' }))).toContain(
      'FACE_WATCHER_LOG_LEVEL: log.level must be one of trace, debug, info, warn, error, fatal, silent, not "loud".',
    )
  })

  it('names a bad value of a flag', () => {
    const flags = { http: { port: 'x' as unknown as number } }
    expect(problemOf(() => loadConfig({ environment: {}, workingDir: dir, flags }))).toContain(
      '--http.port: http.port must be an integer from 0 to 65535, not "x".',
    )
  })

  it('reports all problems at once', () => {
    write('a: 1\nhttp: {port: x}\n')
    const text = problemOf(load({ FACE_WATCHER_POLICY_MAX_FPIR: '0' }))
    expect(text).toContain('unknown key "a"')
    expect(text).toContain('http.port must be')
    expect(text).toContain('policy.maxFpir must be a number above 0 and below 1, not 0.')
  })

  it('does not repeat secrets', () => {
    const environment = { FACE_WATCHER_HTTP_API_KEYS: 'hunter2' }
    const text = problemOf(load(environment))
    expect(text).toContain('http.apiKeys must be a list')
    expect(text).not.toContain('hunter2')
  })

  it('says which part of a file is not YAML', () => {
    const file = write('http:\n  port: 1\n  port: 2\n')
    expect(problemOf(load({}))).toContain(`${file}:3: Map keys must be unique`)
  })

  it('says that a section is not a section', () => {
    const file = write('log: debug\n')
    expect(problemOf(load({}))).toContain(`${file}:1: "log" must hold keys and values.`)
  })

  it('says that a named file is missing, and who named it', () => {
    expect(problemOf(load({ FACE_WATCHER_CONFIG: 'no.yaml' }))).toContain(
      `FACE_WATCHER_CONFIG: ${join(dir, 'no.yaml')}: there is no such file.`,
    )
  })

  it('refuses a URL of MongoDB and a database that differ, and tells both names', () => {
    const environment = {
      FACE_WATCHER_STORE_KIND: 'mongodb',
      FACE_WATCHER_STORE_URL: 'mongodb://ann:s3cret@db1/faces?replicaSet=rs0',
      FACE_WATCHER_STORE_DATABASE: 'face_watcher',
    }
    const text = problemOf(load(environment))
    expect(text).toContain('FACE_WATCHER_STORE_URL: store.url names the database "faces"')
    expect(text).toContain('store.database is "face_watcher"')
    expect(text).not.toContain('s3cret')
    expect(load({ ...environment, FACE_WATCHER_STORE_DATABASE: 'faces' })).not.toThrow()
    expect(load({ ...environment, FACE_WATCHER_STORE_KIND: 'sqlite' })).not.toThrow()
    const dotted = { FACE_WATCHER_STORE_URL: 'mongodb://db1/a.b', FACE_WATCHER_STORE_DATABASE: '' }
    expect(problemOf(load({ ...environment, ...dotted }))).toContain('"a.b"')
  })

  it('holds possibleFpir above maxFpir', () => {
    expect(problemOf(load({ FACE_WATCHER_POLICY_POSSIBLE_FPIR: '0.001' }))).toContain(
      'policy.possibleFpir must be at least policy.maxFpir (0.01), not 0.001.',
    )
  })

  it('refuses an API key that is easy to guess, without repeating it', () => {
    const text = problemOf(load({ FACE_WATCHER_HTTP_API_KEY: 'hunter2' }))
    expect(text).toContain('http.apiKey must have at least 20 characters')
    expect(text).not.toContain('hunter2')
  })

  it('checks what the library is given', () => {
    expect(toConfig({ log: { level: 'warn' } }).log.level).toBe('warn')
    expect(problemOf(() => toConfig({ htp: {} } as never))).toContain('unknown key "htp"')
  })
})

it('masks secrets where the values are shown', () => {
  const environment = {
    FACE_WATCHER_HTTP_API_KEY: 'hunter2hunter2hunter2',
    FACE_WATCHER_STORE_ENCRYPTION_KEY: 'sesame',
  }
  const shown = JSON.stringify(listDisplayedKeys(loadConfig({ environment, workingDir: dir })))
  expect(shown).not.toMatch(/hunter2|sesame/)
  expect(shown).toContain('FACE_WATCHER_STORE_ENCRYPTION_KEY')
})
