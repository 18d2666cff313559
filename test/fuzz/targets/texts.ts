import { parseFileEntries, parseText } from '../../../src/config/entries.ts'
import { listConfigKeys } from '../../../src/config/keys.ts'
import { databaseOfUrl } from '../../../src/config/mongodb-url.ts'
import { FaceError } from '../../../src/core/errors.ts'
import { parsePairs } from '../../../src/evaluation/pairs.ts'
import { pickEncoding } from '../../../src/http/content-encoding.ts'
import { toCondition } from '../../../src/http/resources/persons/revision.ts'
import { parsePageOptions, toCursor } from '../../../src/storage/rules/pages.ts'
import { parseStoredMetadata } from '../../../src/storage/rules/person-fields.ts'
import { parsePersonList } from '../../../src/storage/rules/person-lists.ts'
import { parseStatementSource } from '../../../src/storage/rules/statements.ts'
import { parseStrangerPage } from '../../../src/storage/rules/strangers.ts'
import { type FuzzTarget, MustRefuse } from '../target.ts'

const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const base64url = (text: string) => Buffer.from(text).toString('base64url')
const cursors = [
  toCursor('persons', id),
  toCursor('faces', id),
  base64url(JSON.stringify(['name', 'asc', 'ann', id])),
  base64url(JSON.stringify(['faceCount', 'desc', 3, id])),
  base64url(`strangers latest ${id} 2026-01-02T03:04:05.678Z`),
  base64url(`strangers count ${id} 17`),
]

/** Every reader of cursors, one after the other; a text that one of them takes it has to give, too. */
function readCursor(cursor: string): void {
  const readers = [
    () => parsePageOptions('persons', { cursor }),
    () => parsePageOptions('faces', { cursor }),
    () => parsePersonList({ cursor, sort: 'name' }, '2026-01-01T00:00:00.000Z'),
    () => parsePersonList({ cursor, sort: 'faceCount', order: 'desc' }, '2026-01-01T00:00:00.000Z'),
    () => parsePersonList({ cursor, sort: 'updated', order: 'desc' }, '2026-01-01T00:00:00.000Z'),
    () => parseStrangerPage({ cursor }),
    () => parseStrangerPage({ cursor, sort: 'count' }),
  ]
  let refused = 0
  for (const read of readers) {
    try {
      const { after } = read()
      const isPlain = JSON.stringify(after ?? '').length < 2000 && !String(after).includes('\0')
      if (!isPlain) throw new MustRefuse('A place that no list has.')
    } catch (error) {
      if (!(error instanceof FaceError) || error.code !== 'invalidCursor') throw error
      refused++
    }
  }
  if (refused === readers.length) throw new FaceError('invalidCursor')
}

const toText = (input: Uint8Array) => Buffer.from(input).toString('utf8')
const toTexts = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text))

export const textTargets: readonly FuzzTarget[] = [
  {
    name: 'cursor',
    // `parseStrangerPage` reads its own form only.
    refusals: ['invalidCursor'],
    words: cursors,
    maxBytes: 2048,
    seeds: async () => toTexts(...cursors),
    read(input) {
      // As it comes, and the text that is in it.
      const text = toText(input)
      readCursor(text)
    },
    repair: (input) => Buffer.from(Buffer.from(toText(input), 'base64url').toString('base64url')),
  },
  {
    name: 'headers',
    refusals: ['invalidRequest'],
    words: ['W/"1"', '*', '"1", "2"', 'gzip, br, *;q=0', 'gzip;q=0', 'br;q=', 'identity', ';', ','],
    maxBytes: 512,
    seeds: async () => toTexts('"3"', '*', 'W/"3"', 'br;q=0.5'),
    read(input) {
      const text = toText(input)
      pickEncoding(text, () => true)
      const { ifRevision } = toCondition(text)
      if (ifRevision !== undefined && !Number.isSafeInteger(ifRevision)) {
        throw new MustRefuse(`The revision ${ifRevision}.`)
      }
    },
  },
  {
    name: 'config-file',
    refusals: [],
    words: [
      'http:',
      '  port: 1',
      '&a',
      '*a',
      '<<: *a',
      '!!js/function',
      '- ',
      '? ',
      '|',
      '---',
      '\t',
    ],
    maxBytes: 4096,
    seeds: async () =>
      toTexts(
        'http:\n  port: 8000\n  allowedHosts: [a, b]\nstore:\n  kind: sqlite # text\n',
        'detector: &d\n  minFaceSize: 20\nlimits:\n  <<: *d\n',
        '{"http": {"port": 1}}',
        'http: null\n? [a, b]\n: c\n',
      ),
    read: (input) => parseFileEntries(toText(input), 'face-watcher.yaml'),
  },
  {
    name: 'config-text',
    refusals: [],
    words: ['true', 'off', '1e999', '0x10', ','],
    maxBytes: 256,
    seeds: async () => toTexts('8000', 'off', 'a, b,c', 'true', '0.01'),
    read: (input) => {
      for (const { schema } of configKeys) parseText(toText(input), schema)
    },
  },
  {
    name: 'mongodb-url',
    refusals: [],
    words: ['mongodb://', 'mongodb+srv://', '%', '%2F', '@', '?', '/', ','],
    maxBytes: 1024,
    seeds: async () =>
      toTexts(
        'mongodb://user:p%40ss@a:1,b:2/faces?replicaSet=rs0',
        'mongodb+srv://a.example/admin',
        'mongodb://%2Ftmp%2Fmongo.sock/faces',
      ),
    read: (input) => void databaseOfUrl(toText(input)),
  },
  {
    name: 'stored-text',
    refusals: [],
    words: ['{"a":', '[', ']', '}', ' '],
    seeds: async () =>
      toTexts(
        '{"team":"a","tags":["x",{"y":null}]}',
        `${'a'.repeat(64)} 1 2.5 30 40`,
        `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`,
      ),
    read(input) {
      parseStoredMetadata(toText(input))
      parseStatementSource(toText(input))
    },
  },
  {
    name: 'pairs',
    refusals: ['invalidOption'],
    words: ['\t', '\n', '99999999'],
    maxBytes: 4096,
    seeds: async () =>
      toTexts(
        '1\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\n',
        '2\t1\na\t1\t2\na\t1\tb\t1\nc\t1\t2\nc\t1\td\t1\n',
      ),
    read: (input) => parsePairs(toText(input)),
  },
]

const configKeys = listConfigKeys()
