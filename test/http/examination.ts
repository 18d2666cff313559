import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

/** What the routes that examine a gallery do. */
export function describeExaminationRoutes(): void {
  describe('routes that examine a gallery', () => {
    const collection = '/v1/collections/default'

    let client: Client
    beforeEach(async () => {
      client = await createClient()
    })
    afterEach(() => client.close())

    async function enroll(name: string, ...faces: readonly string[]): Promise<string> {
      const images = faces.map((face): [string, string, string] => ['image', `face:${face}`, face])
      const form: [string, string, string?][] = [['name', name], ...images]
      return (await client.send('POST', `${collection}/persons?duplicates=ignore`, { form })).json
        .id
    }

    /** Begins a job and waits for its end. */
    async function run(url: string, body?: object): Promise<{ id: string; result: unknown }> {
      const begun = await client.send('POST', url, body === undefined ? {} : { json: body })
      expect(begun.status).toBe(202)
      const address = begun.headers.location as string
      await expect
        .poll(async () => (await client.send('GET', address)).json.state, { timeout: 10_000 })
        .toBe('done')
      return (await client.send('GET', address)).json
    }

    it('answers the quality of a person', async () => {
      const ann = await enroll('Ann', 'ann')
      const url = `${collection}/persons/${ann}/quality`
      const { json } = await client.send('GET', url)
      expect(json).toMatchObject({ personId: ann, weaknesses: ['onePhotograph'] })
      expect(json.faces).toHaveLength(1)
      expect((await client.send('GET', `${url}?cap=0`)).json.code).toBe('invalidOption')
      const nobody = await client.send('GET', `${collection}/persons/x/quality`)
      expect(nobody.json.code).toBe('personNotFound')
    })

    it('keeps the newest report of a collection, and lists what it found', async () => {
      const none = await client.send('GET', `${collection}/report`)
      expect([none.status, none.json.code]).toEqual([404, 'notFound'])
      const ann = await enroll('Ann', 'ann')
      await enroll('Again', 'ann!weak')
      const job = await run(`${collection}/report`)
      const { json } = await client.send('GET', `${collection}/report`)
      expect(json).toMatchObject({ jobId: job.id, result: job.result })
      expect(json.result).toMatchObject({
        collection: 'default',
        persons: 2,
        faces: 2,
        alikePairs: 1,
      })
      const items = await client.send('GET', `/v1/jobs/${job.id}/items`)
      const types = items.json.items.map((item: { body: { type: string } }) => item.body.type)
      expect(types).toEqual(['alikePair', 'weakPerson', 'weakPerson'])
      expect(items.json.items[0].personId).toBe(ann)
      await client.send('POST', '/v1/collections', { json: { name: 'other' } })
      expect((await client.send('GET', '/v1/collections/other/report')).json.code).toBe('notFound')
    })

    it('suggests persons to merge', async () => {
      const ann = await enroll('Ann', 'ann')
      const again = await enroll('Again', 'ann!weak')
      const job = await run(`${collection}/merge-suggestions`, { maxWrong: 5 })
      const { json } = await client.send('GET', `${collection}/merge-suggestions`)
      expect(json).toMatchObject({ jobId: job.id, result: { persons: 2, found: 1, rejected: 0 } })
      const items = await client.send('GET', `/v1/jobs/${job.id}/items`)
      expect(items.json.items[0].body).toMatchObject({
        ...{ type: 'mergeSuggestion', personIds: [ann, again], faces: [1, 1] },
      })
      const wrong = await client.send('POST', `${collection}/merge-suggestions`, {
        json: { maxWrong: 0 },
      })
      expect(wrong.json.code).toBe('invalidRequest')
      const plain = await run(`${collection}/merge-suggestions`)
      expect(plain.result).toMatchObject({ persons: 2 })
    })
  })
}
