import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadManifest } from '../../src/models/manifest.ts'
import { readOwnRecord, saveOwnRecord } from '../../src/models/own-record.ts'
import { startCli } from '../helpers/cli.ts'
import { makeOwnEmbedder } from '../helpers/fake-models.ts'

let root: string
const models = (...args: string[]) => startCli(['--data-dir', join(root, 'data'), ...args]).done

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'face-watcher-models-cli-'))
  await writeFile(join(root, 'My Net.onnx'), makeOwnEmbedder())
})
afterAll(() => rm(root, { recursive: true, force: true }))

it('brings in, lists and removes an embedder of the user', async () => {
  const imported = await models('models', 'import', join(root, 'My Net.onnx'), '--title', 'Mine')
  expect(imported).toMatchObject({ code: 0 })
  expect(imported.stdout).toContain(
    'Installed my-net: 192 dimensions, RGB, (pixel - 127.5) / 127.5',
  )
  const listed = JSON.parse((await models('models', 'list', '--json')).stdout).items as {
    id: string
  }[]
  expect(listed.at(-1)).toMatchObject({ id: 'my-net', title: 'Mine', installed: true })
  const create = ['collections', 'create', 'gate', '--model', 'my-net']
  expect((await models(...create)).stderr).toContain('No FMR curve has been measured')
  // As `evaluate fmr --save` leaves it.
  const dataDir = join(root, 'data')
  const curve = (await loadManifest()).models.find(({ id }) => id === 'sface')!.fmrCurve!
  await saveOwnRecord(dataDir, { ...(await readOwnRecord(dataDir, 'my-net'))!, fmrCurve: curve })
  expect((await models(...create)).code).toBe(0)
  const used = await models('models', 'remove', 'my-net')
  expect(used).toMatchObject({ code: 2 })
  expect(used.stderr).toContain('my-net is used by collection gate.')
  expect((await models('collections', 'delete', 'gate', '--yes')).code).toBe(0)
  expect((await models('models', 'remove', 'my-net')).stdout).toContain('Removed my-net.')
}, 60_000)

it('refuses to remove what the configuration or a whole needs', async () => {
  expect((await models('models', 'remove', 'mtcnn')).stderr).toContain('used by models.detector')
  expect((await models('models', 'remove', 'fused')).stderr).toContain('remove its parts')
  const config = join(root, 'config.json')
  await writeFile(config, JSON.stringify({ models: { embedder: 'fused' } }))
  const part = await models('--config', config, 'models', 'remove', 'sface-int8')
  expect(part.stderr).toContain('sface-int8 is used by models.embedder of the configuration')
}, 60_000)

it('saves a curve into records of the user only', async () => {
  const args = ['evaluate', 'fmr', '--data', root, '--save', '--model', 'mobilefacenet']
  const refused = await models(...args)
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.stderr).toContain('its record is not yours to change')
}, 60_000)
