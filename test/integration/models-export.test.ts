import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModelInstaller, type ModelInstallerOptions } from '../../src/models/install.ts'
import { readOwnRecord } from '../../src/models/own-record.ts'
import {
  createFakeRegistry,
  type FakeModels,
  makeFakeModels,
  makeOwnEmbedder,
  missingProgram,
} from '../helpers/fake-models.ts'

let root: string
let fake: FakeModels
let target: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'face-watcher-export-'))
  await mkdir(join(root, 'packages'))
  fake = await makeFakeModels(join(root, 'packages'))
  await writeFile(join(root, 'mine.onnx'), makeOwnEmbedder())
  const installer = await source()
  await installer.install(['of-both'])
  await installer.importOwn(join(root, 'mine.onnx'), { id: 'mine' })
})
beforeEach(async () => {
  target = await mkdtemp(join(root, 'target-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Of the machine that has the models. */
async function source() {
  const { run } = createFakeRegistry(fake)
  const own = await readOwnRecord(join(root, 'source'), 'mine')
  const manifest = { models: [...fake.manifest.models, ...(own ? [own] : [])] }
  return createModelInstaller({ dataDir: join(root, 'source'), manifest, run })
}

/** Of a machine without network. */
function offline(options: Partial<ModelInstallerOptions> = {}) {
  const { manifest } = fake
  return createModelInstaller({ dataDir: target, manifest, run: missingProgram, ...options })
}

async function installed(): Promise<string[]> {
  return (await readdir(join(target, 'models')).catch(() => [])).sort()
}

describe('an export', () => {
  for (const name of ['folder', 'models.tar', 'models.tgz']) {
    it(`installs models elsewhere without network, as ${name}`, async () => {
      const out = join(target, name)
      await (await source()).export(['of-both', 'mine'], out)
      expect((await readdir(target)).sort()).toEqual([name])
      const ids = await offline().installFrom(out)
      expect([...ids].sort()).toEqual(['from-npm', 'from-pypi', 'mine'])
      expect(await offline().verify(['of-both'])).toEqual([{ id: 'of-both', status: 'ok' }])
      const listed = await offline().list()
      expect(listed.find(({ record }) => record.id === 'from-npm')?.source).toBe('npm tiny@1.0.0')
      expect(await readOwnRecord(target, 'mine')).toEqual(
        await readOwnRecord(join(root, 'source'), 'mine'),
      )
    })
  }

  it('gives only the models that are wanted', async () => {
    const out = join(target, 'some')
    await (await source()).export(['from-npm', 'from-pypi'], out)
    expect(await offline().installFrom(out, ['from-npm'])).toEqual(['from-npm'])
    expect(await installed()).toEqual(['from-npm'])
    await expect(offline().installFrom(out, ['from-file'])).rejects.toThrow(
      /from-file: the export has only from-npm, from-pypi/,
    )
  })

  it('is not written over something, and not at all when a model is not there', async () => {
    const out = join(target, 'there')
    await mkdir(out)
    await writeFile(join(out, 'mine.txt'), 'x')
    await expect((await source()).export(['from-npm'], out)).rejects.toMatchObject({
      code: 'EEXIST',
    })
    const other = join(target, 'models.tar')
    await expect((await source()).export(['from-npm', 'from-file'], other)).rejects.toMatchObject({
      code: 'modelNotInstalled',
    })
    expect(await readdir(target)).toEqual(['there'])
  })

  const changes: readonly [string, (folder: string) => Promise<void>, RegExp][] = [
    [
      'a changed file',
      async (folder) => {
        const file = join(folder, 'from-pypi', 'embedder.onnx')
        const bytes = await readFile(file)
        bytes[100]! ^= 1
        await writeFile(file, bytes)
      },
      /from-pypi: embedder\.onnx has changed since the export/,
    ],
    [
      'a missing file',
      (folder) => rm(join(folder, 'from-pypi', 'embedder.onnx')),
      /from-pypi: embedder\.onnx is missing/,
    ],
    [
      'a record that names a file elsewhere',
      async (folder) => {
        const file = join(folder, 'from-pypi', 'model.json')
        await writeFile(file, (await readFile(file, 'utf8')).replace('embedder.onnx', '../x.onnx'))
      },
      /from-pypi: its record is damaged/,
    ],
    [
      'a record of another form',
      async (folder) => {
        const file = join(folder, 'from-pypi', 'model.json')
        await writeFile(file, (await readFile(file, 'utf8')).replace('"form": 2', '"form": 1'))
      },
      /from-pypi: another version of Face Watcher built it/,
    ],
  ]
  for (const [what, change, message] of changes) {
    it(`with ${what} installs nothing, not even its other models`, async () => {
      const out = join(target, 'changed')
      await (await source()).export(['from-npm', 'from-pypi'], out)
      await change(out)
      await expect(offline().installFrom(out)).rejects.toMatchObject({
        code: 'modelImportFailed',
        message: expect.stringMatching(message),
      })
      expect(await installed()).toEqual([])
    })
  }

  it('is compared with the manifest where that knows the sum', async () => {
    const out = join(target, 'pinned')
    await (await source()).export(['from-npm'], out)
    const files = [{ name: 'embedder.onnx', sha256: '0'.repeat(64) }]
    const manifest = { models: [{ ...fake.manifest.models[0]!, files }] }
    await expect(offline({ manifest }).installFrom(out)).rejects.toThrow(/not the expected one/)
    const unknown = { models: [fake.manifest.models[2]!] }
    await expect(offline({ manifest: unknown }).installFrom(out)).rejects.toThrow(/no such model/)
  })

  it('puts no model of the user in the place of another one', async () => {
    const out = join(target, 'mine')
    await (await source()).export(['mine'], out)
    const own = { ...fake.manifest.models[0]!, id: 'mine' }
    const manifest = { models: [own] }
    await expect(offline({ manifest }).installFrom(out)).rejects.toThrow(
      /another model has this id/,
    )
  })
})

describe('what is no export', () => {
  it('is refused, and nothing of a tarball gets out of its folder', async () => {
    const nothing = join(target, 'nothing')
    await mkdir(nothing)
    const text = join(target, 'text.tar')
    await writeFile(text, 'hello')
    for (const path of [nothing, text, join(target, 'absent')]) {
      await expect(offline().installFrom(path)).rejects.toThrow(
        /`face-watcher models export` wrote/,
      )
    }
    const evil = join(target, 'evil.tar')
    await create({ file: evil, cwd: target, preservePaths: true }, ['nothing/../text.tar'])
    await expect(offline().installFrom(evil)).rejects.toThrow(/`face-watcher models export` wrote/)
    expect(await installed()).toEqual([])
  })
})
