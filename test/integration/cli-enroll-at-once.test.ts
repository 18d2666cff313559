import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDataDir, runCli, type TestDataDir, writeFacePhoto } from '../helpers/cli.ts'

let data: TestDataDir
let photos: string
const cli = (...args: string[]) => runCli(['--data-dir', data.path, ...args])

beforeAll(async () => {
  data = await createTestDataDir()
  photos = join(data.path, 'photos')
  for (const name of ['ann', 'bea', 'carla', 'dora'] as const) {
    // Files of one photograph that differ in their bytes.
    for (const quality of [90, 95]) {
      await writeFacePhoto(name, join(photos, name, `${quality}.jpg`), quality)
    }
  }
})
afterAll(() => data.remove())

it('makes each person once when commands enrol one folder at once on a new gallery', async () => {
  const runs = await Promise.all(
    [1, 2, 3].map(() => cli('enroll', photos, '--duplicates', 'reject', '--json')),
  )
  const summaries = runs.map(({ stdout, code }) => ({ code, ...JSON.parse(stdout) }))
  const sum = (of: string) => summaries.reduce((total, summary) => total + summary[of], 0)
  expect(summaries.map(({ code, rejected }) => ({ code, rejected }))).toEqual(
    runs.map(() => ({ code: 0, rejected: [] })),
  )
  expect(sum('newPersons')).toBe(4)
  expect(sum('enrolled')).toBe(8)
  expect(sum('alreadyEnrolled')).toBe(16)
  const persons = JSON.parse((await cli('persons', 'list', '--json')).stdout).items
  const found = persons.map(({ name, faceCount }: { name: string; faceCount: number }) => [
    name,
    faceCount,
  ])
  expect(found.sort()).toEqual(['ann', 'bea', 'carla', 'dora'].map((name) => [name, 2]))
  const collections = JSON.parse((await cli('collections', 'list', '--json')).stdout).items
  expect(collections).toHaveLength(1)
})
