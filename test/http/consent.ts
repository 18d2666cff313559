import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

const collection = '/v1/collections/default'
const consent = { basis: 'consent', purpose: 'Entrance', givenAt: '2020-01-01T00:00:00.000Z' }

/** What the routes of consent and retention do. */
export function describeConsentRoutes(): void {
  describe('routes of consent and retention', () => {
    let client: Client
    beforeEach(async () => {
      client = await createClient()
    })
    afterEach(() => client.close())

    const create = async (name: string, fields: object = {}) =>
      (await client.send('POST', `${collection}/persons`, { json: { name, ...fields } })).json

    /** Begins a run and answers it when it has ended. */
    async function run(input: object) {
      const begun = await client.send('POST', `${collection}/retention-runs`, { json: input })
      expect(begun.status).toBe(202)
      const address = begun.headers.location as string
      await expect
        .poll(async () => (await client.send('GET', address)).json.state, { timeout: 10_000 })
        .toMatch(/done|failed/)
      const { items } = (await client.send('GET', `${address}/items`)).json
      return { ...(await client.send('GET', address)).json, items }
    }

    it('gives a consent, lists by it, and withdraws it with one call', async () => {
      const ann = await create('Ann', { consent })
      await create('Bob')
      expect(ann.consent).toEqual(consent)
      const url = `${collection}/persons/${ann.id}`
      const wrong = { ...consent, basis: 'because' }
      expect((await client.send('PATCH', url, { json: { consent: wrong } })).status).toBe(400)
      const past = { ...consent, expiresAt: '2019-01-01T00:00:00Z' }
      const refused = await client.send('PATCH', url, { json: { consent: past } })
      expect(refused.json.code).toBe('invalidOption')
      const stale = { json: {}, headers: { 'if-match': '"9"' } }
      const changed = await client.send('POST', `${url}/withdraw-consent`, stale)
      expect(changed.json.code).toBe('revisionMismatch')
      const withdrawn = await client.send('POST', `${url}/withdraw-consent`, { json: {} })
      expect(withdrawn.status).toBe(200)
      expect(withdrawn.json.consent.withdrawnAt).toBeDefined()
      for (const [state, names] of [
        ...[['withdrawn', ['Ann']] as const, ['missing', ['Bob']] as const],
        ...[['valid', []] as const, ['expired', []] as const],
      ]) {
        const { json } = await client.send('GET', `${collection}/persons?consent=${state}`)
        expect(json.items.map((it: { name: string }) => it.name)).toEqual(names)
      }
      const nothing = await client.send(
        'POST',
        `${collection}/persons/${(await create('Cy')).id}/withdraw-consent`,
        { json: {} },
      )
      expect(nothing).toMatchObject({
        status: 409,
        json: { code: 'consentRequired', state: 'missing' },
      })
    })

    it('enrols nobody without consent where a collection asks for it', async () => {
      const rule = { required: true, whenItEnds: 'stopMatching' }
      const patched = await client.send('PATCH', collection, {
        json: { consent: { required: true } },
      })
      expect(patched.json.consent).toEqual(rule)
      const form = (fields: [string, string][]): [string, string, string?][] => [
        ...fields,
        ['name', 'Ann'],
        ['image', 'face:ann', 'ann.jpg'],
      ]
      const refused = await client.send('POST', `${collection}/persons`, { form: form([]) })
      expect(refused).toMatchObject({
        status: 409,
        json: { code: 'consentRequired', state: 'missing' },
      })
      const given: [string, string] = ['consent', JSON.stringify(consent)]
      const { json, status } = await client.send('POST', `${collection}/persons`, {
        form: form([given]),
      })
      expect(status).toBe(201)
      expect(json.faces).toHaveLength(1)
      const identify = async () =>
        (
          await client.send('POST', `${collection}/identify`, {
            form: [['image', 'face:ann', 'a.jpg']],
          })
        ).json
      expect((await identify()).faces[0].decision).toBe('match')
      await client.send('POST', `${collection}/persons/${json.id}/withdraw-consent`, { json: {} })
      expect((await identify()).faces[0]).toMatchObject({ decision: 'unknown', candidates: [] })
      const verified = await client.send('POST', '/v1/verify', {
        form: [
          ['image', 'face:ann', 'a.jpg'],
          ['collection', 'default'],
          ['personId', json.id],
        ],
      })
      expect(verified.json.code).toBe('consentRequired')
      const seed = await client.send('POST', '/recognizeFace', {
        form: [['mainImage', 'face:ann', 'a.jpg']],
      })
      expect(seed.json).toEqual({ Prediction: 'Unknown', L2Distance: null })
    })

    it('reports who is due, and erases only those who still are', async () => {
      const ended = { ...consent, expiresAt: '2020-02-01T00:00:00Z' }
      const ann = await create('Ann', { consent: ended })
      const bob = await create('Bob', { consent: ended })
      await create('Cy', { consent })
      const none = await run({ dryRun: true })
      expect(none.result).toMatchObject({ looked: 3, erased: 0 })
      expect(none.items).toEqual([])
      const retention = { consentEndedDays: 30, unseenDays: 365 }
      const patched = await client.send('PATCH', collection, { json: { retention } })
      expect(patched.json.retention).toEqual(retention)
      const report = await run({ dryRun: true })
      expect(report.result).toMatchObject({ dryRun: true, due: { consentEndedDays: 2 }, erased: 0 })
      const due = { rule: 'consentEndedDays', dueSince: '2020-03-02T00:00:00.000Z' }
      expect(report.items.map((it: { body?: object }) => it.body ?? it)).toMatchObject([
        { personId: ann.id, ...due },
        { personId: bob.id, ...due },
      ])
      // Bob consents again, and somebody else becomes due.
      await client.send('PATCH', `${collection}/persons/${bob.id}`, { json: { consent } })
      const dan = await create('Dan', { consent: ended })
      const done = await run({ reportId: report.id })
      expect(done.result).toMatchObject({ dryRun: false, erased: 1, left: 0 })
      const status = async (id: string) =>
        (await client.send('GET', `${collection}/persons/${id}`)).status
      expect([await status(ann.id), await status(bob.id), await status(dan.id)]).toEqual([
        404, 200, 200,
      ])
      expect((await run({})).result).toMatchObject({ erased: 1 })
      expect(await status(dan.id)).toBe(404)
      const wrong = await run({ reportId: done.id })
      expect(wrong).toMatchObject({ state: 'failed', failure: { code: 'invalidOption' } })
      const { json } = await client.send('GET', `${collection}/history`)
      expect(JSON.stringify(json)).not.toContain('Ann')
    })
  })
}
