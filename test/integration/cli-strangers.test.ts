import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestDataDir,
  runInProcess,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

let data: TestDataDir

beforeAll(async () => {
  data = await createTestDataDir()
  await writeFacePhoto('ann', join(data.path, 'ann.jpg'))
  await writeFacePhoto('bea', join(data.path, 'bea.jpg'))
})
afterAll(() => data.remove())

const run = (...args: string[]) => runInProcess(['--data-dir', data.path, ...args])

async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

describe('strangers on the command line', () => {
  it('are told of by the sighting that a face became, and assigned to who has the name', async () => {
    await json('collections', 'create', 'door', '--keep-unknown', 'hours=1')
    const door = ['--collection', 'door']
    const seen = async (name: string) => {
      const { faces } = await json('identify', join(data.path, `${name}.jpg`), ...door)
      return faces[0].sightingId as string
    }
    const [ann, bea] = [await seen('ann'), await seen('bea')]
    const { items } = await json('strangers', 'list', ...door)
    const strangerOf = (sightingId: string): string =>
      items.find(({ coverId }: { coverId: string }) => coverId === sightingId).id
    const assign = ['strangers', 'assign', ...door]
    const person = await json('persons', 'create', 'Ann', ...door)
    const reused = await json(...assign, strangerOf(ann), '--name', 'Ann', '--if-exists', 'reuse')
    expect(reused).toMatchObject({ newPerson: false, person: { id: person.id, faceCount: 1 } })
    const given = [...assign, strangerOf(bea), '--if-exists', 'refuse']
    const refused = await run(...given, '--name', 'Ann')
    expect(refused.stderr).toContain('A person of this name exists')
    const wrong = await run(...given, '--person', 'Ann')
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('go with --name')
  })
})
