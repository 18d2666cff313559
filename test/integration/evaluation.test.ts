import { execFileSync } from 'node:child_process'
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toSkippedLine } from '../../src/cli/image-files.ts'
import { FaceError } from '../../src/core/errors.ts'
import { openDataset, selectImages } from '../../src/evaluation/dataset.ts'
import { type EvaluationInput, embedDataset } from '../../src/evaluation/embeddings.ts'
import { computeModelFingerprint } from '../../src/evaluation/fingerprint.ts'
import { evaluateFmr } from '../../src/evaluation/fmr.ts'
import { evaluateIdentify } from '../../src/evaluation/identify.ts'
import { evaluateLfw } from '../../src/evaluation/lfw.ts'
import { formatReport } from '../../src/evaluation/report.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'

const dimension = 16
const persons = 40
const imagesEach = 3

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evaluation-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Unit vector of a person with some noise of the image; the "photograph" is the text `person image`. */
function embeddingOf(person: number, image: number): Float32Array {
  const direction = createRandom(1000 + person)
  const noise = createRandom(person * 17 + image)
  const values = Float32Array.from(
    { length: dimension },
    () => direction() - 0.5 + 0.1 * (noise() - 0.5),
  )
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

/** Answers from the text in the file; "blank" has no face, "broken" is no image. */
function createFakeAnalyzer(): Analyzer & { analysed: number; stopAfter: number } {
  const analyzer = {
    analysed: 0,
    stopAfter: Number.POSITIVE_INFINITY,
    async analyze(image: Uint8Array) {
      if (analyzer.analysed >= analyzer.stopAfter) throw new FaceError('workerFailed')
      analyzer.analysed++
      const text = new TextDecoder().decode(image)
      if (text === 'broken') throw new FaceError('corruptImage')
      const [person, number] = text.split(' ').map(Number) as [number, number]
      const box = { x: 80, y: 80, width: 90, height: 90 }
      const face = { detection: { box }, embedding: embeddingOf(person, number) }
      return { width: 250, height: 250, faces: text === 'blank' ? [] : [face] }
    },
    stats: () => ({ workers: 2, queued: 0, running: 0, completed: 0, busyMs: 0 }),
  }
  return analyzer as unknown as Analyzer & { analysed: number; stopAfter: number }
}

async function writeImages(root: string): Promise<void> {
  for (let person = 0; person < persons; person++) {
    const name = `P${person}`
    await mkdir(join(root, name), { recursive: true })
    for (let image = 1; image <= imagesEach; image++) {
      await writeFile(join(root, name, `${name}_000${image}.jpg`), `${person} ${image}`)
    }
  }
}

async function writePairs(): Promise<void> {
  const lines = ['10\t2']
  for (let fold = 0; fold < 10; fold++) {
    const a = 2 * fold
    lines.push(`P${a}\t1\t2`, `P${a + 1}\t1\t2`)
    lines.push(`P${a}\t1\tP${a + 1}\t1`, `P${a}\t2\tP${a + 20}\t1`)
  }
  await writeFile(join(dir, 'pairs.txt'), `${lines.join('\n')}\n`)
}

async function createInput(analyzer: Analyzer): Promise<EvaluationInput> {
  const cacheDir = join(dir, 'cache')
  const dataset = await openDataset(dir, { cacheDir })
  return { analyzer, dataset, modelId: 'fake', modelFingerprint: 'f', cacheDir }
}

describe('openDataset', () => {
  test('reads an unpacked lfw/ and the protocol beside it', async () => {
    await writeImages(join(dir, 'lfw'))
    await writePairs()
    const dataset = await openDataset(dir, { cacheDir: join(dir, 'cache') })
    expect(dataset.name).toBe('lfw')
    expect(dataset.images.length).toBe(persons * imagesEach)
    expect(selectImages(dataset, 'protocol').length).toBe(20 * 2 + 10)
    expect(selectImages(dataset, 'all').length).toBe(persons * imagesEach)
  })

  test('unpacks the archive once', async () => {
    await writeImages(join(dir, 'source', 'lfw'))
    const data = join(dir, 'data')
    await mkdir(data)
    await create({ file: join(data, 'lfw-deepfunneled.tar'), cwd: join(dir, 'source') }, ['lfw'])
    const cacheDir = join(dir, 'cache')
    const dataset = await openDataset(data, { cacheDir })
    expect(dataset.images.length).toBe(persons * imagesEach)
    const [unpacked] = await readdir(join(cacheDir, 'datasets'))
    await writeFile(join(cacheDir, 'datasets', unpacked!, 'lfw', 'P0', 'added.jpg'), '0 9')
    const again = await openDataset(data, { cacheDir })
    expect(again.images.length).toBe(persons * imagesEach + 1)
    expect(again.fingerprint).not.toBe(dataset.fingerprint)
  })

  test('refuses a directory without labelled images, and one that is not there', async () => {
    const options = { cacheDir: join(dir, 'cache') }
    await expect(openDataset(dir, options)).rejects.toMatchObject({ code: 'invalidOption' })
    await expect(openDataset(join(dir, 'none'), options)).rejects.toThrow(/not a directory/)
  })

  test('skips what cannot be used and says why, and goes on', async () => {
    const data = join(dir, 'data')
    await writeImages(data)
    execFileSync('mkfifo', [join(data, 'P0', 'pipe.jpg'), join(data, 'pairs.txt')])
    await symlink('/dev/zero', join(data, 'P0', 'endless.jpg'))
    await symlink(join(data, 'nowhere'), join(data, 'P1', 'gone.jpg'))
    await symlink(join(data, 'P2'), join(data, 'Twice'))
    await symlink(join(dir, 'elsewhere'), join(data, 'Linked'))
    await mkdir(join(dir, 'elsewhere'))
    await writeFile(join(dir, 'elsewhere', 'a.jpg'), '90 1')
    await writeFile(join(data, 'P3', 'closed.jpg'), '3 9')
    const undecodable = [0x41, 0xff]
    if (process.platform === 'linux') {
      await mkdir(Buffer.concat([Buffer.from(`${data}/`), Buffer.from(undecodable)]))
    }
    await mkdir(join(data, 'Shut'))
    for (const path of ['Shut', 'P3/closed.jpg']) await chmod(join(data, path), 0)
    for (const path of [dir, data, ...[0, 1, 2, 3].map((n) => join(data, `P${n}`))]) {
      await chmod(path, 0o755)
    }
    const skipped: string[] = []
    const cacheDir = join(dir, 'cache')
    const isRoot = process.getuid?.() === 0
    // Root may read everything.
    if (isRoot) process.seteuid?.(65_534)
    const dataset = await openDataset(data, {
      cacheDir,
      onSkipped: ({ path, why }) => skipped.push(toSkippedLine(path, why).replace(data, '')),
    }).finally(() => {
      if (isRoot) process.seteuid?.(0)
    })
    expect(skipped.toSorted()).toEqual([
      ...(process.platform === 'linux' ? ['Skipped /A\u{FFFD}: its name is not UTF-8.'] : []),
      'Skipped /P0/endless.jpg: it is a pipe or a device, not a file.',
      'Skipped /P0/pipe.jpg: it is a pipe or a device, not a file.',
      'Skipped /P1/gone.jpg: there is no such file or folder.',
      'Skipped /P3/closed.jpg: permission denied.',
      'Skipped /Shut: permission denied.',
      `Skipped /Twice: it leads to ${data}/P2, which is read already.`,
    ])
    expect(dataset.images.length).toBe(persons * imagesEach + 1)
    expect(dataset.images.some(({ key }) => key === 'Linked/a.jpg')).toBe(true)
    const input = { modelId: 'fake', modelFingerprint: 'f', cacheDir }
    const analyzer = createFakeAnalyzer()
    expect((await embedDataset({ ...input, analyzer, dataset })).failures).toEqual([])
  })

  test('refuses a protocol that names missing images', async () => {
    await writeImages(join(dir, 'lfw'))
    await writePairs()
    await rm(join(dir, 'lfw', 'P0', 'P0_0001.jpg'))
    const dataset = await openDataset(dir, { cacheDir: join(dir, 'cache') })
    expect(() => selectImages(dataset, 'protocol')).toThrow(/50 images, of which 49/)
  })
})

describe('embedDataset', () => {
  test('goes on where a run was stopped, even in the middle of a line', async () => {
    await writeImages(dir)
    const analyzer = createFakeAnalyzer()
    analyzer.stopAfter = 50
    const input = await createInput(analyzer)
    await expect(embedDataset(input)).rejects.toMatchObject({ code: 'workerFailed' })
    const [file] = await readdir(join(dir, 'cache', 'embeddings'))
    const path = join(dir, 'cache', 'embeddings', file!)
    await truncate(path, (await readFile(path)).length - 20)
    analyzer.stopAfter = Number.POSITIVE_INFINITY
    analyzer.analysed = 0
    const embedded = await embedDataset(input)
    expect(analyzer.analysed).toBe(persons * imagesEach - 49)
    expect(embedded.images.length).toBe(persons * imagesEach)
    const row = embedded.images.findIndex((image) => image.key === 'P7/P7_0002.jpg')
    expect(embedded.embeddings.subarray(row * dimension, (row + 1) * dimension)).toEqual(
      embeddingOf(7, 2),
    )
    await embedDataset(input)
    expect(analyzer.analysed).toBe(persons * imagesEach - 49)
  })

  test('ignores what is not a line of its own', async () => {
    await writeImages(dir)
    const analyzer = createFakeAnalyzer()
    const input = await createInput(analyzer)
    await embedDataset(input)
    const [file] = await readdir(join(dir, 'cache', 'embeddings'))
    await appendFile(join(dir, 'cache', 'embeddings', file!), '{"key":1}\n{nonsense}\n')
    expect((await embedDataset(input)).images.length).toBe(persons * imagesEach)
    expect(analyzer.analysed).toBe(persons * imagesEach)
  })

  test('keeps another model apart', async () => {
    await writeImages(dir)
    const analyzer = createFakeAnalyzer()
    const input = await createInput(analyzer)
    await embedDataset(input)
    await embedDataset({ ...input, modelFingerprint: 'g' })
    expect(analyzer.analysed).toBe(2 * persons * imagesEach)
  })

  test('takes images without a face and damaged ones as results', async () => {
    await writeImages(dir)
    await writeFile(join(dir, 'P3', 'P3_0001.jpg'), 'blank')
    await writeFile(join(dir, 'P4', 'P4_0002.jpg'), 'broken')
    const embedded = await embedDataset(await createInput(createFakeAnalyzer()))
    expect(embedded.failures).toEqual([
      { key: 'P3/P3_0001.jpg', reason: 'noFace' },
      { key: 'P4/P4_0002.jpg', reason: 'corruptImage' },
    ])
  })

  test('stops when it is aborted and keeps what is done', async () => {
    await writeImages(dir)
    const analyzer = createFakeAnalyzer()
    const abort = new AbortController()
    const input = await createInput(analyzer)
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 30) abort.abort()
    }
    await expect(
      embedDataset({ ...input, signal: abort.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'aborted' })
    const before = analyzer.analysed
    await embedDataset(input)
    expect(analyzer.analysed).toBe(persons * imagesEach)
    expect(before).toBeGreaterThanOrEqual(30)
  })
})

describe('evaluateLfw', () => {
  test('separates made-up people perfectly', async () => {
    await writeImages(join(dir, 'lfw'))
    await writePairs()
    const result = await evaluateLfw(await createInput(createFakeAnalyzer()))
    expect(result).toMatchObject({ accuracy: 1, accuracyStd: 0, pairs: 40, images: 50 })
    expect(result.folds.length).toBe(10)
    expect(formatReport(result)).toContain('100.00 % +- 0.00 %')
  })

  test('counts a pair with a failed image as different and says so', async () => {
    await writeImages(join(dir, 'lfw'))
    await writePairs()
    await writeFile(join(dir, 'lfw', 'P1', 'P1_0001.jpg'), 'blank')
    const result = await evaluateLfw(await createInput(createFakeAnalyzer()))
    // P1 is in one mated pair (wrong now) and one non-mated pair (right) of the first fold.
    expect(result).toMatchObject({ imagesWithoutDetection: 1, failedPairs: 2 })
    expect(result.accuracy).toBeCloseTo(39 / 40, 12)
  })

  test('refuses a data set without a protocol', async () => {
    await writeImages(dir)
    const input = await createInput(createFakeAnalyzer())
    await expect(evaluateLfw(input)).rejects.toThrow(/no pairs.txt/)
  })
})

describe('evaluateFmr', () => {
  test('counts all pairs on all cores and fits a tail', async () => {
    await writeImages(dir)
    await writeFile(join(dir, 'P3', 'P3_0001.jpg'), 'blank')
    const input = await createInput(createFakeAnalyzer())
    const result = await evaluateFmr(input, { resultFile: 'bench/results/x.json' })
    const all = (persons * imagesEach * (persons * imagesEach - 1)) / 2
    expect(result).toMatchObject({ matedPairs: 120, failedMatedPairs: 2, persons })
    // 120 mated pairs, and the failed image is in no other.
    expect(result.nonMatedPairs).toBe(all - 120 - (persons * imagesEach - imagesEach))
    const { curve } = result
    expect(curve?.resultFile).toBe('bench/results/x.json')
    expect(curve?.points.at(-1)?.falseMatches).toBeGreaterThanOrEqual(30)
    for (const [index, point] of (curve?.points ?? []).entries()) {
      const next = curve?.points[index + 1]
      if (next === undefined) break
      expect(next.fmr).toBeLessThan(point.fmr)
      expect(next.similarity).toBeGreaterThan(point.similarity)
      expect(next.tmr).toBeLessThanOrEqual(point.tmr)
    }
    expect(formatReport(result)).toContain('120 mated')
  })
})

describe('evaluateIdentify', () => {
  test('finds every enrolled person and repeats its draws', async () => {
    await writeImages(dir)
    const input = await createInput(createFakeAnalyzer())
    const options = { gallerySize: 20, draws: 3, seed: 5 }
    const result = await evaluateIdentify(input, options)
    expect(result).toMatchObject({ rank1: 1, matedProbes: 20, strangers: 20 })
    expect(result.policy).toBeUndefined()
    expect(await evaluateIdentify(input, options)).toEqual(result)
    expect(formatReport(result)).toContain('20 persons')
  })

  test('reports what the policy would have done', async () => {
    await writeImages(dir)
    const input = await createInput(createFakeAnalyzer())
    const { curve } = await evaluateFmr(input)
    const policy = { maxFpir: 0.01, possibleFpir: 0.1, threshold: 0.9 }
    const result = await evaluateIdentify(input, { gallerySize: 20, curve: curve!, policy })
    expect(result.policy?.matchThreshold).toBe(0.9)
    expect(result.policy?.match.fnir).toBeLessThan(0.2) // observed 0
    expect(formatReport(result)).toContain('threshold 0.9000')
  })

  test('counts a failed image of an enrolled person as a miss', async () => {
    await writeImages(dir)
    for (let image = 1; image <= imagesEach; image++) {
      await writeFile(join(dir, 'P3', `P3_000${image}.jpg`), 'blank')
    }
    const input = await createInput(createFakeAnalyzer())
    const result = await evaluateIdentify(input, { gallerySize: 39, draws: 20 })
    expect(result.rank1).toBeLessThan(1)
    expect(result.imagesWithoutDetection).toBe(3)
  })

  test('refuses a gallery that the data set cannot fill', async () => {
    await writeImages(dir)
    const input = await createInput(createFakeAnalyzer())
    await expect(evaluateIdentify(input, { gallerySize: 40 })).rejects.toThrow(/at least one/)
  })
})

describe('computeModelFingerprint', () => {
  test('changes with the models and the version', async () => {
    for (const id of ['a', 'b']) {
      await mkdir(join(dir, id))
      await writeFile(join(dir, id, 'model.json'), id)
    }
    const both = await computeModelFingerprint(dir, ['a', 'b'], '1')
    expect(both).toMatch(/^[0-9a-f]{64}$/)
    expect(await computeModelFingerprint(dir, ['a'], '1')).not.toBe(both)
    expect(await computeModelFingerprint(dir, ['a', 'b'], '2')).not.toBe(both)
    await expect(computeModelFingerprint(dir, ['c'], '1')).rejects.toMatchObject({
      code: 'modelNotInstalled',
    })
  })
})
