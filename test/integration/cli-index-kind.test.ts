import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runCli, writeFacePhoto } from '../helpers/cli.ts'
import { createServeNodes, type ServeNode } from '../servers/serve-node.ts'

const nodes = createServeNodes()
afterAll(() => nodes.end())

/** Paths and contents of the index snapshots. */
function snapshotsOf({ data }: ServeNode): readonly [string, string][] {
  const directory = join(data.path, 'indexes')
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.snapshot'))
    .map((name) => [name, readFileSync(join(directory, name)).toString('base64')])
}

it('commands with another kind of index leave the snapshots of the server alone', async () => {
  const first = await nodes.start()
  const photo = await writeFacePhoto('ann', join(first.data.path, 'ann.jpg'))
  const form = { name: 'Ann', image: new Uint8Array(readFileSync(photo)) }
  expect((await first.send('POST', '/v1/collections/default/persons', { form })).status).toBe(201)
  await first.terminate()
  const saved = snapshotsOf(first)
  expect(saved.map(([name]) => name)).toEqual([expect.stringMatching(/projected\.snapshot$/)])

  const server = await nodes.start({}, first.data)
  const cli = (...args: string[]) =>
    runCli(['--data-dir', server.data.path, ...args], { env: { FACE_WATCHER_INDEX_KIND: 'exact' } })
  const identified = await cli('identify', photo)
  expect(identified).toMatchObject({ code: 0, stdout: expect.stringContaining('Ann') })
  expect(await cli('persons', 'list')).toMatchObject({ code: 0 })
  const isProjected = ([name]: readonly [string, string]) => name.includes('projected')
  expect(snapshotsOf(server).filter(isProjected)).toEqual(saved)
  // The server goes on to use it, after a kill too.
  await server.kill()
  const again = await nodes.start({}, first.data)
  expect(await again.metric('index_rebuilds_total')).toBe(0)
}, 120_000)
