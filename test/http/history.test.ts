import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

const collection = '/v1/collections/default'
const persons = `${collection}/persons`

let client: Client
beforeEach(async () => {
  client = await createClient()
})
afterEach(() => client.close())

const enrol = async (name: string, ...images: readonly string[]) => {
  const files = images.map((image) => ['image', `face:${image}`, `${image}.jpg`])
  const form = [['name', name], ...files] as [string, string][]
  const { json } = await client.send('POST', persons, { form })
  const faces = json.faces.map(({ face }: { face: { id: string } }) => face.id) as string[]
  return { id: json.id as string, faces, entryId: json.entryId as string }
}
const identify = async (name: string) => {
  const form = [['image', `face:${name}`, `${name}.jpg`]] as [string, string, string][]
  const { json } = await client.send('POST', `${collection}/identify`, { form })
  return json.faces[0].candidates[0]?.personId as string | undefined
}
const newest = async () => (await client.send('GET', `${collection}/history?limit=1`)).json.items[0]
const undo = (id: string) => client.send('POST', `${collection}/history/${id}/undo`)

describe('the history', () => {
  it('puts a deleted person back, who is found again', async () => {
    const ann = await enrol('Ann', 'ann')
    const deleted = await client.send('DELETE', `${persons}/${ann.id}`)
    expect(deleted.status).toBe(204)
    expect(await identify('ann')).toBeUndefined()
    const entry = await newest()
    expect(entry).toMatchObject({
      kind: 'personDeleted',
      personIds: [ann.id],
      faceCount: 1,
      actor: { kind: 'anonymous' },
    })
    const undone = await undo(entry.id)
    expect(undone.status).toBe(200)
    expect(undone.json).toMatchObject({ kind: 'undone', undoes: entry.id })
    expect(await identify('ann')).toBe(ann.id)
    const shown = await client.send('GET', `${collection}/history/${entry.id}`)
    expect(shown.json.undoneBy).toBe(undone.json.id)
    const again = await undo(entry.id)
    expect(again.status).toBe(409)
    expect(again.json).toMatchObject({ code: 'undoRefused', entryId: undone.json.id })
  })

  it('names its entry in a header where the answer has no place for it', async () => {
    const ann = await enrol('Ann', 'ann', 'ann2')
    const url = `${persons}/${ann.id}`
    const deleteOne = async (path: string) =>
      (await client.send('DELETE', path)).headers['x-history-entry']
    const less = await deleteOne(`${url}/faces/${ann.faces[0]}`)
    expect(await newest()).toMatchObject({ id: less, kind: 'faceDeleted' })
    const gone = await deleteOne(url)
    expect(await newest()).toMatchObject({ id: gone, kind: 'personDeleted' })
    for (const entry of [gone, less]) expect((await undo(String(entry))).status).toBe(200)
    expect((await client.send('GET', url)).json).toMatchObject({ name: 'Ann', faceCount: 2 })
    await deleteOne(url)
    expect(await deleteOne(`${url}?erase=now`)).toBeUndefined()
    expect(await deleteOne(url)).toBeUndefined()
  })

  it('names the entry of a change, and none where nothing changed', async () => {
    const ann = await enrol('Ann', 'ann')
    const url = `${persons}/${ann.id}`
    const change = (json: object) => client.send('PATCH', url, { json })
    const changed = await change({ favourite: true })
    expect(changed.json).not.toHaveProperty('entryId')
    const entry = changed.headers['x-history-entry']
    expect(await newest()).toMatchObject({ id: entry, kind: 'personUpdated' })
    const same = await change({ favourite: true, name: ' Ann ' })
    expect(same.status).toBe(200)
    expect(same.headers).not.toHaveProperty('x-history-entry')
    expect((await newest()).id).toBe(entry)
    expect((await undo(String(entry))).status).toBe(200)
    expect((await client.send('GET', url)).json.favourite).toBe(false)
  })

  it('names the entries of changes of many, and of an enrolment', async () => {
    const ann = await enrol('Ann', 'ann')
    expect((await newest()).id).toBe(ann.entryId)
    const form = [['image', 'face:ann', 'ann.jpg']] as [string, string, string][]
    const again = await client.send('POST', `${persons}/${ann.id}/faces`, { form })
    expect(again.json).not.toHaveProperty('entryId')
    const bulk = async (operation: object) =>
      (await client.send('POST', `${persons}/bulk`, { json: { ids: [ann.id], operation } })).json
        .items[0].entryId
    const tagged = await bulk({ kind: 'update', addTags: ['left'] })
    expect((await newest()).id).toBe(tagged)
    expect(await bulk({ kind: 'update', addTags: ['left'] })).toBeUndefined()
    expect(await bulk({ kind: 'delete' })).toBe((await newest()).id)
  })

  it('lists the changes about one person', async () => {
    const ann = await enrol('Ann', 'ann')
    const ben = await enrol('Ben', 'ben')
    await client.send('PATCH', `${persons}/${ann.id}`, { json: { name: 'Anna' } })
    const { json } = await client.send('GET', `${collection}/history?person=${ann.id}`)
    expect(json.items.map(({ kind }: { kind: string }) => kind)).toEqual([
      'personUpdated',
      'facesAdded',
    ])
    const { json: bens } = await client.send('GET', `${collection}/history?person=${ben.id}`)
    expect(bens.items).toHaveLength(1)
    expect((await client.send('GET', `${collection}/history/unknown`)).status).toBe(404)
    expect((await undo('unknown')).json.code).toBe('historyEntryNotFound')
  })

  it('erases at once where that is asked for, also what was deleted before', async () => {
    const ann = await enrol('Ann', 'ann')
    const ben = await enrol('Ben', 'ben', 'ben2')
    await client.send('DELETE', `${persons}/${ann.id}?erase=now`)
    expect((await undo((await newest()).id)).json.detail).toContain('erased')
    const face = `${persons}/${ben.id}/faces/${ben.faces[0]}`
    expect((await client.send('DELETE', face)).status).toBe(204)
    const entry = await newest()
    expect((await client.send('DELETE', face)).status).toBe(404)
    expect((await client.send('DELETE', `${face}?erase=now`)).status).toBe(204)
    expect((await client.send('DELETE', `${face}?erase=now`)).status).toBe(404)
    expect((await undo(entry.id)).json.detail).toContain('erased')
    expect((await client.send('DELETE', `${face}?erase=later`)).status).toBe(400)
  })
})

describe('moves and merges', () => {
  it('moves faces, and splits a person', async () => {
    const ann = await enrol('Ann', 'ann', 'ben')
    const body = { faceIds: [ann.faces[1], 'unknown'], newPerson: { name: 'Ben' } }
    const split = await client.send('POST', `${persons}/${ann.id}/split`, { json: body })
    expect(split.status).toBe(200)
    expect(split.json).toMatchObject({
      newPerson: true,
      person: { name: 'Ben', faceCount: 1 },
      faces: [{ outcome: 'moved' }, { outcome: 'notFound' }],
    })
    expect(await identify('ben')).toBe(split.json.person.id)
    const back = { faceIds: [ann.faces[1]], personId: ann.id, removeEmptied: true }
    const moved = await client.send('POST', `${collection}/faces/move`, { json: back })
    expect(moved.json).toMatchObject({ newPerson: false, emptied: [split.json.person.id] })
    expect(await identify('ben')).toBe(ann.id)
    const both = { ...back, newPerson: { name: 'X' } }
    expect((await client.send('POST', `${collection}/faces/move`, { json: both })).status).toBe(400)
    const nobody = { faceIds: ['unknown'], personId: ann.id }
    const none = await client.send('POST', `${collection}/faces/move`, { json: nobody })
    expect(none.json.code).toBe('faceNotFound')
  })

  it('merges persons after a dry run, and takes it back', async () => {
    const ann = await enrol('Ann', 'ann')
    const anna = await enrol('Anna', 'anna')
    const url = `${persons}/${ann.id}/merge`
    const json = { from: [anna.id] }
    const foretold = await client.send('POST', `${url}?dryRun=true`, { json })
    expect(foretold.json).toMatchObject({ person: { faceCount: 2, aliases: ['Anna'] }, lost: [] })
    expect(foretold.json.entryId).toBeUndefined()
    expect(await identify('anna')).toBe(anna.id)
    const merged = await client.send('POST', url, { json })
    expect(merged.status).toBe(200)
    expect(await identify('anna')).toBe(ann.id)
    expect((await client.send('GET', `${persons}/${anna.id}`)).status).toBe(404)
    await undo(merged.json.entryId)
    expect(await identify('anna')).toBe(anna.id)
    const self = await client.send('POST', url, { json: { from: [ann.id] } })
    expect(self.json.code).toBe('invalidOption')
    const unknown = await client.send('POST', url, { json: { from: ['unknown'] } })
    expect(unknown.json).toMatchObject({ code: 'personNotFound', personIds: ['unknown'] })
  })
})
