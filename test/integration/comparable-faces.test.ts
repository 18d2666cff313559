import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFaceWatcher } from '../../src/index.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { readSample } from '../helpers/images.ts'
import { testModels } from '../helpers/models.ts'

/** One person each in the sample photographs: number, left, top, width, height. */
const people = {
  ann: [1, 1400, 100, 400, 440],
  bea: [1, 730, 330, 390, 430],
  stranger: [5, 260, 780, 400, 480],
} as const
const annAgain = [3, 950, 100, 430, 520] as const

async function portrait([number, left, top, width, height]: readonly [
  1 | 3 | 5,
  number,
  number,
  number,
  number,
]): Promise<Sharp> {
  const file = await sharp(await readSample(number))
    .extract({ left, top, width, height })
    .png()
    .toBuffer()
  return sharp(file)
}

const toBytes = async (image: Sharp): Promise<Uint8Array> =>
  new Uint8Array(await image.png().toBuffer())

async function noise(seed: number): Promise<Uint8Array> {
  const random = createRandom(seed)
  const data = Uint8Array.from({ length: 300 * 300 * 3 }, () => 256 * random())
  return toBytes(
    sharp(data, { raw: { width: 300, height: 300, channels: 3 } })
      .blur(6)
      .normalise(),
  )
}

describe('faces that cannot be compared', () => {
  let dataDir: string
  let watcher: FaceWatcher

  beforeAll(async () => {
    const models = await testModels()
    dataDir = await mkdtemp(join(tmpdir(), 'comparable-'))
    await symlink(join(models, 'models'), join(dataDir, 'models'))
    watcher = await createFaceWatcher({ dataDir, installModels: false })
    const bytes = await toBytes(await portrait(people.ann))
    await watcher.enroll('default', { name: 'Ann' }, [{ fileName: 'ann.png', bytes }])
  })
  afterAll(async () => {
    await watcher.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  const verify = (first: Uint8Array, second: Uint8Array) =>
    watcher.verify(first, { image: second }, { faces: 'largest' })

  test('clean portraits can: the same person matches, another does not', async () => {
    const ann = await toBytes(await portrait(annAgain))
    const same = await verify(ann, await toBytes(await portrait(people.ann)))
    expect(same).toMatchObject({ decision: 'match', reasons: { probe: [], reference: [] } })
    const other = await verify(
      await toBytes(await portrait(people.ann)),
      await toBytes(await portrait(people.bea)),
    )
    expect(other.decision).toBe('noMatch')
  })

  test('two blurred strangers do not match, and enrolment rejects them', async () => {
    const blurred = async (who: keyof typeof people) =>
      toBytes((await portrait(people[who])).blur(24))
    const result = await verify(await blurred('bea'), await blurred('stranger'))
    expect(result.match).toBe(false)
    expect(result.decision).toBe('undetermined')
    const image = { fileName: 'bea.png', bytes: await blurred('bea') }
    const enrolled = await watcher.enroll('default', { name: 'Bea' }, [image], {
      skipQualityGates: true,
    })
    expect(enrolled.faces).toEqual([])
    expect(enrolled.rejected).toHaveLength(1)
  })

  test('patterns are no faces: two pictures of noise never match', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const outcome = await verify(await noise(seed), await noise(seed + 100)).then(
        ({ decision }) => decision,
        (error: { code: string }) => error.code,
      )
      expect(['noFace', 'undetermined']).toContain(outcome)
    }
  })

  test.each([90, 180, 270])(
    'a portrait turned by %i degrees is read and recognised',
    async (by) => {
      const image = await toBytes((await portrait(annAgain)).rotate(by))
      const result = await watcher.identify('default', image)
      expect(result.turned).toBe(360 - by)
      expect(result.faces[0]).toMatchObject({ decision: 'match', reasons: [] })
    },
  )

  test('people enrolled upside down are enrolled upright', async () => {
    const bytes = await toBytes((await portrait(people.bea)).rotate(180))
    const { faces } = await watcher.enroll('default', { name: 'Bea' }, [
      { fileName: 'bea.png', bytes },
    ])
    expect(faces).toHaveLength(1)
    const stranger = await toBytes((await portrait(people.stranger)).rotate(180))
    expect((await watcher.identify('default', stranger)).faces[0]?.decision).toBe('unknown')
    const upright = await watcher.identify('default', await toBytes(await portrait(people.bea)))
    expect(upright.faces[0]?.candidates[0]).toMatchObject({ personName: 'Bea' })
    expect(upright.faces[0]?.decision).toBe('match')
  })
})
