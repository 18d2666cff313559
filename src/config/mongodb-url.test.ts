import { expect, it } from 'vitest'
import { databaseOfUrl } from './mongodb-url.ts'

it.each([
  ['mongodb://db1/faces', 'faces'],
  ['mongodb://db1:27017,db2:27017/faces?replicaSet=rs0', 'faces'],
  ['mongodb+srv://ann:secret@cluster.example.org/faces', 'faces'],
  ['mongodb://db1/my%2Dfaces', 'my-faces'],
  ['mongodb://db1/a.b', 'a.b'],
  ['mongodb://db1/%E0', '%E0'],
  ['mongodb://db1', undefined],
  ['mongodb://db1/', undefined],
  ['mongodb://db1/?replicaSet=rs0', undefined],
  ['mongodb://db1/?appName=a/b', undefined],
  ['mongodb://ann:secret@db1/admin', undefined],
  ['http://db1/faces', undefined],
])('reads of %s the database %s', (url, database) => {
  expect(databaseOfUrl(url)).toBe(database)
})
