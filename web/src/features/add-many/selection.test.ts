import { expect, test } from 'vitest'
import { parsePeopleTable } from './people-table.ts'
import { previewNames, toSelection } from './selection.ts'

const toFile = (path: string) => ({ path, file: new File(['x'], path.split('/').at(-1) ?? '') })

test('takes photographs and the table, and counts what is neither', () => {
  const files = ['Ann/1.JPG', 'Ann/.hidden.jpg', 'Ann/notes.txt', '__MACOSX/Ann/1.jpg', 'list.csv']
  const selection = toSelection(files.map(toFile))
  if (selection?.source.kind !== 'photos') throw new Error('Photographs are expected.')
  expect(selection.source.photos.map(({ path }) => path)).toEqual(['Ann/1.JPG'])
  expect(selection.source.table?.name).toBe('list.csv')
  expect(selection.leftOut).toBe(3)
})

test('takes an archive as it is, and nothing of what is of no use', () => {
  expect(toSelection(['people.tar.gz', 'a.jpg'].map(toFile))).toMatchObject({
    source: { kind: 'archive', archive: { name: 'people.tar.gz' } },
    leftOut: 1,
  })
  expect(toSelection(['a.txt'].map(toFile))).toBeUndefined()
})

test('names photographs by the table, then by their folder', () => {
  const photos = ['team/Bea/1.jpg', 'Ann/1.jpg', 'Ann/2.jpg', '3.jpg', '4.jpg'].map(toFile)
  const { persons, nameless } = previewNames(photos, new Map([['3.jpg', 'Ann']]))
  expect(persons.map(({ name, photos: own }) => [name, own.length])).toEqual([
    ['Ann', 3],
    ['Bea', 1],
  ])
  expect(nameless.map(({ path }) => path)).toEqual(['4.jpg'])
})

test('reads a table with quotes, in the line breaks of any system', () => {
  const text =
    '\u{FEFF}name,file,note\r\n"Smith, ""Ann""",.\\a\\1.jpg,"two\nlines"\r\n\r\nBea,2.jpg\n'
  expect([...(parsePeopleTable(text) ?? [])]).toEqual([
    ['a/1.jpg', 'Smith, "Ann"'],
    ['2.jpg', 'Bea'],
  ])
  expect(parsePeopleTable('photo,name\n1.jpg,Ann')).toBeUndefined()
  expect(parsePeopleTable('')).toBeUndefined()
})
