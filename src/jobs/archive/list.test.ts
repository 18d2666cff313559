import { expect, test } from 'vitest'
import { expectCode } from '../../../test/helpers/expect-code.ts'
import { createArchiveFile } from './archive-file.ts'
import { openList, writeList } from './list.ts'

const photo = { file: 'a.jpg', at: { image: Buffer.from('bytes') }, person: { name: 'Ann' } }

async function readAll(bytes: Uint8Array): Promise<readonly string[]> {
  const list = await openList(
    createArchiveFile(bytes.length, async () => bytes),
    1000,
  )
  const read: string[] = []
  for await (const entry of list.files(0)) {
    read.push(`${entry.path} ${JSON.stringify(entry.person)} ${Buffer.from(await entry.read())}`)
  }
  return read
}

test('a list gives the photographs that were written', async () => {
  const pieces: Uint8Array[] = []
  for await (const piece of writeList([photo])) pieces.push(piece)
  expect(await readAll(Buffer.concat(pieces))).toEqual(['a.jpg {"name":"Ann"} bytes'])
})

test.each(['x', 'null', '{}', '{"file":"a"}', '{"file":"a","image":1.5,"person":{"name":"Ann"}}'])(
  'a list with the line %s is damaged',
  async (line) => {
    await expectCode(readAll(Buffer.from(`${line}\n`)), 'storeCorrupt')
  },
)
