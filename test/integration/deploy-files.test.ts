import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listConfigKeys } from '../../src/config/keys.ts'
import { loadConfig } from '../../src/config/load.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Service {
  readonly image?: string
  readonly build?: string | { readonly context: string; readonly args?: Record<string, string> }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: unknown
  readonly user?: string
  readonly read_only?: boolean
  readonly tmpfs?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly init?: boolean
  readonly stop_grace_period?: string
  readonly healthcheck?: { readonly test: readonly unknown[] }
  readonly depends_on?: Readonly<Record<string, unknown>>
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean } | null>>
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const readCompose = (file: string): Compose => parse(read(file), { merge: true })

const composeFiles = ['compose.yaml', 'deploy/compose.cluster.yaml'] as const
const services = composeFiles.flatMap((file) =>
  Object.entries(readCompose(file).services).map(([name, service]) => ({ file, name, service })),
)
const nodes = services.filter(({ service }) => service.build !== undefined)

describe('compose files', () => {
  it('start one node, and three', () => {
    const count = (file: string) => nodes.filter((node) => node.file === file).length
    expect(composeFiles.map(count)).toEqual([1, 3])
  })

  it.each(services)('pin the version of $name in $file', ({ service }) => {
    if (service.build !== undefined) return
    // A variable may name another image; the default is pinned.
    const image = /^\$\{\w+:-(.+)\}$/.exec(service.image ?? '')?.[1] ?? service.image
    expect(image).toMatch(/:(v?\d+\.\d+\.\d+|RELEASE\.[\w-]+)/)
  })

  it.each(services)('publish $name in $file on loopback only, or not at all', ({ service }) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  it.each(services)('give $name in $file only volumes and files that there are', (of) => {
    const { volumes } = readCompose(of.file)
    for (const volume of of.service.volumes ?? []) {
      const source = volume.split(':')[0] ?? ''
      if (source.startsWith('.')) {
        expect(existsSync(join(root, dirname(of.file), source)), source).toBe(true)
      } else expect(Object.keys(volumes)).toContain(source)
    }
  })

  it.each(services)('let $name in $file wait for services that there are', ({ file, service }) => {
    const names = Object.keys(readCompose(file).services)
    expect(names).toEqual(expect.arrayContaining(Object.keys(service.depends_on ?? {})))
  })

  it.each(services)('check $name in $file by words, not by a misread line', ({ service }) => {
    const test = service.healthcheck?.test ?? []
    expect(test.every((word) => typeof word === 'string')).toBe(true)
  })

  it.each(nodes)('run $name in $file read-only and without privileges', ({ service }) => {
    expect(service).toMatchObject({
      read_only: true,
      tmpfs: ['/tmp'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      init: true,
    })
    expect(service.user).toBeUndefined()
    expect(service.volumes).toEqual([expect.stringMatching(/^[\w-]+:\/data$/)])
  })

  it.each(nodes)('let $name in $file finish its requests before it is killed', ({ service }) => {
    const { config } = loadConfig({ environment: {}, flags: {} })
    const grace = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1])
    expect(grace * 1000).toBeGreaterThan(config.http.shutdownTimeoutMs + config.http.drainDelayMs)
  })

  it.each(nodes)('set only variables that the configuration has for $name in $file', (of) => {
    // `${NAME:?why}` must come from the environment of the one who starts it.
    const entries = Object.entries(of.service.environment ?? {})
    const environment = Object.fromEntries(
      entries.map(([key, value]) => [key, value.startsWith('${') ? 'k'.repeat(32) : value]),
    )
    const variables = new Set(listConfigKeys().map(({ variable }) => variable))
    expect(Object.keys(environment).filter((name) => !variables.has(name))).toEqual([])
    expect(() => loadConfig({ environment, flags: {} })).not.toThrow()
    expect(of.service.environment?.FACE_WATCHER_HTTP_API_KEY).toMatch(/^\$\{\w+:\?/)
  })

  it('hold no secret', () => {
    for (const { service } of services) {
      for (const [name, value] of Object.entries(service.environment ?? {})) {
        if (/KEY$|SECRET|PASSWORD|TOKEN/.test(name)) expect(value, name).toMatch(/^\$\{\w+:\?/)
      }
    }
  })

  it('let nothing outside reach the databases, which ask for no password', () => {
    const { services: all, networks } = readCompose('deploy/compose.cluster.yaml')
    expect(networks?.storage?.internal).toBe(true)
    for (const name of ['mongo-1', 'mongo-2', 'mongo-3', 'milvus', 'etcd', 'minio']) {
      expect(all[name]?.networks, name).toEqual(['storage'])
      expect(all[name]?.ports, name).toBeUndefined()
    }
  })

  it('build Milvus nodes with the client of Milvus', () => {
    for (const { service } of nodes) {
      if (service.environment?.FACE_WATCHER_INDEX_KIND !== 'milvus') continue
      expect(service.build).toMatchObject({ args: { WITH_MILVUS: 'true' } })
    }
  })
})

describe('nginx.conf', () => {
  const conf = read('deploy/nginx.conf')
  const cluster = readCompose('deploy/compose.cluster.yaml').services

  it('names the nodes of the cluster', () => {
    const upstreams = [...conf.matchAll(/^\s*server ([\w-]+):8000 /gm)].map((match) => match[1])
    expect(upstreams).toEqual(Object.keys(cluster).filter((name) => name.startsWith('node-')))
  })

  it('listens where the cluster publishes it', () => {
    const port = /^\s*listen (\d+);/m.exec(conf)?.[1]
    expect(cluster.nginx?.ports?.[0]).toMatch(new RegExp(`:${port}$`))
  })

  it('takes requests as large as the nodes do', () => {
    const { config } = loadConfig({ environment: {}, flags: {} })
    const megabytes = Number(/client_max_body_size (\d+)m;/.exec(conf)?.[1])
    expect(megabytes * 2 ** 20).toBe(config.http.maxRequestBytes)
  })
})

describe('Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll(/\\\n/g, '').split('\n')
  const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')))
  const dockerignore = read('.dockerignore').split('\n')

  it('copies files that exist and reach the builder', () => {
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1))
      .filter((source) => source !== '.')
    expect(sources).toContain('package-lock.json')
    for (const source of sources) {
      expect(existsSync(join(root, source)), source).toBe(true)
      expect(dockerignore, source).toContain(`!${source}`)
    }
  })

  it('sends nothing to the builder but what is named', () => {
    expect(dockerignore.filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*')
    const named = dockerignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    for (const name of named) expect(existsSync(join(root, name)), name).toBe(true)
    expect(named.filter((name) => /data|cache|env$|\.\*/.test(name))).toEqual([])
  })

  it('runs as a user, from a volume, with a health check and a signal that is handled', () => {
    expect(final).toContain('USER node')
    expect(final).toContain('VOLUME /data')
    expect(final).toContain('STOPSIGNAL SIGTERM')
    expect(final.join('\n')).toMatch(/HEALTHCHECK .*\s+CMD \["node"/)
    expect(final.findIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
      final.findLastIndex((line) => line.startsWith('RUN')),
    )
  })

  it('sets only variables that the configuration has, and no secret', () => {
    const keys = listConfigKeys()
    const set = [...lines.join('\n').matchAll(/\b(FACE_WATCHER_\w+)=/g)].map((match) => match[1])
    expect(set.length).toBeGreaterThan(0)
    for (const name of set) {
      expect(keys.find((key) => key.variable === name)).toMatchObject({ secret: false })
    }
  })

  it('starts through an executable script that gives its place to Face Watcher', () => {
    const script = 'deploy/entrypoint.sh'
    expect(final).toContain(`ENTRYPOINT ["/opt/face-watcher/${script}"]`)
    expect(statSync(join(root, script)).mode & 0o111).toBe(0o111)
    expect(read(script)).toMatch(/^exec node .*"\$@"$/m)
  })
})
