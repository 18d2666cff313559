import { beforeEach, describe, expect, it } from 'vitest'
import type { Client } from './client.ts'
import { modelId, toEmbedding } from './services.ts'

const collection = '/v1/collections/default'
const strangers = `${collection}/strangers`
const sightings = `${collection}/sightings`
const image = (words: string) => ({ form: [['image', words, 'a.jpg']] as const })

/** What the routes of strangers do; `under` answers the client of the test that runs. */
export function describeStrangerRoutes(under: () => Client): void {
  describe('strangers', () => {
    let client: Client

    beforeEach(async () => {
      client = under()
      const { status, json } = await client.send('PATCH', collection, {
        json: { keepUnknown: { crops: true } },
      })
      expect(status).toBe(200)
      expect(json.keepUnknown).toEqual({
        ...{ hours: 72, ignoredHours: 720, maxSightings: 50_000, crops: true },
      })
    })

    async function see(words: string, query = ''): Promise<void> {
      const answer = await client.send('POST', `${collection}/identify${query}`, image(words))
      expect(answer.status).toBe(200)
      await client.services.faceWatcher.strangers.settle('default')
    }

    async function list(query = '?sort=count'): Promise<readonly { readonly id: string }[]> {
      return (await client.send('GET', `${strangers}${query}`)).json.items
    }

    it('keeps whom nobody has enrolled, and lists strangers and their sightings', async () => {
      await see('face:ann face:bob', '?source=Front+door')
      await see('face:ann')
      const [ann, bob] = (await list()) as unknown as [Record<string, string>, { id: string }]
      expect(ann).toMatchObject({ count: 2, status: 'shown', modelId })
      expect((await client.send('GET', `${strangers}/${ann.id}`)).json).toEqual(ann)
      const { json } = await client.send('GET', `${strangers}/${ann.id}/sightings?limit=1`)
      expect(json).toMatchObject({ items: [{ strangerId: ann.id, hasCrop: true }] })
      const { json: rest } = await client.send(
        'GET',
        `${strangers}/${ann.id}/sightings?cursor=${json.nextCursor}`,
      )
      expect(rest.items).toMatchObject([{ source: 'Front door' }])
      expect((await client.send('GET', sightings)).json.items).toHaveLength(3)
      const crop = await client.send('GET', `${sightings}/${ann.coverId}/crop`)
      expect([crop.status, crop.body]).toEqual([200, 'face:ann'])
      expect(crop.headers['content-type']).toBe('image/jpeg')
      expect(await list('?limit=1&sort=latest')).toHaveLength(1)
      const suggested = await client.send('GET', `${strangers}/${bob.id}/suggestions`)
      expect(suggested.json).toEqual({ items: [] })
      const { body: metrics } = await client.send('GET', '/metrics')
      expect(metrics).toMatch(/^face_watcher_sightings_recorded_total 3$/m)
    })

    it('keeps nobody of an image that says so', async () => {
      await see('face:ann', '?keepUnknown=false')
      expect(await list()).toEqual([])
      await see('face:ann', '?keepUnknown=true')
      expect(await list()).toMatchObject([{ count: 1 }])
    })

    it('answers which sighting a face became, and the sighting with its stranger', async () => {
      const answer = await client.send('POST', `${collection}/identify`, image('face:ann'))
      const { sightingId } = answer.json.faces[0]
      const url = `${sightings}/${sightingId}`
      expect((await client.send('GET', url)).json).toMatchObject({ id: sightingId, modelId })
      await client.services.faceWatcher.strangers.settle('default')
      const [ann] = await list()
      expect((await client.send('GET', url)).json).toMatchObject({ strangerId: ann?.id })
      await client.send('POST', `${strangers}/${ann?.id}/discard`)
      const gone = await client.send('GET', url)
      expect(gone).toMatchObject({ status: 404, json: { code: 'sightingNotFound' } })
    })

    it('keeps nothing of a collection that does not want it', async () => {
      const off = await client.send('PATCH', collection, { json: { keepUnknown: null } })
      expect(off.json).not.toHaveProperty('keepUnknown')
      await see('face:ann')
      expect(await list()).toEqual([])
      for (const keepUnknown of [{ hours: 0 }, { maxSightings: 1.5 }, { crop: true }, 'on']) {
        const { json } = await client.send('PATCH', collection, { json: { keepUnknown } })
        expect(json.code).toBe('invalidOption')
      }
      const made = await client.send('POST', '/v1/collections', {
        json: { name: 'door', keepUnknown: { hours: 8 } },
      })
      expect(made.json.keepUnknown).toMatchObject({ hours: 8, crops: false })
    })

    it('assigns a stranger to a new person and to one who is there, and takes it back', async () => {
      await see('face:ann face:bob')
      const [first, second] = (await list()) as [{ id: string }, { id: string }]
      const assign = (id: string, json: object) =>
        client.send('POST', `${strangers}/${id}/assign`, { json })
      const made = await assign(first.id, { name: 'Ann', metadata: { floor: 2 }, maxFaces: 1 })
      expect(made).toMatchObject({ status: 200, json: { newPerson: true } })
      expect(made.json).toMatchObject({
        person: { name: 'Ann', metadata: { floor: 2 }, faceCount: 1 },
        stranger: { id: first.id, status: 'assigned', personId: made.json.person.id },
        faces: [{ personId: made.json.person.id }],
      })
      const personId = made.json.person.id
      const theirs = await client.send('GET', `${sightings}?person=${personId}`)
      expect(theirs.json.items).toMatchObject([{ personId, strangerId: first.id }])
      expect((await assign(first.id, { personId })).json.code).toBe('strangerConflict')
      for (const method of ['POST', 'DELETE']) {
        const { json } = await client.send(method, `${strangers}/${first.id}/ignore`)
        expect(json).toMatchObject({ status: 409, code: 'strangerConflict' })
      }
      const ids = [first.id, 'x']
      const many = await client.send('POST', `${strangers}/changes`, {
        json: { ids, action: 'ignore' },
      })
      expect(many.json.items).toMatchObject([{ outcome: 'assigned' }, { outcome: 'notFound' }])
      for (const more of [{ ifExists: 'reuse' }, { onAmbiguous: 'first' }, { metadata: {} }]) {
        expect((await assign(second.id, { personId, ...more })).json.code).toBe('invalidRequest')
      }
      const refused = await assign(second.id, { name: 'Ann', ifExists: 'refuse' })
      expect(refused).toMatchObject({ status: 409, json: { code: 'personExists' } })
      expect((await assign(second.id, {})).json.code).toBe('invalidRequest')
      expect((await assign(second.id, { personId, name: 'B' })).json.code).toBe('invalidRequest')
      expect((await assign(second.id, { personId, metadata: {} })).json.code).toBe('invalidRequest')
      expect((await assign(second.id, { personId: 'x' })).json.code).toBe('personNotFound')
      expect((await assign('x', { personId })).json.code).toBe('strangerNotFound')
      const foreign = { personId, sightingIds: [theirs.json.items[0].id] }
      expect((await assign(second.id, foreign)).json.code).toBe('sightingNotFound')
      expect((await assign(second.id, { personId })).json).toMatchObject({
        ...{ newPerson: false, person: { faceCount: 2 } },
      })
      const back = await client.send('DELETE', `${strangers}/${second.id}/assign`)
      expect(back.json).toMatchObject({ id: second.id, status: 'shown' })
      const again = await client.send('DELETE', `${strangers}/${second.id}/assign`)
      expect(again.json.code).toBe('strangerConflict')
    })

    it('ignores, shows and discards, one or many', async () => {
      await see('face:ann face:bob')
      const [first, second] = (await list()) as [{ id: string }, { id: string }]
      const ask = async (method: string, path: string) =>
        (await client.send(method, `${strangers}/${path}`)).status
      expect(await ask('POST', `${first.id}/ignore`)).toBe(204)
      expect((await list('?status=ignored')).map(({ id }) => id)).toEqual([first.id])
      expect((await list('?status=shown')).map(({ id }) => id)).toEqual([second.id])
      expect(await ask('DELETE', `${first.id}/ignore`)).toBe(204)
      expect(await list('?status=ignored')).toEqual([])
      expect(await ask('POST', `${first.id}/discard`)).toBe(204)
      for (const [method, path] of [
        ['POST', 'ignore'],
        ['DELETE', 'ignore'],
        ['POST', 'discard'],
      ] as const) {
        const { json } = await client.send(method, `${strangers}/${first.id}/${path}`)
        expect(json.code).toBe('strangerNotFound')
      }
      const changes = await client.send('POST', `${strangers}/changes`, {
        json: { ids: [second.id, first.id], action: 'ignore' },
      })
      expect(changes.json.items).toEqual([
        { id: second.id, outcome: 'done' },
        { id: first.id, outcome: 'notFound' },
      ])
      const { json } = await client.send('POST', `${strangers}/changes`, {
        json: { ids: [], action: 'ignore' },
      })
      expect(json.code).toBe('invalidRequest')
    })

    it('finds a face among sightings and erases what resembles it, when told to', async () => {
      await see('face:ann face:bob')
      await see('face:ann')
      const found = await client.send('POST', `${sightings}/search?limit=1`, image('face:ann'))
      expect(found.json.items).toMatchObject([{ similarity: 1, hasCrop: true }])
      const probe = { embedding: [...toEmbedding('ann')], modelId }
      const rest = await client.send(
        'POST',
        `${sightings}/search?maxFmr=1e-5&cursor=${found.json.nextCursor}`,
        { json: probe },
      )
      expect(rest.json.items).toHaveLength(1)
      const dry = await client.send('POST', `${sightings}/erase?persons=true`, { json: probe })
      expect(dry.json).toMatchObject({ dryRun: true, compared: 3, erased: 2, persons: [] })
      const erased = await client.send('POST', `${sightings}/erase?dryRun=false`, image('face:ann'))
      expect(erased.json).toMatchObject({ dryRun: false, erased: 2 })
      expect((await client.send('GET', sightings)).json.items).toHaveLength(1)
      for (const [query, sent, code] of [
        ['', image('face:'), 'noFace'],
        ['', image('face:ann!rotated'), 'qualityTooLow'],
        ['?maxFmr=0', image('face:ann'), 'invalidOption'],
        ['?maxFmr=0.1&similarity=0.5', image('face:ann'), 'invalidOption'],
        ['', { json: {} }, 'missingImage'],
        ['', { json: { ...probe, image: 'AA==' } }, 'invalidRequest'],
        ['', { json: { embedding: [1] } }, 'invalidRequest'],
      ] as const) {
        for (const what of ['search', 'erase']) {
          const { json } = await client.send('POST', `${sightings}/${what}${query}`, sent)
          expect(json.code).toBe(code)
        }
      }
    })

    it('has no crop where none was kept, and knows nothing that is not there', async () => {
      await client.send('PATCH', collection, { json: { keepUnknown: { crops: false } } })
      await see('face:ann')
      const [ann] = (await list()) as unknown as [{ coverId: string }]
      const { json } = await client.send('GET', `${sightings}/${ann.coverId}/crop`)
      expect(json.code).toBe('notFound')
      for (const [path, code] of [
        ['strangers/x', 'strangerNotFound'],
        ['strangers/x/sightings', 'strangerNotFound'],
        ['strangers/x/suggestions', 'strangerNotFound'],
        ['sightings/x/crop', 'sightingNotFound'],
        ['strangers?cursor=x', 'invalidCursor'],
        ['sightings?cursor=x', 'invalidCursor'],
      ]) {
        expect((await client.send('GET', `${collection}/${path}`)).json.code).toBe(code)
      }
    })
  })
}
