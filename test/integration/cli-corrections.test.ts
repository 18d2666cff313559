import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestDataDir,
  runInProcess,
  type SampleFace,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

// Commands that correct a gallery: one thing that each does, and one that it refuses.

let data: TestDataDir
const photos = new Map<SampleFace, string>()

beforeAll(async () => {
  data = await createTestDataDir()
  for (const name of ['ann', 'annAgain', 'bea', 'carla'] as const) {
    photos.set(name, await writeFacePhoto(name, join(data.path, `${name}.jpg`)))
  }
})
afterAll(() => data.remove())

const cli = (...args: string[]) => runInProcess(['--data-dir', data.path, ...args])
const photo = (name: SampleFace) => photos.get(name) as string

// biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
async function json(...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await cli(...args, '--json')
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** A command that is refused. */
async function refusal(...args: string[]): Promise<string> {
  const { code, stderr } = await cli(...args)
  expect(code).not.toBe(0)
  return stderr
}

/** A collection of its own, with people of these photographs; answers the options that name it. */
async function gallery(
  name: string,
  people: Readonly<Record<string, readonly SampleFace[]>>,
): Promise<readonly string[]> {
  await json('collections', 'create', name)
  const collection = ['--collection', name]
  for (const [person, faces] of Object.entries(people)) {
    const enrolled = await cli('enroll', ...faces.map(photo), '--name', person, ...collection)
    expect(enrolled.code, enrolled.stderr).toBe(0)
  }
  return collection
}
const faceIds = async (person: string, collection: readonly string[]): Promise<string[]> =>
  (await json('faces', 'list', '--person', person, ...collection)).items.map(
    ({ id }: { id: string }) => id,
  )

describe('corrections of a gallery', () => {
  it('merge persons, move faces, and are listed and undone', async () => {
    const collection = await gallery('merges', { Ann: ['ann'], Anna: ['annAgain'], Bea: ['bea'] })
    const merge = ['persons', 'merge', 'Anna', '--into', 'Ann', ...collection]
    expect((await json(...merge, '--dry-run')).movedFaces).toBe(1)
    const merged = await cli(...merge, '--yes')
    expect([merged.code, merged.stdout]).toEqual([0, expect.stringContaining('takes it back')])
    expect(await faceIds('Ann', collection)).toHaveLength(2)
    const history = await json('history', 'list', ...collection)
    expect(history.items[0]).toMatchObject({ kind: 'personsMerged', faceCount: 1 })
    const { id: entry } = history.items[0]
    const undone = await cli('history', 'undo', entry, ...collection)
    expect([undone.code, undone.stdout]).toEqual([0, expect.stringContaining('Undone')])
    expect(await faceIds('Anna', collection)).toHaveLength(1)
    expect(await refusal('history', 'undo', entry, ...collection)).toContain('undoRefused')
    const self = ['persons', 'merge', 'Ann', '--into', 'Ann', ...collection, '--yes']
    expect(await refusal(...self)).toContain('invalidOption')

    const [face] = await faceIds('Bea', collection)
    const moved = await json('faces', 'move', face!, '--to', 'Ann', ...collection)
    expect(moved).toMatchObject({ person: { name: 'Ann' }, faces: [{ outcome: 'moved' }] })
    expect(await refusal('faces', 'move', face!, ...collection)).toContain('--new-person')
    expect(await refusal('faces', 'move', 'nothing', '--to', 'Ann', ...collection)).toContain(
      'faceNotFound',
    )
  })

  it('set faces aside and put them back', async () => {
    const collection = await gallery('aside', { Ann: ['ann', 'annAgain'] })
    const [, face] = await faceIds('Ann', collection)
    const add = ['set-aside', 'add', 'Ann', ...collection]
    const dry = await cli(...add, '--cap', '1', '--dry-run')
    expect(dry.stdout).toContain('It would set 1 face aside')
    const done = await cli(...add, face!, '--yes')
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('takes it back')])
    expect((await json('set-aside', 'list', 'Ann', ...collection)).items).toMatchObject([
      { id: face, setAsideAt: expect.any(String) },
    ])
    const back = await json('set-aside', 'restore', 'Ann', face!, ...collection)
    expect(back).toMatchObject({ person: { faceCount: 2 }, faces: [{ outcome: 'restored' }] })
    expect(await refusal(...add)).toContain('--cap')
    expect(await refusal(...add, face!, '--cap', '2')).toContain('--cap')
    expect(await refusal('set-aside', 'list', 'Nobody', ...collection)).toContain('personNotFound')
  })

  it('erase at once whom a table deletes', async () => {
    const collection = await gallery('erased', { Ann: ['ann'] })
    const table = join(data.path, 'erase.csv')
    await writeFile(table, 'action,name\ndelete,Ann\n')
    const apply = ['persons', 'apply', table, ...collection, '--erase']
    expect((await cli(...apply)).code).not.toBe(0)
    expect(await faceIds('Ann', collection)).toHaveLength(1)
    expect((await json(...apply, '--yes')).deleted).toBe(1)
    const [entry] = (await json('history', 'list', ...collection)).items
    expect(await refusal('history', 'undo', entry.id, ...collection)).toContain('erased')
  })

  it('reject and confirm', async () => {
    const collection = await gallery('said', { Ann: ['ann'] })
    for (const [noun, other] of [
      ['rejections', 'bea'],
      ['confirmations', 'annAgain'],
    ] as const) {
      const said = await json(noun, 'add', 'Ann', photo(other), ...collection)
      const { id } = said.statement
      expect((await json(noun, 'list', 'Ann', ...collection)).items).toMatchObject([{ id }])
      expect((await cli(noun, 'revoke', 'Ann', id, ...collection)).code).toBe(0)
      expect(await refusal(noun, 'revoke', 'Ann', id, ...collection)).toContain('statementNotFound')
      expect(await refusal(noun, 'add', 'Nobody', photo('bea'), ...collection)).toContain(
        'personNotFound',
      )
    }
    const [own] = await faceIds('Ann', collection)
    const refused = await refusal('rejections', 'add', 'Ann', '--face', own!, ...collection)
    expect(refused).toContain('faceOfPerson')
  })

  it('are found by an examination', async () => {
    const collection = await gallery('examined', { Ann: ['ann'], Anna: ['annAgain'] })
    const person = await json('examine', 'person', 'Ann', ...collection)
    expect(person).toMatchObject({ weaknesses: ['onePhotograph'], redundant: [] })
    expect(await refusal('examine', 'person', 'Nobody', ...collection)).toContain('personNotFound')
    const report = await json('examine', 'gallery', ...collection)
    expect(report).toMatchObject({ persons: 2, faces: 2, items: expect.any(Array) })
    const merges = await json('examine', 'merges', ...collection)
    expect(merges.items).toHaveLength(1)
    const nowhere = ['--collection', 'nowhere']
    expect(await refusal('examine', 'gallery', ...nowhere)).toContain('collectionNotFound')
    expect(await refusal('examine', 'merges', ...nowhere)).toContain('collectionNotFound')
  })
})

describe('strangers', () => {
  it('are listed, shown, assigned, ignored, discarded, searched and erased', async () => {
    const collection = await gallery('porch', {})
    await json('collections', 'update', 'porch', '--keep-unknown', 'hours=24')
    const seen = async (...names: readonly SampleFace[]) => {
      for (const name of names) await json('identify', photo(name), ...collection)
    }
    const list = async (...args: readonly string[]) =>
      (await json('strangers', 'list', ...collection, ...args)).items
    await seen('ann', 'annAgain', 'bea', 'carla')
    const [ann] = await list('--sort', 'count')
    expect(ann).toMatchObject({ count: 2, status: 'shown' })
    const shown = await json('strangers', 'show', ann.id, ...collection)
    expect(shown.sightings).toHaveLength(2)
    expect(await refusal('strangers', 'show', 'nothing', ...collection)).toContain(
      'strangerNotFound',
    )
    const found = await json('strangers', 'search', photo('bea'), ...collection)
    expect(found.items).toHaveLength(1)
    const bea = found.items[0].strangerId as string
    expect(await refusal('strangers', 'search', join(data.path, 'none.jpg'))).not.toBe('')

    const named = await json('strangers', 'assign', ann.id, '--name', 'Ann', ...collection)
    expect(named.person).toMatchObject({ name: 'Ann', faceCount: 2 })
    expect(await refusal('strangers', 'assign', bea, ...collection)).toContain('--person')
    expect((await cli('strangers', 'ignore', bea, ...collection)).code).toBe(0)
    expect(await list('--status', 'ignored')).toMatchObject([{ id: bea }])
    const nothing = await cli('strangers', 'ignore', 'nothing', ...collection)
    expect(nothing.stdout).toContain('not found')
    const [carla] = await list('--status', 'shown')
    const discard = ['strangers', 'discard', carla.id, ...collection]
    expect((await cli(...discard)).code).not.toBe(0)
    expect((await cli(...discard, '--yes')).code).toBe(0)
    expect(await list('--status', 'shown')).toEqual([])

    const erase = ['strangers', 'erase', photo('bea'), ...collection]
    expect((await cli(...erase)).code).not.toBe(0)
    expect((await cli(...erase, '--yes')).code).toBe(0)
    expect(await list('--status', 'ignored')).toEqual([])
  })
})
