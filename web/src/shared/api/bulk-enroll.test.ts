import createClient from 'openapi-fetch'
import { expect, test } from 'vitest'
import type { paths } from '../api.d.ts'
import { bulkEnroll } from './bulk-enroll.ts'
import type { Api } from './client.ts'

const toFile = (name: string) => new File(['x'], name)

/** A scope whose server keeps the forms that it got. */
function createScope() {
  const forms: (readonly (readonly [string, string])[])[] = []
  const client = createClient<paths>({
    baseUrl: 'http://server',
    fetch: async (request) => {
      const form = await request.formData()
      forms.push([...form].map(([field, file]) => [field, (file as File).name]))
      return Response.json({})
    },
  })
  const api: Api = { send: async (request) => (await request(client)).data as never }
  return { scope: { api, collection: 'c' }, forms }
}

test('photographs go with their paths, after the table', async () => {
  const { scope, forms } = createScope()
  const photos = [{ path: 'Ann/1.jpg', file: toFile('1.jpg') }]
  await bulkEnroll(scope, { kind: 'photos', photos, table: toFile('list.csv') }, {})
  await bulkEnroll(scope, { kind: 'archive', archive: toFile('people.zip') }, { dryRun: true })
  expect(forms).toEqual([
    [
      ['table', 'list.csv'],
      ['photos', 'Ann/1.jpg'],
    ],
    [['archive', 'people.zip']],
  ])
})
