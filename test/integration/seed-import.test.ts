import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { addSeed } from '../../src/cli/commands/seed.ts'
import { createContext } from '../../src/cli/context.ts'
import { type Composition, composeFaceWatcher } from '../../src/compose/compose.ts'
import { toConfig } from '../../src/config/load.ts'
import type { SeedImportReport } from '../../src/transfer/importers/seed/import-seed.ts'
import { startStandalone, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const python = process.env.FACE_WATCHER_TEST_PYTHON
const skipReason =
  whyNoMongod({ own: true }) ??
  (python === undefined
    ? 'set FACE_WATCHER_TEST_PYTHON to a Python with numpy, pymongo and faiss-cpu'
    : undefined)

interface SeedResult {
  readonly probes: readonly (readonly number[])[]
  /** For each probe all faces, nearest first, as FAISS finds them. */
  readonly found: readonly (readonly { readonly name: string; readonly distance: number }[])[]
  /** For each probe its squared distance to the mean of each person, by NumPy. */
  readonly means: readonly Readonly<Record<string, number>>[]
  /** Ids of documents by what is wrong with them. */
  readonly refused: Readonly<Record<string, string>>
  readonly faces: number
  readonly persons: number
}

interface Run {
  readonly exitCode: number
  readonly stdout: string
}

describe.skipIf(skipReason)(`seed import${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let directory: string
  let server: TestServer
  let seed: SeedResult
  const marker = () => join(directory, 'a-pickle-ran')
  const config = () => toConfig({ dataDir: join(directory, 'data'), store: { timeoutMs: 1000 } })

  /** The command as the program runs it, without a process of its own. */
  async function runImport(url: string, ...args: readonly string[]): Promise<Run> {
    const lines: string[] = []
    const print = (text: string) => void lines.push(text)
    const json = (value: unknown) => print(JSON.stringify(value))
    const program = new Command().exitOverride()
    addSeed(program, {
      ...createContext(program, {
        ...{ print, json, jsonLine: json, table: () => {}, note: () => {} },
        stderr: process.stderr,
      }),
      loadConfig: async () => ({ config: config(), sources: new Map(), ignored: [] }),
    })
    await program.parseAsync(['seed', 'import', '--mongodb', url, ...args], { from: 'user' })
    return { exitCode: Number(process.exitCode ?? 0), stdout: lines.join('\n') }
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-seed-'))
    server = await startStandalone()
    const script = fileURLToPath(new URL('../fixtures/seed/seed.py', import.meta.url))
    const output = execFileSync(python!, [script, server.url, marker()], {
      encoding: 'utf8',
      maxBuffer: 100e6,
    })
    seed = JSON.parse(output) as SeedResult
  })
  afterEach(() => {
    process.exitCode = undefined
  })
  afterAll(async () => {
    await server?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  it('imports all faces, reports what it refuses, and runs nothing', async () => {
    const { exitCode, stdout } = await runImport(server.url, '--json')
    const report = JSON.parse(stdout) as SeedImportReport & { modelInstalled: boolean }
    const reasons = new Map(report.refused.map(({ id, reason }) => [id, reason]))
    const reasonOf = (what: string) => reasons.get(seed.refused[what]!)
    expect(existsSync(marker())).toBe(false)
    expect(reasonOf('runs')).toMatch(/It would use posix\.system; nothing was run/)
    expect(reasonOf('norm')).toMatch(/norm is 7\.0/)
    expect(reasonOf('values')).toMatch(/shape is not \(512,\)/)
    expect(reasonOf('type')).toMatch(/not float32/)
    expect(reasonOf('name')).toMatch(/faceName is not text/)
    expect(reasonOf('binary')).toMatch(/not a binary of subtype 128/)
    expect(report).toMatchObject({
      ...{ collection: 'seed', modelId: 'facenet-seed', modelInstalled: false },
      ...{ imported: seed.faces, newPersons: seed.persons, alreadyEnrolled: 0, interrupted: false },
    })
    expect(report.refused).toHaveLength(6)
    expect(report.documents).toBe(seed.faces + 6)
    // Documents that cannot be used are part of the result, as rejected images are.
    expect(exitCode).toBe(0)
  })

  it('changes nothing when it is run again, and says what to do next', async () => {
    const { exitCode, stdout } = await runImport(server.url, '--strict')
    expect(stdout).toContain('Imported 0 faces, 0 new persons, into the collection seed.')
    expect(stdout).toContain(`Imported before, skipped: ${seed.faces}.`)
    expect(stdout).toContain('Refused: 6.')
    expect(stdout).toContain('cannot be upgraded to another model')
    expect(stdout).toContain('models import facenet-seed FILE')
    expect(exitCode).toBe(3)
  })

  it('finds the same names as FAISS IndexFlatL2, at the same squared distances or that of a nearer mean', async () => {
    const opened: Composition = await composeFaceWatcher(config(), { installMissing: false })
    try {
      let largest = 0
      let byMean = 0
      for (const [row, probe] of seed.probes.entries()) {
        const embedding = Float32Array.from(probe)
        const { faces } = await opened.faceWatcher.identify(
          'seed',
          { embedding, modelId: 'facenet-seed' },
          { candidates: seed.persons },
        )
        const expected = nearestByName(seed.found[row]!)
        const candidates = faces[0]!.candidates
        expect(candidates.map(({ personName }) => personName)).toEqual([...expected.keys()])
        for (const [place, { personName, similarity }] of candidates.entries()) {
          const distance = 2 - 2 * similarity
          const photograph = expected.get(personName)!
          const nearer = Math.min(photograph, seed.means[row]![personName]!)
          // The mean counts for the first persons only.
          const isByMean = place === 0 || distance < (photograph + nearer) / 2
          if (isByMean && nearer < photograph) byMean++
          largest = Math.max(largest, Math.abs(distance - (isByMean ? nearer : photograph)))
        }
      }
      // Observed 4e-7.
      expect(largest).toBeLessThan(1e-4)
      // A probe is nearer to the mean of its person than to a photograph here.
      expect(byMean).toBeGreaterThanOrEqual(seed.probes.length)
    } finally {
      await opened.close()
    }
  })

  it('does not import into a collection of another model', async () => {
    // Opening the gallery made the collection `default`, of the default model.
    await expect(runImport(server.url, '--into', 'default')).rejects.toMatchObject({
      code: 'modelMismatch',
    })
  })

  it('says when the server, the database or the URL is wrong, and repeats no password', async () => {
    for (const wrong of [
      ['--database', 'elsewhere'],
      ['--database', 'a/b'],
      ['--collection', ''],
    ]) {
      await expect(runImport(server.url, ...wrong)).rejects.toMatchObject({ code: 'invalidOption' })
    }
    const elsewhere = server.url.replace('/?', '/elsewhere?')
    await expect(runImport(elsewhere, '--database', 'face_recognition')).rejects.toThrow(
      /"elsewhere".*"face_recognition"/,
    )
    await expect(runImport(elsewhere)).rejects.toMatchObject({ code: 'invalidOption' })
    for (const [url, code] of [
      ['mongodb://ann:s3cret@127.0.0.1:1', 'storeUnavailable'],
      ['mongodb://ann:s3cret@:x', 'invalidOption'],
      ['http://ann:s3cret@localhost', 'invalidOption'],
    ] as const) {
      const error = await runImport(url).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      expect(error).toMatchObject({ code })
      expect(error?.message).not.toContain('s3cret')
    }
  })
})

/** Distance of each name's nearest face, nearest first. */
function nearestByName(found: SeedResult['found'][number]): ReadonlyMap<string, number> {
  const nearest = new Map<string, number>()
  for (const { name, distance } of found) if (!nearest.has(name)) nearest.set(name, distance)
  return nearest
}
