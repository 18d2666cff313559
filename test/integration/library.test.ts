import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createApp,
  createFaceWatcher,
  isFaceError,
  type LocalFaceWatcher,
  startServer,
} from '../../src/index.ts'
import {
  cleanEnvironment,
  createTestDataDir,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
let data: TestDataDir
let people: string
let annAgain: string

beforeAll(async () => {
  data = await createTestDataDir()
  people = join(data.path, 'people')
  await writeFacePhoto('ann', join(people, 'Ann.jpg'))
  await writeFacePhoto('bea', join(people, 'Bea.jpg'))
  writeFileSync(join(people, 'Nobody.jpg'), 'no image')
  annAgain = await writeFacePhoto('annAgain', join(data.path, 'again.jpg'))
})
afterAll(() => data.remove())

describe('examples/library.ts', () => {
  const example = join(root, 'examples/library.ts')

  it('is correct TypeScript against the published types', () => {
    const program = ts.createProgram([example], {
      ...{ strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    })
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map((it) => ts.flattenDiagnosticMessageText(it.messageText, '\n'))
    expect(problems).toEqual([])
  })

  it('enrolls and recognises', () => {
    // Inside the package, so that its own name resolves.
    const compiled = join(root, 'dist/examples/library.js')
    mkdirSync(join(root, 'dist/examples'), { recursive: true })
    const { outputText } = ts.transpileModule(readFileSync(example, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    writeFileSync(compiled, outputText)
    const run = () =>
      execFileSync(process.execPath, [compiled, people, annAgain], {
        env: { ...cleanEnvironment(), DATA_DIR: data.path },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    const output = run()
    expect(output).toMatch(
      /^enrolled Ann as \w{26}\nenrolled Bea as \w{26}\nrejected Nobody\.jpg: /,
    )
    expect(output).toMatch(/match: nearest is Ann \(0\.[5-9]\d*\)\n$/)
    // The same persons, with the same faces.
    expect(run()).toBe(output)
  })
})

describe('createFaceWatcher', () => {
  it('names an unknown key', async () => {
    const started = createFaceWatcher({ htp: {} } as never)
    await expect(started).rejects.toThrow('option htp: unknown key "htp"')
  })

  it('does not install models when told not to', async () => {
    const dataDir = join(data.path, 'empty')
    const faceWatcher = await createFaceWatcher({ dataDir, installModels: false })
    try {
      const bytes = new Uint8Array(readFileSync(annAgain))
      const failed = await faceWatcher.identify('default', bytes).catch((error: unknown) => error)
      expect(isFaceError(failed, 'modelNotInstalled')).toBe(true)
      expect((await faceWatcher.status()).ready).toBe(false)
    } finally {
      await faceWatcher.close()
    }
  })
})

describe('an open Face Watcher', () => {
  let faceWatcher: LocalFaceWatcher
  beforeAll(async () => {
    faceWatcher = await createFaceWatcher({
      dataDir: join(data.path, 'open'),
      installModels: false,
    })
  })
  afterAll(() => faceWatcher.close())

  const collections = async (url: string, headers = {}) => {
    const response = await fetch(`${url}/v1/collections`, { headers })
    const body = (await response.json()) as { items: { name: string }[] }
    return { status: response.status, body }
  }

  it('is served by startServer, and stays open behind it', async () => {
    const server = await startServer(faceWatcher.services, { port: 0 })
    const { status, body } = await collections(server.url)
    expect([status, body.items[0]?.name]).toEqual([200, 'default'])
    await server[Symbol.asyncDispose]()
    await expect(fetch(server.url)).rejects.toThrow()
    expect((await faceWatcher.collections.list()).items).toHaveLength(1)
  })

  it('is served as a Fastify application that listens when it is told', async () => {
    const app = await createApp(faceWatcher.services)
    const answer = await app.inject({ method: 'GET', url: '/v1/collections' })
    expect(answer.json().items).toHaveLength(1)
    await app.close()
  })

  it('is served below a prefix of another Fastify server, bodies and keys included', async () => {
    const key = 'a-key-of-more-than-twenty-characters'
    const apiKeys = [createHash('sha256').update(key).digest('hex')]
    const inner = await createApp(faceWatcher.services, { apiKeys })
    const outer = Fastify()
    outer.get('/own', async () => 'own')
    outer.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all('/faces/*', (request, reply) => {
        reply.hijack()
        request.raw.url = request.raw.url!.slice('/faces'.length)
        inner.routing(request.raw, reply.raw)
      })
    })
    const url = await outer.listen({ port: 0, host: '127.0.0.1' })
    try {
      expect(await (await fetch(`${url}/own`)).text()).toBe('own')
      expect((await collections(`${url}/faces`)).status).toBe(401)
      const authorization = `Bearer ${key}`
      const made = await fetch(`${url}/faces/v1/collections/default/persons`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Ann' }),
      })
      expect([made.status, await made.json()]).toMatchObject([201, { name: 'Ann' }])
      const form = new FormData()
      form.set('name', 'Bea')
      const sent = { method: 'POST', headers: { authorization }, body: form }
      const second = await fetch(`${url}/faces/v1/collections/default/persons`, sent)
      expect([second.status, await second.json()]).toMatchObject([201, { name: 'Bea' }])
      expect((await collections(`${url}/faces`, { authorization })).status).toBe(200)
    } finally {
      await outer.close()
      await inner.close()
    }
  })

  it('deletes a face by its id alone', async () => {
    const gone = await faceWatcher.faces.delete('default', 'none').catch((error: unknown) => error)
    expect(isFaceError(gone, 'faceNotFound')).toBe(true)
  })

  it('is closed by Symbol.asyncDispose', async () => {
    const dataDir = join(data.path, 'disposed')
    const other = await createFaceWatcher({ dataDir, installModels: false })
    await other[Symbol.asyncDispose]()
    await expect(other.collections.list()).rejects.toThrow()
  })
})
