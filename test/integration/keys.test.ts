import { createHash } from 'node:crypto'
import { userInfo } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CliProcess,
  createTestDataDir,
  runCli,
  startCli,
  type TestDataDir,
} from '../helpers/cli.ts'
import { sendRequest } from '../servers/serve-node.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('keys of a running server', () => {
  let data: TestDataDir
  let server: CliProcess | undefined
  let url = ''
  let log = ''
  const secrets: string[] = []

  beforeAll(async () => {
    data = await createTestDataDir()
  })
  afterAll(async () => {
    server?.child.kill('SIGKILL')
    await server?.done
    data.remove()
  })

  async function serve(flags: readonly string[] = []): Promise<void> {
    server = startCli(['serve', '--port', '0', '--log-level', 'trace', ...flags], {
      env: {
        FACE_WATCHER_ANALYZER_WORKERS: '1',
        FACE_WATCHER_DATA_DIR: data.path,
        FACE_WATCHER_LOG_FORMAT: 'json',
      },
    })
    for (const stream of [server.child.stdout, server.child.stderr]) {
      stream?.on('data', (text: string) => {
        log += text
      })
    }
    const [, port] = /is at \S+:(\d+)/.exec(await server.waitFor(/is at \S+\n/)) ?? []
    url = `http://127.0.0.1:${port}`
  }

  async function kill(): Promise<void> {
    server?.child.kill('SIGKILL')
    await server?.done
  }

  async function keys(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCli(['keys', ...args, '--data-dir', data.path])
    expect([code, stderr]).toEqual([0, ''])
    return stdout
  }

  async function create(...args: readonly string[]) {
    const made = JSON.parse(await keys('create', ...args, '--json'))
    secrets.push(made.key)
    return made
  }

  async function statusOf(method: string, path: string, key?: string): Promise<number> {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
    return (await sendRequest(url, method, { path, headers })).status
  }

  /** Other processes' keys are noticed within seconds. */
  async function becomes(status: number, ...request: Parameters<typeof statusOf>): Promise<void> {
    for (let i = 0; i < 600 && (await statusOf(...request)) !== status; i++) await pause(100)
    expect(await statusOf(...request)).toBe(status)
  }

  it('are made, survive a kill, and end, without a word of them in the log', async () => {
    await serve()
    expect(await statusOf('GET', '/v1/models')).toBe(200)
    const reader = await create('monitor', '--scope', 'system:read', '--expires', '90d')
    const { uid, username } = userInfo()
    expect(reader).toMatchObject({
      scopes: ['system:read'],
      createdBy: { kind: 'commandLine', id: String(uid), name: username },
    })
    expect(Date.parse(reader.expiresAt)).toBeGreaterThan(Date.now() + 89 * 86_400_000)
    await becomes(401, 'GET', '/v1/models')
    expect(await statusOf('GET', '/v1/models', reader.key)).toBe(200)
    expect(await statusOf('GET', '/v1/collections', reader.key)).toBe(403)
    await kill()

    // The key lets the server listen beyond this machine.
    await serve(['--host', '0.0.0.0'])
    expect(await statusOf('GET', '/v1/models')).toBe(401)
    expect(await statusOf('GET', '/v1/models', reader.key)).toBe(200)
    const door = await create(
      'door',
      '--scope',
      'identify',
      'people:read',
      '--collection',
      'default',
    )
    expect(await statusOf('GET', '/v1/collections/default', door.key)).toBe(200)
    const listed = await keys('list')
    expect(listed).toMatch(new RegExp(`${door.id}\\s+door\\s+${door.prefix}`))
    expect(listed).toMatch(/identify people:read\s+default\s+valid/)
    for (const secret of secrets) {
      expect(listed).not.toContain(secret)
      expect(listed).not.toContain(sha256(secret))
    }
    await keys('revoke', 'door')
    await keys('revoke', reader.id)
    await becomes(401, 'GET', '/v1/models', reader.key)
    await kill()

    expect(log.length).toBeGreaterThan(1000)
    for (const secret of secrets) {
      expect(log).not.toContain(secret)
      expect(log).not.toContain(sha256(secret))
    }
  }, 300_000)

  it('are told apart by their id when several have one name', async () => {
    const made = [
      await create('twin', '--scope', 'detect'),
      await create('twin', '--scope', 'admin'),
    ]
    const revoke = (key: string) => runCli(['keys', 'revoke', key, '--data-dir', data.path])
    const refused = await revoke('twin')
    expect(refused.code).toBe(2)
    for (const { id } of made) expect(refused.stderr).toContain(id)
    expect((await revoke(made[0].id)).code).toBe(0)
    expect((await revoke('twin')).stdout).toContain(made[1].id)
    expect(await revoke('nobody')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('[keyNotFound]'),
    })
    await create('valid', '--scope', 'detect')
    const inUse = await runCli(['keys', 'remove', 'valid', '--data-dir', data.path])
    expect(inUse).toMatchObject({ code: 4, stderr: expect.stringContaining('[keyInUse]') })
  }, 300_000)

  it.each([
    [['--scope', 'all'], 3, '[invalidOption]'],
    [[], 2, '--scope'],
    [['--scope', 'detect', '--expires', 'soon'], 2, '90d'],
    [['--scope', 'detect', '--expires', '2001-01-01'], 3, '[invalidOption]'],
    [['--scope', 'detect', '--collection', 'nowhere'], 3, '[collectionNotFound]'],
  ])('are refused with %j', async (flags, code, text) => {
    const result = await runCli(['keys', 'create', 'a', ...flags, '--data-dir', data.path])
    expect([result.code, result.stdout]).toEqual([code, ''])
    expect(result.stderr).toContain(text)
  })
})
