import { expect, test } from 'vitest'
import { type PhotoSource, toForm } from './bulk-enroll.ts'

const toFile = (name: string) => new File(['x'], name)

/** Fields of the form that is sent, and the names of their files. */
function toFields(source: PhotoSource) {
  return [...toForm(source)].map(([field, file]) => [field, (file as File).name])
}

test('photographs go with their paths, after the table', () => {
  const photos = [{ path: 'Ann/1.jpg', file: toFile('1.jpg') }]
  expect(toFields({ kind: 'photos', photos, table: toFile('list.csv') })).toEqual([
    ['table', 'list.csv'],
    ['photos', 'Ann/1.jpg'],
  ])
  expect(toFields({ kind: 'archive', archive: toFile('people.zip') })).toEqual([
    ['archive', 'people.zip'],
  ])
})
