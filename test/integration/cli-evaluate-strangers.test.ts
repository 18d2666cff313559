import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDataDir, runCli, type TestDataDir, writeFacePhoto } from '../helpers/cli.ts'

let data: TestDataDir
let people: string

beforeAll(async () => {
  data = await createTestDataDir()
  people = join(data.path, 'people')
  await writeFacePhoto('ann', join(people, 'Ann', '1.jpg'))
  await writeFacePhoto('annAgain', join(people, 'Ann', '2.jpg'))
  await writeFacePhoto('bea', join(people, 'Bea', '1.jpg'))
  // Under a name that is not hers.
  await writeFacePhoto('bea', join(people, 'Carla', '1.jpg'))
})
afterAll(() => data.remove())

const strangers = (...args: string[]) =>
  runCli(['--data-dir', data.path, 'evaluate', 'strangers', '--data', people, ...args])

describe('evaluate strangers', () => {
  it('prints the rates, writes the result and draws who was put together', async () => {
    const out = join(data.path, 'strangers.json')
    const sheet = join(data.path, 'sheet.jpg')
    const { code, stdout } = await strangers('--draws', '2', '--out', out, '--sheet', sheet)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^photographs +4 of 3 persons$/m)
    expect(stdout).toMatch(/^pairwise precision +0\.5000, worst draw 0\.5000$/m)
    expect(stdout).toMatch(/^1 wrong pairs +(Bea \(1\), Carla \(1\)|Carla \(1\), Bea \(1\))$/m)
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
      ...{ protocol: 'strangers', modelId: 'mobilefacenet', draws: 2, strangers: 2 },
      ...{ recall: { mean: 1, worst: 1 }, worst: { split: [] } },
    })
    const { format, width, height } = await sharp(sheet).metadata()
    expect({ format, width, height }).toEqual({ format: 'jpeg', width: 1658, height: 148 })
    // Two photographs, then nothing.
    expect(await isBlank(sheet, 1)).toBe(false)
    expect(await isBlank(sheet, 2)).toBe(true)
  })

  it('writes no sheet under the name of something else', async () => {
    const { code, stderr } = await strangers('--sheet', join(data.path, 'sheet.pdf'))
    expect(code).toBe(2)
    expect(stderr).toContain("the file's name must end in .jpg")
    const same = join(data.path, 'same.jpg')
    const both = await strangers('--sheet', same, '--out', same)
    expect(both.code).toBe(2)
    expect(both.stderr).toContain('--out and --sheet are the same')
  })
})

/** Whether a place of the first row has no photograph. */
async function isBlank(sheet: string, column: number): Promise<boolean> {
  const inside = { left: 6 + 118 * column + 20, top: 50, width: 72, height: 72 }
  const pixels = await sharp(sheet).extract(inside).raw().toBuffer()
  return pixels.every((value) => value > 250)
}
