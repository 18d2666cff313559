import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createTestDataDir,
  runCli,
  samplePhoto,
  startCli,
  type TestDataDir,
} from '../helpers/cli.ts'

let data: TestDataDir
let folder: string

beforeAll(async () => {
  data = await createTestDataDir()
  folder = join(data.path, 'photos')
  mkdirSync(folder)
  for (let copy = 0; copy < 20; copy++) {
    copyFileSync(samplePhoto(3), join(folder, `${copy}.jpg`))
  }
})
afterAll(() => data.remove())

const start = (...args: string[]) => startCli(['--data-dir', data.path, ...args])
/** Each end meets another moment of the inference. */
const moments = [0, 70, 160]

it.each(moments)('ends quietly when its reader goes while networks run (%i ms)', async (moment) => {
  const running = start('identify', folder)
  await new Promise((resolve) => running.child.stdout?.once('data', resolve))
  await sleep(moment)
  running.child.stdout?.destroy()
  expect(await running.done).toMatchObject({ code: 0, stderr: '' })
})

it.each(moments)('ends at the second Ctrl-C while networks run (%i ms)', async (moment) => {
  const running = start('identify', folder)
  await new Promise((resolve) => running.child.stdout?.once('data', resolve))
  await sleep(moment)
  running.child.kill('SIGINT')
  await running.waitFor('Finishing the images in work.')
  running.child.kill('SIGINT')
  const { code, stderr } = await running.done
  expect(code).toBe(130)
  expect(stderr.trim()).toBe('Finishing the images in work.')
})

it.each(moments)(
  'stops a server at the second SIGTERM while networks run (%i ms)',
  async (moment) => {
    const server = start('serve', '--port', '0')
    const started = await server.waitFor(/is at http:\S+\n/)
    const url = /Face Watcher is at (http:\S+)/.exec(started)?.[1]
    const image = new Blob([readFileSync(samplePhoto(3))])
    for (let request = 0; request < 8; request++) {
      const body = new FormData()
      body.append('image', image, 'image.jpg')
      const address = `${url}/v1/collections/default/identify`
      void fetch(address, { method: 'POST', body }).catch(() => {})
    }
    await sleep(300 + moment)
    server.child.kill('SIGTERM')
    await server.waitFor('once more stops at once')
    server.child.kill('SIGTERM')
    const { code, stderr } = await server.done
    expect(stderr).not.toContain('terminate called')
    expect(code).toBe(130)
  },
)

it.skipIf(!existsSync('/dev/full'))(
  'says in one line that a result cannot be written',
  async () => {
    const { code, stderr } = await runCli(['config', 'print'], { stdout: '/dev/full' })
    expect(stderr).toBe('face-watcher: The result cannot be written (ENOSPC).\n')
    expect(code).toBe(4)
  },
)
