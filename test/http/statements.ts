import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'
import { modelId, toEmbedding } from './services.ts'

/** What the routes of rejections and confirmations do. */
export function describeStatementRoutes(): void {
  describe('routes of rejections and confirmations', () => {
    const persons = '/v1/collections/default/persons'
    const image = (name: string) => ({
      form: [['image', `face:${name}`, `${name}.jpg`]] as [string, string, string][],
    })

    let client: Client
    let ann: string
    let annFace: string
    beforeEach(async () => {
      client = await createClient()
      const { json } = await client.send('POST', persons, {
        form: [
          ['name', 'Ann'],
          ['image', 'face:ann', 'ann.jpg'],
        ],
      })
      ann = json.id
      annFace = json.faces[0].face.id
    })
    afterEach(() => client.close())

    const candidates = async (name: string) => {
      const { json } = await client.send('POST', '/v1/collections/default/identify', image(name))
      return json.faces[0].candidates.map((one: { personId: string }) => one.personId)
    }

    describe('rejections', () => {
      it('keeps the name from a face, lists who said so, and is revoked', async () => {
        expect(await candidates('eve')).toEqual([ann])
        const url = `${persons}/${ann}/rejections`
        const made = await client.send('POST', url, image('eve'))
        expect(made.status).toBe(201)
        const { statement } = made.json
        expect(statement).toMatchObject({ kind: 'rejection', personId: ann, inForce: true })
        expect(statement.createdBy.kind).toBe('anonymous')
        expect(made.headers.location).toBe(`${url}/${statement.id}`)
        expect((await client.send('GET', `${url}/${statement.id}`)).json).toEqual(statement)
        expect((await client.send('GET', url)).json).toEqual({ items: [statement] })

        const { json } = await client.send('POST', '/v1/collections/default/identify', image('eve'))
        expect(json.faces[0]).toMatchObject({ decision: 'unknown', candidates: [] })
        expect(json.faces[0].suppressed[0]).toMatchObject({
          personId: ann,
          rejectionId: statement.id,
        })
        const seed = await client.send('POST', '/recognizeFace', {
          form: [['mainImage', 'face:eve', 'e.jpg']],
        })
        expect(seed.json).toEqual({ Prediction: 'Unknown', L2Distance: null })
        const verified = await client.send('POST', '/v1/verify?threshold=0', {
          form: [
            ['image', 'face:eve', 'e.jpg'],
            ['personId', ann],
          ],
        })
        expect(verified.json).toMatchObject({ match: false, decision: 'noMatch' })
        expect(verified.json.rejection.rejectionId).toBe(statement.id)
        expect(await candidates('ann')).toEqual([ann])

        const again = await client.send('POST', url, image('eve'))
        expect([again.status, again.json.alreadyStated]).toEqual([200, true])
        expect((await client.send('DELETE', `${url}/${statement.id}`)).status).toBe(204)
        expect((await client.send('DELETE', `${url}/${statement.id}`)).json.code).toBe(
          'statementNotFound',
        )
        expect(await candidates('eve')).toEqual([ann])
      })

      it('takes an embedding or a stored face, and one thing at a time', async () => {
        const url = `${persons}/${ann}/rejections`
        const embedding = Array.from(toEmbedding('eve'))
        const made = await client.send('POST', url, { json: { embedding, modelId } })
        expect(made.status).toBe(201)
        const own = await client.send('POST', url, { json: { faceId: annFace } })
        expect([own.status, own.json.code]).toEqual([409, 'faceOfPerson'])
        const both = await client.send('POST', url, {
          json: { faceId: annFace, embedding, modelId },
        })
        expect(both.json.code).toBe('invalidRequest')
        expect((await client.send('POST', url, { json: {} })).json.code).toBe('missingImage')
        expect((await client.send('POST', url, { json: { embedding } })).json.code).toBe(
          'invalidRequest',
        )
        const rotated = await client.send('POST', url, image('eve!rotated'))
        expect([rotated.status, rotated.json.code]).toEqual([422, 'notComparable'])
        expect(rotated.json.reasons).toEqual(['rotated'])
        const nobody = await client.send('GET', `${persons}/x/rejections`)
        expect(nobody.json.code).toBe('personNotFound')
      })
    })

    describe('confirmations', () => {
      it('counts as the newer word, and enrols only when asked', async () => {
        const rejected = await client.send('POST', `${persons}/${ann}/rejections`, image('eve'))
        const url = `${persons}/${ann}/confirmations`
        const made = await client.send('POST', url, image('eve'))
        expect(made.status).toBe(201)
        expect(made.json.revoked).toEqual(rejected.json.statement)
        expect(made.json).not.toHaveProperty('enrolled')
        expect((await client.send('GET', `${persons}/${ann}`)).json.faceCount).toBe(1)
        const enrolled = await client.send('POST', `${url}?enroll=true`, image('eve'))
        expect(enrolled.json).toMatchObject({ alreadyStated: true, enrolled: { rejected: [] } })
        expect((await client.send('GET', `${persons}/${ann}`)).json.faceCount).toBe(2)
        expect((await client.send('GET', url)).json.items).toEqual([made.json.statement])
        const address = made.headers.location as string
        expect((await client.send('GET', address)).json).toEqual(made.json.statement)
        expect((await client.send('DELETE', address)).status).toBe(204)
        expect((await client.send('GET', address)).json.code).toBe('statementNotFound')
      })
    })
  })
}
