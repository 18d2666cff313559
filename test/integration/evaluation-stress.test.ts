import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FmrCurve } from '../../src/core/types.ts'
import { openDataset } from '../../src/evaluation/dataset.ts'
import type { EvaluationInput } from '../../src/evaluation/embeddings.ts'
import { formatReport } from '../../src/evaluation/report.ts'
import { createGateDecider } from '../../src/evaluation/stress/decider.ts'
import { drawPeople, openPhotographs } from '../../src/evaluation/stress/photographs.ts'
import { evaluateStress, type StressOptions } from '../../src/evaluation/stress/stress.ts'
import type { DamageResult, StressResult } from '../../src/evaluation/stress/stress-types.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'

const dimension = 64
const side = 40
const limits = { maxImageBytes: 1e6, maxPixels: 1e6, maxSidePx: 1000 }
const curve: FmrCurve = {
  source: 'test',
  resultFile: '',
  matedPairs: 0,
  nonMatedPairs: 0,
  points: [],
  tail: { threshold: 0.6, rate: 1e-4, shape: 0, scale: 0.02, exceedances: 100 },
}

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stress-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** One colour a person. */
async function writePerson(person: number, images: number, root = join(dir, 'people')) {
  const name = `P${String(person).padStart(2, '0')}`
  await mkdir(join(root, name), { recursive: true })
  const background = { r: 100 + person, g: 128, b: 128 }
  const create = { width: side, height: side, channels: 3, background } as const
  for (let i = 0; i < images; i++)
    await sharp({ create })
      .png()
      .toFile(join(root, name, `${i}.png`))
}

/** The face is the middle of the picture; who it is, is its colour. In the dark all look alike. */
function createFakeAnalyzer(): Analyzer & { analysed: number } {
  const analyzer = {
    analysed: 0,
    async analyze(image: Uint8Array) {
      analyzer.analysed++
      const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true })
      const { width, height } = info
      const [red = 0] = data.subarray(3 * (width * Math.floor(height / 2) + Math.floor(width / 2)))
      const box = { x: width / 4, y: height / 4, width: width / 2, height: height / 2 }
      const middle = { x: width / 2, y: height / 2 }
      const detection = { box, landmarks: Array(5).fill(middle), confidence: 1 }
      const isDark = red < 30
      const random = createRandom(isDark ? 1 : red)
      const values = Float32Array.from({ length: dimension }, () => random() - 0.5)
      const norm = Math.hypot(...values)
      const quality = {
        ...{ sizePx: 100, sharpness: 50, brightness: isDark ? 0.05 : 0.5, confidence: 1 },
        pose: { yaw: 0, pitch: 0, roll: 0 },
      }
      const face = { detection, quality, embedding: values.map((value) => value / norm) }
      return { width, height, faces: red > 90 || isDark ? [face] : [] }
    },
    stats: () => ({ workers: 2, queued: 0, running: 0, completed: 0, busyMs: 0 }),
  }
  return analyzer as unknown as Analyzer & { analysed: number }
}

async function createInput(analyzer: Analyzer): Promise<EvaluationInput> {
  const cacheDir = join(dir, 'cache')
  const dataset = await openDataset(join(dir, 'people'), { cacheDir })
  return { analyzer, dataset, modelId: 'fake', modelFingerprint: 'f', cacheDir }
}

async function measure(options: Partial<StressOptions> = {}): Promise<StressResult> {
  for (let person = 0; person < 40; person++) await writePerson(person, person < 30 ? 2 : 1)
  const input = await createInput(createFakeAnalyzer())
  return evaluateStress(input, {
    ...{ curve, limits, people: 30, kinds: ['turn', 'dark 0.05', 'checkerboard 30'] },
    ...options,
  })
}

function find({ damages }: StressResult, kind: string, strength: number): DamageResult {
  const found = damages.find((each) => each.kind === kind && each.strength === strength)
  if (found === undefined) throw new Error(`no result of ${kind} ${strength}`)
  return found
}

describe('evaluateStress', () => {
  test('recognises who can be recognised and counts what is matched wrongly', async () => {
    const result = await measure({ kinds: ['turn', 'dark 0.05'] })
    expect(result).toMatchObject({ people: 30, peopleWithoutFace: 0, strangers: 10 })
    expect(result.threshold).toBeCloseTo(0.6, 6)
    const clean = find(result, 'clean', 0)
    expect(clean.recognised?.ofAll).toMatchObject({ count: 30, of: 30 })
    expect(clean.againstSame.decided).toMatchObject({ count: 0, of: 435 })
    expect(clean.againstClean.decided).toMatchObject({ count: 0, of: 300 })
    for (const degrees of [90, 180, 270]) {
      expect(find(result, 'turn', degrees).recognisedOfUpright).toBe(1)
    }
    const dark = find(result, 'dark', 0.05)
    expect(dark.recognised?.ofAll).toMatchObject({ count: 0, of: 30 })
    expect(dark.againstSame.plain).toMatchObject({ count: 435, of: 435, rate: 1 })
    expect(dark.refused.reasons).toEqual({ tooDark: 30 })
    expect(result.summary).toMatchObject({ worstKinds: ['dark 0.05'], aboveStatedRate: [] })
  })

  test('reports pictures without a person, of which nobody can be recognised', async () => {
    const made = find(await measure(), 'checkerboard', 30)
    expect(made.showsPerson).toBe(false)
    expect(made.recognised).toBeUndefined()
    expect(made.detected.of).toBe(30)
  })

  test('decides as it is told to', async () => {
    const gate = createGateDecider()
    const result = await measure({
      decider: { ...gate, comparisonReasons: gate.enrolmentReasons },
    })
    const dark = find(result, 'dark', 0.05)
    expect(dark.refused.comparison).toMatchObject({ count: 30, of: 30 })
    expect(dark.againstSame.plain.rate).toBe(1)
    expect(dark.againstSame.decided).toMatchObject({ count: 0, of: 0 })
    expect(dark.galleries).toEqual([])
    expect(result.summary.worstKinds).toEqual([])
  })

  test('names strangers of galleries with damaged people where enrolment takes them', async () => {
    const open = { ...createGateDecider(), enrolmentReasons: () => [] }
    const result = await measure({ decider: open, kinds: ['dark 0.05'] })
    const [alone] = find(result, 'dark', 0.05).galleries
    expect(alone).toMatchObject({ cleanPeople: 0, damagedPeople: 20, searched: 50 })
    expect(alone?.named).toMatchObject({ count: 50, of: 50 })
    expect(find(result, 'clean', 0).galleries[0]?.named.count).toBe(0)
    expect(result.summary.namedKinds).toEqual(['dark 0.05'])
  })

  test('goes on where a run was stopped, and the result is the same', async () => {
    for (let person = 0; person < 12; person++) await writePerson(person, 2)
    const analyzer = createFakeAnalyzer()
    const input = await createInput(analyzer)
    const options = { curve, limits, kinds: ['flip', 'dark'], people: 8, strangers: 4 }
    const abort = new AbortController()
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 35) abort.abort()
    }
    const stopped = evaluateStress({ ...input, signal: abort.signal, onProgress }, options)
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    const [folder] = await readdir(join(dir, 'cache', 'stress'))
    const file = join(dir, 'cache', 'stress', folder!, 'photographs.jsonl')
    await appendFile(file, '{"key":"P00/0.png","face":{"det')
    const result = await evaluateStress(input, options)
    // 8 people with two photographs, 4 strangers, 5 damages of 8: each once.
    expect(analyzer.analysed).toBe(16 + 4 + 5 * 8)
    expect(await evaluateStress(input, options)).toEqual(result)
    expect(analyzer.analysed).toBe(16 + 4 + 5 * 8)
  })

  test('counts what is refused of photographs that nobody damaged', async () => {
    const clean = join(dir, 'clean')
    await mkdir(clean)
    const create = { width: side, height: side, channels: 3 } as const
    for (const [i, r] of [120, 130, 10, 60].entries()) {
      const background = { r, g: 128, b: 128 }
      await sharp({ create: { ...create, background } })
        .png()
        .toFile(join(clean, `${i}.png`))
    }
    await writeFile(join(clean, 'broken.jpg'), 'no image')
    const analyzer = createFakeAnalyzer()
    const opened = await openPhotographs(clean, { cacheDir: join(dir, 'cache') })
    const analyze = analyzer.analyze.bind(analyzer)
    analyzer.analyze = (image, options) => (image.length < 20 ? noFace() : analyze(image, options))
    for (let person = 0; person < 4; person++) await writePerson(person, 2)
    const input = await createInput(analyzer)
    const result = await evaluateStress(input, { curve, limits, kinds: ['flip'], clean: [opened] })
    expect(result.clean).toMatchObject([
      {
        dataset: 'clean',
        // The dark face counts, the picture of 60 and the broken one have none.
        detected: { count: 3, of: 5 },
        refused: { enrolment: { count: 1, of: 3 }, reasons: { tooDark: 1 } },
      },
    ])
    expect(formatReport(result)).toMatch(/clean\s+5 images\s+40\.0 %\s+33\.3 %/)
  })

  test('prints every damage and what became of the promise', async () => {
    const report = formatReport(await measure())
    expect(report).toMatch(/^dark 0\.05 +100\.0 % +100\.0 % +0\.0 % +0\.0 % +0\.0 % +1\.0e\+0/m)
    expect(report).toMatch(/above 3e-3 +1: dark 0\.05/)
    expect(report).toMatch(/turn 180, of upright +100\.0 %/)
  })

  test('refuses kinds that it does not know, and people without faces', async () => {
    await expect(measure({ kinds: ['turn', 'blurr'] })).rejects.toThrow(/"blurr".*blur, motion/)
    await rm(join(dir, 'people'), { recursive: true })
    await mkdir(join(dir, 'people', 'A'), { recursive: true })
    await writePerson(0, 2)
    const input = await createInput(createFakeAnalyzer())
    const run = evaluateStress(input, { curve, limits, kinds: ['turn'] })
    await expect(run).rejects.toMatchObject({ code: 'invalidOption' })
  })
})

describe('drawPeople', () => {
  test('draws people with two photographs first, and strangers who are others', async () => {
    for (let person = 0; person < 10; person++) await writePerson(person, person < 4 ? 2 : 1)
    const { images } = await openDataset(join(dir, 'people'), { cacheDir: dir })
    const { subjects, strangers } = drawPeople(images, { subjects: 5, strangers: 3 }, 1)
    expect(subjects.filter(({ mate }) => mate !== undefined).length).toBe(4)
    expect(strangers.length).toBe(3)
    const persons = [...subjects.map(({ photograph }) => photograph), ...strangers]
    expect(new Set(persons.map(({ person }) => person)).size).toBe(8)
  })
})

async function noFace(): Promise<Awaited<ReturnType<Analyzer['analyze']>>> {
  const { FaceError } = await import('../../src/core/errors.ts')
  throw new FaceError('unsupportedImage')
}
