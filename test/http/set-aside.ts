import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

/** What the routes of faces that are set aside do. */
export function describeSetAsideRoutes(): void {
  describe('routes of what is set aside', () => {
    const collection = '/v1/collections/default'

    let client: Client
    beforeEach(async () => {
      client = await createClient()
      await client.send('PATCH', collection, { json: { storeCrops: true } })
    })
    afterEach(() => client.close())

    async function enroll(name: string, ...faces: readonly string[]) {
      const images = faces.map((face): [string, string, string] => ['image', `face:${face}`, face])
      const form: [string, string, string?][] = [['name', name], ...images]
      const { json } = await client.send('POST', `${collection}/persons`, { form })
      const ids: string[] = json.faces.map(({ face }: { face: { id: string } }) => face.id)
      return { id: json.id as string, faces: ids, url: `${collection}/persons/${json.id}` }
    }
    const identify = async (name: string) => {
      const form: [string, string, string][] = [['image', `face:${name}`, 'a.jpg']]
      const { json } = await client.send('POST', `${collection}/identify`, { form })
      return json.faces[0].decision as string
    }

    it('sets faces aside by id, lists them and puts them back', async () => {
      const ann = await enroll('Ann', 'ann', 'ben')
      const [, face] = ann.faces
      const json = { faceIds: [face, 'unknown'] }
      const url = `${ann.url}/set-aside`
      const foretold = await client.send('POST', `${url}?dryRun=true`, { json })
      expect(foretold.status).toBe(200)
      expect(foretold.json).toMatchObject({
        person: { faceCount: 2 },
        faces: [{ outcome: 'setAside' }, { outcome: 'notFound' }],
      })
      expect(await identify('ben')).toBe('match')
      const done = await client.send('POST', url, { json })
      expect(done.json).toMatchObject({ person: { id: ann.id, faceCount: 1 } })
      expect(await identify('ben')).toBe('unknown')
      expect((await client.send('GET', `${ann.url}/faces/${face}`)).status).toBe(404)
      const listed = await client.send('GET', url)
      expect(listed.json.items).toMatchObject([{ id: face, setAsideAt: expect.any(String) }])
      const crop = await client.send('GET', `${url}/${face}/crop`)
      expect([crop.status, crop.headers['content-type']]).toEqual([200, 'image/jpeg'])
      const again = await client.send('POST', `${ann.url}/faces`, {
        form: [['image', 'face:ben', 'ben.jpg']],
      })
      expect(again.status).toBe(200)
      expect(again.json.faces).toMatchObject([
        { alreadyEnrolled: true, face: { id: face, setAsideAt: expect.any(String) } },
      ])
      const back = await client.send('POST', `${url}/restore`, { json: { faceIds: [face] } })
      expect(back.json).toMatchObject({
        ...{ person: { faceCount: 2 }, faces: [{ outcome: 'restored' }], missingEmbedding: [] },
      })
      expect(await identify('ben')).toBe('match')
      const history = await client.send('GET', `${collection}/history`)
      const kinds = history.json.items.map(({ kind }: { kind: string }) => kind)
      expect(kinds.slice(0, 2)).toEqual(['facesRestored', 'facesSetAside'])
      const undone = await client.send('POST', `${collection}/history/${done.json.entryId}/undo`)
      expect(undone.json.code).toBe('undoRefused')
      await client.send('POST', `${collection}/history/${back.json.entryId}/undo`)
      expect(await identify('ben')).toBe('unknown')
    })

    it('sets aside what a person can do without, but not the cover', async () => {
      const ann = await enroll('Ann', 'ann', 'anna', 'anne', 'annie')
      const [cover] = ann.faces
      await client.send('PATCH', ann.url, { json: { coverFaceId: cover } })
      const url = `${ann.url}/set-aside`
      const { json: quality } = await client.send('GET', `${ann.url}/quality?cap=2`)
      const done = await client.send('POST', url, { json: { cap: 2 } })
      const aside = done.json.faces.map(({ faceId }: { faceId: string }) => faceId)
      expect(aside).toEqual(quality.redundant)
      expect(aside).toHaveLength(2)
      expect(aside).not.toContain(cover)
      expect((await client.send('POST', url, { json: { cap: 2 } })).json.faces).toEqual([])
      const erased = await client.send('DELETE', `${ann.url}/faces/${aside[0]}`)
      expect(erased.status).toBe(404)
      await client.send('DELETE', `${ann.url}/faces/${aside[0]}?erase=now`)
      expect((await client.send('GET', url)).json.items).toHaveLength(1)
    })

    it('refuses what names no faces, or too much', async () => {
      const ann = await enroll('Ann', 'ann')
      const url = `${ann.url}/set-aside`
      const refused: [object, string][] = [
        [{}, 'invalidRequest'],
        [{ cap: 2, faceIds: ['x'] }, 'invalidRequest'],
        [{ faceIds: [] }, 'invalidRequest'],
      ]
      for (const [json, code] of refused) {
        expect((await client.send('POST', url, { json })).json.code).toBe(code)
      }
      expect((await client.send('POST', url, { json: { cap: 0 } })).status).toBe(400)
      const nobody = `${collection}/persons/unknown/set-aside`
      expect((await client.send('GET', nobody)).json.code).toBe('personNotFound')
      const none = await client.send('GET', `${url}/${ann.faces[0]}/crop`)
      expect(none.json.code).toBe('faceNotFound')
    })
  })
}
