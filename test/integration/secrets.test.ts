import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../src/models/sources/command.ts'
import {
  type CliProcess,
  createTestDataDir,
  startCli,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'
import { type Answer, type SendOptions, sendRequest } from '../servers/serve-node.ts'

const key = 'canary-key-6b1f0c8a2d94'
const wrongKey = 'canary-wrong-key-93d2'
const name = 'Canary Name-5e77'
const hook = fileURLToPath(new URL('../helpers/crash-hook.mjs', import.meta.url))
const people = '/v1/collections/default/persons'

interface Asked {
  readonly path: string
  readonly answer: Answer
}

describe('secrets of a running server', () => {
  let data: TestDataDir
  let directory: string
  let cli: CliProcess
  let url: string
  let arm: string
  let photo: Buffer
  let log = ''
  let embedding: readonly number[] = []
  const asked: Asked[] = []
  const processes: string[] = []

  async function ask(
    method: string,
    path: string,
    options: SendOptions & { readonly as?: string | undefined } = {},
  ): Promise<Answer> {
    const as = 'as' in options ? options.as : key
    const authorization = as === undefined ? {} : { authorization: `Bearer ${as}` }
    const headers = { ...authorization, cookie: `k=${key}`, ...options.headers }
    const answer = await sendRequest(url, method, { path, ...options, headers })
    asked.push({ path, answer })
    return answer
  }

  beforeAll(async () => {
    data = await createTestDataDir()
    directory = mkdtempSync(join(tmpdir(), 'face-watcher-secrets-'))
    arm = join(directory, 'arm')
    photo = readFileSync(await writeFacePhoto('ann', join(directory, 'ann.jpg')))
    const config = join(directory, 'config.yaml')
    writeFileSync(config, JSON.stringify({ http: { apiKey: key }, log: { format: 'json' } }))
    cli = startCli(['serve', '--port', '0', '--config', config, '--log-level', 'trace'], {
      env: {
        FACE_WATCHER_ANALYZER_WORKERS: '1',
        FACE_WATCHER_DATA_DIR: data.path,
        NODE_OPTIONS: `--import ${hook}`,
        CRASH_HOOK_ARM: arm,
      },
    })
    for (const stream of [cli.child.stdout, cli.child.stderr]) {
      stream?.on('data', (text: string) => {
        log += text
      })
    }
    url = /is at (\S+)/.exec(await cli.waitFor(/is at \S+\n/))?.[1] ?? ''
    await succeed()
    await fail()
    await crash()
    await succeed()
    processes.push(...readProcesses(cli.child.pid ?? 0))
    cli.child.kill('SIGTERM')
    await cli.done
  }, 240_000)

  afterAll(() => {
    data.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  async function succeed(): Promise<void> {
    const enrolled = await ask('POST', people, { form: { name, images: photo } })
    expect(enrolled.status).toBe(201)
    const embedded = await ask('POST', '/v1/embed', { form: { image: photo } })
    embedding = embedded.json.faces[0].embedding
    const identified = await ask('POST', '/v1/collections/default/identify', {
      form: { image: photo },
    })
    expect(JSON.stringify(identified.json)).toContain(name)
    await ask('POST', '/v1/verify', { form: { imageA: photo, imageB: photo } })
    await ask('GET', `${people}?name=${encodeURIComponent(name)}`)
    await ask('POST', '/recognizeFace', { form: { mainImage: photo } })
    await ask('GET', '/metrics')
  }

  /** A failure of each kind that a request can bring about. */
  async function fail(): Promise<void> {
    const numbers = { embedding, modelId: 'mobilefacenet' }
    const identify = '/v1/collections/default/identify'
    await ask('GET', people, { as: wrongKey })
    await ask('GET', people, { as: undefined })
    await ask('GET', `/${name}/${wrongKey}`, { as: wrongKey })
    await ask('POST', people, { json: { name: `${name}\u0000` } })
    await ask('POST', people, { json: { name, metadata: [name], [name]: 1 } })
    await ask('GET', `${people}?cursor=${wrongKey}&${wrongKey}=1`)
    await ask('GET', `/v1/collections/${encodeURIComponent(name)}`)
    await ask('POST', '/v1/detect', { form: { image: Buffer.from(name) } })
    await ask('POST', '/v1/detect', { form: { image: photo.subarray(0, 5000) } })
    await ask('POST', '/v1/detect', { form: { photo } })
    await ask('POST', '/v1/detect', { form: { image: name } })
    await ask('POST', '/v1/embed', { form: { image: photo, [name]: name } })
    await ask('POST', identify, { json: numbers })
    await ask('POST', identify, { json: { ...numbers, modelId: 'sface' } })
    await ask('POST', identify, { json: { ...numbers, embedding: embedding.slice(1) } })
    await ask('POST', identify, { json: { ...numbers, embedding: [...embedding, name] } })
    await ask('POST', '/v1/verify', { json: { embedding, [name]: embedding } })
    await ask('PUT', people, { json: { name } })
    const headers = { 'idempotency-key': 'k', 'content-type': 'text/plain' }
    await ask('POST', people, { json: { name }, headers })
  }

  /** All threads die while requests are in work. */
  async function crash(): Promise<void> {
    // So many that a fast machine is still at work with them.
    const requests = Array.from({ length: 8 }, () =>
      ask('POST', people, { form: { name, images: photo } }),
    )
    await pause(100)
    writeFileSync(arm, '')
    await pause(300)
    rmSync(arm)
    await Promise.allSettled(requests)
    for (let tries = 0; tries < 200; tries++) {
      const { status } = await sendRequest(url, 'GET', { path: '/readyz' })
      if (status === 200) return
      await pause(100)
    }
  }

  /** The embedding as digits of JSON numbers, and as base64 and hex of its floats. */
  function embeddingTexts(): readonly string[] {
    const bytes = Buffer.from(Float32Array.from(embedding).buffer)
    // So many digits that no duration has them by chance.
    const digits = embedding.filter((value) => Math.abs(value) > 1e-3).slice(0, 40)
    return [
      ...digits.map((value) => String(Math.abs(value)).slice(0, 12)),
      ...[0, 1, 2].map((shift) => bytes.subarray(shift, 300).toString('base64').slice(0, 40)),
      bytes.subarray(0, 40).toString('hex'),
    ]
  }

  /** Which of the canaries a text holds, and what stands around the first. */
  function findSecrets(text: string, secrets: readonly string[]): readonly string[] {
    return secrets
      .filter((secret) => text.includes(secret))
      .map((secret) => text.slice(text.indexOf(secret) - 100, text.indexOf(secret) + 60))
  }

  it('are in no line of the log at level trace', () => {
    expect(log).toContain('"level":10')
    expect(log).toContain('"code":"workerFailed"')
    const secrets = [key, wrongKey, name, encodeURIComponent(name), ...embeddingTexts()]
    expect(findSecrets(log, secrets)).toEqual([])
  })

  it('are in no error beyond what the same request has sent, and in no metric', () => {
    const failed = asked.filter(({ answer }) => answer.status >= 400)
    expect(new Set(failed.map(({ answer }) => answer.json.code)).size).toBeGreaterThan(10)
    for (const { path, answer } of failed) {
      const text = JSON.stringify(answer.json)
      // A message may quote what is unknown: an option, a member, a field.
      expect({ path, found: findSecrets(text, [key, ...embeddingTexts()]) }).toEqual({
        ...{ path, found: [] },
      })
    }
    const metrics = asked.filter(({ path }) => path === '/metrics')
    expect(metrics.map(({ answer }) => answer.status)).toEqual([200, 200])
    const text = metrics.map(({ answer }) => String(answer.json)).join('')
    expect(findSecrets(text, [key, wrongKey, name, ...embeddingTexts()])).toEqual([])
  })

  it.skipIf(!existsSync('/proc/self/task'))('are in no list of processes', () => {
    expect(processes.length).toBeGreaterThan(0)
    const text = processes.join('\n')
    expect(findSecrets(text, [key, wrongKey, name, ...embeddingTexts()])).toEqual([])
  })
})

it('gives no setting of its own to a program that it runs', async () => {
  process.env.FACE_WATCHER_HTTP_API_KEY = key
  try {
    const script = 'process.stdout.write(JSON.stringify([process.env, process.argv]))'
    const { stdout } = await runCommand(process.execPath, ['-e', script], { cwd: tmpdir() })
    expect(stdout).toContain('PATH')
    expect(stdout).not.toContain(key)
  } finally {
    delete process.env.FACE_WATCHER_HTTP_API_KEY
  }
})

/** Command line and environment of a process and of those that it started, names of its threads. */
function readProcesses(pid: number): readonly string[] {
  if (!existsSync(`/proc/${pid}/task`)) return []
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  return [
    ...[read('cmdline'), read('environ')],
    ...readdirSync(`/proc/${pid}/task`).flatMap((task) => {
      const children = read(`task/${task}/children`).split(' ').filter(Boolean)
      return [read(`task/${task}/comm`), ...children.map(Number).flatMap(readProcesses)]
    }),
  ]
}
