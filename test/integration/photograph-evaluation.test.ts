import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import {
  evaluatePhotographs,
  type LabelledPhotographs,
  maxEvaluated,
} from '../../src/evaluation/photograph-evaluation.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { AnalyzeOptions, Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'
import { expectCode } from '../helpers/expect-code.ts'

const dimension = 32
const persons = 30
const imagesEach = 3

/** Unit vector of a person with some noise of the image. Two people are twins, and one has a bad photograph. */
function embeddingOf(person: number, image: number): Float32Array {
  const likeness = person === 7 ? 3 : person
  const isBad = person === 11 && image === 2
  const direction = createRandom(1000 + (isBad ? 500 : likeness))
  const noise = createRandom(person * 17 + image)
  const values = Float32Array.from(
    { length: dimension },
    () => direction() - 0.5 + 0.1 * (noise() - 0.5),
  )
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

describe('evaluatePhotographs', () => {
  let crop: Uint8Array
  let withCrops: string[]
  beforeAll(async () => {
    const create = { width: 200, height: 150, channels: 3, background: '#808080' } as const
    crop = await sharp({ create }).jpeg().toBuffer()
  })

  /** Answers from the text that a photograph is: `person image`, `blank` or `broken`. */
  function createFakeAnalyzer(): Analyzer {
    return {
      async analyze(bytes: Uint8Array, { crops }: AnalyzeOptions) {
        const text = new TextDecoder().decode(bytes)
        if (text === 'broken') throw new FaceError('corruptImage')
        if (text === 'dead') throw new FaceError('workerFailed')
        const [person, image] = text.split(' ').map(Number) as [number, number]
        const detection = { box: { x: 80, y: 80, width: 90, height: 90 } }
        if (crops) withCrops.push(text)
        const face = {
          ...{
            detection,
            embedding: embeddingOf(person, image),
            comparability: { comparable: person !== 2 },
          },
          ...(crops ? { crop: { bytes: crop } } : {}),
        }
        return { width: 250, height: 250, faces: text === 'blank' ? [] : [face] }
      },
    } as unknown as Analyzer
  }

  function photographsOf(more: readonly (readonly [string, string | undefined])[] = []) {
    const all: [string, string | undefined][] = []
    for (let person = 0; person < persons; person++) {
      for (let image = 1; image <= imagesEach; image++) {
        all.push([`P${person}/${image}.jpg`, `${person} ${image}`])
      }
    }
    const listed = [...all, ...more]
    return {
      total: listed.length,
      async *each() {
        for (const [file, text] of listed) {
          const read = async () => (text === undefined ? undefined : new TextEncoder().encode(text))
          yield { file, person: file.split('/')[0] as string, read }
        }
      },
    } satisfies LabelledPhotographs
  }

  const options = () => {
    withCrops = []
    return { analyzer: createFakeAnalyzer(), modelId: 'fake', concurrency: 3 }
  }

  it('counts every pair, and names the pairs that are confused most', async () => {
    const stages = new Set<string>()
    const more = [
      ['P1/blank.jpg', 'blank'],
      ['P1/broken.jpg', 'broken'],
      ['P1/unread.jpg', undefined],
    ] as const
    const result = await evaluatePhotographs(photographsOf(more), {
      ...options(),
      onProgress: ({ stage }) => stages.add(stage),
    })
    const used = persons * imagesEach
    expect([...stages]).toEqual(['photographs', 'comparisons'])
    expect(result).toMatchObject({ photographs: used + 3, used, persons, refused: imagesEach })
    expect(result.failures).toEqual([
      { file: 'P1/blank.jpg', reason: 'noFace' },
      { file: 'P1/broken.jpg', reason: 'corruptImage' },
      { file: 'P1/unread.jpg', reason: 'corruptImage' },
    ])
    // Three photographs of P1 that failed are twelve more pairs of one person.
    expect(result.matedPairs).toBe(persons * 3 + 12)
    expect(result.nonMatedPairs).toBe((used * (used - 1)) / 2 - persons * 3)
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)
    expect(result.histogram.mated).toHaveLength(100)
    expect(sum(result.histogram.mated)).toBe(persons * 3)
    expect(sum(result.histogram.nonMated)).toBe(result.nonMatedPairs)
    // Pairs of one person but those of the bad photograph are in the last bins.
    expect(sum(result.histogram.mated.slice(-5))).toBe(persons * 3 - 2)
    const twins = result.lookAlikes.slice(0, 9).map(({ persons: pair }) => [...pair].sort())
    expect(twins).toEqual(Array.from({ length: 9 }, () => ['P3', 'P7']))
    const [bad] = result.unlike
    expect(bad?.files).toContain('P11/2.jpg')
    expect(result.unlike).toHaveLength(25)
    const similarities = result.lookAlikes.map(({ similarity }) => similarity)
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a))
    expect(result.points.at(-1)!.fmr).toBeLessThan(result.points[0]!.fmr)
  })

  it('shows the faces of those pairs, small, and looks at no others again', async () => {
    const result = await evaluatePhotographs(photographsOf(), options())
    const pairs = [...result.lookAlikes, ...result.unlike]
    const files = new Set(pairs.flatMap(({ files: pair }) => pair))
    expect(withCrops).toHaveLength(files.size)
    const thumbnail = pairs[0]?.thumbnails[0] as Uint8Array
    expect(await sharp(thumbnail).metadata()).toMatchObject({
      format: 'jpeg',
      width: 96,
      height: 72,
    })
  })

  it('tells what can be told of few photographs, or none', async () => {
    const few = {
      total: 1,
      async *each() {
        yield { file: 'A/1', person: 'A', read: async () => new TextEncoder().encode('1 1') }
      },
    }
    for (const photographs of [few, { total: 0, async *each() {} }]) {
      const result = await evaluatePhotographs(photographs, options())
      expect(result).toMatchObject({ matedPairs: 0, nonMatedPairs: 0, lookAlikes: [], unlike: [] })
      expect(result).not.toHaveProperty('equalErrorRate')
    }
  })

  it('ends when it shall, when a fault is not of a photograph, and before too many are read', async () => {
    const signal = AbortSignal.abort(new FaceError('aborted'))
    await expectCode(evaluatePhotographs(photographsOf(), { ...options(), signal }), 'aborted')
    const broken = photographsOf([['P1/x.jpg', 'dead']])
    await expectCode(evaluatePhotographs(broken, options()), 'workerFailed')
    const many = { ...photographsOf(), total: maxEvaluated + 1 }
    await expectCode(evaluatePhotographs(many, options()), 'limitReached')
  })
})
