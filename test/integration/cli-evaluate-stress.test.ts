import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDataDir, runCli, type TestDataDir, writeFacePhoto } from '../helpers/cli.ts'

let data: TestDataDir
let people: string
let clean: string

beforeAll(async () => {
  data = await createTestDataDir()
  people = join(data.path, 'people')
  clean = join(data.path, 'clean')
  await writeFacePhoto('ann', join(people, 'Ann', '1.jpg'))
  await writeFacePhoto('annAgain', join(people, 'Ann', '2.jpg'))
  await writeFacePhoto('bea', join(people, 'Bea', '1.jpg'))
  await writeFacePhoto('carla', join(people, 'Carla', '1.jpg'))
  await writeFacePhoto('dora', join(people, 'Dora', '1.jpg'))
  await writeFacePhoto('stranger', join(clean, 'stranger.jpg'))
})
afterAll(() => data.remove())

const stress = (...args: string[]) =>
  runCli(['--data-dir', data.path, 'evaluate', 'stress', '--data', people, ...args])

describe('evaluate stress', () => {
  it('measures real faces, prints a table and writes the result', async () => {
    const out = join(data.path, 'stress.json')
    const { code, stdout, stderr } = await stress(
      ...['--kinds', 'noise 75,flip', '--people', '3', '--clean', clean, '--out', out],
    )
    expect(stderr).toContain('Embedding 15 images.')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^flip 1 +100\.0 %/m)
    expect(stdout).toMatch(/^clean +1 images +0\.0 %/m)
    const result = JSON.parse(readFileSync(out, 'utf8'))
    expect(result).toMatchObject({ protocol: 'stress', modelId: 'mobilefacenet', people: 3 })
    const [undamaged] = result.damages
    // Ann is the only person with a second photograph.
    expect(undamaged.recognised.ofAll).toMatchObject({ count: 1, of: 1 })
    expect(undamaged.againstSame.decided).toMatchObject({ count: 0, of: 3 })
    expect(existsSync(join(data.path, 'cache', 'stress'))).toBe(true)
  })

  it('names the kinds when one is unknown', async () => {
    const { code, stderr } = await stress('--kinds', 'rain')
    expect(code).toBe(3)
    expect(stderr).toContain('There is no kind of damage "rain". Kinds: clean, blur')
  })
})
